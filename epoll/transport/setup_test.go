package transport

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"grandstand/epoll"
	"grandstand/epoll/protocol"
	"grandstand/session"
	"grandstand/session/broker"
	"grandstand/session/dispatch"
)

// patience bounds every wait of the tests. Nothing waits that long when it works.
const patience = 20 * time.Second

// settings are what a test may change of the house before it opens.
type settings struct {
	loop   epoll.Config
	rooms  session.Config
	cfg    Config
	tokens Tokens
	speak  func(s *Server) protocol.Dialect // on the Engine.IO path
	accept func(s *Server) func(c *epoll.Conn) epoll.Handler
}

// house is a server on a real socket.
type house struct {
	t     testing.TB
	hub   *session.Hub
	srv   *Server
	group *epoll.Group
	addr  string
	log   *logBuffer
}

// openHouse opens one, to be closed at the end of the test: then no goroutine
// may be left and the counters have to agree.
func openHouse(t testing.TB, change func(s *settings)) *house {
	t.Helper()
	s := &settings{loop: epoll.DefaultConfig(), rooms: session.DefaultConfig(), cfg: DefaultConfig()}
	s.loop.Listen, s.loop.Loops = []string{"127.0.0.1:0"}, 2
	s.rooms.PublishRate, s.rooms.PublishBurst = 10000, 6000
	if change != nil {
		change(s)
	}
	if err := s.cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	before := goleak.IgnoreCurrent()
	h := &house{t: t, log: new(logBuffer)}
	log := slog.New(slog.NewTextHandler(h.log, nil))
	pool, err := dispatch.NewPool(dispatch.DefaultConfig(), 4, log)
	if err != nil {
		t.Fatal(err)
	}
	h.hub, err = session.NewHub(s.rooms, broker.NewMemory(broker.DefaultConfig(), time.Now), pool, s.loop.Loops, log)
	if err != nil {
		t.Fatal(err)
	}
	h.srv = New(s.cfg, h.hub, s.tokens, s.loop.Loops, log)
	if s.speak != nil {
		if err := h.srv.Dialect(s.cfg.EngineIO[0].Path, s.speak(h.srv)); err != nil {
			t.Fatal(err)
		}
	}
	accept := h.srv.Accept
	if s.accept != nil {
		accept = s.accept(h.srv)
	}
	if h.group, err = epoll.Open(s.loop, log, accept); err != nil {
		t.Fatal(err)
	}
	h.addr = h.group.Addrs()[0].String()
	t.Cleanup(func() { h.close(pool, before) })
	return h
}

func (h *house) close(pool *dispatch.Pool, before goleak.Option) {
	h.group.Close()
	h.srv.Close()
	await(h.t, "all Engine.IO sessions to be closed", func() bool { return h.engines() == 0 })
	await(h.t, "all sessions to be closed", func() bool {
		s := h.hub.Stats()
		return s.Sessions == 0 && s.Members == 0 && s.Opened == s.Closed
	})
	ended := int64(0)
	for _, n := range h.srv.Ended() {
		ended += n
	}
	if opened := h.srv.counts.opened(); ended != opened {
		h.t.Errorf("%d sessions opened, %d ended with a reason", opened, ended)
	}
	for way, n := range h.srv.Viewers() {
		if n != 0 {
			h.t.Errorf("%d viewers left on %s", n, way)
		}
	}
	if err := h.hub.Close(); err != nil {
		h.t.Error(err)
	}
	if err := pool.Close(patience); err != nil {
		h.t.Error(err)
	}
	if err := goleak.Find(before); err != nil {
		h.t.Error(err)
	}
	if text := h.log.String(); strings.Contains(text, "panicked") {
		h.t.Errorf("something panicked:\n%s", text)
	}
}

// engines is how many Engine.IO sessions there are.
func (h *house) engines() (n int) {
	for _, p := range h.srv.engines.paths {
		if k := len(p.table.list()); int64(k) != p.sessions.Load() {
			return -1
		} else {
			n += k
		}
	}
	return n
}

// in is the house for a subtest.
func (h *house) in(t testing.TB) *house {
	inner := *h
	inner.t = t
	return &inner
}

// publish commits an event and returns its id.
func (h *house) publish(room, event, data string) uint64 {
	h.t.Helper()
	ids, _, err := h.hub.Publish(context.Background(), "",
		[]broker.Message{{Rooms: []string{room}, Name: event, Data: []byte(data)}})
	if err != nil {
		h.t.Fatalf("publish to %s: %v", room, err)
	}
	return ids[0]
}

// awaitEnded waits until so many sessions have ended for a reason.
func (h *house) awaitEnded(reason session.Reason, n int64) {
	h.t.Helper()
	await(h.t, "a session to end by "+reason.Text, func() bool { return h.srv.Ended()[reason.Text] == n })
}

// logBuffer collects log lines.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// reset forgets what was logged: it was expected.
func (b *logBuffer) reset() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.buf.Reset()
}

// await polls until ok.
func await(t testing.TB, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); time.Now().Before(end); <-tick.C {
		if ok() {
			return
		}
	}
	t.Fatalf("waited %v for %s", patience, what)
}
