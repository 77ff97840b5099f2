package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"grandstand/server/config"
	"grandstand/server/node"
	"grandstand/session"
)

// poller is a Socket.IO client by polls.
type poller struct {
	t    *testing.T
	base string
}

// openPoller begins a session of Engine.IO 4.
func openPoller(t *testing.T, viewers, path, query string) *poller {
	t.Helper()
	p := &poller{t, "http://" + viewers + path + "?EIO=4&transport=polling" + query}
	var hello struct{ SID string }
	if err := json.Unmarshal([]byte(p.get()[1:]), &hello); err != nil {
		t.Fatal(err)
	}
	p.base += "&sid=" + hello.SID
	return p
}

// get polls once.
func (p *poller) get() string {
	p.t.Helper()
	res, err := http.Get(p.base)
	return p.read(res, err)
}

// post sends packets.
func (p *poller) post(packets ...string) {
	p.t.Helper()
	res, err := http.Post(p.base, "text/plain", strings.NewReader(strings.Join(packets, "\x1e")))
	if got := p.read(res, err); got != "ok" {
		p.t.Fatalf("POST: %q, want ok", got)
	}
}

func (p *poller) read(res *http.Response, err error) string {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || len(body) == 0 {
		p.t.Fatalf("%s: %q, %v", res.Status, body, err)
	}
	return string(body)
}

// ask sends packets and polls until one comes that begins as it should.
func (p *poller) ask(want string, packets ...string) {
	p.t.Helper()
	p.post(packets...)
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		for _, got := range strings.Split(p.get(), "\x1e") {
			if strings.HasPrefix(got, want) {
				return
			}
		}
	}
	p.t.Fatalf("%q: no answer that begins with %q", packets, want)
}

// TestFiguresOfApplications has everything happen that is counted about an
// application, and looks for it in the metrics of the running server.
func TestFiguresOfApplications(t *testing.T) {
	answers := make(chan string, 1)
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		switch {
		case strings.Contains(string(body), `"token":"no"`):
			fmt.Fprint(w, `{"reject":{"code":"out","message":"out"}}`)
		case strings.Contains(string(body), `"event":"garble"`):
			fmt.Fprint(w, `garbled`)
		default:
			fmt.Fprint(w, `{"ack":["yes"]}`)
		}
	}))
	defer app.Close()
	cfg := config.Default()
	cfg.Hooks.URL, cfg.Hooks.Events = app.URL, []string{"connect", "event"}
	cfg.Viewers.EngineIO[0].SocketIO.Recovery = true
	server := startNode(t, cfg, func(n *node.Node) {
		ns := n.Hub().Of("/")
		ns.On("boom", func(*session.Socket, session.Args, session.Ack) { panic("as asked") })
		ns.On("ask", func(s *session.Socket, _ session.Args, ack session.Ack) {
			got, err := s.EmitWithAck(10*time.Millisecond, "question")
			answers <- fmt.Sprint(got.Len(), err != nil)
			if err := ack.Reply(); err != nil {
				t.Error(err)
			}
		})
	})
	viewers := server.viewers
	a, b := openPoller(t, viewers, "/socket.io/", ""), openPoller(t, viewers, "/socket.io/", "")
	a.ask(`44/nope,`, `40/nope,`)
	b.ask(`44{"message":"out"`, `40{"token":"no"}`)
	b.ask(`40{"sid"`, `40{"pid":"strange","offset":"0"}`)
	a.ask(`40{"sid"`, `40`)
	a.ask(`430["yes"]`, `420["greet"]`)
	a.ask(`431[{"code"`, `421["garble"]`)
	a.ask(`432[]`, `422["ask"]`)
	if got, want := <-answers, "0 true"; got != want {
		t.Errorf("answers of a client that gives none: %s, want %s", got, want)
	}
	a.ask(`41`, `42["boom"]`)
	scrape := &poller{t, "http://" + server.control + "/metrics"}
	metrics := scrape.get()
	for _, line := range figuresOfApplications() {
		if !strings.Contains(metrics, "\n"+line) {
			t.Errorf("metrics lack %q", line)
		}
	}
	if t.Failed() {
		for line := range strings.Lines(metrics) {
			if strings.HasPrefix(line, "grandstand_h") || strings.HasPrefix(line, "grandstand_r") {
				t.Log(line)
			}
		}
	}
}

// figuresOfApplications are lines of the metrics after that.
func figuresOfApplications() []string {
	return []string{
		`grandstand_acks_total{result="timeout"} 1`, `grandstand_handler_calls_total `, `grandstand_handler_calls_waiting 0`,
		`grandstand_handler_calls_refused_total{limit="max_pending"} 0`, `grandstand_handler_pauses_total 0`,
		`grandstand_panics_total{where="handler"} 1`, `grandstand_panics_total{where="hook"} 0`,
		`grandstand_recoveries_total{result="lapsed"} 1`, `grandstand_disconnects_untold_total 0`,
		`grandstand_sockets_refused_total{reason="application"} 1`, `grandstand_sockets_refused_total{reason="bad_namespace"} 1`,
		`grandstand_hook_calls_total{hook="connect",outcome="rejected"} 1`, `grandstand_hook_calls_total{hook="event",outcome="error"} 1`,
		`grandstand_hook_calls_total{hook="event",outcome="ok"} 1`, `grandstand_hook_unanswered_total{counted="denied",hook="event"} 1`,
		`grandstand_hook_bad_answers_total 1`, `grandstand_hook_requests_total 5`, `grandstand_hook_retries_total 0`,
		`grandstand_hook_breaker{state="closed"} 1`, `grandstand_hook_duration_seconds_count 5`,
	}
}
