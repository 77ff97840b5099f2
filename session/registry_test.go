package session

import (
	"context"
	"fmt"
	"testing"
	"time"

	"grandstand/session/broker"
	"grandstand/session/room"
)

// room0 is a plain start.
var room0 = room.Start{}

var brokerDefault = broker.DefaultConfig()

// names are the rooms there are.
func (g *rig) names() (out []string) {
	for _, r := range g.Rooms() {
		out = append(out, r.Name)
	}
	return out
}

// sweep lets time pass and does what the hub does now and then.
func (g *rig) sweepAfter(d time.Duration) {
	g.tick(d)
	g.rooms.sweep(g.time())
}

// TestRoomLife: a room is there from its first use until it is empty of
// viewers and events.
func TestRoomLife(t *testing.T) {
	g := newRig(t, func(c *Config) { c.Room.HistoryAge = time.Minute })
	v := g.view(0)
	if _, err := v.join("joined", room0); err != nil {
		t.Fatal(err)
	}
	g.publish("1", "published")
	steps := []struct {
		name string
		do   func()
		want string
	}{
		{"at first", func() {}, "[joined published]"},
		{"swept at once", func() { g.sweepAfter(0) }, "[joined published]"},
		{"events are too old", func() { g.sweepAfter(61 * time.Second) }, "[joined]"},
		{"left", func() { v.do(func() { _ = v.Leave("joined") }) }, "[joined]"},
		{"swept", func() { g.sweepAfter(0) }, "[]"},
		{"used again", func() { g.publish("1", "published") }, "[published]"},
	}
	for _, s := range steps {
		s.do()
		if got := fmt.Sprint(g.names()); got != s.want {
			t.Errorf("%s: rooms %s, want %s", s.name, got, s.want)
		}
	}
}

// TestForgottenRoom: one that comes back under its name knows that it has
// forgotten.
func TestForgottenRoom(t *testing.T) {
	g := newRig(t, func(c *Config) { c.Room.HistoryAge = time.Minute })
	for range 3 {
		g.publish("1", "a")
	}
	g.sweepAfter(2 * time.Minute)
	if len(g.names()) != 0 {
		t.Fatalf("rooms %v, want none", g.names())
	}
	tests := []struct {
		since     uint64
		recovered bool
		missed    string
	}{
		{since: 0, missed: "(0,3]"}, {since: 2, missed: "(2,3]"}, {since: 3, recovered: true},
	}
	for _, tt := range tests {
		j, err := g.view(0).join("a", room.Start{HasSince: true, Since: tt.since})
		missed := ""
		if j.Missed {
			missed = fmt.Sprintf("(%d,%d]", j.GapFrom, j.GapTo)
		}
		if err != nil || j.Recovered != tt.recovered || missed != tt.missed {
			t.Errorf("since %d: recovered %v, missed %q, %v, want %v, %q", tt.since, j.Recovered, missed, err, tt.recovered, tt.missed)
		}
	}
	if _, complete, err := g.History("a", g.Cursor(2), 10); complete || err != nil {
		t.Errorf("history since 2: complete %v, %v, want not", complete, err)
	}
	if _, complete, err := g.History("a", g.Cursor(3), 10); !complete || err != nil {
		t.Errorf("history since 3: complete %v, %v, want so", complete, err)
	}
	if st := g.Stats(); st.Recovered != 1 || st.Missed != 2 {
		t.Errorf("%d recovered, %d missed, want 1, 2", st.Recovered, st.Missed)
	}
}

// TestUnroutedIsForgotten: an event for which no room could be made (another
// node published it) is not pretended to have been seen by one made later.
func TestUnroutedIsForgotten(t *testing.T) {
	g := newRig(t, func(c *Config) { c.MaxRooms, c.Room.HistoryAge = 1, time.Minute })
	now := g.time()
	g.Commit([]broker.Event{
		{ID: 5, Time: now, Message: broker.Message{Rooms: []string{"a"}, Name: "e"}},
		{ID: 7, Time: now, Message: broker.Message{Rooms: []string{"b", "a", "a"}, Name: "e"}},
		{ID: 8, Time: now, Message: broker.Message{Rooms: []string{"a"}, Name: "e"}},
	})
	g.Commit(nil)
	if st := g.Stats(); st.Unrouted != 1 || st.Events != 3 || st.Head != 8 {
		t.Errorf("%d unrouted, %d events, head %d, want 1, 3, 8", st.Unrouted, st.Events, st.Head)
	}
	if events, _, err := g.History("a", "", 10); len(events) != 3 || err != nil {
		t.Errorf("%d events in a, %v, want 3, one of them named twice", len(events), err)
	}
	g.sweepAfter(2 * time.Minute)
	if j, err := g.view(0).join("b", room.Start{HasSince: true, Since: 6}); err != nil || j.Recovered {
		t.Errorf("join since 6: %+v, %v, want not recovered", j, err)
	}
}

