package api

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"grandstand/server/metrics"
	"grandstand/session"
)

// TestProbes: health, readiness and figures.
func TestProbes(t *testing.T) {
	var draining atomic.Bool
	r := newRig(t, func(s *settings) {
		s.deps.Ready = func() (bool, string) { return !draining.Load(), "draining" }
		s.deps.Metrics = metrics.New(metrics.Sources{})
	})
	for _, path := range []string{"/healthz", "/readyz"} {
		r.want(path, r.do("GET", path, ""), 200, "ok")
		if got := r.do("HEAD", path, ""); got.status != 200 || got.body != "" {
			t.Errorf("HEAD %s = %d %q", path, got.status, got.body)
		}
	}
	got := r.do("GET", "/metrics", "")
	if got.status != 200 || !strings.HasPrefix(got.header.Get("Content-Type"), "text/plain; version=") || !strings.Contains(got.body, "\ngo_goroutines ") {
		t.Errorf("/metrics = %d %s %.200s", got.status, got.header.Get("Content-Type"), got.body)
	}
	draining.Store(true)
	got = r.do("GET", "/readyz", "")
	r.refused("/readyz", got, codeNotReady, "draining")
	if got.header.Get("Retry-After") != "1" {
		t.Errorf("Retry-After = %q, want 1", got.header.Get("Retry-After"))
	}
	r.want("/healthz", r.do("GET", "/healthz", ""), 200, "ok")
	r.publish("a", `1`) // draining is about viewers
}

// broken is metrics that cannot be written.
type broken struct{ v any }

func (b broken) ContentType() string { return "text/plain" }

func (b broken) WriteText(w io.Writer) error {
	io.WriteString(w, "half a")
	if b.v != nil {
		panic(b.v)
	}
	return errors.New("out of paper")
}

// TestFaults: a fault is a 500 for its caller, a line in the log, and nothing
// to the others.
func TestFaults(t *testing.T) {
	tests := []struct {
		name    string
		metrics Metrics
		log     string
		ends    bool
	}{
		{"error", broken{}, "out of paper", false},
		{"panic", broken{"oh dear"}, "oh dear", true},
	}
	for _, tt := range tests {
		r := newRig(t, func(s *settings) { s.deps.Metrics = tt.metrics })
		got := r.do("GET", "/metrics", "")
		r.refused(tt.name, got, codeInternal, "log says more")
		if strings.Contains(got.body, "half") || strings.Contains(got.body, tt.log) {
			t.Errorf("%s: the answer tells too much: %s", tt.name, got.body)
		}
		log := r.log.String()
		if !strings.Contains(log, tt.log) || strings.Contains(log, "goroutine") != tt.ends {
			t.Errorf("%s: want %q in the log, with a stack: %t:\n%s", tt.name, tt.log, tt.ends, log)
		}
		r.want("afterwards", r.do("GET", "/healthz", ""), 200, "ok")
	}
	r := newRig(t, nil)
	r.refused("no metrics", r.do("GET", "/metrics", ""), codeUnknownPath, "")
}

