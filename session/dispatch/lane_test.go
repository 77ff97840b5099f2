package dispatch

import (
	"sync"
	"sync/atomic"
	"testing"
)

// box is an actor as the shards are: a mailbox, and a lane that empties it a
// few letters per turn.
type box struct {
	lane *Lane
	busy atomic.Int32

	mu   sync.Mutex
	mail [][2]int

	got  [][2]int // by turns only
	read atomic.Int64
}

func newBox(t testing.TB, p *Pool, chunk int) *box {
	b := &box{}
	b.lane = NewLane(p, func() bool {
		if b.busy.Add(1) != 1 {
			t.Error("two turns of a lane at once")
		}
		defer b.busy.Add(-1)
		b.mu.Lock()
		n := min(chunk, len(b.mail))
		b.got = append(b.got, b.mail[:n]...)
		b.mail = b.mail[n:]
		more := len(b.mail) > 0
		b.mu.Unlock()
		b.read.Add(int64(n))
		return more
	})
	return b
}

func (b *box) post(sender, n int) {
	b.mu.Lock()
	b.mail = append(b.mail, [2]int{sender, n})
	b.mu.Unlock()
	b.lane.Wake()
}

// TestLaneStress has many wakers, more lanes than workers and hardly any room
// to wait: no letter is left lying and each sender's stay in order.
func TestLaneStress(t *testing.T) {
	for _, workers := range []int{1, 2, 4} {
		p := pool(t, workers, 1)
		const lanes, senders, each = 6, 4, 1500
		var boxes [lanes]*box
		var wg sync.WaitGroup
		for i := range boxes {
			b := newBox(t, p, 1+i)
			boxes[i] = b
			for s := range senders {
				wg.Go(func() {
					for n := range each {
						b.post(s, n)
					}
				})
			}
		}
		wg.Wait()
		for i, b := range boxes {
			until(t, "a lane to come to rest", func() bool { return b.read.Load() == senders*each })
			next := [senders]int{}
			for _, g := range b.got {
				if next[g[0]] != g[1] {
					t.Fatalf("lane %d: letter %d of sender %d, want %d", i, g[1], g[0], next[g[0]])
				}
				next[g[0]]++
			}
		}
	}
}

// TestLaneEveryWake wakes a lane when it has just come to rest: each wake-up
// leads to a turn that begins after it.
func TestLaneEveryWake(t *testing.T) {
	p := pool(t, 2, 16)
	var posted, seen atomic.Int64
	turned := make(chan struct{}, 1)
	l := NewLane(p, func() bool {
		seen.Store(posted.Load())
		select {
		case turned <- struct{}{}:
		default:
		}
		return false
	})
	for i := range int64(20000) {
		posted.Store(i + 1)
		l.Wake()
		for seen.Load() != i+1 {
			wait(t, "a turn", turned)
		}
	}
}

// TestLaneShares: a lane that always has more to do does not keep the only
// worker to itself.
func TestLaneShares(t *testing.T) {
	p := pool(t, 1, 1)
	var stop atomic.Bool
	turned := make(chan struct{})
	greedy := NewLane(p, func() bool { return !stop.Load() })
	modest := NewLane(p, func() bool { close(turned); return false })
	greedy.Wake()
	modest.Wake()
	wait(t, "the other lane's turn", turned)
	stop.Store(true)
	until(t, "rest", func() bool { return p.Stats().Workers == 0 })
}

// TestLanePanic: a turn that panics is counted and followed by another one.
func TestLanePanic(t *testing.T) {
	p := pool(t, 1, 1)
	turns, done := 0, make(chan struct{})
	l := NewLane(p, func() bool {
		if turns++; turns < 3 {
			panic("turn")
		}
		close(done)
		return false
	})
	l.Wake()
	wait(t, "the turn after those that panic", done)
	if n := p.Stats().Panics; n != 2 {
		t.Errorf("%d panics counted, want 2", n)
	}
}

// TestLaneWakesItself: a turn may wake its own lane, and one that waits.
func TestLaneWakesItself(t *testing.T) {
	p := pool(t, 1, 1)
	done := make(chan struct{})
	var a, b *Lane
	turns := 0
	a = NewLane(p, func() bool {
		if turns++; turns < 1000 {
			b.Wake()
			a.Wake()
		} else {
			close(done)
		}
		return false
	})
	b = NewLane(p, func() bool { return false })
	a.Wake()
	wait(t, "a thousand turns", done)
}

func BenchmarkWake(b *testing.B) {
	p := pool(b, 2, 16)
	var turns atomic.Int64
	l := NewLane(p, func() bool { turns.Add(1); return false })
	for b.Loop() {
		l.Wake()
	}
	until(b, "rest", func() bool { return p.Stats().Workers == 0 })
	if turns.Load() == 0 {
		b.Fatal("no turns")
	}
}
