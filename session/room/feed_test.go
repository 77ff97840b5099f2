package room

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// unbounded is the upto of a plan that goes to the head of its room.
const unbounded = ^uint64(0)

func TestSegmentAfter(t *testing.T) {
	s := newSegment(minSegment)
	for _, id := range []uint64{3, 5, 6, 10} {
		if !s.fits(4) {
			t.Fatal("4 bytes do not fit in an empty segment")
		}
		s.append(id, []byte("abcd"))
	}
	for id, want := range []int{0, 0, 0, 1, 1, 2, 3, 3, 3, 3, 4, 4} {
		if got := s.after(uint64(id)); got != want {
			t.Errorf("after(%d) = %d, want %d", id, got, want)
		}
	}
	if s.last() != 10 || s.start(0) != 0 || s.start(2) != 8 {
		t.Errorf("last %d, starts %d and %d, want 10, 0, 8", s.last(), s.start(0), s.start(2))
	}
	if s.fits(minSegment-15) || !s.fits(minSegment-16) {
		t.Error("fits() is not the room that is left")
	}
	if got := newSegment(minSegment).after(7); got != 0 {
		t.Errorf("after(7) of an empty segment = %d, want 0", got)
	}
}

// feedOf is a feed of a room with the given number of events, each record of
// about the given size, so that it has several segments.
func feedOf(t testing.TB, events, size, keep int) (*stage, *Room, *feed) {
	st := newStage(t, 1, DefaultShardConfig())
	cfg := DefaultConfig()
	cfg.History, cfg.HistoryBytes = keep, 1<<30
	r := st.room("lobby", cfg)
	f := r.feed(plain)
	var pl plan
	for range events {
		st.next++ // every second id is another room's
		st.publish(strings.Repeat("x", size), r)
		f.plan(&pl, st.next, unbounded)
	}
	return st, r, f
}

// TestPlanExhaustive tries every cursor with every bound, over segments and
// after a trim, against the list of ids.
func TestPlanExhaustive(t *testing.T) {
	st, r, f := feedOf(t, 60, 700, 40)
	if len(f.segs) < 2 {
		t.Fatalf("%d segments, want several", len(f.segs))
	}
	for from := range st.next + 2 {
		for upto := from; upto <= st.next+1; upto++ {
			checkPlan(t, r, f, from, upto)
		}
		checkPlan(t, r, f, from, unbounded)
	}
}

