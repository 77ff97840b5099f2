package epoll

import (
	"math/rand/v2"
	"testing"
	"time"
)

func TestWheelTimes(t *testing.T) {
	const tick = wheelTick
	tests := []struct {
		name    string
		set     time.Duration
		quietAt time.Duration // not due yet
		dueAt   time.Duration // due
	}{
		{name: "at once", set: 0, quietAt: 0, dueAt: tick},
		{name: "one nanosecond", set: 1, quietAt: 0, dueAt: tick},
		{name: "a tick", set: tick, quietAt: tick - 1, dueAt: tick},
		{name: "just above a tick", set: tick + 1, quietAt: tick, dueAt: 2 * tick},
		{name: "a turn less one", set: (wheelSlots - 1) * tick, quietAt: (wheelSlots-1)*tick - 1, dueAt: (wheelSlots - 1) * tick},
		{name: "one turn", set: wheelSlots * tick, quietAt: wheelSlots*tick - 1, dueAt: wheelSlots * tick},
		{name: "three turns and a bit", set: 3*wheelSlots*tick + 7*tick, quietAt: 3*wheelSlots*tick + 7*tick - 1, dueAt: 3*wheelSlots*tick + 7*tick},
		{name: "a day", set: 24 * time.Hour, quietAt: 24*time.Hour - 1, dueAt: 24 * time.Hour},
		{name: "late", set: time.Second, quietAt: time.Second - 1, dueAt: time.Hour},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			start := time.Unix(1000, 0)
			w := NewWheel(start)
			c := &Conn{}
			w.Set(c, start, tt.set)
			if due, wait := w.Advance(start.Add(tt.quietAt), nil); len(due) != 0 || wait < 0 {
				t.Fatalf("after %v: %d due, wait %v, want none and a wait", tt.quietAt, len(due), wait)
			}
			due, wait := w.Advance(start.Add(tt.dueAt), nil)
			if len(due) != 1 || due[0] != c || wait >= 0 {
				t.Fatalf("after %v: %d due, wait %v, want 1 and no wait", tt.dueAt, len(due), wait)
			}
			if !w.take(c) || w.take(c) {
				t.Error("take, want true once")
			}
		})
	}
}

// TestWheelModel compares the wheel with a map over random calls.
func TestWheelModel(t *testing.T) {
	start := time.Unix(1000, 0)
	w, now := NewWheel(start), start
	rng := rand.New(rand.NewPCG(1, 2))
	conns := make([]*Conn, 300)
	for i := range conns {
		conns[i] = &Conn{}
	}
	want := make(map[*Conn]time.Time)
	fired := 0
	for range 20000 {
		c := conns[rng.IntN(len(conns))]
		switch rng.IntN(4) {
		case 0, 1:
			d := time.Duration(rng.Int64N(int64(90 * time.Second)))
			w.Set(c, now, d)
			want[c] = now.Add(d)
		case 2:
			w.Cancel(c)
			delete(want, c)
		case 3:
			now = now.Add(time.Duration(rng.Int64N(int64(400 * time.Millisecond))))
			due, _ := w.Advance(now, nil)
			for _, c := range due {
				at, ok := want[c]
				if !ok || now.Before(at) {
					t.Fatalf("due at %v, want %v (set: %t)", now, at, ok)
				}
				w.take(c)
				delete(want, c)
				fired++
			}
			for _, at := range want {
				if late := now.Sub(at); late > wheelTick {
					t.Fatalf("not due %v after its time", late)
				}
			}
		}
	}
	if fired < 1000 {
		t.Errorf("%d fired, want the test to do something", fired)
	}
}

func TestWheelWaitNeverOversleeps(t *testing.T) {
	start := time.Unix(1000, 0)
	w, now := NewWheel(start), start
	c := &Conn{}
	w.Set(c, now, 3*time.Minute)
	wakes := 0
	for {
		due, wait := w.Advance(now, nil)
		if len(due) == 1 {
			break
		}
		if wait <= 0 {
			t.Fatalf("wait %v after %v, want more than 0", wait, now.Sub(start))
		}
		now = now.Add(wait)
		wakes++
	}
	if late := now.Sub(start) - 3*time.Minute; late < 0 || late > wheelTick {
		t.Errorf("due %v off its time, want 0 to %v", late, wheelTick)
	}
	// One look per turn of the wheel: a far timer costs next to nothing.
	if wakes > 5 {
		t.Errorf("woke %d times in 3 minutes for one timer, want at most 5", wakes)
	}
}

func TestWheelWakesHousekeeperForEarlier(t *testing.T) {
	now := time.Unix(1000, 0)
	w := NewWheel(now)
	woken := func() bool {
		select {
		case <-w.wake:
			return true
		default:
			return false
		}
	}
	a, b := &Conn{}, &Conn{}
	for _, step := range []struct {
		name string
		c    *Conn
		d    time.Duration
		want bool
	}{
		{"the first", a, time.Minute, true},
		{"a later one", b, 2 * time.Minute, false},
		{"an earlier one", b, time.Second, true},
		{"a moved one", b, 10 * time.Second, false},
	} {
		w.Set(step.c, now, step.d)
		if got := woken(); got != step.want {
			t.Errorf("%s: woken %t, want %t", step.name, got, step.want)
		}
	}
}

func TestWheelCancelAfterDue(t *testing.T) {
	now := time.Unix(1000, 0)
	w := NewWheel(now)
	cancelled, moved, kept := &Conn{}, &Conn{}, &Conn{}
	for _, c := range []*Conn{cancelled, moved, kept} {
		w.Set(c, now, time.Second)
	}
	now = now.Add(2 * time.Second)
	if due, _ := w.Advance(now, nil); len(due) != 3 {
		t.Fatalf("%d due, want 3", len(due))
	}
	w.Cancel(cancelled)
	w.Set(moved, now, time.Second)
	if w.take(cancelled) || w.take(moved) || !w.take(kept) {
		t.Error("take: want only the one not touched since")
	}
	if due, _ := w.Advance(now.Add(2*time.Second), nil); len(due) != 1 || due[0] != moved {
		t.Errorf("%d due, want the moved one", len(due))
	}
}

func TestWheelEndedConns(t *testing.T) {
	now := time.Unix(1000, 0)
	w := NewWheel(now)
	gone, lingering := &Conn{}, &Conn{}
	gone.state.Or(closed)
	w.Set(gone, now, time.Second) // it could hold the Conn for ever
	lingering.state.Or(ending)
	w.set(lingering, now, time.Second, closed)
	w.Set(lingering, now, time.Hour)
	w.Cancel(lingering)
	due, wait := w.Advance(now.Add(time.Second), nil)
	if len(due) != 1 || due[0] != lingering || wait >= 0 {
		t.Errorf("%d due, wait %v: want the lingering one, and no more", len(due), wait)
	}
}

func TestWheelAllocs(t *testing.T) {
	now := time.Unix(1000, 0)
	w := NewWheel(now)
	c, due := &Conn{}, make([]*Conn, 0, 1)
	got := testing.AllocsPerRun(1000, func() {
		w.Set(c, now, time.Second)
		w.Set(c, now, time.Minute)
		w.Cancel(c)
		w.Set(c, now, time.Second)
		now = now.Add(2 * time.Second)
		due, _ = w.Advance(now, due[:0])
	})
	if got != 0 {
		t.Errorf("%v allocations, want 0", got)
	}
}
