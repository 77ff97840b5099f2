package node

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"grandstand/server/config"
)

// lockedBuffer is a log that tests may read while it is written.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// testConfig is the defaults on ports of the system's choice.
func testConfig() config.Config {
	cfg := config.Default()
	cfg.Listener.Listen = []string{"127.0.0.1:0"}
	cfg.Control.Listen = "127.0.0.1:0"
	cfg.Drain = config.Drain{Timeout: 10 * time.Second, Spread: 300 * time.Millisecond, Pause: 50 * time.Millisecond}
	return cfg
}

// start starts a node that the test closes by itself.
func start(t *testing.T, cfg config.Config) (n *Node, viewers, control string) {
	t.Helper()
	n, err := Start(cfg, slog.New(slog.NewTextHandler(&lockedBuffer{}, nil)))
	if err != nil {
		t.Fatal(err)
	}
	return n, n.Viewers()[0].String(), n.Control().String()
}

// noLeaks fails the test if goroutines outlive what it did.
func noLeaks(t *testing.T) {
	t.Helper()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		// fasthttp's cleaners sleep for up to ten seconds before they see that
		// their server or client is gone.
		goleak.VerifyNone(t, goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"),
			goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*HostClient).connsCleaner"))
	})
}

func TestPublishReachesViewers(t *testing.T) {
	noLeaks(t)
	n, viewers, control := start(t, testConfig())
	const audience = 50
	clients := make([]*client, audience)
	for i := range clients {
		clients[i] = dial(t, viewers, "room=match:1")
		if m := clients[i].next(); m.Type != "joined" || m.Room != "match:1" {
			t.Fatalf("viewer %d: first message %+v, want joined", i, m)
		}
	}
	var ids []string
	for i := range 20 {
		ids = append(ids, post(t, control, "match:1", fmt.Sprint(i)))
	}
	for i, c := range clients {
		for k, id := range ids {
			if m := c.next(); m.ID != id || string(m.Data) != fmt.Sprint(k) {
				t.Fatalf("viewer %d: event %d is %+v, want id %s", i, k, m, id)
			}
		}
	}
	_, metrics := get(t, control, "/metrics")
	for _, want := range []string{
		"grandstand_sessions 50\n", "grandstand_members 50\n", "grandstand_events_published_total 20\n",
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("metrics lack %q", want)
		}
	}
	if err := n.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

func TestDrain(t *testing.T) {
	noLeaks(t)
	cfg := testConfig()
	var log lockedBuffer
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	n, err := Start(cfg, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	viewers, control := n.Viewers()[0].String(), n.Control().String()
	if code, _ := get(t, control, "/readyz"); code != http.StatusOK {
		t.Errorf("readyz before: %d, want 200", code)
	}
	clients := make([]*client, 40)
	for i := range clients {
		clients[i] = dial(t, viewers, "room=r")
		clients[i].next()
	}
	drained := make(chan error, 1)
	go func() { drained <- n.Drain(ctx) }()
	for i, c := range clients {
		m := c.next()
		if m.Type != "reconnect" || m.AfterMS == nil || *m.AfterMS < 0 || *m.AfterMS > 300 {
			t.Errorf("viewer %d: %+v, want reconnect within 300 ms", i, m)
		}
		if m = c.next(); m.Close != 1012 {
			t.Errorf("viewer %d: %+v, want close 1012", i, m)
		}
		c.conn.Close()
	}
	if code, body := get(t, control, "/readyz"); code != http.StatusServiceUnavailable || !strings.Contains(body, "draining") {
		t.Errorf("readyz while draining: %d %s, want 503 draining", code, body)
	}
	if err := <-drained; err != nil {
		t.Errorf("Drain: %v", err)
	}
	if got := n.hub.Stats(); got.Sessions != 0 || got.Members != 0 || got.Opened != got.Closed {
		t.Errorf("after the drain: %+v, want nobody, opened == closed", got)
	}
	if got := n.viewers.Ended()["draining"]; got != 40 {
		t.Errorf("ended by draining: %d, want 40", got)
	}
	if err := n.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	if !strings.Contains(log.String(), "msg=drained sessions=40 left=0") {
		t.Errorf("log lacks the end of the drain:\n%s", log.String())
	}
}

func TestRunEndsWithContext(t *testing.T) {
	noLeaks(t)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	var log lockedBuffer
	go func() { ended <- Run(ctx, testConfig(), slog.New(slog.NewTextHandler(&log, nil))) }()
	for deadline := time.Now().Add(patience); !strings.Contains(log.String(), "msg=serving"); {
		if time.Now().After(deadline) {
			t.Fatal("not serving")
		}
		select {
		case err := <-ended:
			t.Fatalf("ended before its time: %v", err)
		case <-time.After(5 * time.Millisecond):
		}
	}
	stop()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("Run = %v, want nil", err)
		}
	case <-time.After(patience):
		t.Fatal("Run did not end")
	}
}

func TestStartRefusesBusyPort(t *testing.T) {
	noLeaks(t)
	n, viewers, _ := start(t, testConfig())
	cfg := testConfig()
	cfg.Listener.ReusePort = false
	cfg.Listener.Listen = []string{viewers}
	if _, err := Start(cfg, slog.New(slog.NewTextHandler(&lockedBuffer{}, nil))); err == nil {
		t.Error("Start on a busy port: no error")
	}
	if err := n.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

func TestAbruptEndLeavesNothing(t *testing.T) {
	noLeaks(t)
	n, viewers, _ := start(t, testConfig())
	for round := range 3 {
		for range 100 {
			c := dial(t, viewers, "room=a&room=b")
			c.next()
			c.conn.Close() // no closing handshake
		}
		for deadline := time.Now().Add(patience); ; {
			st := n.hub.Stats()
			if st.Sessions == 0 && st.Members == 0 {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("round %d: %d sessions and %d members left", round, st.Sessions, st.Members)
			}
			<-time.After(5 * time.Millisecond)
		}
	}
	if err := n.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	st := n.hub.Stats()
	if st.Opened != 300 || st.Closed != 300 {
		t.Errorf("opened %d, closed %d, want 300 each", st.Opened, st.Closed)
	}
}
