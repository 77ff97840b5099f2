package session

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"grandstand/session/broker"
	"grandstand/session/room"
)

// TestPublishRate: a burst, then the rate, by a clock from outside.
func TestPublishRate(t *testing.T) {
	tests := []struct {
		name        string
		rate, burst int
		steps       []string // time to pass, and how many of ten publishes pass
	}{
		{name: "burst and rate", rate: 10, burst: 3, steps: []string{"0s 3", "0s 0", "100ms 1", "50ms 0", "50ms 1", "200ms 2", "1h 3", "1s 3"}},
		{name: "one a second", rate: 1, burst: 1, steps: []string{"0s 1", "900ms 0", "100ms 1", "10s 1"}},
		{name: "faster than the grain", rate: 100, burst: 10, steps: []string{"0s 10", "10ms 0", "90ms 10"}},
		{name: "never again", rate: 0, burst: 2, steps: []string{"0s 2", "1h 0"}},
		{name: "burst above what a session counts", rate: 1, burst: 1 << 20, steps: []string{"0s 10", "0s 10"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := newRig(t, func(c *Config) { c.PublishRate, c.PublishBurst = tt.rate, tt.burst })
			v := g.view(0)
			for i, s := range tt.steps {
				var after string
				var want int
				if _, err := fmt.Sscan(s, &after, &want); err != nil {
					t.Fatal(err)
				}
				d, _ := time.ParseDuration(after)
				g.tick(d)
				passed := 0
				v.do(func() {
					for range 10 {
						switch _, err := v.Publish("a", "say", []byte("1")); code(t, err) {
						case "":
							passed++
						case CodeRate:
						default:
							t.Errorf("step %d: %v", i, err)
						}
					}
				})
				if passed != want {
					t.Errorf("step %d, after %v: %d of 10 passed, want %d", i, d, passed, want)
				}
			}
		})
	}
}

// TestViewerPublishes: what a viewer publishes reaches it too, and what is
// wrong with it is said.
func TestViewerPublishes(t *testing.T) {
	g := newRig(t, nil)
	v, w := g.view(0), g.view(1)
	for _, x := range []*viewer{v, w} {
		if _, err := x.join("a", room0); err != nil {
			t.Fatal(err)
		}
	}
	v.do(func() {
		if id, err := v.Publish("a", "say", []byte(`{"x" : 1}`)); id != 1 || err != nil {
			t.Errorf("Publish = %d, %v, want 1", id, err)
		}
		for data, want := range map[string]Code{strings.Repeat(" ", 1<<20): CodeTooLarge, "\"\xff\"": CodeBadData} {
			if _, err := v.Publish("a", "say", []byte(data)); code(t, err) != want {
				t.Errorf("Publish of %d bytes: %v, want %s", len(data), err, want)
			}
		}
		if _, err := v.Publish("", "say", nil); code(t, err) != CodeBadRoom {
			t.Errorf("Publish to no room: %v", err)
		}
	})
	for _, x := range []*viewer{v, w} {
		if got := x.got(1); got != `a#1 {"x":1},` {
			t.Errorf("got %q", got)
		}
	}
}

// TestIdempotency: a key commits once, over rooms and batches.
func TestIdempotency(t *testing.T) {
	g := newRig(t, nil)
	publish := func(key string, n int) ([]uint64, bool) {
		m := make([]broker.Message, n)
		for i := range m {
			m[i] = broker.Message{Rooms: []string{fmt.Sprint("r", i)}, Name: "e"}
		}
		ids, again, err := g.Publish(context.Background(), key, m)
		if err != nil {
			t.Fatal(err)
		}
		return ids, again
	}
	first, _ := publish("k", 2)
	ids, again := publish("k", 2)
	if fmt.Sprint(ids) != fmt.Sprint(first) || !again {
		t.Errorf("again: %v, %v, want %v", ids, again, first)
	}
	if ids, again := publish("l", 1); ids[0] != 3 || again {
		t.Errorf("another key: %v, %v, want [3]", ids, again)
	}
	if st := g.Stats(); st.Repeated != 2 || st.Events != 3 {
		t.Errorf("%d repeated, %d events, want 2, 3", st.Repeated, st.Events)
	}
}

