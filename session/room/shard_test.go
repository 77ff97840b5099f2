package room

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestVisitTakesWhatFits drains a viewer by every step size: the bytes are the
// whole stream whatever the cuts, in one room and in three.
func TestVisitTakesWhatFits(t *testing.T) {
	for _, n := range []int{1, 3} {
		for step := range 90 {
			st := newStage(t, 1, DefaultShardConfig())
			var rooms []*Room
			for i := range n {
				rooms = append(rooms, st.room(fmt.Sprint("r", i), DefaultConfig()))
			}
			s := st.join("a", 0, Start{}, rooms...)
			s.room = 0
			var want []string
			for i := range 12 {
				r := rooms[i%n]
				want = append(want, fmt.Sprintf("%s#%d", r.Name(), st.publish(strings.Repeat("x", i), r)))
				st.run()
			}
			if !s.m.Blocked() || st.shards[0].Stats().Blocked != 1 {
				t.Fatalf("step %d: a full socket does not block its member", step)
			}
			for range 600 {
				s.drain(step + 1)
				st.run()
			}
			s.want(strings.Join(want, " "))
			if s.m.Blocked() || s.m.Cursor() != st.next || st.shards[0].Stats().Blocked != 0 {
				t.Fatalf("%d rooms, step %d: at the end blocked %v, cursor %d, want open, %d", n, step, s.m.Blocked(), s.m.Cursor(), st.next)
			}
		}
	}
}

// TestCatchUp: a viewer far behind gets several segments of two rooms, and
// more than one merged write, in order.
func TestCatchUp(t *testing.T) {
	st := newStage(t, 1, DefaultShardConfig())
	a, b := st.room("a", DefaultConfig()), st.room("b", DefaultConfig())
	s := st.join("x", 0, Start{}, a, b)
	s.room = 0
	var want []string
	for i := range 1500 {
		r := []*Room{a, a, b}[i%3]
		want = append(want, fmt.Sprintf("%s#%d", r.Name(), st.publish(strings.Repeat("x", 100*(i%7)), r)))
	}
	st.run()
	s.drain(noEnd)
	st.run()
	s.want(strings.Join(want, " "))
	if n := len((*a.feeds.Load())[0].segs); n < 4 {
		t.Errorf("%d segments, want several", n)
	}
}

// TestPolicies blocks a viewer until it has fallen off a log of three events.
func TestPolicies(t *testing.T) {
	tests := []struct {
		slow    Policy
		rooms   int
		want    string
		evicted string
	}{
		// The socket holds the event 1, which it has cut.
		{slow: Skip, rooms: 1, want: "r0#1 gap:r0(1,7] r0#8 r0#9 r0#10"},
		{slow: Latest, rooms: 1, want: "r0#1 gap:r0(1,9] r0#10"},
		{slow: Disconnect, rooms: 1, want: "r0#1", evicted: "r0"},
		// Odd ids in r0, even ones in r1.
		{slow: Skip, rooms: 2, want: "r0#1 gap:r0(1,13] gap:r1(1,14] r0#15 r1#16 r0#17 r1#18 r0#19 r1#20"},
		{slow: Latest, rooms: 2, want: "r0#1 gap:r0(1,17] gap:r1(1,18] r0#19 r1#20"},
		{slow: Disconnect, rooms: 2, want: "r0#1", evicted: "r1"},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.slow, tt.rooms), func(t *testing.T) {
			st := newStage(t, 1, DefaultShardConfig())
			cfg := DefaultConfig()
			cfg.History, cfg.Slow = 3, tt.slow
			var rooms []*Room
			for i := range tt.rooms {
				rooms = append(rooms, st.room(fmt.Sprint("r", i), cfg))
			}
			slow, other := st.join("slow", 0, Start{}, rooms...), st.join("other", 0, Start{}, rooms...)
			slow.room = 5
			var all []string
			for range 10 {
				for _, r := range rooms {
					all = append(all, fmt.Sprintf("%s#%d", r.Name(), st.publish("x", r)))
					st.run()
				}
			}
			if slow.evicted != tt.evicted {
				t.Errorf("evicted from %q while blocked, want %q", slow.evicted, tt.evicted)
			}
			slow.drain(noEnd)
			st.run()
			slow.want(tt.want)
			other.want(strings.Join(all, " "))
			stats := st.shards[0].Stats()
			if gaps := strings.Count(tt.want, "gap"); stats.Gaps != int64(gaps) || stats.Evicted != int64(min(len(tt.evicted), 1)) {
				t.Errorf("%d gaps, %d evicted, want %d, %d", stats.Gaps, stats.Evicted, gaps, len(tt.evicted)/2)
			}
		})
	}
}

