package dispatch

import (
	"math"
	"runtime"
	"sync/atomic"
)

// The states of a lane.
const (
	laneIdle    int32 = iota // not submitted
	laneRunning              // submitted or running
	laneAgain                // woken while running: one more turn is due
)

// Lane is one job that never runs twice at once.
//
// Wake may be called from anywhere, with locks held: it never runs the job
// itself and never blocks.
type Lane struct {
	pool  *Pool
	turn  func() (more bool)
	run   func() // bound once, so that a wake-up allocates nothing of the lane's
	state atomic.Int32
}

// NewLane returns a lane that calls turn until it reports no more. A turn
// should be short (a chunk of a walk): between two turns other goroutines get
// the processor.
func NewLane(pool *Pool, turn func() (more bool)) *Lane {
	l := &Lane{pool: pool, turn: turn}
	l.run = l.loop
	return l
}

// Wake has the lane take at least one turn that begins after this call.
func (l *Lane) Wake() {
	for {
		switch l.state.Load() {
		case laneIdle:
			if l.state.CompareAndSwap(laneIdle, laneRunning) {
				l.submit()
				return
			}
		case laneRunning:
			if l.state.CompareAndSwap(laneRunning, laneAgain) {
				return
			}
		default:
			return
		}
	}
}

func (l *Lane) submit() {
	if err := l.pool.submit(l.run, math.MaxInt); err != nil {
		// The pool is closed: there will be no more turns.
		l.state.Store(laneIdle)
	}
}

// loop takes turns until there is nothing to do and nobody has woken the lane
// meanwhile, or other jobs wait: then it queues up behind them.
func (l *Lane) loop() {
	for {
		l.state.Store(laneRunning)
		for l.guarded() {
			if l.pool.yield(l.run) {
				return
			}
			runtime.Gosched()
		}
		if l.state.CompareAndSwap(laneRunning, laneIdle) {
			return
		}
	}
}

// guarded takes a turn; a turn that panics is logged, counts as one with more
// to do and does not end the lane.
func (l *Lane) guarded() (more bool) {
	more = true
	l.pool.guard(func() { more = l.turn() })
	return more
}