// TestSessionInfo describes a session, blocked and not, and its end.
func TestSessionInfo(t *testing.T) {
	g := newRig(t, nil)
	v, ctx := g.view(1), context.Background()
	for _, name := range []string{"a", "b"} {
		if _, err := v.join(name, room0); err != nil {
			t.Fatal(err)
		}
	}
	g.tick(90 * time.Second)
	g.publish("1", "a")
	v.got(1)
	info, err := g.Session(ctx, v.ID())
	want := SessionInfo{ID: v.ID(), Transport: "test", Peer: "192.0.2.1:80", Rooms: []string{"a", "b"}, Cursor: g.Cursor(1), Age: 90 * time.Second}
	if fmt.Sprint(info) != fmt.Sprint(want) || err != nil {
		t.Errorf("Session() = %+v, %v, want %+v", info, err, want)
	}
	v.mu.Lock()
	v.shut = true
	v.mu.Unlock()
	g.publish("1", "b")
	g.publish("1", "b")
	until(t, "the session to block", func() bool { return g.Stats().Lag.Sessions == 1 })
	if info, err := g.Session(ctx, v.ID()); !info.Blocked || info.Behind != 2 || err != nil {
		t.Errorf("Session() = %+v, %v, want blocked and 2 behind", info, err)
	}
	if lag := g.Stats().Lag; lag.Events != 2 {
		t.Errorf("Lag = %+v, want 2 events", lag)
	}
	v.open()
	if got := v.got(3); got != "a#1 1, b#2 1, b#3 1," {
		t.Errorf("got %q", got)
	}
	if err := g.End(ctx, v.ID(), AllReasons().Kicked); err != nil || len(v.ended) != 1 {
		t.Errorf("End: %v, transport told %v", err, v.ended)
	}
	v.Close()
	until(t, "the session to be gone", func() bool { return g.Sessions() == 0 })
	_, err = g.Session(ctx, v.ID())
	for what, err := range map[string]error{"Session": err, "End": g.End(ctx, v.ID(), AllReasons().Kicked), "End of no id": g.End(ctx, "x", Reason{})} {
		if code(t, err) != CodeNotFound {
			t.Errorf("%s of a session that is gone: %v", what, err)
		}
	}
	if st := g.Stats(); st.Opened != 1 || st.Closed != 1 || st.Members != 0 || st.Joins != 2 || st.Leaves != 0 {
		t.Errorf("Stats() = %+v", st)
	}
}

// TestWithinGivesUp when its context ends before the shard has time.
func TestWithinGivesUp(t *testing.T) {
	g := newRig(t, nil)
	v := g.view(0)
	if _, err := v.join("a", room0); err != nil {
		t.Fatal(err)
	}
	release := make(chan struct{})
	if err := v.Post(func() { <-release }); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if info, err := g.Session(ctx, v.ID()); !errors.Is(err, context.Canceled) || info.ID != "" {
		t.Errorf("Session() = %+v, %v, want nothing and Canceled", info, err)
	}
	if n, err := g.Kick(ctx, "a"); !errors.Is(err, context.Canceled) {
		t.Errorf("Kick() = %d, %v, want Canceled", n, err)
	}
	close(release)
	v.do(func() {})
}

