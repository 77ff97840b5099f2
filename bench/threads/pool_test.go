package threads

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestParkedPollGetsTheEvent(t *testing.T) {
	s, stop := serve(t, nil)
	c := dial(t, s)
	c.ask("room=a")
	c.want(`{"room":"a","cursor":"t0-0","recovered":false,"events":[],"next_ms":0}`)
	c.ask("room=a&since=t0-0&wait=25s")
	wait(t, "a thread sleeps in futex(2) for it", func() bool { return parked(t, s, "a") == 1 })
	publish(t, s, `{"room":"b","event":"e","data":0}`) // nobody's
	publish(t, s, `{"room":"a","event":"goal","data":{"n":1.50,"x":"\u0041"}}`)
	c.want(`{"room":"a","cursor":"t0-1","recovered":true,"events":[{"type":"event","room":"a","id":"t0-1","event":"goal","data":{"n":1.50,"x":"\u0041"}}],"next_ms":0}`)
	c.ask("room=a&since=t0-1&wait=25s")
	publish(t, s, `{"events":[{"room":"a","event":"e","data":2},{"room":"a","event":"e","data":3}]}`)
	c.want(`{"room":"a","cursor":"t0-3","recovered":true,"events":[` +
		`{"type":"event","room":"a","id":"t0-2","event":"e","data":2},{"type":"event","room":"a","id":"t0-3","event":"e","data":3}],"next_ms":0}`)
	if n := stop(); n.Accepted != 1 || n.Peak != 1 || n.Polls != 3 || n.Events != 4 || n.Delivered != 3 || n.Refused != 0 {
		t.Errorf("counts %+v", n)
	}
}

func TestEveryPlaceInThePoolIsAThread(t *testing.T) {
	const pool = 60
	s, stop := serve(t, func(c *Config) { c.Threads = pool })
	viewers := make([]*client, pool)
	for i := range viewers {
		viewers[i] = dial(t, s)
		viewers[i].ask("room=a&since=t0-0&wait=25")
	}
	wait(t, "a thread for each viewer", func() bool { return s.busy() == pool && parked(t, s, "a") == pool })
	if n := osThreads(t); n < pool {
		t.Errorf("%d threads, want at least %d", n, pool)
	}
	publish(t, s, `{"room":"a","event":"e","data":1}`)
	for _, c := range viewers {
		c.want(`{"room":"a","cursor":"t0-1","recovered":true,"events":[{"type":"event","room":"a","id":"t0-1","event":"e","data":1}],"next_ms":0}`)
	}
	wait(t, "threads between two requests sleep in read(2)", func() bool { return reading(t) >= pool })
	most := osThreads(t)
	if n := stop(); n.Peak != pool || n.Delivered != pool {
		t.Errorf("counts %+v, want %d of each viewer", n, pool)
	}
	wait(t, "the threads ended", func() bool { return osThreads(t) <= most-pool/2 })
}

// TestOneMoreThanThreads is what the package is for.
func TestOneMoreThanThreads(t *testing.T) {
	s, _ := serve(t, nil)
	const pool = 4
	held := make([]*client, pool)
	for i := range held {
		held[i] = dial(t, s)
		held[i].ask(fmt.Sprintf("room=r%d&since=t0-0&wait=25", i))
	}
	wait(t, "all threads are taken", func() bool { return s.busy() == pool })
	fifth := dial(t, s)
	fifth.ask("room=a") // answered at once, by a server that has a thread
	unanswered := func(why string) {
		t.Helper()
		_ = fifth.c.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
		if _, err := fifth.r.Peek(1); err == nil {
			t.Fatalf("the fifth viewer was answered although %s", why)
		}
	}
	unanswered("four are parked")
	publish(t, s, `{"room":"r2","event":"e","data":1}`)
	held[2].want(`{"room":"r2","cursor":"t0-1","recovered":true,"events":[{"type":"event","room":"r2","id":"t0-1","event":"e","data":1}],"next_ms":0}`)
	unanswered("the third keeps its thread between two polls")
	_ = held[2].c.Close()
	fifth.want(`{"room":"a","cursor":"t0-0","recovered":false,"events":[],"next_ms":0}`)
}

func TestQueueIsBounded(t *testing.T) {
	s, stop := serve(t, func(c *Config) { c.Threads, c.Queue = 1, 2 })
	first := dial(t, s)
	first.ask("room=a&since=t0-0&wait=25")
	wait(t, "the thread is taken", func() bool { return s.busy() == 1 })
	var others []*client
	for range 5 {
		others = append(others, dial(t, s)) // the kernel takes them in any case
	}
	wait(t, "the queue is full", func() bool { return s.accepted.Load() == 3 })
	wait(t, "the acceptor waits for a place", func() bool { return reading(t) > 0 })
	if n := s.accepted.Load(); n != 3 {
		t.Errorf("%d accepted, want one in service and two in the queue", n)
	}
	_ = first.c.Close()
	publish(t, s, `{"room":"a","event":"e"}`) // only now the thread notices
	for _, c := range others {
		c.ask("room=a")
		c.want(`{"room":"a","cursor":"t0-1","recovered":false,"events":[],"next_ms":0}`)
		_ = c.c.Close()
	}
	if n := stop(); n.Accepted != 6 || n.Peak != 1 {
		t.Errorf("counts %+v, want 6 connections, one at a time", n)
	}
}

