package api

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"grandstand/session"
)

const (
	// acceptPause is the rest after a failed accept. Without descriptors it
	// fails at once, over and over, while viewers hold them all.
	acceptPause = 100 * time.Millisecond
	// lingerTime and lingerBytes bound how long a refused caller may go on
	// sending before the connection is reset.
	lingerTime  = time.Second
	lingerBytes = 16 << 20
)

// listener bounds the connections of the port and survives failed accepts:
// fasthttp takes any of them for the end.
type listener struct {
	net.Listener
	max    int
	log    *slog.Logger
	closed chan struct{}

	mu      sync.Mutex
	closing bool
	conns   map[*conn]struct{}
}

func newListener(ln net.Listener, max int, log *slog.Logger) *listener {
	return &listener{Listener: ln, max: max, log: log, closed: make(chan struct{}), conns: make(map[*conn]struct{})}
}

// Accept returns the next connection within the limit.
func (l *listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		switch {
		case err == nil:
			if in := l.enter(c); in != nil {
				return in, nil
			}
			l.refuse(c)
		case errors.Is(err, net.ErrClosed):
			return nil, err
		default:
			l.log.Warn("control port does not accept", "error", err)
			select {
			case <-time.After(acceptPause):
			case <-l.closed:
				return nil, net.ErrClosed
			}
		}
	}
}

// enter counts a connection, or returns nil if there are too many.
func (l *listener) enter(c net.Conn) *conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.conns) >= l.max {
		return nil
	}
	in := &conn{Conn: c, ln: l}
	l.conns[in] = struct{}{}
	return in
}

func (l *listener) exit(c *conn) {
	l.mu.Lock()
	delete(l.conns, c)
	l.mu.Unlock()
}

// open is how many connections there are.
func (l *listener) open() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.conns)
}

// cutOff closes all connections, whatever they are doing.
func (l *listener) cutOff() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.conns {
		c.Conn.Close()
	}
}

// refuse answers a connection over the limit, without reading from it.
func (l *listener) refuse(c net.Conn) {
	body := errorBody(&session.Error{Code: codeFull, Message: fmt.Sprintf("%d connections, the limit of this port", l.max)})
	c.SetWriteDeadline(time.Now().Add(acceptPause)) //nolint:errcheck // the write tells
	fmt.Fprintf(c, "HTTP/1.1 %d Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\n"+
		"Content-Type: %s\r\nContent-Length: %d\r\n\r\n%s", status(codeFull), jsonType, len(body), body)
	c.Close()
}

// Close ends Accept. Connections stay.
func (l *listener) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closing {
		return nil
	}
	l.closing = true
	close(l.closed)
	return l.Listener.Close()
}

// conn counts itself, and can end without losing what was last written.
type conn struct {
	net.Conn
	ln     *listener
	rude   atomic.Bool // refused before all of its request was read
	ending sync.Once
}

// Close closes. To a connection with unread input the kernel sends a reset,
// which may overtake the answer: such input is read first, for a while.
// RFC 9112 §9.6.
func (c *conn) Close() error {
	c.ending.Do(func() {
		c.ln.exit(c)
		half, ok := c.Conn.(interface{ CloseWrite() error })
		if !ok || !c.rude.Load() || half.CloseWrite() != nil {
			return
		}
		if c.SetReadDeadline(time.Now().Add(lingerTime)) == nil {
			io.Copy(io.Discard, io.LimitReader(c.Conn, lingerBytes)) //nolint:errcheck // ends by error
		}
	})
	return c.Conn.Close()
}

// linger has the connection's Close read on before it closes.
func linger(c net.Conn) {
	if c, ok := c.(*conn); ok {
		c.rude.Store(true)
	}
}