// checkPlan follows plans from a cursor until its bound.
func checkPlan(t *testing.T, r *Room, f *feed, from, upto uint64) {
	t.Helper()
	var want, got []uint64
	events, all := r.After(from, upto, 1000)
	for _, e := range events {
		want = append(want, e.ID)
	}
	at := from
	for range 100 {
		var pl plan
		f.plan(&pl, at, upto)
		if !all {
			if pl.gap != r.Trimmed() || pl.p != nil {
				t.Fatalf("plan(%d, %d): gap %d with %d bytes, want %d and none", from, upto, pl.gap, len(pl.p), r.Trimmed())
			}
			return
		}
		if pl.gap != 0 || pl.last < at || pl.last > upto {
			t.Fatalf("plan(%d, %d) = %+v", at, upto, pl)
		}
		for i, id := range pl.ids {
			rec := fmt.Sprintf("event lobby %d ", id)
			if !bytes.HasPrefix(pl.record(i), []byte(rec)) || bytes.Count(pl.record(i), []byte("\n")) != 1 {
				t.Fatalf("plan(%d, %d): record %d is %q", at, upto, i, pl.record(i))
			}
			got = append(got, id)
		}
		if at = pl.last; !pl.more {
			break
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("plan(%d, %d) leads over %v, want %v", from, upto, got, want)
	}
	if upto >= r.Head() && at < r.Head() && from < r.Head() {
		t.Fatalf("plan(%d, %d) ends at %d, want the head %d", from, upto, at, r.Head())
	}
}

// TestPlanCut checks the cut and the way back from bytes to ids for every byte.
func TestPlanCut(t *testing.T) {
	_, _, f := feedOf(t, 9, 3, 9)
	for from := range uint64(18) {
		var pl plan
		f.plan(&pl, from, unbounded)
		end := 0
		for i := range pl.ids {
			start := end
			end += len(pl.record(i))
			for n := start; n < end; n++ {
				if got := pl.cut(n); got != end {
					t.Fatalf("from %d: cut(%d) = %d, want %d", from, n, got, end)
				}
			}
			if id, n := pl.reached(end); id != pl.ids[i] || n != i+1 {
				t.Fatalf("from %d: reached(%d) = %d, %d, want %d, %d", from, end, id, n, pl.ids[i], i+1)
			}
		}
		if end != len(pl.p) {
			t.Fatalf("from %d: records make %d of %d bytes", from, end, len(pl.p))
		}
	}
}

// TestPlanIsKept: a plan stays what it was while the feed grows and drops.
func TestPlanIsKept(t *testing.T) {
	st, r, f := feedOf(t, 30, 900, 20)
	var pl, later plan
	f.plan(&pl, r.Trimmed(), unbounded)
	before := append([]byte(nil), pl.p...)
	ids := append([]uint64(nil), pl.ids...)
	for range 300 {
		st.publish(strings.Repeat("y", 900), r)
		f.plan(&later, st.next, unbounded)
	}
	if !bytes.Equal(before, pl.p) || fmt.Sprint(ids) != fmt.Sprint(pl.ids) || cap(pl.p) != len(pl.p) {
		t.Error("a plan changed under its holder, or may be appended to")
	}
}

// TestFeedBound: a feed holds no more than the room keeps and one segment.
func TestFeedBound(t *testing.T) {
	st, r, f := feedOf(t, 1, 1000, 10)
	var pl plan
	for range 5000 {
		st.publish(strings.Repeat("z", 1000), r)
		f.plan(&pl, st.next, unbounded)
		held := 0
		for _, s := range f.segs {
			held += cap(s.buf)
		}
		if held > 2*maxSegment {
			t.Fatalf("a feed of 10 events of 1 kB holds %d bytes", held)
		}
	}
	st.clock.tick(time.Hour)
	r.Trim(st.wall())
	if len(f.segs) != 0 || len(*r.feeds.Load()) != 1 {
		t.Errorf("after all is too old: %d segments, %d feeds, want 0 and, for its member, 1", len(f.segs), len(*r.feeds.Load()))
	}
}

// TestFeedBig: a record above the largest segment has one of its own.
func TestFeedBig(t *testing.T) {
	st, r, f := feedOf(t, 2, 10, 100)
	st.publish(strings.Repeat("b", 2*maxSegment), r)
	st.publish("small", r)
	checkPlan(t, r, f, 0, unbounded)
	if cap(f.scratch) > maxSegment {
		t.Errorf("scratch of %d bytes is kept", cap(f.scratch))
	}
}

func TestPlanExclusions(t *testing.T) {
	st := newStage(t, 1, DefaultShardConfig())
	cfg := DefaultConfig()
	cfg.History = 50
	r := st.room("lobby", cfg)
	f := r.feed(plain)
	rng := rand.New(rand.NewPCG(3, 4))
	var model []exclusion
	var pl plan
	for range 400 {
		except := ""
		if rng.IntN(3) == 0 {
			except = string(rune('a' + rng.IntN(3)))
		}
		if id := st.add("x", except, r); except != "" {
			model = append(model, exclusion{id, except})
		}
		from := st.next - uint64(rng.IntN(int(min(st.next-r.Trimmed()+1, 30))))
		upto := from + uint64(rng.IntN(20))
		f.plan(&pl, from, upto)
		var want []exclusion
		for _, x := range model {
			if x.id > from && x.id <= upto && x.id <= pl.last && len(pl.ids) > 0 {
				want = append(want, x)
			}
		}
		if fmt.Sprint(pl.except) != fmt.Sprint(want) {
			t.Fatalf("plan(%d, %d).except = %v, want %v", from, upto, pl.except, want)
		}
		for id := from; id <= upto; id++ {
			for _, who := range []string{"a", "b", "c"} {
				is := false
				for _, x := range want {
					is = is || x == exclusion{id, who}
				}
				if got := pl.excludes(id, &Member{sink: &fakeSink{name: who}}); got != is {
					t.Fatalf("excludes(%d, %s) = %v, want %v", id, who, got, is)
				}
			}
		}
	}
	if len(f.except) > 60 {
		t.Errorf("%d exclusions kept for 50 events", len(f.except))
	}
}

// broken panics on one event.
type broken struct {
	lines
	on atomic.Uint64
}

func (b *broken) AppendRecord(dst []byte, room string, e *Event) []byte {
	if e.ID == b.on.Load() {
		panic("cannot encode this")
	}
	return b.lines.AppendRecord(dst, room, e)
}

// TestEncodingPanic: an encoding that panics leaves no lock behind, so the
// room goes on, and so do members with another encoding.
func TestEncodingPanic(t *testing.T) {
	st := newStage(t, 1, DefaultShardConfig())
	r := st.room("lobby", DefaultConfig())
	enc := &broken{}
	enc.on.Store(2)
	bad, good := newSink(st, "bad", 0), st.join("good", 0, Start{}, r)
	st.shards[0].Join(&bad.m, r, enc, Start{})
	for range 3 {
		st.publish("x", r)
		st.run()
	}
	good.want("lobby#1 lobby#2 lobby#3")
	bad.want("lobby#1")
	if n := st.shards[0].Stats().Panics; n == 0 {
		t.Error("panic not counted")
	}
	enc.on.Store(0)
	st.publish("x", r)
	st.run()
	bad.want("lobby#2 lobby#3 lobby#4")
}

// TestFeedOutlivesTrim: a viewer that joins while the room is trimmed never
// ends up in a feed the room has let go of.
func TestFeedOutlivesTrim(t *testing.T) {
	st := newStage(t, 1, DefaultShardConfig())
	r := st.room("lobby", DefaultConfig())
	stop, done := make(chan struct{}), make(chan struct{})
	now := st.wall()
	go func() { // stops: stop
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
				r.Trim(now)
			}
		}
	}()
	for i := range 5000 {
		s := st.join("a", 0, Start{}, r)
		id := st.publish("x", r)
		st.run()
		if all := parse(t, "a", s.out); len(all) != 1 || all[0].id != id {
			t.Errorf("join %d: got %v, want event %d", i, all, id)
			break
		}
		st.shards[0].Detach(&s.m)
	}
	close(stop)
	<-done
	if n := r.Members(); n != 0 {
		t.Errorf("%d members, want 0", n)
	}
	r.Trim(now)
	if n := len(*r.feeds.Load()); n != 0 {
		t.Errorf("%d feeds without members, want 0", n)
	}
}
