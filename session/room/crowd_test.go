package room

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestCrowdWalk adds and removes members at random while a walk goes on. Who
// is there from its beginning to its end is visited exactly once, and nobody's
// index is ever wrong.
func TestCrowdWalk(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 5))
		st := newStage(t, 1, DefaultShardConfig())
		r := st.room("lobby", DefaultConfig())
		c := r.feed(plain).crowds[0]
		var here []*fakeSink
		join := func() {
			s := newSink(st, fmt.Sprint(st.next), 0)
			st.next++
			s.join(r, Start{})
			here = append(here, s)
		}
		leave := func() *fakeSink {
			i := rng.IntN(len(here))
			s := here[i]
			here = append(here[:i], here[i+1:]...)
			if !st.shards[0].Leave(&s.m, r) || s.m.In(r) {
				t.Fatalf("seed %d: Leave of a member: still in", seed)
			}
			return s
		}
		for range rng.IntN(200) {
			join()
		}
		for range 5 {
			visited, whole := map[*Member]int{}, map[*Member]bool{}
			for _, s := range here {
				whole[&s.m] = true
			}
			for c.next = 0; c.next < len(c.members); {
				switch k := rng.IntN(4); {
				case k == 0 && rng.IntN(2) == 0:
					join()
				case k == 1 && len(here) > 0:
					delete(whole, &leave().m)
				default:
					visited[c.members[c.next]]++
					c.next++
				}
				checkCrowd(t, c, here)
			}
			c.next = 0
			for m := range whole {
				if visited[m] != 1 {
					t.Fatalf("seed %d: a member that stayed was visited %d times", seed, visited[m])
				}
			}
			for _, n := range visited {
				if n > 1 {
					t.Fatalf("seed %d: a member was visited %d times", seed, n)
				}
			}
		}
		for len(here) > 0 {
			leave()
		}
		if cap(c.members) > 64 || c.count.Load() != 0 || r.Members() != 0 {
			t.Fatalf("seed %d: all left: room for %d, count %d, members %d", seed, cap(c.members), c.count.Load(), r.Members())
		}
	}
}

// checkCrowd fails unless the crowd is exactly the given members, each knowing
// its place.
func checkCrowd(t *testing.T, c *crowd, here []*fakeSink) {
	t.Helper()
	if len(c.members) != len(here) || int(c.count.Load()) != len(here) || c.feed.room.Members() != len(here) {
		t.Fatalf("%d in the crowd, count %d, members %d, want %d",
			len(c.members), c.count.Load(), c.feed.room.Members(), len(here))
	}
	for i, m := range c.members {
		if at := m.at(m.find(c.feed.room)); at.index != i || at.crowd != c {
			t.Fatalf("member at %d believes to be at %d", i, at.index)
		}
	}
}

// TestCrowdOrder: without departures a walk visits in the order of arrival.
func TestCrowdOrder(t *testing.T) {
	st := newStage(t, 1, ShardConfig{Chunk: 7, Mailbox: 64})
	r := st.room("lobby", DefaultConfig())
	var order []string
	for i := range 100 {
		s := st.join(fmt.Sprint(i), 0, Start{}, r)
		s.hook = func() { order = append(order, s.name) }
	}
	st.publish("x", r)
	st.run()
	for i, name := range order {
		if name != fmt.Sprint(i) {
			t.Fatalf("visit %d is of member %s", i, name)
		}
	}
	if len(order) != 100 {
		t.Errorf("%d visits, want 100", len(order))
	}
}

// TestMemberSeats: seats keep their rooms whatever is left in between.
func TestMemberSeats(t *testing.T) {
	st := newStage(t, 1, DefaultShardConfig())
	rng := rand.New(rand.NewPCG(7, 8))
	var rooms []*Room
	for i := range 8 {
		rooms = append(rooms, st.room(fmt.Sprint(i), DefaultConfig()))
	}
	s := newSink(st, "a", 0)
	in := map[*Room]bool{}
	for step := range 2000 {
		r := rooms[rng.IntN(len(rooms))]
		if in[r] {
			if j := s.join(r, Start{}); !j.Rejoined {
				t.Fatalf("step %d: second join is not a rejoin: %+v", step, j)
			}
			st.shards[0].Leave(&s.m, r)
			delete(in, r)
		} else {
			if st.shards[0].Leave(&s.m, r) {
				t.Fatalf("step %d: left a room it was not in", step)
			}
			s.join(r, Start{})
			in[r] = true
		}
		seen := 0
		s.m.Each(func(r *Room) {
			if seen++; !in[r] || !s.m.In(r) || r.Members() != 1 {
				t.Fatalf("step %d: seat in %s, %d members", step, r.Name(), r.Members())
			}
		})
		if seen != len(in) || s.m.Rooms() != len(in) {
			t.Fatalf("step %d: %d seats, Rooms() = %d, want %d", step, seen, s.m.Rooms(), len(in))
		}
	}
	st.shards[0].Detach(&s.m)
	for _, r := range rooms {
		if r.Members() != 0 || s.m.Rooms() != 0 {
			t.Errorf("after Detach: %s has %d members, member has %d seats", r.Name(), r.Members(), s.m.Rooms())
		}
	}
}
