package threads

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// maxRooms bounds what polls of unknown rooms can make.
	maxRooms = 1024
	// processors is how many threads Go lets run at once, for the pool's benefit.
	// A thread that blocks in a call keeps its processor for a while, and who
	// wakes waits for one, as in no servlet container: with 16 on 2 cores a
	// delivery costs a fifth less CPU than with 2. Many more only cost memory.
	processors = 16
	// publishEnds is how long a publish request has to finish at the end.
	publishEnds = time.Second
)

// Counts is what the server has done.
type Counts struct {
	Accepted  int64
	Peak      int // most connections that had a thread at the same time
	Polls     int64
	Events    int64
	Delivered int64
	Refused   int64 // requests answered 400
}

// Server is the pool. Run serves until its context ends, once.
type Server struct {
	cfg      Config
	viewers  *os.File // the listening socket, in blocking mode
	addr     netip.AddrPort
	callers  net.Listener // publishers
	queue    *queue
	stopping atomic.Bool

	accepted, polls, events, delivered, refused atomic.Int64

	mu      sync.Mutex       // leaf; guards what follows
	serving map[int]struct{} // connections that have a thread
	peak    int

	roomsMu sync.RWMutex // leaf; guards rooms
	rooms   map[string]*room
}

// New opens both ports.
func New(cfg Config) (*Server, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("threads: %w", err)
	}
	s := &Server{cfg: cfg, serving: make(map[int]struct{}), rooms: make(map[string]*room)}
	var err error
	if s.viewers, s.addr, err = listen(cfg.Listen); err != nil {
		return nil, fmt.Errorf("threads: listen on %s: %w", cfg.Listen, err)
	}
	if s.callers, err = net.Listen("tcp", cfg.Control.String()); err != nil {
		_ = s.viewers.Close()
		return nil, fmt.Errorf("threads: listen on %s: %w", cfg.Control, err)
	}
	if s.queue, err = newQueue(cfg.Queue); err != nil {
		_ = s.viewers.Close()
		_ = s.callers.Close()
		return nil, err
	}
	return s, nil
}

// listen opens a port and takes its socket out of Go's poller.
func listen(a netip.AddrPort) (*os.File, netip.AddrPort, error) {
	l, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(a))
	if err != nil {
		return nil, a, err
	}
	defer func() { _ = l.Close() }() // the file is a duplicate and goes on listening
	f, err := l.File()
	if err != nil {
		return nil, a, err
	}
	bound, err := netip.ParseAddrPort(l.Addr().String())
	if err == nil {
		err = unix.SetNonblock(int(f.Fd()), false)
	}
	if err != nil {
		_ = f.Close()
		return nil, a, err
	}
	return f, bound, nil
}

// Addr is the address viewers connect to.
func (s *Server) Addr() netip.AddrPort { return s.addr }

// Control is the address to publish at.
func (s *Server) Control() string { return s.callers.Addr().String() }

// Run serves until ctx ends and says what was done. The error is why it ended
// without being told to.
func (s *Server) Run(ctx context.Context) (Counts, error) {
	if runtime.GOMAXPROCS(0) < processors {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
	}
	var pool, ports sync.WaitGroup
	for range s.cfg.Threads {
		pool.Go(newThread(s).run) // stops: the queue ends
	}
	failed := make(chan error, 2) // one for each port
	ports.Go(func() {             // stops: the socket is shut down
		if err := s.accept(); err != nil {
			failed <- err
		}
	})
	web := &http.Server{Handler: s.control(), ReadHeaderTimeout: stall}
	ports.Go(func() { // stops: Shutdown
		if err := web.Serve(s.callers); !errors.Is(err, http.ErrServerClosed) {
			failed <- fmt.Errorf("threads: publishing: %w", err)
		}
	})
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), publishEnds)
	defer cancel()
	if web.Shutdown(last) != nil {
		_ = web.Close() // a publisher in the middle of a request has had its time
	}
	s.stop()
	ports.Wait()
	s.queue.end()
	pool.Wait()
	s.queue.close()
	_ = s.viewers.Close()
	return s.counts(), err
}

// accept brings connections into the queue, when it has room for one.
func (s *Server) accept() error {
	runtime.LockOSThread() // as thread.run
	port := int(s.viewers.Fd())
	for {
		if err := s.queue.reserve(); err != nil {
			return fmt.Errorf("threads: queue: %w", err)
		}
		fd, err := acceptOne(port)
		switch {
		case s.stopping.Load():
			if err == nil {
				_ = unix.Close(fd)
			}
			return nil
		case err != nil:
			return fmt.Errorf("threads: accept: %w", err)
		}
		s.accepted.Add(1)
		if err := s.queue.put(fd); err != nil {
			_ = unix.Close(fd)
			return fmt.Errorf("threads: queue: %w", err)
		}
	}
}

// acceptOne blocks. A connection that ended in the listen queue is passed over.
func acceptOne(port int) (int, error) {
	for {
		fd, _, err := unix.Accept4(port, unix.SOCK_CLOEXEC)
		if !errors.Is(err, unix.EINTR) && !errors.Is(err, unix.ECONNABORTED) {
			return fd, err
		}
	}
}

// stop has every blocking call return: accept by the end of its socket, reads
// and writes by the end of theirs, parked polls by a wake.
func (s *Server) stop() {
	s.stopping.Store(true)
	_ = unix.Shutdown(int(s.viewers.Fd()), unix.SHUT_RDWR)
	s.queue.free() // the acceptor may be waiting for a place instead
	s.mu.Lock()
	for fd := range s.serving {
		_ = unix.Shutdown(fd, unix.SHUT_RDWR)
	}
	s.mu.Unlock()
	s.roomsMu.RLock()
	defer s.roomsMu.RUnlock()
	for _, r := range s.rooms {
		r.wake()
	}
}

// enter notes that a connection has a thread; false when the server ends.
func (s *Server) enter(fd int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopping.Load() {
		return false
	}
	s.serving[fd] = struct{}{}
	s.peak = max(s.peak, len(s.serving))
	return true
}

// leave closes a connection, under the lock: stop must not meet its number in
// the hands of another.
func (s *Server) leave(fd int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.serving, fd)
	_ = unix.Close(fd)
}

// room finds a room or makes it.
func (s *Server) room(name string) (*room, error) {
	s.roomsMu.RLock()
	r := s.rooms[name]
	s.roomsMu.RUnlock()
	if r != nil {
		return r, nil
	}
	s.roomsMu.Lock()
	defer s.roomsMu.Unlock()
	if r := s.rooms[name]; r != nil {
		return r, nil
	}
	if len(s.rooms) >= maxRooms {
		return nil, fmt.Errorf("there are %d rooms, and no more are made", maxRooms)
	}
	r = newRoom(name)
	s.rooms[name] = r
	return r, nil
}

func (s *Server) counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Counts{
		Accepted: s.accepted.Load(), Peak: s.peak, Polls: s.polls.Load(),
		Events: s.events.Load(), Delivered: s.delivered.Load(), Refused: s.refused.Load(),
	}
}
