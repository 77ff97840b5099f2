package epoll

import (
	"errors"
	"syscall"
	"unsafe"
)

// Write sends p, which holds whole frames, after everything written before. What
// the socket does not take is copied and follows by itself.
//
// It returns ErrClosed if the connection has ended, and ErrBacklog if more than
// Config.MaxPending bytes would wait; the connection is closed with that error
// then, as p may be cut in half.
func (c *Conn) Write(p []byte) error { return c.WriteWithin(p, c.loop.group.cfg.MaxPending) }

// WriteWithin is Write with a limit of its own instead of Config.MaxPending: for
// a protocol that promises its peers messages of a size.
func (c *Conn) WriteWithin(p []byte, limit int) error {
	c.mu.Lock()
	err := c.write(p, limit)
	c.mu.Unlock()
	if errors.Is(err, ErrBacklog) {
		c.loop.counts.pendingOverflow.Add(1)
		c.Close(err)
	}
	return err
}

// WriteAnswer is Write for an answer that the peer has asked for and waits for: p
// itself may be of any size, what waits before it is held to Config.MaxPending.
func (c *Conn) WriteAnswer(p []byte) error {
	return c.WriteWithin(p, c.loop.group.cfg.MaxPending+len(p))
}

func (c *Conn) write(p []byte, limit int) error {
	if c.state.Load()&(ending|closed) != 0 {
		return ErrClosed
	}
	if c.pending.Load() == 0 {
		c.rest = 0
		n, ok := c.send(p)
		if !ok {
			return ErrClosed
		}
		if p = p[n:]; len(p) == 0 {
			return nil
		}
		if c.state.Load()&registered == 0 {
			return ErrBacklog // nothing can be queued yet
		}
	}
	if int(c.pending.Load())+len(p) > limit+int(c.rest)*piece {
		return ErrBacklog
	}
	return c.queue(p)
}

// WriteShared sends as much of p as the socket takes. p holds whole records, is
// shared between connections and neither changed nor, but for one record, copied.
//
// If the socket stops inside p, cut is called with the number k of bytes it took
// (k may be 0) and returns the smallest record boundary above k; what is left of
// that record is copied and queued, so that the stream stays at a boundary and
// frames of Write can follow.
//
// n is how many bytes of p are written or queued, always a record boundary. open
// tells whether the connection can take more now. If not, Writable is called
// exactly once later, unless Closed comes first; n may be len(p) even then. With
// bytes pending already, n is 0. On a closed connection n is 0 and no Writable
// follows.
func (c *Conn) WriteShared(p []byte, cut func(n int) int) (n int, open bool) {
	c.mu.Lock()
	// The way of nearly all: nobody waits, nothing is pending, p fits.
	if c.state.Load() == registered && c.pending.Load() == 0 {
		k, ok := c.send(p)
		if !ok || k == len(p) {
			c.mu.Unlock()
			return k, ok
		}
		return c.writeShared(p, k, cut)
	}
	return c.writeShared(p, 0, cut)
}

// writeShared is WriteShared from the n-th byte on, a record boundary. c.mu is
// held, and released on return.
func (c *Conn) writeShared(p []byte, n int, cut func(n int) int) (_ int, open bool) {
	defer c.mu.Unlock() // cut is not ours and may panic
	for {
		if c.state.Load()&(ending|closed) != 0 {
			return n, false
		}
		if c.busy() {
			if c.park() {
				return n, false
			}
			continue
		}
		if n == len(p) {
			return n, true
		}
		k, ok := c.send(p[n:])
		if !ok {
			return n, false
		}
		if n += k; n == len(p) {
			return n, true
		}
		end := cut(n)
		if end <= n || end > len(p) {
			end = len(p) // p holds whole records, so this is a boundary
		}
		// One record, whatever its size, is not what fills the allowance: who
		// takes long for it is still to be asked whether it is there.
		c.rest = uint8(min((end-n)/piece, 255))
		if c.queue(p[n:end]) != nil {
			return end, false
		}
		n = end
	}
}

// busy reports whether a raw write would overtake queued bytes, or what it leaves
// could not be queued.
func (c *Conn) busy() bool {
	return c.pending.Load() != 0 || c.state.Load()&registered == 0
}

// park notes that the caller waits for Writable. It reports false if the way has
// become free meanwhile and nobody else has taken the note: then there will be no
// Writable, and the caller goes on.
//
// The order matters. The note is made first and looked at by written after its
// count; busy is read after the note. So at least one of the two sees the other,
// and unpark lets only one act on it.
func (c *Conn) park() bool {
	c.state.Or(blocked)
	return c.busy() || !c.unpark()
}

// unpark takes the note back and reports whether it was there.
func (c *Conn) unpark() bool {
	return c.state.And(^blocked)&blocked != 0
}

// send writes as much of p as the socket takes, with one system call. It reports
// false if the connection has ended. c.mu is held and nothing is pending.
//
// nbio sets its closed flag under the mutex and calls close(2) after it, so as
// long as the mutex is held and the flag is not set the descriptor is ours: bytes
// never reach a later owner of the same number. The call is raw because the socket
// never blocks: telling the scheduler about it costs 15 % of a small write. It is
// send(2), not write(2): the same for a socket, less the file system's part of the
// way (4 to 12 % of a small write) and SIGPIPE.
func (c *Conn) send(p []byte) (n int, ok bool) {
	if len(p) == 0 {
		return 0, true
	}
	c.nc.Lock()
	if gone, _ := c.nc.IsClosed(); gone {
		c.nc.Unlock()
		return 0, false
	}
	var r uintptr
	errno := syscall.EINTR
	for errno == syscall.EINTR {
		r, _, errno = syscall.RawSyscall6(syscall.SYS_SENDTO, uintptr(c.nc.Hash()),
			uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), syscall.MSG_NOSIGNAL, 0, 0)
	}
	c.nc.Unlock()
	counts := &c.loop.counts
	switch errno {
	case 0:
		n = int(r)
		counts.writes.Add(1)
		counts.bytesWritten.Add(uint64(n))
	case syscall.EAGAIN:
	default: // EPIPE, ECONNRESET, ETIMEDOUT, ...: there is no coming back
		c.Close(errno)
		return 0, false
	}
	if n < len(p) {
		counts.shortWrites.Add(1)
	}
	return n, true
}

// queue copies p, which the loop writes as soon as there is room. c.mu is held.
func (c *Conn) queue(p []byte) error {
	if !c.loop.group.out.found {
		// First, because nbio may report it as written before its Write returns.
		c.pending.Add(int32(len(p)))
		if _, err := c.nc.Write(p); err != nil {
			return ErrClosed // nbio has closed it, and Closed follows
		}
		return nil
	}
	c.nc.Lock()
	defer c.nc.Unlock()
	if gone, _ := c.nc.IsClosed(); gone {
		return ErrClosed
	}
	c.pending.Add(int32(len(p)))
	c.store(p)
	return nil
}

// written is told that nbio has written n of the queued bytes. nbio's mutex is
// held, and c.mu may be: by the caller of queue, or by someone else.
func (c *Conn) written(n int) {
	c.loop.counts.writes.Add(1)
	c.loop.counts.bytesWritten.Add(uint64(n))
	if c.pending.Add(int32(-n)) != 0 {
		return
	}
	s := c.state.Load()
	switch {
	case s&ending != 0:
		c.shut() // the mutex is held and the write went well: it is still ours
	case s&blocked != 0 && c.unpark():
		c.writable()
	}
}
