package room

import (
	"fmt"
	"testing"
)

// openSink is a socket that takes everything at no cost.
type openSink struct{ taken int }

func (o *openSink) WriteShared(p []byte, _ func(n int) int) (int, bool) {
	o.taken += len(p)
	return len(p), true
}
func (o *openSink) Gap(string, uint64, uint64) {}
func (o *openSink) Evict(string)               {}
func (o *openSink) ID() string                 { return "open" }

// quick is an encoding that costs a copy.
type quick struct{}

func (quick) Name() string { return "quick" }

func (quick) AppendRecord(dst []byte, _ string, e *Event) []byte { return append(dst, e.Data...) }

// audience is a stage with members that each sit in all of the given number
// of rooms.
func audience(t testing.TB, members, rooms int) (st *stage, in []*Room, all []Member, sink *openSink) {
	st = newStage(t, 1, DefaultShardConfig())
	for i := range rooms {
		in = append(in, st.room(fmt.Sprint("room", i), DefaultConfig()))
	}
	all, sink = make([]Member, members), &openSink{}
	for i := range all {
		all[i].Attach(sink)
		for _, r := range in {
			st.shards[0].Join(&all[i], r, quick{}, Start{})
		}
		st.shards[0].Visit(&all[i])
	}
	return st, in, all, sink
}

// data is the payload of the benchmarks.
var data = make([]byte, 128)

// TestVisitAllocates nothing, in one room and in three, nor when its plan is
// not that of the last visit.
func TestVisitAllocates(t *testing.T) {
	for _, n := range []int{1, 3} {
		st, rooms, all, sink := audience(t, 1, n)
		s, m := st.shards[0], &all[0]
		for range 3 {
			for _, r := range rooms {
				st.add(string(data), "somebody else", r)
			}
		}
		st.tell(rooms...)
		st.run()
		visit := func(planned bool) float64 {
			return testing.AllocsPerRun(1000, func() {
				if !planned {
					for _, r := range rooms {
						(*r.feeds.Load())[0].crowds[0].memo = plan{}
					}
				}
				m.cursor = 0
				s.Visit(m)
			})
		}
		before := sink.taken
		if got := visit(true); got != 0 {
			t.Errorf("a visit in %d rooms allocates %.1f times, want 0", n, got)
		}
		if got := visit(false); got != 0 {
			t.Errorf("a visit in %d rooms with a plan of its own allocates %.1f times, want 0", n, got)
		}
		if sink.taken == before {
			t.Error("the visits wrote nothing")
		}
	}
}

// TestWalkAllocates a fixed small number of times, whatever the audience.
func TestWalkAllocates(t *testing.T) {
	walk := func(members int) float64 {
		st, rooms, all, _ := audience(t, members, 1)
		st.publish(string(data), rooms[0])
		st.run()
		return testing.AllocsPerRun(20, func() {
			for i := range all {
				all[i].cursor = 0
			}
			rooms[0].Announce()
			st.run()
		})
	}
	few, many := walk(10), walk(5000)
	// One more per chunk: the shard's queue.
	if many > few+5000/256+1 {
		t.Errorf("a walk over 5000 members allocates %.0f times, over 10 %.0f: want no more per member", many, few)
	}
}

func BenchmarkVisit(b *testing.B) {
	const members = 10000
	for _, n := range []int{1, 3} {
		b.Run(fmt.Sprintf("rooms=%d", n), func(b *testing.B) {
			st, rooms, _, sink := audience(b, members, n)
			before := sink.taken
			events := 0
			for b.Loop() {
				for _, r := range rooms {
					st.add(string(data), "", r)
					events++
				}
				st.tell(rooms...)
				st.run()
			}
			if got := sink.taken - before; got != members*events*len(data) {
				b.Fatalf("%d bytes delivered, want %d", got, members*events*len(data))
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/members, "ns/member")
		})
	}
}

func BenchmarkPublish(b *testing.B) {
	st, rooms, _, sink := audience(b, 1, 1)
	r := rooms[0]
	text := string(data)
	for b.Loop() {
		st.publish(text, r)
	}
	st.run()
	if sink.taken == 0 {
		b.Fatal("nothing was delivered")
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N), "ns/event")
}

func BenchmarkJoin(b *testing.B) {
	st, rooms, _, sink := audience(b, 1000, 1)
	st.publish(string(data), rooms[0])
	var m Member
	m.Attach(sink)
	for b.Loop() {
		m.begun = false
		st.shards[0].Join(&m, rooms[0], quick{}, Start{History: 10})
		st.shards[0].Visit(&m)
		st.shards[0].Leave(&m, rooms[0])
	}
}
