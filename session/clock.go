package session

import "time"

// clock is the real time, counted from the hub's start.
type clock struct{ start time.Time }

func newClock() clock { return clock{time.Now()} }

// Now is the time since the start, never 0.
func (c clock) Now() time.Duration { return time.Since(c.start) + 1 }

// After calls f once, from a timer's goroutine.
func (c clock) After(d time.Duration, f func()) { time.AfterFunc(d, f) }