func TestKeepAlive(t *testing.T) {
	for _, tt := range []struct {
		name      string
		keepAlive time.Duration
		request   string
		closes    bool
	}{
		{name: "none", keepAlive: 0, request: "GET /live/poll?room=a HTTP/1.1\r\nHost: x\r\n\r\n", closes: true},
		{name: "ends by its timeout", keepAlive: 30 * time.Millisecond, request: "GET /live/poll?room=a HTTP/1.1\r\nHost: x\r\n\r\n"},
		{name: "not wanted", keepAlive: soon * 4, request: "GET /live/poll?room=a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", closes: true},
		{name: "unknown to the client", keepAlive: soon * 4, request: "GET /live/poll?room=a HTTP/1.0\r\n\r\n", closes: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, _ := serve(t, func(c *Config) { c.Threads, c.KeepAlive = 1, tt.keepAlive })
			c := dial(t, s)
			_, _ = io.WriteString(c.c, tt.request)
			if status, _, closes := c.answer(); status != 200 || closes != tt.closes {
				t.Errorf("answer %d, closes %t, want 200, %t", status, closes, tt.closes)
			}
			if _, err := c.r.ReadByte(); err != io.EOF {
				t.Errorf("after the answer: %v, want EOF", err)
			}
			wait(t, "the thread is free", func() bool { return s.busy() == 0 })
		})
	}
}

func TestPipelinedPollsAreAnsweredInOrder(t *testing.T) {
	s, _ := serve(t, nil)
	c := dial(t, s)
	c.ask("room=a&since=t0-0&wait=25")
	c.ask("room=b")
	wait(t, "the first is parked", func() bool { return s.busy() == 1 })
	publish(t, s, `{"room":"a","event":"e","data":1}`)
	for _, want := range []string{`{"room":"a","cursor":"t0-1"`, `{"room":"b","cursor":"t0-0"`} {
		if _, got, _ := c.answer(); !strings.HasPrefix(got, want) {
			t.Errorf("answer %s, want %s", got, want)
		}
	}
}

func TestBadRequestsEndTheConnection(t *testing.T) {
	const tail = " HTTP/1.1\r\nHost: x\r\n\r\n"
	for _, tt := range []struct{ name, request, want string }{
		{name: "no request", request: "hello\r\n\r\n", want: "not a request"},
		{name: "head over the limit", request: "GET /live/poll?room=" + strings.Repeat("a", maxHead-len("GET /live/poll?room=")), want: "8 KiB"},
		{name: "another method", request: "HEAD /live/poll?room=a" + tail, want: "GET"},
		{name: "another path", request: "GET /live/ws?room=a" + tail, want: "/live/poll"},
		{name: "a body", request: "GET /live/poll?room=a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx", want: "no body"},
		{name: "no room", request: "GET /live/poll" + tail, want: "one room"},
		{name: "two rooms", request: "GET /live/poll?room=a&room=b" + tail, want: "one room"},
		{name: "broken query", request: "GET /live/poll?room=%zz" + tail, want: "well-formed"},
		{name: "no cursor", request: "GET /live/poll?room=a&since=7" + tail, want: "cursor"},
		{name: "no time", request: "GET /live/poll?room=a&wait=-1s" + tail, want: "seconds"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, stop := serve(t, nil)
			c := dial(t, s)
			_, _ = io.WriteString(c.c, tt.request)
			_ = c.c.SetReadDeadline(time.Now().Add(soon))
			resp, err := http.ReadResponse(c.r, nil)
			if err != nil {
				t.Fatal(err)
			}
			var b []byte
			if !strings.HasPrefix(tt.request, "HEAD") {
				b, _ = io.ReadAll(resp.Body)
			} else {
				b, _ = io.ReadAll(c.r)
			}
			if resp.StatusCode != 400 || !resp.Close || !strings.Contains(string(b), tt.want) {
				t.Errorf("answer %d, closes %t, %s; want 400 and %q", resp.StatusCode, resp.Close, b, tt.want)
			}
			if n := stop(); n.Refused != 1 {
				t.Errorf("counts %+v, want one request refused", n)
			}
		})
	}
}

// TestEndWhileAllWait ends a server with threads parked, idle and unused, and
// connections in its queue; TestMain finds what stays behind.
func TestEndWhileAllWait(t *testing.T) {
	for _, tt := range []struct {
		name                       string
		threads, queue, idle, poll int
	}{
		{name: "nobody there", threads: 4, queue: 1},
		{name: "parked and idle", threads: 8, queue: 1, idle: 2, poll: 3},
		{name: "pool and queue full", threads: 2, queue: 2, poll: 12},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, stop := serve(t, func(c *Config) { c.Threads, c.Queue = tt.threads, tt.queue })
			for range tt.idle {
				dial(t, s)
			}
			for range tt.poll {
				dial(t, s).ask("room=a&since=t0-0&wait=55")
			}
			wait(t, "as many as can be are served", func() bool { return s.busy() == min(tt.threads, tt.idle+tt.poll) })
			began := time.Now()
			stop()
			if took := time.Since(began); took > soon/2 {
				t.Errorf("the end took %s", took)
			}
			if n := s.busy(); n != 0 {
				t.Errorf("%d connections left", n)
			}
		})
	}
}