// TestRoomLimits: neither viewers nor publishers get past them, and what is
// refused leaves nothing behind.
func TestRoomLimits(t *testing.T) {
	g := newRig(t, func(c *Config) { c.MaxRooms, c.MaxRoomsPerSession, c.MaxRoomName = 3, 2, 5 })
	v, w := g.view(0), g.view(1)
	join := func(v *viewer, name string, want Code) {
		t.Helper()
		if _, err := v.join(name, room0); code(t, err) != want {
			t.Errorf("join of %q: %v, want %q", name, err, want)
		}
	}
	join(v, "", CodeBadRoom)
	join(v, "sixsix", CodeBadRoom)
	join(v, "<b>", CodeBadRoom)
	join(v, "a", "")
	join(v, "b", "")
	join(v, "c", CodeRoomLimit)
	join(v, "b", "") // it is in already
	if got := fmt.Sprint(g.names()); got != "[a b]" {
		t.Errorf("rooms %s, want those that were joined", got)
	}
	join(w, "c", "")
	join(w, "d", CodeTooManyRooms)
	_, _, err := g.Publish(context.Background(), "", []broker.Message{{Rooms: []string{"a", "d"}, Name: "e"}})
	if code(t, err) != CodeTooManyRooms || g.Stats().Events != 0 {
		t.Errorf("publish to one room too many: %v, %d events", err, g.Stats().Events)
	}
	v.do(func() {
		if err := v.Leave("c"); code(t, err) != CodeNotJoined {
			t.Errorf("leaving somebody else's room: %v", err)
		}
		if err := v.Leave("zzz"); code(t, err) != CodeNotJoined {
			t.Errorf("leaving no room: %v", err)
		}
	})
	w.Close()
	until(t, "the session to end", func() bool { return g.Sessions() == 1 })
	g.sweepAfter(0)
	join(v, "d", CodeRoomLimit)
	if got := fmt.Sprint(g.names()); got != "[a b]" {
		t.Errorf("rooms %s, want [a b]", got)
	}
}

// TestHistory reads a room's log as the control plane does.
func TestHistory(t *testing.T) {
	g := newRig(t, func(c *Config) { c.Room.History = 4 })
	for range 6 {
		g.publish("1", "a")
	}
	tests := []struct {
		name, room, since string
		limit             int
		want              string
		complete          bool
		code              Code
	}{
		{name: "all kept", room: "a", limit: 10, want: "[3 4 5 6]"},
		{name: "since", room: "a", since: g.Cursor(4), limit: 10, want: "[5 6]", complete: true},
		{name: "since the edge", room: "a", since: g.Cursor(2), limit: 10, want: "[3 4 5 6]", complete: true},
		{name: "since before", room: "a", since: g.Cursor(1), limit: 10, want: "[3 4 5 6]"},
		{name: "foreign", room: "a", since: "other-5", limit: 10, want: "[3 4 5 6]"},
		{name: "limit", room: "a", since: g.Cursor(2), limit: 2, want: "[3 4]"},
		{name: "no room", room: "b", limit: 10, want: "[]", code: CodeNotFound},
		{name: "not a name", room: "b\nb", limit: 10, want: "[]", code: CodeBadRoom},
		{name: "not a cursor", room: "a", since: "x", limit: 10, want: "[]", code: CodeBadCursor},
	}
	for _, tt := range tests {
		events, complete, err := g.History(tt.room, tt.since, tt.limit)
		ids := []uint64{}
		for _, e := range events {
			ids = append(ids, e.ID)
		}
		if fmt.Sprint(ids) != tt.want || complete != tt.complete || code(t, err) != tt.code {
			t.Errorf("%s: %v, %v, %v, want %s, %v, %q", tt.name, ids, complete, err, tt.want, tt.complete, tt.code)
		}
	}
}

