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
		{name: "not a name", room: "b b", limit: 10, want: "[]", code: CodeBadRoom},
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
