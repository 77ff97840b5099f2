package epoll

import (
	"fmt"
	"net"

	"github.com/lesismal/nbio"
)

const (
	// readTimes is how often in a row a socket that has more is read. A
	// peer that has sent its half-close is closed after that many, whatever is
	// still unread, so it is high.
	readTimes = 64
	// readAtOnce is the least number of bytes readTimes must amount to, however
	// small the read buffer.
	readAtOnce = 4 << 20
)

// newEngine sets nbio up as a poller: level-triggered, read by us on the loop's
// own goroutine, with our listeners and our buffers. What it can do beyond that
// (deadlines, Writev, dialling, files, HTTP) is not used.
func (g *Group) newEngine() *nbio.Engine {
	next := 0
	e := nbio.NewEngine(nbio.Config{
		Name:    "epoll",
		Network: "tcp",
		Addrs:   append([]string(nil), g.cfg.Listen...), // nbio writes to it
		NPoller: len(g.loops),

		EpollMod:      nbio.EPOLLLT,
		BodyAllocator: allocator{},

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
	e.OnRead(g.read)
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