// TestGapWhileTrimming has a publisher push more out of the log between the
// look at a log and the notice of the gap: nothing is passed over in silence.
func TestGapWhileTrimming(t *testing.T) {
	for _, slow := range []Policy{Skip, Latest} {
		st := newStage(t, 1, DefaultShardConfig())
		cfg := DefaultConfig()
		cfg.History, cfg.Slow = 3, slow
		a, b := st.room("a", cfg), st.room("b", cfg)
		s := st.join("x", 0, Start{}, a, b)
		s.room = 5
		for range 10 {
			st.publish("x", a)
			st.run()
		}
		times := 3
		s.hook = func() {
			if times--; times >= 0 {
				for range 5 {
					st.publish("y", a)
				}
			}
		}
		s.drain(noEnd)
		st.run()
		checkAccounted(t, s, 1, 25)
	}
}

// checkAccounted fails unless every id in first..last was got or is in one gap.
func checkAccounted(t *testing.T, s *fakeSink, first, last uint64) {
	t.Helper()
	times := map[uint64]int{}
	for _, h := range parse(t, s.name, s.out) {
		if !h.gap {
			times[h.id]++
		}
		for id := h.from + 1; h.gap && id <= h.id; id++ {
			times[id]++
		}
	}
	for id := first; id <= last; id++ {
		if times[id] != 1 {
			t.Errorf("event %d is accounted for %d times, want once, in %q", id, times[id], s.out)
		}
	}
}

// TestEventOfSeveralRooms: who is in both rooms sees it once, who is in one
// sees it in that one.
func TestEventOfSeveralRooms(t *testing.T) {
	st := newStage(t, 2, DefaultShardConfig())
	a, b, c := st.room("a", DefaultConfig()), st.room("b", DefaultConfig()), st.room("c", DefaultConfig())
	ab, ba := st.join("ab", 0, Start{}, a, b), st.join("ba", 1, Start{}, b, a)
	bc, none := st.join("bc", 0, Start{}, b, c), st.join("c", 1, Start{}, c)
	st.publish("x", a, b)
	st.publish("x", a)
	st.publish("x", b, a)
	st.run()
	ab.want("a#1 a#2 a#3")
	ba.want("b#1 a#2 b#3")
	bc.want("b#1 b#3")
	none.want("")
}

// TestExclusion: one session does not get a record; to the others it costs
// nothing, they share the plan.
func TestExclusion(t *testing.T) {
	st := newStage(t, 1, DefaultShardConfig())
	r, other := st.room("a", DefaultConfig()), st.room("b", DefaultConfig())
	me := st.join("me", 0, Start{}, r)
	both := st.join("both", 0, Start{}, r, other)
	var rest []*fakeSink
	for i := range 20 {
		rest = append(rest, st.join(fmt.Sprint(i), 0, Start{}, r))
	}
	st.add("x", "me", r)
	st.add("x", "", r)
	st.add("x", "me", r)
	st.add("x", "both", r)
	st.add("x", "both", r, other)
	st.add("x", "", r)
	st.add("x", "me", r)
	st.tell(r, other)
	st.run()
	me.want("a#2 a#4 a#5 a#6")
	both.want("a#1 a#2 a#3 a#6 a#7")
	for _, s := range rest {
		if s.writes != 1 {
			t.Errorf("%s: %d writes, want 1", s.name, s.writes)
		}
		s.want("a#1 a#2 a#3 a#4 a#5 a#6 a#7")
	}
	if me.m.Cursor() != 7 || both.m.Cursor() != 7 {
		t.Errorf("cursors %d and %d, want 7", me.m.Cursor(), both.m.Cursor())
	}
}

// TestSeveralEncodings: each feed has its own members and records.
func TestSeveralEncodings(t *testing.T) {
	st := newStage(t, 1, DefaultShardConfig())
	r := st.room("a", DefaultConfig())
	one, two := newSink(st, "one", 0), newSink(st, "two", 0)
	st.shards[0].Join(&one.m, r, plain, Start{})
	st.shards[0].Join(&two.m, r, &lines{"other"}, Start{})
	st.publish("x", r)
	st.run()
	one.want("a#1")
	two.want("a#1")
	if n := len(*r.feeds.Load()); n != 2 || r.Members() != 2 {
		t.Errorf("%d feeds, %d members, want 2 and 2", n, r.Members())
	}
}

// TestBusyPublisher: one that never pauses does not keep the shard with one
// member.
func TestBusyPublisher(t *testing.T) {
	for _, n := range []int{1, 2} {
		st := newStage(t, 1, DefaultShardConfig())
		rooms := []*Room{st.room("a", DefaultConfig()), st.room("b", DefaultConfig())}[:n]
		s := st.join("x", 0, Start{}, rooms...)
		s.hook = func() {
			if s.writes > 100 {
				t.Fatalf("%d rooms: a visit does not end while there is news", n)
			}
			st.publish("y", rooms[0])
		}
		st.publish("x", rooms...)
		st.shards[0].Run()
		if s.writes > 2 {
			t.Errorf("%d rooms: %d writes in one turn, want 1", n, s.writes)
		}
		s.hook = nil
		st.run()
	}
}

