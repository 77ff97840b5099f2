package room

import (
	"strings"
	"sync"
	"testing"
)

// TestHold: visits go no further than the oldest hold, to the next one's id as
// its command is due, and on to the head when there is none.
func TestHold(t *testing.T) {
	for _, rooms := range []int{1, 2} {
		st := newStage(t, 1, DefaultShardConfig())
		var all []*Room
		for i := range rooms {
			all = append(all, st.room(string(rune('a'+i)), DefaultConfig()))
		}
		s := st.join("me", 0, Start{}, all...)
		told := func() string {
			var ids []string
			for line := range strings.Lines(string(s.out)) {
				ids = append(ids, strings.Fields(line)[2])
			}
			return strings.Join(ids, " ")
		}
		step := func(what, want string) {
			t.Helper()
			st.run()
			s.shard.Visit(&s.m)
			if got := told(); got != want {
				t.Errorf("%d rooms, %s: got %q, want %q", rooms, what, got, want)
			}
		}
		st.publish("x", all...)
		s.m.Hold(1)
		st.publish("x", all...)
		s.m.Hold(2)
		st.publish("x", all[0])
		step("held twice", "1")
		s.m.Move(1)
		s.m.Release(1)
		step("the first is over", "1")
		s.m.Move(2)
		step("the second is due", "1 2")
		if s.shard.Behind(&s.m) {
			t.Errorf("%d rooms: behind, with nothing that may come", rooms)
		}
		s.m.Release(2)
		if !s.shard.Behind(&s.m) {
			t.Errorf("%d rooms: not behind, with an event to come", rooms)
		}
		step("none is left", "1 2 3")
		if s.shard.Behind(&s.m) {
			t.Errorf("%d rooms: behind, with nothing to come", rooms)
		}
	}
}

// TestHoldCounts: holds from many goroutines come out even.
func TestHoldCounts(t *testing.T) {
	var m Member
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 10000 {
				id := uint64(g*10000 + i)
				m.Hold(id)
				if m.hold.bound(1<<40) == 1<<40 {
					t.Error("held, and not bound")
				}
				m.Move(id)
				m.Release(id)
			}
		})
	}
	wg.Wait()
	if got := m.hold.bound(7); got != 7 {
		t.Errorf("bound %d when nothing holds, want the head, 7", got)
	}
}

// TestExceptAsOfEvent: who is in a room that an event is not for counts as of
// the event, whatever was joined or left since.
func TestExceptAsOfEvent(t *testing.T) {
	st := newStage(t, 1, DefaultShardConfig())
	lobby, not := st.room("lobby", DefaultConfig()), st.room("not", DefaultConfig())
	was, came := st.join("was", 0, Start{}, lobby, not), st.join("came", 0, Start{}, lobby)
	st.publish("first", lobby)
	st.run()
	st.add("secret", "not", lobby)
	st.head.Store(st.next) // the shard is not told yet
	came.join(not, Start{})
	st.tell(lobby)
	st.run()
	for _, tt := range []struct {
		s    *fakeSink
		want bool
	}{{was, false}, {came, true}} {
		if got := strings.Contains(string(tt.s.out), "secret"); got != tt.want {
			t.Errorf("%s: got it: %t, want %t", tt.s.name, got, tt.want)
		}
	}
}
