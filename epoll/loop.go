package epoll

import (
	"sync"
	"sync/atomic"
	"time"
)

// eachChunk is how many Conns Each copies at a time.
const eachChunk = 256

// Loop is one poller goroutine and the Conns it reads, with a housekeeper
// goroutine that moves their timers.
type Loop struct {
	group *Group
	index int
	wheel *Wheel
	open  atomic.Int64
	buf   []byte // of the poller's goroutine, see Group.read

	mu sync.Mutex
	// conns holds the Conns by descriptor number divided by the number of
	// loops: it is dense, as the kernel hands out low numbers first. A number
	// may have a new owner before the old one is removed, so removing looks
	// whether it is still the same.
	conns []*Conn
	// errs holds what Closed is to be told, for the few Conns that were told to
	// close but are not closed yet.
	errs map[*Conn]error

	counts counters
}

func newLoop(g *Group, index int, start time.Time) *Loop {
	return &Loop{group: g, index: index, wheel: NewWheel(start), errs: make(map[*Conn]error)}
}

// Index is the position of the loop in Group.Loops.
func (l *Loop) Index() int { return l.index }

// Conns returns how many Conns the loop has.
func (l *Loop) Conns() int { return int(l.open.Load()) }

// Each calls f for every Conn of the loop. f may close it; Conns that come or go
// meanwhile may be left out.
func (l *Loop) Each(f func(c *Conn)) {
	chunk := make([]*Conn, 0, eachChunk)
	for from := 0; ; from += eachChunk {
		l.mu.Lock()
		if from >= len(l.conns) {
			l.mu.Unlock()
			return
		}
		chunk = append(chunk[:0], l.conns[from:min(from+eachChunk, len(l.conns))]...)
		l.mu.Unlock()
		for _, c := range chunk {
			if c != nil && c.state.Load()&refused == 0 {
				f(c)
			}
		}
	}
}

func (l *Loop) slot(c *Conn) int { return c.nc.Hash() / len(l.group.loops) }

// add makes c known to Each.
func (l *Loop) add(c *Conn) {
	l.mu.Lock()
	i := l.slot(c)
	for len(l.conns) <= i {
		l.conns = append(l.conns, nil)
	}
	l.conns[i] = c
	l.mu.Unlock()
	if c.state.Load()&refused == 0 {
		l.open.Add(1)
		l.counts.accepted.Add(1)
	}
}

// remove forgets c and returns the error kept for it, if there is one.
func (l *Loop) remove(c *Conn) (err error, kept bool) {
	l.mu.Lock()
	c.state.Or(finished)
	if i := l.slot(c); i < len(l.conns) && l.conns[i] == c {
		l.conns[i] = nil
	}
	if len(l.errs) != 0 {
		err, kept = l.errs[c]
		delete(l.errs, c)
	}
	l.mu.Unlock()
	if c.state.Load()&refused == 0 {
		l.open.Add(-1)
		l.counts.closed.Add(1)
	}
	return err, kept
}

// keep remembers the first err for the Closed of c.
func (l *Loop) keep(c *Conn, err error) {
	l.mu.Lock()
	if _, have := l.errs[c]; !have && c.state.Load()&finished == 0 {
		l.errs[c] = err
	}
	l.mu.Unlock()
}

// housekeep calls what is due, and sleeps until something is. It ends when stop
// is closed.
func (l *Loop) housekeep(stop <-chan struct{}) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	var due []*Conn
	for {
		select {
		case <-stop:
			return
		case <-timer.C:
		case <-l.wheel.wake:
		}
		var wait time.Duration
		due, wait = l.wheel.Advance(time.Now(), due[:0])
		for i, c := range due {
			c.timeout()
			due[i] = nil // due is reused: it must not keep a Conn alive
		}
		if wait < 0 {
			timer.Stop() // until wake
			continue
		}
		timer.Reset(wait)
	}
}
