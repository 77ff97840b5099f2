package room

import (
	"fmt"
	"testing"
)

// TestJoinStart joins a room with the events 11 to 20, of which 15 to 20 are
// kept, as a new viewer.
func TestJoinStart(t *testing.T) {
	tests := []struct {
		name      string
		start     Start
		recovered bool
		missed    string
		cursor    uint64
		want      string
	}{
		{name: "plain", cursor: 20},
		{name: "since the head", start: Start{HasSince: true, Since: 20}, recovered: true, cursor: 20},
		{name: "since", start: Start{HasSince: true, Since: 18}, recovered: true, cursor: 18, want: "lobby#19 lobby#20"},
		{name: "since the edge", start: Start{HasSince: true, Since: 14}, recovered: true, cursor: 14,
			want: "lobby#15 lobby#16 lobby#17 lobby#18 lobby#19 lobby#20"},
		{name: "since before the edge", start: Start{HasSince: true, Since: 13}, missed: "(13,14]", cursor: 14,
			want: "lobby#15 lobby#16 lobby#17 lobby#18 lobby#19 lobby#20"},
		{name: "since 0", start: Start{HasSince: true}, missed: "(0,14]", cursor: 14,
			want: "lobby#15 lobby#16 lobby#17 lobby#18 lobby#19 lobby#20"},
		{name: "since beats history", start: Start{HasSince: true, Since: 19, History: 3}, recovered: true, cursor: 19, want: "lobby#20"},
		{name: "future", start: Start{HasSince: true, Since: 21}, cursor: 20},
		{name: "future with history", start: Start{HasSince: true, Since: 21, History: 1}, cursor: 19, want: "lobby#20"},
		{name: "foreign", start: Start{HasSince: true, Foreign: true, Since: 19}, missed: "(0,14]", cursor: 14,
			want: "lobby#15 lobby#16 lobby#17 lobby#18 lobby#19 lobby#20"},
		{name: "foreign with history", start: Start{HasSince: true, Foreign: true, Since: 19, History: 2}, cursor: 18, want: "lobby#19 lobby#20"},
		{name: "history", start: Start{History: 2}, cursor: 18, want: "lobby#19 lobby#20"},
		{name: "history up to the room's limit", start: Start{History: 100}, cursor: 16, want: "lobby#17 lobby#18 lobby#19 lobby#20"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			st := newStage(t, 1, DefaultShardConfig())
			st.next = 10
			cfg := DefaultConfig()
			cfg.History, cfg.MaxReplay = 6, 4
			r := st.room("lobby", cfg)
			for range 10 {
				st.publish("x", r)
			}
			s := newSink(st, "a", 0)
			j := s.join(r, tt.start)
			missed := ""
			if j.Missed {
				missed = fmt.Sprintf("(%d,%d]", j.GapFrom, j.GapTo)
			}
			if j.Recovered != tt.recovered || missed != tt.missed || j.Cursor != tt.cursor {
				t.Errorf("recovered %v, missed %q, cursor %d, want %v, %q, %d", j.Recovered, missed, j.Cursor, tt.recovered, tt.missed, tt.cursor)
			}
			if j.Head != 20 || j.Members != 1 || j.Rejoined || len(j.Replay) != 0 {
				t.Errorf("Join() = %+v", j)
			}
			st.shards[0].Visit(&s.m)
			s.want(tt.want)
			st.publish("y", r)
			st.run()
			s.want("lobby#21")
		})
	}
}

// TestJoinEmptyRoom: a room that stands for a forgotten one does not claim to
// have seen everything.
func TestJoinEmptyRoom(t *testing.T) {
	st := newStage(t, 1, DefaultShardConfig())
	cfg := DefaultConfig()
	st.next = 50
	st.head.Store(50)
	r := New("lobby", &cfg, st.shards, 40)
	if j := newSink(st, "a", 0).join(r, Start{HasSince: true, Since: 39}); j.Recovered || j.GapFrom != 39 || j.GapTo != 40 {
		t.Errorf("since 39 of a room forgotten at 40: %+v, want not recovered and a gap (39,40]", j)
	}
	if j := newSink(st, "b", 0).join(r, Start{HasSince: true, Since: 40}); !j.Recovered || j.Missed || j.Cursor != 40 {
		t.Errorf("since 40 of a room forgotten at 40: %+v, want recovered", j)
	}
	if j := newSink(st, "c", 0).join(r, Start{}); j.Cursor != 50 {
		t.Errorf("plain join: cursor %d, want the log's head 50", j.Cursor)
	}
}

// two is a stage with the rooms a (odd ids) and b (even ids), ten events each.
func two(t *testing.T, cfg Config) (st *stage, a, b *Room) {
	st = newStage(t, 1, DefaultShardConfig())
	a, b = st.room("a", cfg), st.room("b", cfg)
	for range 10 {
		st.publish("x", a)
		st.publish("x", b)
	}
	return st, a, b
}