// TestEvict: a room too many takes the place of one that nobody is in, first of
// one that keeps nothing, then of the one whose newest event is the oldest; and
// nobody who comes back to it is told that nothing is missing.
func TestEvict(t *testing.T) {
	g := newRig(t, func(c *Config) { c.MaxRooms = 4 })
	ns := g.Of("/")
	p := g.connect(ns, 0, Entry{Rooms: []string{"held"}})
	v := g.view(1)
	if _, err := v.join("idle", room0); err != nil {
		t.Fatal(err)
	}
	v.do(func() { _ = v.Leave("idle") })
	emit := func(name string, want Code, rooms string) {
		t.Helper()
		if got := code(t, ns.To(name).Emit("e", name)); got != want {
			t.Errorf("emit to %s: %q, want %q", name, got, want)
		}
		if got := fmt.Sprint(g.names()); got != rooms {
			t.Errorf("after the emit to %s: rooms %s, want %s", name, got, rooms)
		}
	}
	emit("a", "", "[a held idle]")
	emit("b", "", "[a b held idle]")
	emit("c", "", "[a b c held]")
	emit("a", "", "[a b c held]") // b's event is the oldest now
	emit("d", "", "[a c d held]")
	emit("held", "", "[a c d held]")
	p.want("what is for a room with somebody in it", `held#6 ["held"]`)
	if j, err := g.view(0).join("b", room.Start{HasSince: true, Since: 1}); err != nil || j.Recovered || !j.Missed {
		t.Errorf("back in a room that was evicted: %+v, %v, want to be told", j, err)
	}
	for _, name := range []string{"a", "d"} {
		if _, err := g.view(0).join(name, room0); err != nil {
			t.Fatal(err)
		}
	}
	if st := g.Stats(); st.Evicted != 3 || st.Unrouted != 0 {
		t.Errorf("%d evicted, %d unrouted, want 3 and 0", st.Evicted, st.Unrouted)
	}
	emit("e", CodeTooManyRooms, "[a b d held]")
}

// TestEvictMany: emits to ever new rooms neither fail nor keep viewers out.
func TestEvictMany(t *testing.T) {
	g := newRig(t, func(c *Config) { c.MaxRooms = 200 })
	ns := g.Of("/")
	p := g.connect(ns, 0, Entry{Rooms: []string{"mine"}})
	for i := range 1000 {
		if err := ns.To(fmt.Sprint("user:", i)).Emit("e"); err != nil {
			t.Fatalf("emit %d: %v", i, err)
		}
	}
	if err := p.socket.Join("new"); err != nil {
		t.Error(err)
	}
	if st := g.Stats(); st.Rooms > 200 || st.Rooms < 190 {
		t.Errorf("%d rooms, want 200 or a few less", st.Rooms)
	}
	if _, _, err := g.History("user:999", "", 1); err != nil {
		t.Errorf("the newest room: %v", err)
	}
	if info, err := g.Room("mine"); err != nil || info.Viewers != 1 {
		t.Errorf("a room with a viewer: %+v, %v", info, err)
	}
}

// TestEvictInVain: while every room has somebody in it, a new one is refused
// without a search, until some time later or many refusals.
func TestEvictInVain(t *testing.T) {
	g := newRig(t, func(c *Config) { c.MaxRooms, c.MaxRoomsPerSession = 2*evictShare, 2*evictShare })
	v := g.view(0)
	for i := range 2 * evictShare {
		if _, err := v.join(fmt.Sprint(i), room0); err != nil {
			t.Fatal(err)
		}
	}
	refused := func() (n int) {
		for ; code(t, g.Of("/").To("new").Emit("e")) == CodeTooManyRooms; n++ {
			if n == 0 {
				v.do(func() { _ = v.Leave("0") })
			}
		}
		return n
	}
	if n := refused(); n != 3 {
		t.Errorf("%d refusals, want one that searched and two that did not", n)
	}
	if n := g.Stats().Evicted; n != 1 {
		t.Errorf("%d evicted, want 1", n)
	}
}
