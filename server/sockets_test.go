package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"grandstand/server/config"
	"grandstand/server/node"
	"grandstand/session"
)

// listedSocket is a socket as GET /v1/sockets has it.
type listedSocket struct {
	ID, Namespace string
	Data          json.RawMessage
	Handshake     *struct {
		Time    time.Time
		Address string
		Secure  bool
		Version int
		Query   map[string][]string
		Headers map[string]string
		Auth    json.RawMessage
	}
}

// TestListedSockets: without a namespace all sockets are listed, each with what
// its client came with and what the application keeps with it.
func TestListedSockets(t *testing.T) {
	cfg := config.Default()
	cfg.Viewers.EngineIO[0].SocketIO.Namespaces = []string{"/", "/chat"}
	cfg.Viewers.EngineIO[0].SocketIO.HandshakeRooms = "always"
	app := startNode(t, cfg, func(n *node.Node) {
		for name, data := range map[string]string{"/": `{"nick":"ada"}`, "/chat": `{"broken`} {
			n.Hub().Of(name).Use(func(s *session.Socket) error {
				s.SetData(json.RawMessage(data))
				return nil
			})
		}
	})
	before := time.Now().Add(-time.Second)
	a := openPoller(t, app.viewers, "/socket.io/", "&x=1&x=2")
	a.ask("40{", `40{"token":"t"}`)
	a.ask("40/chat,{", `40/chat,{}`)
	b := openPoller(t, app.viewers, "/socket.io/", "&room=r")
	b.ask("40{", "40")
	for _, tt := range []struct {
		query, want string // namespaces
	}{{"", "/ / /chat"}, {"namespace=/", "/ /"}, {"namespace=/chat", "/chat"}, {"room=r", "/"}, {"namespace=/chat&room=r", ""}} {
		if got := strings.Join(namespacesOf(app.list(t, tt.query)), " "); got != tt.want {
			t.Errorf("?%s: %q, want %q", tt.query, got, tt.want)
		}
	}
	var got []string
	for _, s := range app.list(t, "") {
		h := s.Handshake
		if h == nil || !strings.HasPrefix(h.Address, "127.0.0.1:") || h.Time.Before(before) || h.Time.After(time.Now()) || h.Headers["host"] != app.viewers {
			t.Fatalf("%s: handshake %+v", s.ID, h)
		}
		got = append(got, fmt.Sprint(s.Namespace, " ", h.Query["x"], h.Query["room"], " ", string(h.Auth), " ", h.Version, h.Secure, " ", string(s.Data)))
	}
	for _, want := range []string{`/ [1 2] [] {"token":"t"} 4 false {"nick":"ada"}`, `/chat [1 2] [] {} 4 false `, `/ [] [r]  4 false {"nick":"ada"}`} {
		if !strings.Contains(strings.Join(got, "\n")+"\n", want+"\n") {
			t.Errorf("listed:\n%s\nwant among them %s", strings.Join(got, "\n"), want)
		}
	}
}

// TestListedCredentials: a handshake is listed without what proves who somebody
// is to the page, and says what a proxy has said.
func TestListedCredentials(t *testing.T) {
	app := startNode(t, config.Default(), func(n *node.Node) { n.Hub().Of("/").OnConnect(func(*session.Socket) {}) })
	req, err := http.NewRequest("GET", "http://"+app.viewers+"/socket.io/?EIO=3&transport=polling", nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{"Cookie": "secret=1", "Authorization": "Bearer secret", "X-Forwarded-Proto": "https", "X-Own": "yes"} {
		req.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, res.Body)
	res.Body.Close()
	list := app.list(t, "") // of protocol 4 a client is in the root namespace as it comes
	for end := time.Now().Add(20 * time.Second); len(list) == 0 && time.Now().Before(end); {
		list = app.list(t, "")
	}
	if len(list) != 1 || list[0].Handshake == nil {
		t.Fatalf("%d sockets", len(list))
	}
	h := list[0].Handshake
	if text := fmt.Sprint(h.Headers); strings.Contains(text, "secret") || h.Headers["x-own"] != "yes" || !h.Secure || h.Version != 3 || h.Auth != nil {
		t.Errorf("handshake %+v", h)
	}
}

// TestListedWithoutHandlers: nothing is kept of clients that nobody looks at.
func TestListedWithoutHandlers(t *testing.T) {
	app := startServer(t)
	a := openPoller(t, app.viewers, "/socket.io/", "")
	a.ask("40{", "40")
	if list := app.list(t, ""); len(list) != 1 || list[0].Handshake != nil || list[0].Data != nil {
		t.Errorf("%+v", list)
	}
}

// list asks the control port.
func (s served) list(t *testing.T, query string) []listedSocket {
	t.Helper()
	res, err := http.Get("http://" + s.control + "/v1/sockets?" + query)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var body struct{ Sockets []listedSocket }
	if err := json.NewDecoder(res.Body).Decode(&body); err != nil || res.StatusCode != 200 {
		t.Fatalf("%s: %v", res.Status, err)
	}
	return body.Sockets
}

// namespacesOf are those of sockets, sorted.
func namespacesOf(list []listedSocket) []string {
	var names []string
	for _, s := range list {
		names = append(names, s.Namespace)
	}
	slices.Sort(names)
	return names
}
