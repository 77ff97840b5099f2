package node

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// hookApp is an application that is asked over HTTP.
type hookApp struct {
	*httptest.Server
	answer func(c *hookCall) string
}

// hookCall is what it is asked.
type hookCall struct {
	Hook, Socket, Event, Transport, Address string
	Rooms                                   []string
}

func newHookApp(t *testing.T, answer func(c *hookCall) string) *hookApp {
	a := &hookApp{answer: answer}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var c hookCall
		if err := json.NewDecoder(r.Body).Decode(&c); err != nil {
			t.Error(err)
		}
		io.WriteString(w, a.answer(&c))
	}))
	t.Cleanup(a.Close)
	return a
}

// opens begins a session of Engine.IO on polls with a socket in a namespace, and
// returns its id.
func opens(t *testing.T, viewers, namespace, auth string) (p *polls, id string) {
	t.Helper()
	p = &polls{t, "http://" + viewers + "/socket.io/?EIO=4&transport=polling"}
	var hello struct{ SID string }
	if err := json.Unmarshal([]byte(p.get()[1:]), &hello); err != nil {
		t.Fatal(err)
	}
	p.url += "&sid=" + hello.SID
	return p, p.enters(namespace, auth)
}

// enters connects to one more namespace.
func (p *polls) enters(namespace, auth string) (id string) {
	p.t.Helper()
	at := namespace + ","
	if namespace == "/" {
		at = ""
	}
	p.post("40" + at + auth)
	var in struct{ SID string }
	if text, ok := strings.CutPrefix(p.get(), "40"+at); !ok || json.Unmarshal([]byte(text), &in) != nil {
		p.t.Fatalf("%s, want to be connected", text)
	}
	return in.SID
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); !ok(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

// TestDisconnectAnswer: what the application has sent when a socket is gone waits
// for shards, and no worker of the hooks does.
func TestDisconnectAnswer(t *testing.T) {
	noLeaks(t)
	asked, answer := make(chan *hookCall), make(chan string)
	app := newHookApp(t, func(c *hookCall) string {
		asked <- c
		return <-answer
	})
	cfg := testConfig()
	cfg.Hooks.URL, cfg.Hooks.Events = app.URL, []string{"disconnect"}
	cfg.Viewers.EngineIO[0].SocketIO.HandshakeRooms = "always"
	n, viewers, _ := start(t, cfg)
	defer n.Close()
	a, gone := opens(t, viewers, "/", `{"rooms":["x"]}`)
	b, id := opens(t, viewers, "/", "")
	a.post("41")
	c := <-asked
	if fmt.Sprint(c.Socket, c.Rooms) != gone+"[x]" || c.Transport != "engineio_polling" || !strings.HasPrefix(c.Address, "127.0.0.1:") {
		t.Errorf("told %+v", c)
	}
	gate := make(chan struct{})
	for i := range n.loops {
		if err := n.hub.Post(i, func() { <-gate }); err != nil {
			t.Fatal(err)
		}
	}
	answer <- `{"emit":[{"to":["` + gone + `","` + id + `"],"event":"left","args":[1]}]}`
	eventually(t, "the worker to be free while the shards are busy", func() bool { return n.hooks.Stats().Running == 0 })
	close(gate)
	if got := b.get(); got != `42["left",1]` {
		t.Errorf("polled %s, want the event", got)
	}
}

// TestEmitAlone: an event for the socket itself keeps to except and namespace like
// one for others, and what cannot be done is counted.
func TestEmitAlone(t *testing.T) {
	noLeaks(t)
	var emit atomic.Value
	app := newHookApp(t, func(c *hookCall) string {
		return `{"emit":[` + strings.ReplaceAll(emit.Load().(string), "ITSELF", c.Socket) + `,{"event":"end"}]}`
	})
	cfg := testConfig()
	cfg.Hooks.URL, cfg.Hooks.Events = app.URL, []string{"event"}
	cfg.Viewers.EngineIO[0].SocketIO.Namespaces = []string{"/", "/b"}
	cfg.Viewers.EngineIO[0].SocketIO.HandshakeRooms = "always"
	n, viewers, control := start(t, cfg)
	defer n.Close()
	p, _ := opens(t, viewers, "/", `{"rooms":["x"]}`)
	p.enters("/b", "")
	large := strings.Repeat("x", 100000)
	tests := []struct {
		name, emit string
		want       string
		unsent     int64
	}{
		{"plain", `{"event":"e"}`, `42["e"]`, 0},
		{"large", `{"event":"e","all":true,"data":"` + large + `"}`, `42["e","` + large + `"]`, 0},
		{"except others", `{"event":"e","except":["y","somebody"]}`, `42["e"]`, 0},
		{"except its room", `{"event":"e","except":["y","x"]}`, "", 0},
		{"except itself", `{"event":"e","except":["ITSELF"]}`, "", 0},
		{"its namespace", `{"event":"e","namespace":"/"}`, `42["e"]`, 0},
		{"another namespace", `{"event":"e","namespace":"/b"}`, "", 1},
		{"another namespace, all", `{"event":"e","namespace":"/b","all":true}`, `42/b,["e"]`, 0},
		{"no namespace", `{"event":"e","namespace":"/none","all":true}`, "", 1},
		{"not an event", `{"event":"connect"}`, "", 1},
	}
	unsent := int64(0)
	for _, tt := range tests {
		emit.Store(tt.emit)
		p.post(`42["go"]`)
		got, end := "", `42["end"]`
		for !strings.Contains(got, end) || strings.Contains(tt.emit, "all") && tt.want != "" && !strings.Contains(got, tt.want) {
			got += "\x1e" + p.get()
		}
		rest := strings.Trim(strings.Replace(got, end, "", 1), "\x1e")
		if rest != tt.want {
			t.Errorf("%s: got %.100q, want %.100q", tt.name, rest, tt.want)
		}
		unsent += tt.unsent
		if got := n.hooks.Stats().Unsent; got != unsent {
			t.Errorf("%s: %d unsent, want %d", tt.name, got, unsent)
		}
	}
	if _, text := get(t, control, "/metrics"); !strings.Contains(text, fmt.Sprintf("grandstand_hook_unsent_total %d\n", unsent)) {
		t.Error("the metrics lack what was not sent")
	}
}
