package hooks

import (
	"sync"
	"time"
)

// State is what a breaker lets through.
type State int32

// The states of a breaker.
const (
	Closed   State = iota // every request
	HalfOpen              // one, to see how it goes
	Open                  // none
)

// String returns the state's name.
func (s State) String() string { return [...]string{"closed", "half_open", "open"}[s] }

// breaker stops requests to an application that does not answer: they would
// only make calls wait, and keep it from coming back.
type breaker struct {
	cfg BreakerConfig
	now func() time.Time

	mu       sync.Mutex
	state    State
	failures int           // in a row, while closed
	until    time.Time     // open till then
	turn     int           // counts the changes of state
	changed  chan struct{} // closed at the next one
	opened   int64
}

func newBreaker(cfg BreakerConfig, now func() time.Time) *breaker {
	return &breaker{cfg: cfg, now: now, changed: make(chan struct{})}
}

// allow reports whether a request may be made. If so, done has to be called
// with turn when it is over.
func (b *breaker) allow() (turn int, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch b.state {
	case HalfOpen:
		return 0, false
	case Open:
		if b.now().Before(b.until) {
			return 0, false
		}
		b.turnTo(HalfOpen)
	}
	return b.turn, true
}

// done notes whether the application is up, and returns the state that this
// led to, if any. What began before the last change of state says nothing
// about the time after it.
func (b *breaker) done(turn int, up bool) (to State, changed bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if turn != b.turn || b.cfg.Failures == 0 {
		return b.state, false
	}
	if up {
		b.failures = 0
		if b.state == HalfOpen {
			b.turnTo(Closed)
			return Closed, true
		}
		return b.state, false
	}
	b.failures++
	if b.state == Closed && b.failures < b.cfg.Failures {
		return Closed, false
	}
	b.failures = 0
	b.opened++
	b.until = b.now().Add(b.cfg.Cooldown)
	b.turnTo(Open)
	return Open, true
}

// turnTo changes the state; b.mu is held.
func (b *breaker) turnTo(to State) {
	b.state = to
	b.turn++
	close(b.changed)
	b.changed = make(chan struct{})
}

// next returns what is closed at the next change of state, and how long it
// takes until a request may be made if nothing changes.
func (b *breaker) next() (changed <-chan struct{}, left time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.state == Open {
		left = b.until.Sub(b.now())
	} else if b.state == HalfOpen {
		left = b.cfg.Cooldown // its one request ends before, or changes nothing
	}
	return b.changed, left
}

// snapshot returns the state, and how often it was opened.
func (b *breaker) snapshot() (State, int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.state, b.opened
}
