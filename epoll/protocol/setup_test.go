package protocol

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"grandstand/session"
	"grandstand/session/broker"
	"grandstand/session/dispatch"
	"grandstand/session/room"
)

// patience bounds every wait of the tests. Nothing waits that long when it works.
const patience = 20 * time.Second

// stage is a hub with the protocol on it.
type stage struct {
	t      testing.TB
	hub    *session.Hub
	broker *broker.Memory
	native *Native
	enc    *lines
	clock  *fake // a session to post by
}

// openStage opens a hub of one shard, which is closed at the end of the test.
func openStage(t testing.TB, cfg session.Config) *stage {
	t.Helper()
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	pool, err := dispatch.NewPool(dispatch.DefaultConfig(), 1, log)
	if err != nil {
		t.Fatal(err)
	}
	b := broker.NewMemory(broker.DefaultConfig(), time.Now)
	hub, err := session.NewHub(cfg, b, pool, 1, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for i, sh := range hub.Stats().Shards {
			if sh.Panics != 0 {
				t.Errorf("shard %d: %d panics", i, sh.Panics)
			}
		}
		if err := hub.Close(); err != nil {
			t.Error(err)
		}
		if err := pool.Close(patience); err != nil {
			t.Error(err)
		}
	})
	n := NewNative(hub)
	s := &stage{t: t, hub: hub, broker: b, native: n, enc: &lines{n}}
	s.clock = s.open()
	return s
}

// publish has the hub commit an event and returns its id.
func (s *stage) publish(name, event, data string) uint64 {
	s.t.Helper()
	ids, _, err := s.hub.Publish(context.Background(), "",
		[]broker.Message{{Rooms: []string{name}, Name: event, Data: []byte(data)}})
	if err != nil {
		s.t.Fatalf("publish %s %s %s: %v", name, event, data, err)
	}
	return ids[0]
}

// open begins a session without rooms.
func (s *stage) open() *fake {
	f := &fake{native: s.native}
	_ = s.hub.Open(&f.Session, 0, f, nil)
	return f
}

// settle waits until the shard has done all it had to do: it walks one room a
// turn, so a turn for each room of a test is enough.
func (s *stage) settle() {
	s.t.Helper()
	for range 8 {
		done := make(chan struct{})
		if err := s.clock.Post(func() { close(done) }); err != nil {
			s.t.Fatal(err)
		}
		select {
		case <-done:
		case <-time.After(patience):
			s.t.Fatalf("the shard has not come round in %v", patience)
		}
	}
}

// ask sends messages and returns what is answered to them.
func (s *stage) ask(f *fake, messages ...string) []string {
	s.t.Helper()
	for _, m := range messages {
		p := []byte(m)
		s.native.Receive(&f.Session, s.enc, p)
		clear(p) // it is borrowed
	}
	s.settle()
	return f.take()
}

// lines is an Encoding of one event a line.
type lines struct{ native *Native }

func (*lines) Name() string { return "lines" }

func (l *lines) AppendRecord(dst []byte, name string, e *room.Event) []byte {
	if !l.native.Shown(e) {
		return dst
	}
	return append(l.native.AppendEvent(dst, name, e), '\n')
}

// fake is a carrier that keeps what it is given, one message a line.
type fake struct {
	session.Session
	native *Native

	mu      sync.Mutex
	out     strings.Builder
	stalled bool // takes no events
}

var _ session.Transport = (*fake)(nil)

func (f *fake) Reconnect(after time.Duration) {
	f.Write(f.AppendMessage(nil, f.native.AppendReconnect(nil, after.Milliseconds(), "")))
}

func (f *fake) WriteShared(p []byte, _ func(int) int) (int, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stalled {
		return 0, false
	}
	f.out.Write(p)
	return len(p), true
}

func (f *fake) Gap(name string, from, to uint64) {
	f.Write(f.AppendMessage(nil, f.native.AppendGap(nil, name, from, to)))
}

func (f *fake) Evict(string) { f.End(session.AllReasons().Slow) }

func (f *fake) AppendMessage(dst, message []byte) []byte {
	return append(append(dst, message...), '\n')
}

func (f *fake) Write(p []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.out.Write(p)
}

func (f *fake) End(r session.Reason) { f.Write([]byte("ended: " + r.Text + "\n")) }

func (f *fake) Info() (name, peer string) { return "fake", "nowhere" }

// stall has the carrier take events, or not.
func (f *fake) stall(on bool) {
	f.mu.Lock()
	f.stalled = on
	f.mu.Unlock()
	if !on {
		f.Ready()
	}
}

// take returns the messages since the last call.
func (f *fake) take() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	text := f.out.String()
	f.out.Reset()
	if text == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}
