package hooks

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
	"time"
)

// conns makes the connections to the application, and can end all of them:
// fasthttp cannot take a request back.
type conns struct {
	tls    *tls.Config     // nil: plain
	ctx    context.Context // of dialling
	cancel context.CancelFunc

	mu   sync.Mutex
	open map[net.Conn]struct{} // nil: ended
}

func newConns(tls *tls.Config) *conns {
	ctx, cancel := context.WithCancel(context.Background())
	return &conns{tls: tls, ctx: ctx, cancel: cancel, open: map[net.Conn]struct{}{}}
}

// dial connects within timeout, which covers looking up the name and the
// handshake of TLS; fasthttp's own has another timeout, and leaves alone what
// is TLS already.
func (cs *conns) dial(addr string, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(cs.ctx, timeout)
	defer cancel()
	c, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	if c, err = cs.track(c); err != nil || cs.tls == nil {
		return c, err
	}
	secure := tls.Client(c, cs.tls)
	if err := secure.HandshakeContext(ctx); err != nil {
		c.Close()
		return nil, err
	}
	return secure, nil
}

// track takes c over; if there are to be no connections it closes it.
func (cs *conns) track(c net.Conn) (net.Conn, error) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.open == nil {
		c.Close()
		return nil, net.ErrClosed
	}
	cs.open[c] = struct{}{}
	return &trackedConn{Conn: c, of: cs}, nil
}

// end closes every connection; there will be no more.
func (cs *conns) end() {
	cs.cancel()
	cs.mu.Lock()
	defer cs.mu.Unlock()
	for c := range cs.open {
		c.Close()
	}
	cs.open = nil
}

// trackedConn is a connection that conns knows.
type trackedConn struct {
	net.Conn
	of *conns
}

// Close closes the connection and forgets it.
func (c *trackedConn) Close() error {
	c.of.mu.Lock()
	delete(c.of.open, c.Conn)
	c.of.mu.Unlock()
	return c.Conn.Close()
}
