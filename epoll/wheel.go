package epoll

import (
	"math/bits"
	"sync"
	"time"
)

const (
	// wheelTick is the precision of a timeout: it fires up to this much late,
	// never early. Heartbeats and poll deadlines are seconds.
	wheelTick = 50 * time.Millisecond

	// wheelSlots is one turn of the wheel: 51 s. Most timeouts are shorter, so
	// most timers are looked at once.
	wheelSlots = 1024

	// maxTicks bounds a timeout to about a year and a half, so that ticks can
	// be compared by the sign of their difference.
	maxTicks = 1 << 30
)

// What a Conn's timer is doing, guarded by Wheel.mu.
const (
	timerIdle  uint8 = iota
	timerArmed       // linked into a slot
	timerDue         // handed out by Advance, Timeout not called yet
)

// Wheel holds one timer per Conn of a Loop. The slots are lists linked through
// the Conns themselves, so setting and cancelling allocate nothing and take
// constant time; a timer further away than one turn stays in its slot until its
// turn has come.
//
// It reads no clock: Set and Advance are told the time. All methods may be called
// from any goroutine; Advance is meant for one, the Loop's housekeeper.
type Wheel struct {
	start time.Time
	wake  chan struct{} // tells the housekeeper that something is due earlier

	mu    sync.Mutex
	now   uint32 // the tick last advanced to
	next  uint32 // the tick the housekeeper sleeps until
	used  [wheelSlots / 64]uint64
	slots [wheelSlots]*Conn
}

// NewWheel returns an empty Wheel whose time starts at start.
func NewWheel(start time.Time) *Wheel {
	return &Wheel{start: start, next: maxTicks, wake: make(chan struct{}, 1)}
}

// Set makes c due at now+d, rounded up to a tick, in place of its earlier time.
func (w *Wheel) Set(c *Conn, now time.Time, d time.Duration) {
	w.set(c, now, d, ending|closed)
}

// set is Set unless the state of c has one of the bits in unless. The state is
// looked at under the lock, so a Conn that ends after its Cancel stays cancelled.
func (w *Wheel) set(c *Conn, now time.Time, d time.Duration, unless uint32) {
	d = min(max(d, 0), maxTicks*wheelTick)
	due := now.Sub(w.start) + d
	when := uint32((due + wheelTick - 1) / wheelTick)

	w.mu.Lock()
	if c.state.Load()&unless != 0 {
		w.mu.Unlock()
		return
	}
	w.unlink(c)
	if int32(when-w.now) <= 0 {
		when = w.now + 1
	}
	w.link(c, when)
	early := int32(when-w.next) < 0
	if early {
		w.next = when
	}
	w.mu.Unlock()
	if early {
		select {
		case w.wake <- struct{}{}:
		default: // woken already
		}
	}
}

// Cancel makes c not due, even if Advance has handed it out already and its
// Timeout has not begun. The clock of a CloseAfterFlush under way goes on.
func (w *Wheel) Cancel(c *Conn) {
	w.mu.Lock()
	if c.state.Load()&(ending|closed) != ending {
		w.unlink(c)
	}
	w.mu.Unlock()
}

// Advance moves the wheel to now, appends to due every Conn whose time has come
// and returns it with the time until the next one may be: wait is negative if
// there is none.
func (w *Wheel) Advance(now time.Time, due []*Conn) (_ []*Conn, wait time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	until := uint32(now.Sub(w.start) / wheelTick)
	if behind := int32(until - w.now); behind > 0 {
		// After a long sleep one turn visits every slot.
		for i := until - uint32(min(behind, wheelSlots)) + 1; i != until+1; i++ {
			due = w.expire(i, until, due)
		}
		w.now = until
	}
	ahead, ok := w.ahead()
	if !ok {
		w.next = w.now + maxTicks
		return due, -1
	}
	w.next = w.now + ahead
	return due, time.Duration(w.next)*wheelTick - now.Sub(w.start)
}

// expire takes what is due by until out of the slot of tick.
func (w *Wheel) expire(tick, until uint32, due []*Conn) []*Conn {
	for c := w.slots[tick%wheelSlots]; c != nil; {
		next := c.timerNext
		if int32(c.timerWhen-until) <= 0 {
			w.unlink(c)
			c.timerStatus = timerDue
			due = append(due, c)
		}
		c = next
	}
	return due
}

// take reports whether the Timeout of c is still to be called, and takes it.
func (w *Wheel) take(c *Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if c.timerStatus != timerDue {
		return false
	}
	c.timerStatus = timerIdle
	return true
}

// ahead returns how many ticks from now the next used slot is. That a slot is
// used does not mean that something in it is due on this turn.
func (w *Wheel) ahead() (uint32, bool) {
	for i := uint32(1); i <= wheelSlots; {
		slot := (w.now + i) % wheelSlots
		rest := w.used[slot/64] >> (slot % 64)
		if rest != 0 {
			return i + uint32(bits.TrailingZeros64(rest)), true
		}
		i += 64 - slot%64
	}
	return 0, false
}

func (w *Wheel) link(c *Conn, when uint32) {
	slot := when % wheelSlots
	head := w.slots[slot]
	if head != nil {
		head.timerPrev = c
	}
	c.timerNext, c.timerPrev = head, nil
	c.timerWhen, c.timerStatus = when, timerArmed
	w.slots[slot] = c
	w.used[slot/64] |= 1 << (slot % 64)
}

// unlink makes c idle, wherever it is.
func (w *Wheel) unlink(c *Conn) {
	if c.timerStatus == timerArmed {
		slot := c.timerWhen % wheelSlots
		if c.timerPrev != nil {
			c.timerPrev.timerNext = c.timerNext
		} else {
			w.slots[slot] = c.timerNext
			if c.timerNext == nil {
				w.used[slot/64] &^= 1 << (slot % 64)
			}
		}
		if c.timerNext != nil {
			c.timerNext.timerPrev = c.timerPrev
		}
		c.timerNext, c.timerPrev = nil, nil
	}
	c.timerStatus = timerIdle
}