func TestMailbox(t *testing.T) {
	st := newStage(t, 1, ShardConfig{Chunk: 3, Mailbox: 5})
	sh := st.shards[0]
	var order []int
	for i := range 5 {
		if err := sh.Post(func() { order = append(order, i) }); err != nil {
			t.Fatal(err)
		}
	}
	if err := sh.Post(func() {}); !errors.Is(err, ErrBusy) {
		t.Errorf("sixth Post: %v, want ErrBusy", err)
	}
	sh.Force(func() { order = append(order, 5) })
	if n := sh.Stats().Waiting; n != 6 {
		t.Errorf("%d waiting, want 6", n)
	}
	if more := sh.Run(); !more || len(order) != 3 {
		t.Errorf("first turn: more %v after %d commands, want more after a chunk of 3", more, len(order))
	}
	st.run()
	if fmt.Sprint(order) != "[0 1 2 3 4 5]" {
		t.Errorf("order %v", order)
	}
	if st := sh.Stats(); st.Refused != 1 || st.Waiting != 0 {
		t.Errorf("%d refused, %d waiting, want 1, 0", st.Refused, st.Waiting)
	}
}

// TestPanics: a command or a socket that panics costs nobody else anything.
func TestPanics(t *testing.T) {
	st := newStage(t, 1, ShardConfig{Chunk: 4, Mailbox: 64})
	r := st.room("a", DefaultConfig())
	var all []*fakeSink
	for i := range 10 {
		all = append(all, st.join(fmt.Sprint(i), 0, Start{}, r))
	}
	all[5].hook = func() { panic("socket") }
	done := false
	if err := errors.Join(st.shards[0].Post(func() { panic("command") }), st.shards[0].Post(func() { done = true })); err != nil {
		t.Fatal(err)
	}
	st.publish("x", r)
	st.run()
	if !done {
		t.Error("the command after the one that panicked did not run")
	}
	for i, s := range all {
		if i != 5 {
			s.want("a#1")
		}
	}
	all[5].room = 0
	all[5].hook = nil
	st.publish("y", r)
	st.run()
	all[5].hook = func() { panic("again") }
	all[5].drain(noEnd)
	st.run()
	if n := st.shards[0].Stats().Panics; n != 3 {
		t.Errorf("%d panics counted, want 3", n)
	}
}

// TestChunks: a giant room keeps a small one waiting for one chunk only.
func TestChunks(t *testing.T) {
	st := newStage(t, 1, ShardConfig{Chunk: 10, Mailbox: 64})
	big, small := st.room("big", DefaultConfig()), st.room("small", DefaultConfig())
	visited, at := 0, -1
	for i := range 100 {
		st.join(fmt.Sprint(i), 0, Start{}, big).hook = func() { visited++ }
	}
	st.join("small", 0, Start{}, small).hook = func() { at = visited }
	st.publish("x", big)
	st.publish("x", small)
	st.run()
	if at != 10 || visited != 100 {
		t.Errorf("small room's turn after %d of %d, want 10 of 100", at, visited)
	}
}

func TestShardStats(t *testing.T) {
	st := newStage(t, 1, DefaultShardConfig())
	r := st.room("a", DefaultConfig())
	s := st.join("x", 0, Start{}, r)
	for range 3 {
		st.add("x", "", r)
	}
	st.tell(r)
	st.clock.tick(time.Second)
	st.run()
	got := st.shards[0].Stats()
	if got.Deliveries != 3 || got.Writes != 1 || got.Bytes != int64(len(s.out)) || got.Walks != 1 || got.WalkMS[0] != 1 || got.Batch[2] != 1 {
		t.Errorf("Stats() = %+v, want 3 deliveries in 1 write of up to 4, in 1 walk", got)
	}
}

func TestConfigValidate(t *testing.T) {
	if err := errors.Join(DefaultConfig().Validate(), DefaultShardConfig().Validate()); err != nil {
		t.Errorf("defaults: %v", err)
	}
	bad := Config{FlushInterval: -1, FlushDuty: 101, MaxReplay: -1, Slow: "sometimes"}
	err := errors.Join(bad.Validate(), ShardConfig{}.Validate())
	for _, key := range []string{"history", "history_bytes", "history_age", "max_replay", "flush_interval", "flush_duty", "slow", "chunk", "mailbox"} {
		if !strings.Contains("\n"+err.Error(), "\n"+key+": ") {
			t.Errorf("no error for %s in:\n%v", key, err)
		}
	}
}