// TestJoinSeveralAtOnce: rooms joined before the first write share one cursor
// and keep a start of their own each.
func TestJoinSeveralAtOnce(t *testing.T) {
	st, a, b := two(t, DefaultConfig())
	tests := []struct {
		name   string
		sa, sb Start
		want   string
	}{
		{name: "later, earlier", sa: Start{HasSince: true, Since: 17}, sb: Start{HasSince: true, Since: 14}, want: "b#16 b#18 a#19 b#20"},
		{name: "earlier, later", sa: Start{HasSince: true, Since: 14}, sb: Start{HasSince: true, Since: 17}, want: "a#15 a#17 b#18 a#19 b#20"},
		{name: "history and none", sa: Start{History: 2}, sb: Start{}, want: "a#17 a#19"},
		{name: "none and history", sa: Start{}, sb: Start{History: 2}, want: "b#18 b#20"},
		{name: "same since", sa: Start{HasSince: true, Since: 16}, sb: Start{HasSince: true, Since: 16}, want: "a#17 b#18 a#19 b#20"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newSink(st, "x", 0)
			s.t = t
			s.join(a, tt.sa)
			s.join(b, tt.sb)
			st.shards[0].Visit(&s.m)
			s.want(tt.want)
			if s.m.Cursor() != 20 {
				t.Errorf("cursor %d, want 20", s.m.Cursor())
			}
		})
	}
}

// TestJoinReplay: who has read beyond the start of a join gets its past apart.
func TestJoinReplay(t *testing.T) {
	tests := []struct {
		name      string
		replay    int // limit
		start     Start
		want      string
		missed    string
		recovered bool
	}{
		{name: "nothing asked", replay: 9, start: Start{}},
		{name: "since", replay: 9, start: Start{HasSince: true, Since: 15}, want: "[16 18 20]", recovered: true},
		{name: "history", replay: 9, start: Start{History: 2}, want: "[18 20]"},
		{name: "more than the limit", replay: 2, start: Start{HasSince: true, Since: 13}, want: "[18 20]", missed: "(13,16]"},
		{name: "trimmed and more than the limit", replay: 2, start: Start{HasSince: true, Since: 1}, want: "[18 20]", missed: "(1,16]"},
		{name: "none allowed", replay: 0, start: Start{HasSince: true, Since: 13}, missed: "(13,20]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := DefaultConfig()
			cfg.History, cfg.MaxReplay = 6, tt.replay
			st, a, b := two(t, cfg)
			s := st.join("x", 0, Start{}, a)
			st.publish("x", a)
			st.run()
			s.want("a#21")
			j := s.join(b, tt.start)
			var ids []uint64
			for _, e := range j.Replay {
				ids = append(ids, e.ID)
			}
			got, missed := "", ""
			if len(ids) > 0 {
				got = fmt.Sprint(ids)
			}
			if j.Missed {
				missed = fmt.Sprintf("(%d,%d]", j.GapFrom, j.GapTo)
			}
			if got != tt.want || missed != tt.missed || j.Recovered != tt.recovered {
				t.Errorf("replay %s, missed %s, recovered %v, want %s, %s, %v", got, missed, j.Recovered, tt.want, tt.missed, tt.recovered)
			}
			st.publish("x", b)
			st.run()
			s.want("b#22")
		})
	}
}

// TestJoinReplayExclusion: a replay leaves out what is not for this session.
func TestJoinReplayExclusion(t *testing.T) {
	st, a, b := two(t, DefaultConfig())
	st.add("x", "me", b)
	st.add("x", "other", b)
	st.tell(b)
	s := st.join("me", 0, Start{}, a)
	st.publish("x", a)
	st.run()
	s.want("a#23")
	if j := s.join(b, Start{History: 3}); len(j.Replay) != 2 || j.Replay[0].ID != 20 || j.Replay[1].ID != 22 || j.Missed {
		t.Errorf("replay = %v, want the events 20 and 22", j.Replay)
	}
}

// TestJoinReplayBytes: a replay is bounded in bytes too, and says so.
func TestJoinReplayBytes(t *testing.T) {
	st, a, b := two(t, DefaultConfig())
	big := string(make([]byte, maxReplayBytes/2))
	for range 3 {
		st.publish(big, b) // 21 22 23
	}
	s := st.join("me", 0, Start{}, a)
	st.publish("x", a)
	st.run()
	j := s.join(b, Start{HasSince: true, Since: 21})
	if len(j.Replay) != 1 || j.Replay[0].ID != 23 || j.Recovered || !j.Missed || j.GapFrom != 21 || j.GapTo != 22 {
		t.Errorf("%d events, missed %v (%d,%d], want event 23 and a gap (21,22]", len(j.Replay), j.Missed, j.GapFrom, j.GapTo)
	}
}

// TestJoinWhileCommitting: between the append of an event to its rooms and the
// log's head a viewer of one of them is not shown it, so that nobody is ahead of
// the log; it sees the event of both rooms once, also if it joins the other
// meanwhile.
func TestJoinWhileCommitting(t *testing.T) {
	for _, joins := range []bool{false, true} {
		st, a, b := two(t, DefaultConfig())
		s := st.join("x", 0, Start{}, a)
		st.next++
		e := Event{ID: st.next, Time: st.wall(), Name: "say", Data: []byte("both")}
		a.Append(e)
		st.shards[0].Visit(&s.m)
		s.want("")
		if at, head := s.m.Cursor(), st.head.Load(); at > head {
			t.Errorf("the viewer is at %d, ahead of the log's head %d", at, head)
		}
		if joins {
			s.join(b, Start{})
		}
		b.Append(e)
		st.tell(a, b)
		st.run()
		s.want("a#21")
		st.publish("x", a)
		st.run()
		s.want("a#22")
	}
}