// TestKeepAlive: requests of one connection are answered in order, sent one by
// one or all at once.
func TestKeepAlive(t *testing.T) {
	r := newRig(t, nil)
	const n = 50
	var all strings.Builder
	for i := range n {
		body := fmt.Sprintf(`{"room":"a","event":"e","data":%d}`, i)
		fmt.Fprintf(&all, "POST /v1/publish HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	}
	got := r.raw(all.String(), n)
	if len(got) != n {
		t.Fatalf("%d answers, want %d", len(got), n)
	}
	for i := range got {
		r.want("pipelined", got[i], 200, fmt.Sprintf(`{"id":"EPOCH-%d"}`, i+1))
	}
	for range 2 * n {
		r.publish("a", `1`)
	}
	if open := r.srv.ln.open(); open > 2 {
		t.Errorf("%d connections are open, want the client's one and at most that of the first part", open)
	}
	last := r.raw("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", 2)
	if len(last) != 1 || last[0].header.Get("Server") != "" {
		t.Errorf("after Connection: close %d answers, Server %q, want 1 and none", len(last), last[0].header.Get("Server"))
	}
}

// TestSlow: whoever dawdles is told so; whoever is idle is just let go.
func TestSlow(t *testing.T) {
	r := newRig(t, func(s *settings) {
		s.api.ReadTimeout, s.api.IdleTimeout = 150*time.Millisecond, 150*time.Millisecond
	})
	whole := "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
	tests := []struct {
		name, sent string
		oks        int
		timeout    bool
	}{
		{"nothing", "", 0, true},
		{"half a head", "GET /healthz HTTP/1.1\r\nHo", 0, true},
		{"half a body", "POST /v1/publish HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{", 0, true},
		{"half a chunk", "POST /v1/publish HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{", 0, true},
		{"body not begun", "POST /v1/publish HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n", 0, true},
		{"idle", whole, 1, false},
		{"slow later", whole + "GET", 1, true},
		{"wrong at once", "GET\r\n\r\n", 1, false},
	}
	var wg sync.WaitGroup
	for _, tt := range tests {
		wg.Go(func() {
			got := r.raw(tt.sent, 5) // until the end
			want := tt.oks
			if tt.timeout {
				want++
			}
			if len(got) != want {
				t.Errorf("%s: %d answers, want %d", tt.name, len(got), want)
			} else if tt.timeout {
				r.refused(tt.name, got[want-1], codeSlow, "150ms")
			}
		})
	}
	wg.Wait()
	eventually(t, "all connections are closed", func() bool { return r.srv.ln.open() == 0 })
}

// TestDrip: a byte now and then does not prolong anything.
func TestDrip(t *testing.T) {
	r := newRig(t, func(s *settings) { s.api.ReadTimeout = 200 * time.Millisecond })
	c, err := net.Dial("tcp", r.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	answered := make(chan []reply, 1)
	go func() { answered <- r.replies(c, 1) }()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	began := time.Now()
	for {
		select {
		case got := <-answered:
			if took := time.Since(began); len(got) != 1 || got[0].status != 408 || took > 5*time.Second {
				t.Errorf("%v after %v, want 408 after about 200ms", got, took)
			}
			return
		case <-tick.C:
			c.Write([]byte("G")) // fails once the server has had enough
		}
	}
}

// TestCallTimeout: what is not carried out in time is answered all the same.
func TestCallTimeout(t *testing.T) {
	r := newRig(t, func(s *settings) { s.api.CallTimeout = 100 * time.Millisecond })
	v := r.view(0, "a")
	block, blocked := make(chan struct{}), make(chan struct{})
	v.Post(func() { close(blocked); <-block })
	defer close(block)
	<-blocked
	r.refused("end", r.do("DELETE", "/v1/sessions/"+v.ID(), ""), codeTimeout, "100ms")
}

// TestMaxConns: one more than the limit is refused, in JSON, until one ends.
func TestMaxConns(t *testing.T) {
	r := newRig(t, func(s *settings) { s.api.MaxConns = 3 })
	var held []net.Conn
	for range 3 {
		c, err := net.Dial("tcp", r.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		held = append(held, c)
	}
	eventually(t, "three are in", func() bool { return r.srv.ln.open() == 3 })
	got := r.raw("", 1)
	if len(got) != 1 {
		t.Fatalf("%d answers, want 1", len(got))
	}
	r.refused("the fourth", got[0], codeFull, "3 connections")
	if got[0].header.Get("Retry-After") != "1" || !got[0].last {
		t.Errorf("headers %v, last %t, want Retry-After: 1 and the last", got[0].header, got[0].last)
	}
	held[0].Close()
	eventually(t, "one has ended", func() bool { return r.srv.ln.open() == 2 })
	r.want("the next", r.do("GET", "/healthz", ""), 200, "ok")
}

// TestStatus: every code of the room side has a status.
func TestStatus(t *testing.T) {
	for _, code := range []session.Code{
		session.CodeBadRoom, session.CodeBadEvent, session.CodeBadData, session.CodeTooLarge, session.CodeTooManyRooms,
		session.CodeRoomLimit, session.CodeForbidden, session.CodeRate, session.CodeNotJoined, session.CodeAlreadyJoined,
		session.CodeBadCursor, session.CodeBusy, session.CodeBadMessage, session.CodeNotFound, session.CodeTooMany,
		session.CodeUnavailable, session.CodeBadKey, session.CodeStopping, session.CodeEnded,
	} {
		if got := status(code); got < 400 || got > 507 || got == 500 {
			t.Errorf("status(%s) = %d", code, got)
		}
	}
	if got := status("no such code"); got != 0 {
		t.Errorf("status of an unknown code = %d, want 0", got)
	}
}
