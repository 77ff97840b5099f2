package load

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// Clock reads CLOCK_MONOTONIC in nanoseconds through the vDSO.
//
// The value is the same in every process of the machine. Any goroutine may
// read a Clock; it is copied by value.
type Clock struct {
	base time.Time
	mono int64
}

// NewClock ties Go's monotonic reading to the kernel's clock once, so that
// Now costs no system call.
func NewClock() (Clock, error) {
	// Between two readings the thread may lose its CPU for milliseconds, by which
	// this clock would be off for good: the closest pair of many counts.
	const tries = 16
	var c Clock
	best := time.Duration(-1)
	for range tries {
		var before, after unix.Timespec
		err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &before)
		base := time.Now()
		if err = errors.Join(err, unix.ClockGettime(unix.CLOCK_MONOTONIC, &after)); err != nil {
			return Clock{}, fmt.Errorf("load: monotonic clock: %w", err)
		}
		if apart := time.Duration(after.Nano() - before.Nano()); best < 0 || apart < best {
			best, c = apart, Clock{base: base, mono: before.Nano() + int64(apart)/2}
		}
	}
	return c, nil
}

// Now is the current reading.
func (c Clock) Now() int64 { return c.mono + int64(time.Since(c.base)) }

// until blocks the thread up to the reading due, at most for the slice given.
// A kernel sleep is used because runtime timers are only good to a
// millisecond, and a publisher at 2,000 events a second has half of that.
func (c Clock) until(due int64, slice time.Duration) {
	wait := min(due-c.Now(), int64(slice))
	if wait <= 0 {
		return
	}
	ts := unix.NsecToTimespec(wait)
	// An interrupted sleep returns early; the caller looks at the clock anyway.
	_ = unix.Nanosleep(&ts, nil)
}
