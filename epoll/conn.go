package epoll

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/lesismal/nbio"
)

// The bits of Conn.state. Every one but blocked and the two of Pause is set once and
// stays.
const (
	registered   uint32 = 1 << iota // the poller has the descriptor
	blocked                         // someone waits for Writable
	ending                          // CloseAfterFlush: only what is pending still goes out
	closed                          // Close was called or the end is known
	finished                        // Closed has been called, or is about to be
	refused                         // over a limit: was never let in, is not counted
	pausedFull                      // PauseFull
	pausedBehind                    // PauseBehind
)

// Conn is a socket on a Loop.
//
// Write, WriteShared, Close, CloseAfterFlush, SetTimeout and the methods that
// only report may be called from any goroutine; SetHandler and Handler only from
// the Handler's own Data, Timeout and Closed (SetHandler: Data only).
//
// A Conn ends with exactly one call of Closed, whatever the cause. It may be kept
// and called after that: it does nothing.
type Conn struct {
	// What a write touches comes first, in one cache line.
	nc      *nbio.Conn
	mu      sync.Mutex    // orders writes; above nbio's own mutex
	pending atomic.Int32  // bytes queued and not yet written by nbio
	state   atomic.Uint32 // bits above
	loop    *Loop

	handler Handler    // written under run and nbio's mutex, read under either
	run     sync.Mutex // one of Data, Timeout and Closed at a time

	// The timer, guarded by Wheel.mu.
	timerNext, timerPrev *Conn

	ip          [16]byte
	timerWhen   uint32
	port        uint16
	timerStatus uint8

	rest uint8 // of pending, in pieces: what WriteShared left of a record; guarded by mu
}

// piece is what Conn.rest counts in.
const piece = 64 << 10

// SetHandler makes h the Handler from the next call on. Only Data may call it
// (while accepting, return the Handler instead).
func (c *Conn) SetHandler(h Handler) {
	c.nc.Lock()
	c.handler = h
	c.nc.Unlock()
}

// Handler returns the Handler. Only its own Data, Timeout and Closed may call it.
func (c *Conn) Handler() Handler { return c.handler }

// Loop returns the loop that reads this socket; it never changes.
func (c *Conn) Loop() *Loop { return c.loop }

// Peer returns the client's address; a zone is not kept.
func (c *Conn) Peer() netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom16(c.ip).Unmap(), c.port)
}

// Pending returns how many bytes are queued beyond the socket.
func (c *Conn) Pending() int { return int(c.pending.Load()) }

// Closed reports whether output is over: Close or CloseAfterFlush was called, or
// Closed was. A connection that its peer has just ended may not show it yet.
func (c *Conn) Closed() bool { return c.state.Load()&(ending|closed) != 0 }

// SetTimeout has Timeout called once when d has passed, in place of an earlier
// time; 0 or less cancels. A Timeout that was due but had not begun when
// SetTimeout was called from Data does not come any more.
func (c *Conn) SetTimeout(d time.Duration) {
	if d <= 0 {
		c.loop.wheel.Cancel(c)
		return
	}
	c.loop.wheel.Set(c, time.Now(), d)
}

// Close ends the connection now and discards what is pending. Closed gets err,
// if nothing ended the connection before.
func (c *Conn) Close(err error) {
	if c.state.Load()&registered == 0 {
		c.loop.keep(c, err) // for register, which closes in our place
	}
	old := c.state.Or(closed)
	if old&registered == 0 || old&closed != 0 {
		return
	}
	c.loop.keep(c, err)
	hangUp(c.nc)
}

// hangUp has the loop close the descriptor. Only the loop may: between its
// epoll_wait and its look at an event, a descriptor closed by somebody else can
// be that of a new connection, which the event of the old one would end.
func hangUp(nc *nbio.Conn) {
	nc.Lock()
	defer nc.Unlock()
	if gone, _ := nc.IsClosed(); !gone {
		// Both ways: the poller is told EPOLLHUP, and nbio closes. An error
		// means that the peer has reset the connection: it is told already.
		_ = syscall.Shutdown(nc.Hash(), syscall.SHUT_RDWR)
	}
}

// CloseAfterFlush sends what is pending, then ends our half of the connection
// and discards input until the peer has closed its half or Config.Linger is over.
// So neither close(2) nor the reset it causes when input is unread destroys the
// last frame on its way. Closed gets err.
//
// After it Data and Timeout are not called any more, Write returns ErrClosed and
// WriteShared writes nothing.
func (c *Conn) CloseAfterFlush(err error) { c.CloseAfterFlushWithin(err, c.loop.group.cfg.Linger) }

// CloseAfterFlushWithin is CloseAfterFlush with a time of its own instead of
// Config.Linger: for a peer that is known not to read, and should still find out
// why once it does.
func (c *Conn) CloseAfterFlushWithin(err error, within time.Duration) {
	if c.state.Load()&registered == 0 {
		c.Close(err) // nothing was written yet
		return
	}
	c.mu.Lock() // a write under way goes out whole
	defer c.mu.Unlock()
	if c.state.Or(ending)&(ending|closed) != 0 {
		return
	}
	c.loop.keep(c, err)
	c.loop.wheel.set(c, time.Now(), within, closed)
	if c.state.Load()&paused != 0 {
		c.Resume(Pause(paused)) // or the peer's end is not noticed
	}
	if c.pending.Load() != 0 {
		return // written does it
	}
	c.nc.Lock()
	if gone, _ := c.nc.IsClosed(); !gone {
		c.shut()
	}
	c.nc.Unlock()
}

// shut ends our half of the connection. nbio's mutex is held and nc not closed.
func (c *Conn) shut() {
	// An error means that the peer has reset the connection, which the loop
	// is about to find out too.
	_ = syscall.Shutdown(c.nc.Hash(), syscall.SHUT_WR)
}

// closeSoon has the housekeeper close c. It is for code below nbio's mutex.
func (c *Conn) closeSoon(err error) {
	if c.state.Or(ending)&(ending|closed) == 0 {
		c.loop.keep(c, err)
	}
	c.loop.wheel.set(c, time.Now(), 0, closed)
}

// register notes that the poller has the descriptor. From here on closing and
// queueing work; what was asked before is made up for.
func (c *Conn) register() {
	if c.state.Load()&registered != 0 {
		return
	}
	old := c.state.Or(registered)
	switch {
	case old&registered != 0:
	case old&closed != 0:
		hangUp(c.nc) // the error was kept
	case old&blocked != 0 && c.unpark():
		c.nc.Lock()
		c.writable()
		c.nc.Unlock()
	}
}
