package epoll

import (
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/lesismal/nbio"
)

const (
	// probeWait is how long a loop may take to begin; it takes microseconds.
	probeWait = 5 * time.Second
	// probePairs bounds the socket pairs: each covers two loops, and more are
	// needed only if someone else opens descriptors at the same time.
	probePairs = 64
)

// probe is the session of a socket that only finds out that its loop runs.
//
// nbio starts a poller with `go` and the poller begins by clearing its stop flag.
// A Group closed right after it was opened would set the flag first, have it
// cleared, and wait for ever for a loop that spins. So Open returns only when
// every loop has read something.
type probe struct {
	once sync.Once
	loop chan<- int
	i    int
}

// seen notes that the loop has read the probe.
func (p *probe) seen() { p.once.Do(func() { p.loop <- p.i }) }

// awaitLoops returns when every poller goroutine is in its loop.
func (g *Group) awaitLoops() error {
	waiting := make(map[int]bool)
	for i := range g.loops {
		waiting[i] = true
	}
	seen := make(chan int, 2*probePairs+2*len(g.loops))
	var probes []*nbio.Conn
	defer func() { endProbes(probes) }()
	// The kernel hands out neighbouring numbers, and the loop is the number
	// modulo the count of loops, so a few pairs reach them all.
	reached := make(map[int]bool)
	for pairs := 0; len(reached) < len(g.loops); pairs++ {
		if pairs == probePairs+len(g.loops) {
			return fmt.Errorf("epoll: start: %d probes reached %d of %d loops", 2*pairs, len(reached), len(g.loops))
		}
		pair, err := g.addPair(seen)
		probes = append(probes, pair...)
		if err != nil {
			return fmt.Errorf("epoll: start: %w", err)
		}
		for _, nc := range pair {
			reached[nc.Hash()%len(g.loops)] = true
		}
	}
	timer := time.NewTimer(probeWait)
	defer timer.Stop()
	for len(waiting) > 0 {
		select {
		case i := <-seen:
			delete(waiting, i)
		case <-timer.C:
			return fmt.Errorf("epoll: start: %d of %d loops do not run", len(waiting), len(g.loops))
		}
	}
	return nil
}

// endProbes has the loops close them: connections are accepted already, which
// might get their numbers and, from a loop that is not done with them, their end.
func endProbes(probes []*nbio.Conn) {
	for _, nc := range probes {
		hangUp(nc)
	}
}

// addPair registers both ends of a socket pair and writes a byte to each.
func (g *Group) addPair(seen chan<- int) (added []*nbio.Conn, err error) {
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("socketpair", err)
	}
	for _, fd := range fds {
		nc, fdErr := nbioConn(fd)
		if fdErr != nil {
			err = errors.Join(err, fdErr)
			continue
		}
		nc.Lock() // as recv does before anybody looks at it
		nc.SetSession(&probe{loop: seen, i: nc.Hash() % len(g.loops)})
		nc.Unlock()
		if _, addErr := g.engine.AddConn(nc); addErr != nil {
			err = errors.Join(err, addErr)
			continue
		}
		added = append(added, nc)
	}
	if err != nil {
		return added, err
	}
	for _, nc := range added {
		if _, err := nc.Write([]byte{0}); err != nil {
			return added, fmt.Errorf("probe: %w", err)
		}
	}
	return added, nil
}

// nbioConn takes fd, a socket, and makes it one of nbio's.
func nbioConn(fd int) (*nbio.Conn, error) {
	f := os.NewFile(uintptr(fd), "probe")
	std, err := net.FileConn(f) // duplicates fd
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	syscall.ForkLock.RLock() // as in Listener.disinherit
	defer syscall.ForkLock.RUnlock()
	nc, err := nbio.NBConn(std) // duplicates and closes std
	if err != nil {
		return nil, errors.Join(err, std.Close())
	}
	syscall.CloseOnExec(nc.Hash())
	return nc, nil
}
