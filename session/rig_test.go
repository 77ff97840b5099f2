package session

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"grandstand/session/broker"
	"grandstand/session/dispatch"
	"grandstand/session/room"
)

// Importing ants starts two goroutines, which end with the first pool.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m, goleak.IgnoreCurrent()) }

// deadline is how long a test waits for what must happen.
const deadline = 10 * time.Second

// rig is a hub on a real pool with two shards, and a clock the test winds.
type rig struct {
	*Hub
	t    testing.TB
	wall atomic.Int64 // the broker's time, nanoseconds
	now  atomic.Int64 // the hub's
}

// Now and After make the rig the hub's clock.
func (g *rig) Now() time.Duration                      { return time.Duration(g.now.Load()) }
func (g *rig) After(d time.Duration, f func())         { time.AfterFunc(d, f) }
func (g *rig) tick(d time.Duration)                    { g.now.Add(int64(d)); g.wall.Add(int64(d)) }
func (g *rig) time() time.Time                         { return time.Unix(0, g.wall.Load()) }
func (g *rig) memory(cfg broker.Config) *broker.Memory { return broker.NewMemory(cfg, g.time) }

// newRig starts a hub that ends with the test. change may be nil.
func newRig(t testing.TB, change func(c *Config)) *rig {
	t.Helper()
	cfg := DefaultConfig()
	cfg.Sweep = time.Hour // tests sweep by hand
	if change != nil {
		change(&cfg)
	}
	g := &rig{t: t}
	g.wall.Store(1e18)
	g.now.Store(int64(time.Second))
	log := slog.New(slog.DiscardHandler)
	pool, err := dispatch.NewPool(dispatch.DefaultConfig(), 3, log)
	if err != nil {
		t.Fatal(err)
	}
	hub, err := NewHub(cfg, g.memory(broker.DefaultConfig()), pool, 2, log)
	if err != nil {
		t.Fatal(err)
	}
	hub.clock = g
	g.Hub = hub
	t.Cleanup(func() {
		if err := errors.Join(hub.Close(), pool.Close(deadline)); err != nil {
			t.Error(err)
		}
	})
	return g
}

// publish commits one event that must not be refused.
func (g *rig) publish(data string, rooms ...string) uint64 {
	g.t.Helper()
	ids, _, err := g.Publish(context.Background(), "", []broker.Message{{Rooms: rooms, Name: "say", Data: []byte(data)}})
	if err != nil {
		g.t.Fatalf("publish to %v: %v", rooms, err)
	}
	return ids[0]
}

// text is an encoding: a line per event.
type text struct{}

func (text) Name() string { return "text" }

func (text) AppendRecord(dst []byte, room string, e *room.Event) []byte {
	return fmt.Appendf(dst, "%s#%d %s\n", room, e.ID, e.Data)
}

// viewer is a session with a transport that takes everything, unless shut.
type viewer struct {
	Session
	g     *rig
	mu    sync.Mutex
	out   []byte
	ended []Reason
	shut  bool
}

var _ Transport = (*viewer)(nil)

// view opens a session.
func (g *rig) view(shard int) *viewer {
	v := &viewer{g: g}
	_ = g.Open(&v.Session, shard, v, nil)
	return v
}

func (v *viewer) WriteShared(p []byte, _ func(int) int) (int, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.shut {
		return 0, false
	}
	v.out = append(v.out, p...)
	return len(p), true
}

func (v *viewer) Gap(name string, from, to uint64) {
	v.Write(fmt.Appendf(nil, "gap:%s(%d,%d]\n", name, from, to))
}

func (v *viewer) Evict(string) { v.End(AllReasons().Slow) }

func (v *viewer) AppendMessage(dst, message []byte) []byte {
	return append(append(dst, message...), '\n')
}

func (v *viewer) Write(p []byte) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.out = append(v.out, p...)
}

func (v *viewer) End(r Reason) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.ended = append(v.ended, r)
}

func (v *viewer) Reconnect(after time.Duration) { v.Write(fmt.Appendf(nil, "reconnect:%v\n", after)) }

func (v *viewer) Info() (name, peer string) { return "test", "192.0.2.1:80" }

// open lets the transport take bytes again.
func (v *viewer) open() {
	v.mu.Lock()
	v.shut = false
	v.mu.Unlock()
	v.Ready()
}

// do runs f in the session's shard and waits for it.
func (v *viewer) do(f func()) {
	v.g.t.Helper()
	done := make(chan struct{})
	if err := v.Post(func() { defer close(done); f() }); err != nil {
		v.g.t.Fatal(err)
	}
	select {
	case <-done:
	case <-time.After(deadline):
		v.g.t.Fatalf("waited %v for a shard", deadline)
	}
}

// join joins as protocols do, and reports the outcome.
func (v *viewer) join(name string, start room.Start) (j room.Joined, err error) {
	v.g.t.Helper()
	v.do(func() {
		if j, err = v.Join(name, text{}, start); err == nil {
			v.Visit()
		}
	})
	return j, err
}

// got waits until as many lines have come, and returns them in one.
func (v *viewer) got(lines int) string {
	v.g.t.Helper()
	until(v.g.t, fmt.Sprint(lines, " lines"), func() bool {
		v.mu.Lock()
		defer v.mu.Unlock()
		return bytes.Count(v.out, []byte("\n")) >= lines
	})
	v.mu.Lock()
	defer v.mu.Unlock()
	return strings.TrimSpace(strings.ReplaceAll(string(v.out), "\n", ", "))
}

// until waits for a condition that no channel tells of.
func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	end := time.After(deadline)
	for !ok() {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("waited %v for %s", deadline, what)
		}
	}
}

// code is the code of an *Error, "" for nil.
func code(t testing.TB, err error) Code {
	t.Helper()
	if err == nil {
		return ""
	}
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("%v is not an *Error", err)
	}
	if e.Message == "" {
		t.Errorf("error %s says nothing to people", e.Code)
	}
	return e.Code
}
