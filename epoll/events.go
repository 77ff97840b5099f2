package epoll

import (
	"context"
	"log/slog"
	"runtime/debug"
)

// data passes freshly read bytes to the Handler.
func (c *Conn) data(p []byte) {
	c.loop.counts.bytesRead.Add(uint64(len(p)))
	c.register() // it was read, so it is in the poller
	c.run.Lock()
	defer c.run.Unlock()
	if c.state.Load()&(ending|closed) != 0 || c.handler == nil {
		return // CloseAfterFlush discards input
	}
	defer c.recovered("Data")
	c.handler.Data(c, p)
}

// timeout is called by the housekeeper for a Conn whose time has come.
func (c *Conn) timeout() {
	c.run.Lock()
	defer c.run.Unlock()
	if !c.loop.wheel.take(c) {
		return // cancelled or set anew while we waited for Data
	}
	s := c.state.Load()
	switch {
	case s&closed != 0:
	case s&ending != 0:
		hangUp(c.nc) // Linger is over; the error was kept
	case c.handler != nil:
		c.loop.counts.timeouts.Add(1)
		defer c.recovered("Timeout")
		c.handler.Timeout(c)
	}
}

// writable tells the Handler that everything has left. nbio's mutex is held.
func (c *Conn) writable() {
	if c.handler == nil {
		return // accept gave none; it is about to be closed
	}
	defer func() {
		if r := recover(); r != nil {
			c.loop.panicked("Writable", r)
			c.closeSoon(ErrPanic)
		}
	}()
	c.loop.counts.wakeups.Add(1)
	c.handler.Writable(c)
}

// finish is the end of a Conn: nbio has closed the descriptor.
func (c *Conn) finish(err error) {
	c.run.Lock()
	defer c.run.Unlock()
	c.state.Or(closed)
	if kept, ok := c.loop.remove(c); ok {
		err = kept
	}
	c.loop.wheel.Cancel(c)
	h := c.handler
	c.nc.Lock()
	c.handler = nil // others may hold c for long; the session need not stay
	c.nc.Unlock()
	c.loop.group.gate.leave(c.ip, c.state.Load()&refused != 0)
	if h == nil {
		return
	}
	defer c.recovered("Closed")
	h.Closed(c, err)
}

// recovered is deferred around a call of the Handler.
func (c *Conn) recovered(method string) {
	if r := recover(); r != nil {
		c.loop.panicked(method, r)
		c.Close(ErrPanic)
	}
}

// panicked counts and logs a panic. It is called while the stack still stands.
func (l *Loop) panicked(method string, r any) {
	l.counts.panics.Add(1)
	l.group.log.LogAttrs(context.Background(), slog.LevelError, "handler panicked",
		slog.String("method", method), slog.Any("panic", r), slog.String("stack", string(debug.Stack())))
}