// TestKick ends those in the room, on all shards, and nobody else.
func TestKick(t *testing.T) {
	g := newRig(t, func(c *Config) { c.Shard.Chunk = 3 })
	var in, out []*viewer
	for i := range 20 {
		v := g.view(i % 2)
		name := "in"
		if i%3 == 0 {
			name, out = "out", append(out, v)
		} else {
			in = append(in, v)
		}
		if _, err := v.join(name, room0); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := g.Kick(context.Background(), "in"); n != len(in) || err != nil {
		t.Errorf("Kick() = %d, %v, want %d", n, err, len(in))
	}
	for _, v := range in {
		if len(v.ended) != 1 || v.ended[0] != AllReasons().Kicked {
			t.Errorf("a viewer in the room was told %v", v.ended)
		}
	}
	for _, v := range out {
		if len(v.ended) != 0 {
			t.Errorf("a viewer in another room was told %v", v.ended)
		}
	}
	for name, want := range map[string]Code{"none": CodeNotFound, "": CodeBadRoom} {
		if _, err := g.Kick(context.Background(), name); code(t, err) != want {
			t.Errorf("Kick(%q): %v, want %s", name, err, want)
		}
	}
}

// TestSpread reaches every session once, in its shard.
func TestSpread(t *testing.T) {
	g := newRig(t, nil)
	var all []*viewer
	for i := range 25 {
		all = append(all, g.view(i%2))
	}
	told := make(chan *Session, 100)
	for _, over := range []time.Duration{0, 100 * time.Millisecond} {
		if err := g.Spread(context.Background(), over, func(s *Session) { told <- s }); err != nil {
			t.Fatal(err)
		}
		seen := map[*Session]bool{}
		for range all {
			seen[<-told] = true
		}
		if len(seen) != len(all) || len(told) != 0 {
			t.Errorf("over %v: %d of %d sessions, %d more calls", over, len(seen), len(all), len(told))
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := g.Spread(ctx, time.Hour, func(*Session) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("Spread with an ended context: %v", err)
	}
}

// TestOpenFirst: what a session is opened with comes before all that others
// post to it.
func TestOpenFirst(t *testing.T) {
	g := newRig(t, nil)
	v := &viewer{g: g}
	if err := g.Open(&v.Session, 0, v, func() { v.Write([]byte("first\n")) }); err != nil {
		t.Fatal(err)
	}
	until(t, "the session to be found", func() bool { return g.Sessions() == 1 })
	if err := g.Spread(context.Background(), 0, func(s *Session) { s.Transport().Write([]byte("then\n")) }); err != nil {
		t.Fatal(err)
	}
	if got := v.got(2); got != "first, then," {
		t.Errorf("got %q", got)
	}
}

// TestBusy: a full mailbox refuses commands, not ends.
func TestBusy(t *testing.T) {
	g := newRig(t, func(c *Config) { c.Shard.Mailbox = 64 })
	v := g.view(0)
	started, release := make(chan struct{}), make(chan struct{})
	if err := v.Post(func() { close(started); <-release }); err != nil {
		t.Fatal(err)
	}
	<-started
	var err error
	posted := 0
	for ; err == nil && posted < 1000; posted++ {
		err = v.Post(func() {})
	}
	if code(t, err) != CodeBusy || posted != 65 {
		t.Errorf("Post %d: %v, want %s at the 65th", posted, err, CodeBusy)
	}
	late := &viewer{g: g}
	if err := g.Open(&late.Session, 0, late, func() {}); code(t, err) != CodeBusy || g.Sessions() != 1 {
		t.Errorf("Open: %v, %d sessions, want %s and 1", err, g.Sessions(), CodeBusy)
	}
	late.Close()
	v.Close()
	close(release)
	until(t, "the session to end", func() bool { return g.Sessions() == 0 })
}

// TestStopping: after the hub's end a publish says so.
func TestStopping(t *testing.T) {
	g := newRig(t, nil)
	if err := g.broker.Close(); err != nil {
		t.Fatal(err)
	}
	_, _, err := g.Publish(context.Background(), "", []broker.Message{{Rooms: []string{"a"}, Name: "e"}})
	if code(t, err) != CodeStopping {
		t.Errorf("Publish after Close: %v, want %s", err, CodeStopping)
	}
	if g.rooms.find("a", false).Idle() != true {
		t.Error("a publish that was refused leaves its room pinned")
	}
}

// TestHubSweeps by itself, in time.
func TestHubSweeps(t *testing.T) {
	g := newRig(t, func(c *Config) { c.Sweep, c.Room.HistoryAge = 100*time.Millisecond, time.Second })
	g.wall.Store(time.Now().Add(-time.Hour).UnixNano())
	g.publish("1", "a")
	until(t, "the room to be forgotten", func() bool { return len(g.names()) == 0 })
}

// TestRejoin changes nothing.
func TestRejoin(t *testing.T) {
	g := newRig(t, nil)
	v := g.view(0)
	for i := range 2 {
		j, err := v.join("a", room.Start{})
		if err != nil || j.Rejoined != (i == 1) || j.Members != 1 {
			t.Errorf("join %d: %+v, %v", i, j, err)
		}
	}
	if st := g.Stats(); st.Joins != 1 || st.Members != 1 {
		t.Errorf("%d joins, %d members, want 1, 1", st.Joins, st.Members)
	}
}
