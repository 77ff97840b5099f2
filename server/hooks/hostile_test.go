package hooks

import (
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// rawApp accepts connections and gives each to serve, with its number from 1.
func rawApp(t *testing.T, serve func(c net.Conn, n int)) (url string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	over := make(chan struct{})
	go func() {
		defer close(over)
		for n := 1; ; n++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serve(c, n)
			c.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-over })
	return "http://" + l.Addr().String()
}

// untilGone reads until the peer is gone.
func untilGone(c net.Conn) { io.Copy(io.Discard, c) }

// TestHostile meets servers that are none.
func TestHostile(t *testing.T) {
	tests := []struct {
		name  string
		serve func(c net.Conn, n int)
		want  Outcome
		conns int64
	}{
		{name: "silent", serve: func(c net.Conn, _ int) { untilGone(c) }, want: TimedOut, conns: 2},
		{name: "head cut", serve: func(c net.Conn, _ int) { c.Write([]byte("HTTP/1.1 200 OK\r\nA:")); untilGone(c) }, want: TimedOut, conns: 2},
		{name: "slow body", serve: func(c net.Conn, _ int) {
			c.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"))
			untilGone(c)
		}, want: TimedOut, conns: 2},
		{name: "closed", serve: func(c net.Conn, _ int) { c.Read(make([]byte, 9)) }, want: Failed, conns: 4},
		{name: "no HTTP", serve: func(c net.Conn, _ int) { c.Write([]byte("SSH-2.0-x\r\n\r\n")); untilGone(c) }, want: Failed, conns: 2},
		{name: "huge length", serve: func(c net.Conn, _ int) {
			c.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"))
			untilGone(c)
		}, want: Failed, conns: 1},
		{name: "huge chunk", serve: func(c net.Conn, _ int) {
			c.Write([]byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n"))
			untilGone(c)
		}, want: Failed, conns: 1},
		{name: "huge head", serve: func(c net.Conn, _ int) {
			c.Write([]byte("HTTP/1.1 200 OK\r\nA: " + strings.Repeat("a", 16<<10)))
			untilGone(c)
		}, want: Failed, conns: 2},
	}
	for _, tt := range tests {
		var conns atomic.Int64
		cfg := testConfig(rawApp(t, func(c net.Conn, n int) { conns.Store(int64(n)); tt.serve(c, n) }))
		cfg.Timeout, cfg.Attempts, cfg.Backoff = 100*time.Millisecond, 2, time.Millisecond
		h := open(t, cfg, wallClock{})
		begin := time.Now()
		_, err := h.Ask(t.Context(), Call{Hook: Join})
		s := h.Stats()
		if err == nil || s.Calls[Join][tt.want] != 1 || conns.Load() != tt.conns {
			t.Errorf("%s: %v, %v, %d connections; want %v, %d", tt.name, err, s.Calls[Join], conns.Load(), tt.want, tt.conns)
		}
		if took := time.Since(begin); took > 2*time.Second {
			t.Errorf("%s: took %v", tt.name, took)
		}
	}
}

// TestRefused asks where nobody listens.
func TestRefused(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	c := newFakeClock()
	h := open(t, testConfig("http://"+l.Addr().String()), c)
	if _, err := h.Ask(t.Context(), Call{Hook: Join}); err == nil || h.Stats().Calls[Join][Failed] != 1 || len(c.waited()) != 2 {
		t.Errorf("%v, %v, %v", err, h.Stats().Calls[Join], c.waited())
	}
}

// TestRestart asks again at once when all kept connections are dead, and counts
// it for nothing.
func TestRestart(t *testing.T) {
	url := rawApp(t, func(c net.Conn, _ int) { // one answer for each connection
		c.Read(make([]byte, 4096))
		c.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
	})
	cfg := testConfig(url)
	cfg.Attempts, cfg.Breaker.Failures = 1, 1
	h := open(t, cfg, wallClock{})
	for range 20 {
		if _, err := h.Ask(t.Context(), Call{Hook: Join}); err != nil {
			t.Fatal(err)
		}
	}
	if s := h.Stats(); s.Calls[Join][OK] != 20 || s.Opened != 0 {
		t.Errorf("%+v", s)
	}
}

// TestUntrusted talks TLS, and not with whom nobody vouches for.
func TestUntrusted(t *testing.T) {
	a := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	a.Config.ErrorLog = log.New(io.Discard, "", 0) // it complains, too
	a.StartTLS()
	defer a.Close()
	cfg := testConfig(a.URL)
	cfg.Attempts = 1
	h := open(t, cfg, wallClock{})
	if _, err := h.Ask(t.Context(), Call{Hook: Join}); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("%v, want a complaint about the certificate", err)
	}
	pool := a.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	h.client.conns.tls.RootCAs = pool
	if _, err := h.Ask(t.Context(), Call{Hook: Join}); err != nil {
		t.Error(err)
	}
}

// TestTLSSilent bounds the handshake as well.
func TestTLSSilent(t *testing.T) {
	url := rawApp(t, func(c net.Conn, _ int) { untilGone(c) })
	cfg := testConfig("https" + strings.TrimPrefix(url, "http"))
	cfg.Attempts, cfg.Timeout = 1, 50*time.Millisecond
	h := open(t, cfg, wallClock{})
	if _, err := h.Ask(t.Context(), Call{Hook: Join}); !errors.Is(err, ErrLate) || h.Stats().Calls[Join][TimedOut] != 1 {
		t.Errorf("%v, want %v", err, ErrLate)
	}
}
