package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"grandstand/epoll/transport"
	"grandstand/server/config"
	"grandstand/server/node"
	"grandstand/session"
)

// TestHooksOfRaw: viewers of plain Engine.IO are asked about and told of, beside
// the handlers of a Go program.
func TestHooksOfRaw(t *testing.T) {
	told := make(chan string, 8)
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var c struct {
			Hook, Namespace, Transport, Reason string
			Query                              map[string][]string
		}
		if err := json.NewDecoder(r.Body).Decode(&c); err != nil {
			t.Error(err)
		}
		told <- fmt.Sprint(c.Hook, " ", c.Namespace, " ", c.Transport, " ", c.Reason, c.Query["as"])
		if len(c.Query["as"]) > 0 && c.Query["as"][0] == "nobody" {
			fmt.Fprint(w, `{"reject":{"code":"out","message":"out"}}`)
		}
	}))
	defer app.Close()
	cfg := config.Default()
	cfg.Hooks.URL = app.URL
	raw := cfg.Viewers.EngineIO[0]
	raw.Path, raw.Dialect = "/raw/", transport.DialectRaw
	cfg.Viewers.EngineIO = append(cfg.Viewers.EngineIO, raw)
	viewers := startNode(t, cfg, func(n *node.Node) {
		raw := n.Hub().RawPath("/raw/")
		raw.OnMessage(func(r *session.Raw, p []byte, _ bool) {
			if err := r.Send(p, false); err != nil {
				t.Error(err)
			}
		})
		raw.OnClose(func(*session.Raw, string) { told <- "closed" })
	}).viewers
	a := openPoller(t, viewers, "/raw/", "&as=somebody")
	a.ask("4hello", "4hello")
	a.post("1")
	b := openPoller(t, viewers, "/raw/", "&as=nobody")
	b.post("4hello")
	if got := b.get(); got != "1" && got != "6\x1e1" {
		t.Errorf("who is refused gets %q, want the end", got)
	}
	want := []string{ // a notice and a handler are not in order
		"closed", "connect /raw/ engineio_polling [nobody]", "connect /raw/ engineio_polling [somebody]",
		"disconnect /raw/ engineio_polling transport close[]",
	}
	var got []string
	for range want {
		got = append(got, <-told)
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
	if len(told) != 0 {
		t.Errorf("told %q besides", <-told)
	}
}
