package epoll

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"
)

// Listener accepts on one address for nbio's acceptor goroutine, which calls
// Accept in a loop, duplicates the descriptor it gets and registers that with a
// poller. The goroutine has no pause and no way to be told that registering is
// done, so Accept provides both: it never returns an error but the last one, and
// being called again means that the connection before is in its poller.
type Listener struct {
	group *Group
	tcp   *net.TCPListener

	stopping  chan struct{} // closed by stop: accept no more
	parked    chan struct{} // closed by Accept when it does not
	released  chan struct{} // closed by Close: let the acceptor end
	stopOnce  sync.Once
	closeOnce sync.Once

	// handing is the peer of the connection handed to nbio, by which the Group
	// finds the Listener in OnOpen: nbio passes the pointer on as it is.
	handing atomic.Pointer[net.TCPAddr]

	// Only the acceptor goroutine touches what follows (OnOpen runs on it).
	verdict verdict
	opened  *Conn
	retreat retreat
}

// listen opens addr with the options of cfg, which connections inherit.
func listen(g *Group, addr string) (*Listener, error) {
	// Keepalive off: Go's 15 s would be 67,000 probes a second for a million
	// connections, and heartbeats find dead peers anyway. Multipath TCP off: it
	// is a layer more for every socket, and clients do not ask for it.
	lc := net.ListenConfig{KeepAlive: -1, Control: func(_, _ string, rc syscall.RawConn) error {
		return controlFD(rc, func(fd int) error { return setOptions(fd, g.cfg) })
	}}
	lc.SetMultipathTCP(false)
	ln, err := lc.Listen(context.Background(), "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("epoll: listen on %q: %w", addr, err)
	}
	tcp, ok := ln.(*net.TCPListener)
	if !ok {
		return nil, errors.Join(fmt.Errorf("epoll: listen on %q: got a %T", addr, ln), ln.Close())
	}
	l := &Listener{
		group: g, tcp: tcp,
		stopping: make(chan struct{}), parked: make(chan struct{}), released: make(chan struct{}),
		retreat: newRetreat(),
	}
	if g.cfg.Backlog > 0 {
		// Listening a second time only changes the length of the queue.
		rc, err := tcp.SyscallConn()
		if err == nil {
			err = controlFD(rc, func(fd int) error { return syscall.Listen(fd, g.cfg.Backlog) })
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("epoll: backlog of %q: %w", addr, err), l.Close())
		}
	}
	return l, nil
}

// setOptions prepares the descriptor before bind.
func setOptions(fd int, cfg Config) error {
	if cfg.ReusePort {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1); err != nil {
			return fmt.Errorf("SO_REUSEPORT: %w", err)
		}
	}
	if cfg.SendBuffer > 0 {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, cfg.SendBuffer); err != nil {
			return fmt.Errorf("SO_SNDBUF: %w", err)
		}
	}
	return nil
}

// controlFD runs f with the descriptor of rc.
func controlFD(rc syscall.RawConn, f func(fd int) error) error {
	var err error
	if outer := rc.Control(func(fd uintptr) { err = f(int(fd)) }); outer != nil {
		return outer
	}
	return err
}

// Accept implements net.Listener. It returns a *net.TCPConn, which is the only
// type nbio can read from, or net.ErrClosed after Close.
func (l *Listener) Accept() (net.Conn, error) {
	l.settle()
	for {
		conn, err := l.tcp.AcceptTCP()
		switch {
		case err == nil:
			if l.admit(conn) {
				return conn, nil
			}
		case l.isStopping():
			return nil, l.park()
		default:
			l.failed(err)
		}
	}
}

// admit decides whether conn goes on to a poller. One over a limit does too, with
// a Handler that refuses, as long as there are few of them.
func (l *Listener) admit(conn *net.TCPConn) bool {
	peer, ok := conn.RemoteAddr().(*net.TCPAddr)
	if !ok || peer == nil {
		_ = conn.Close() // gone before it was accepted
		return false
	}
	ip, _ := peerOf(peer)
	v, answer := l.group.gate.enter(ip)
	switch v {
	case overConns:
		l.group.accepts.full.Add(1)
	case overPerIP:
		l.group.accepts.perIP.Add(1)
	}
	if !answer {
		_ = conn.SetLinger(0) // reset: no descriptor stays in TIME_WAIT
		_ = conn.Close()
		return false
	}
	l.verdict = v
	l.handing.Store(peer)
	syscall.ForkLock.RLock() // until disinherit
	return true
}

// disinherit has no child of this process get fd, nbio's duplicate of what was
// handed to it, which dup(2) alone would let it. With a descriptor in a child
// close(2) of ours does not take the socket out of epoll, which then reports the
// end of it without end, for a number that belongs to another connection soon.
func (l *Listener) disinherit(fd int) {
	syscall.CloseOnExec(fd)
	syscall.ForkLock.RUnlock()
}

// settle deals with the connection handed to nbio last, now that nbio is through
// with it.
func (l *Listener) settle() {
	peer := l.handing.Swap(nil)
	c := l.opened
	l.opened = nil
	switch {
	case peer == nil:
	case c != nil:
		l.retreat.calm()
		c.register()
	default:
		// It never came to OnOpen: dup(2) did not work, nearly always for want
		// of descriptors, and nbio has closed it without a word.
		syscall.ForkLock.RUnlock()
		ip, _ := peerOf(peer)
		l.group.gate.leave(ip, l.verdict != letIn)
		l.failed(syscall.EMFILE)
	}
}

// park keeps nbio's acceptor, which would otherwise call Accept as fast as it can,
// until the engine has been told to stop.
func (l *Listener) park() error {
	l.retreat.close()
	close(l.parked)
	<-l.released
	return net.ErrClosed
}

func (l *Listener) isStopping() bool {
	select {
	case <-l.stopping:
		return true
	default:
		return false
	}
}

// stop ends accepting. Connections in the backlog are reset by the kernel.
func (l *Listener) stop() {
	l.stopOnce.Do(func() {
		close(l.stopping)
		_ = l.tcp.Close()
	})
}

// Close implements net.Listener: stop, and let the acceptor goroutine end.
func (l *Listener) Close() error {
	l.stop()
	l.closeOnce.Do(func() { close(l.released) })
	return nil
}

// Addr implements net.Listener.
func (l *Listener) Addr() net.Addr { return l.tcp.Addr() }
