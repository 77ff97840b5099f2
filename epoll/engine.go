package epoll

import (
	"fmt"
	"net"

	"github.com/lesismal/nbio"
)

const (
	// readTimes is how often in a row nbio reads one socket that has more. A
	// peer that has sent its half-close is closed after that many, whatever is
	// still unread, so it is high.
	readTimes = 64
	// readAtOnce is the least number of bytes readTimes must amount to, however
	// small the read buffer.
	readAtOnce = 4 << 20
)

// newEngine sets nbio up as a poller: level-triggered, read by the loop's own
// goroutine, with our listeners and our buffers. What it can do beyond that
// (deadlines, Writev, dialling, files, HTTP) is not used.
func (g *Group) newEngine() *nbio.Engine {
	next := 0
	e := nbio.NewEngine(nbio.Config{
		Name:    "epoll",
		Network: "tcp",
		Addrs:   append([]string(nil), g.cfg.Listen...), // nbio writes to it
		NPoller: len(g.loops),

		ReadBufferSize:               g.cfg.ReadBuffer,
		MaxConnReadTimesPerEventLoop: max(readTimes, readAtOnce/g.cfg.ReadBuffer),
		EpollMod:                     nbio.EPOLLLT,
		BodyAllocator:                allocator{},

		// nbio asks for one listener per address, in order, from Start.
		Listen: func(_, addr string) (net.Listener, error) {
			if next == len(g.listeners) {
				return nil, fmt.Errorf("epoll: no listener for %q", addr)
			}
			next++
			return g.listeners[next-1], nil
		},
	})
	e.OnOpen(g.opened)
	e.OnData(func(nc *nbio.Conn, p []byte) {
		switch s := nc.Session().(type) {
		case *Conn:
			s.data(p)
		case *probe:
			s.seen()
		}
	})
	e.OnWrittenSize(func(nc *nbio.Conn, _ []byte, n int) {
		if c, ok := nc.Session().(*Conn); ok {
			c.written(n)
		}
	})
	e.OnClose(func(nc *nbio.Conn, err error) {
		if c, ok := nc.Session().(*Conn); ok {
			c.finish(err)
		}
	})
	return e
}
