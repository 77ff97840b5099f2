package hooks

import (
	"math/rand/v2"
	"time"
)

// clock is time and chance, which tests bring themselves.
type clock interface {
	// Now is the time of the day.
	Now() time.Time
	// After returns a channel that something is sent to once d has passed, and
	// what to call when nobody waits for it any more.
	After(d time.Duration) (c <-chan time.Time, stop func())
	// Jitter draws from 0 to d.
	Jitter(d time.Duration) time.Duration
}

// wallClock is the real one.
type wallClock struct{}

func (wallClock) Now() time.Time { return time.Now() }

func (wallClock) After(d time.Duration) (<-chan time.Time, func()) {
	t := time.NewTimer(d)
	return t.C, func() { t.Stop() }
}

func (wallClock) Jitter(d time.Duration) time.Duration { return rand.N(d + 1) }
