package limit

import (
	"context"
	"fmt"
	"net/netip"
	"runtime"
	"strconv"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// idle is how long an incomplete batch waits, in milliseconds.
const idle = 20

// The kinds of descriptors.
const (
	kindNone uint8 = iota
	kindViewers
	kindControl
	kindRequest // a viewer that has not said how it comes
	kindViewer  // by WebSocket
	kindGreeted // by polls: its session is open
	kindConnected
	kindPolls  // between two polls
	kindParked // its poll waits for an answer
	kindCaller // a connection to the control port
	kindBell
)

// Config says where the server listens.
type Config struct {
	Listen  netip.AddrPort // viewers; port 0 picks one
	Control netip.AddrPort // publishing
	Batch   int            // events per write, at least 1
}

// Counts is what the server has done.
type Counts struct {
	Accepted  int64
	Dropped   int64 // viewers that did not take a whole frame
	Events    int64
	Delivered int64
}

// Server is the bare loop. Run serves on the calling goroutine.
type Server struct {
	cfg     Config
	epoch   string
	ep      int
	bell    int
	viewers []int32 // descriptors in order of arrival
	place   []int32 // by descriptor: its index in viewers
	kind    []uint8 // by descriptor
	ports   [2]int
	spare   int // closed to refuse a connection when descriptors run out
	partial map[int32][]byte
	buf     []byte
	out     []byte
	batch   []byte
	waiting int // events in batch
	polls   polls
	id      uint64
	counts  Counts
}

// New opens both ports.
func New(cfg Config) (*Server, error) {
	s := &Server{
		cfg: cfg, epoch: strconv.FormatInt(time.Now().Unix(), 36), partial: make(map[int32][]byte),
		buf: make([]byte, 256<<10), ep: -1, bell: -1, spare: -1,
	}
	if err := s.open(); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *Server) open() error {
	var r unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &r) == nil {
		r.Cur = r.Max
		_ = unix.Setrlimit(unix.RLIMIT_NOFILE, &r) // without it, fewer viewers fit
	}
	var err error
	if s.ep, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return fmt.Errorf("limit: epoll: %w", err)
	}
	if s.bell, err = unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC); err != nil {
		return fmt.Errorf("limit: eventfd: %w", err)
	}
	if err := s.add(s.bell, kindBell); err != nil {
		return err
	}
	if s.spare, err = unix.Eventfd(0, unix.EFD_CLOEXEC); err != nil {
		return fmt.Errorf("limit: eventfd: %w", err)
	}
	for i, a := range []netip.AddrPort{s.cfg.Listen, s.cfg.Control} {
		fd, err := listen(a)
		if err != nil {
			return fmt.Errorf("limit: listen on %s: %w", a, err)
		}
		s.ports[i] = fd
		if err := s.add(fd, kindViewers+uint8(i)); err != nil {
			return err
		}
	}
	return nil
}

func listen(a netip.AddrPort) (int, error) {
	family, sa := unix.AF_INET, unix.Sockaddr(&unix.SockaddrInet4{Port: int(a.Port())})
	if a.Addr().Is6() {
		family, sa = unix.AF_INET6, &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}
	} else {
		sa.(*unix.SockaddrInet4).Addr = a.Addr().As4()
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
		return fd, err
	}
	if err := unix.Bind(fd, sa); err != nil {
		return fd, err
	}
	return fd, unix.Listen(fd, 4096)
}

// Addr is the address viewers connect to, Control the one to publish at.
func (s *Server) Addr() netip.AddrPort { return s.local(s.ports[0], s.cfg.Listen) }

// Control is the address to publish at.
func (s *Server) Control() netip.AddrPort { return s.local(s.ports[1], s.cfg.Control) }

func (s *Server) local(fd int, a netip.AddrPort) netip.AddrPort {
	sa, err := unix.Getsockname(fd)
	if err != nil {
		return a
	}
	port := a.Port()
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		port = uint16(sa.Port)
	case *unix.SockaddrInet6:
		port = uint16(sa.Port)
	}
	return netip.AddrPortFrom(a.Addr(), port)
}

// Run serves until ctx ends and says what was done.
func (s *Server) Run(ctx context.Context) Counts {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	stop := context.AfterFunc(ctx, func() {
		_, _ = unix.Write(s.bell, []byte{1, 0, 0, 0, 0, 0, 0, 0}) // an eventfd at 0 takes it
	})
	defer stop()
	defer s.close()
	events := make([]unix.EpollEvent, 1024)
	for ctx.Err() == nil {
		n := s.poll(events)
		for _, e := range events[:n] {
			s.ready(int(e.Fd))
		}
		// A batch that is full waits for polls that are on their way.
		if s.waiting > 0 && (n == 0 || s.waiting >= s.cfg.Batch) && s.gathered() {
			s.flush()
		}
	}
	return s.counts
}

// poll tries without the scheduler first, then blocks properly.
func (s *Server) poll(events []unix.EpollEvent) int {
	n, _, e := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(s.ep),
		uintptr(unsafe.Pointer(unsafe.SliceData(events))), uintptr(len(events)), 0, 0, 0)
	if e == 0 && n > 0 {
		return int(n)
	}
	wait := -1
	if s.waiting > 0 {
		wait = idle
	}
	m, err := unix.EpollWait(s.ep, events, wait)
	if err != nil { // EINTR
		return 0
	}
	return m
}

func (s *Server) ready(fd int) {
	switch s.kind[fd] {
	case kindViewers:
		s.accept(fd, kindRequest)
	case kindControl:
		s.accept(fd, kindCaller)
	case kindRequest, kindViewer, kindCaller, kindGreeted, kindConnected, kindPolls, kindParked:
		s.receive(int32(fd))
	}
}

// accept takes every connection that waits.
func (s *Server) accept(port int, kind uint8) {
	for {
		fd, _, err := unix.Accept4(port, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
		switch err {
		case nil:
		case unix.EINTR, unix.ECONNABORTED:
			continue
		case unix.EMFILE, unix.ENFILE:
			s.refuse(port)
			continue
		default:
			return
		}
		// As every live server does. Without it the kernel holds small writes
		// back until the last is acknowledged (Nagle) and sends them as one:
		// cheaper, but neither live nor one write per delivery any more.
		if unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1) != nil || s.add(fd, kind) != nil {
			_ = unix.Close(fd)
			continue
		}
		s.counts.Accepted++
	}
}

// refuse gives up the spare descriptor for a moment, to take one connection
// out of the backlog and close it; otherwise the poll would spin on it.
func (s *Server) refuse(port int) {
	_ = unix.Close(s.spare)
	if fd, _, err := unix.Accept4(port, unix.SOCK_CLOEXEC); err == nil {
		_ = unix.Close(fd)
	}
	s.spare, _ = unix.Eventfd(0, unix.EFD_CLOEXEC)
}

// add puts a descriptor into the set.
func (s *Server) add(fd int, kind uint8) error {
	for len(s.kind) <= fd {
		s.kind = append(s.kind, kindNone)
		s.place = append(s.place, -1)
	}
	s.kind[fd] = kind
	if err := unix.EpollCtl(s.ep, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)}); err != nil {
		return fmt.Errorf("limit: epoll: %w", err)
	}
	return nil
}

// close ends everything that is open.
func (s *Server) close() {
	for fd, kind := range s.kind {
		if kind != kindNone {
			_ = unix.Close(fd)
		}
	}
	for _, fd := range []int{s.ep, s.spare} {
		if fd >= 0 {
			_ = unix.Close(fd)
		}
	}
}

func write(fd int32, p []byte) (int, unix.Errno) {
	n, _, e := unix.RawSyscall(unix.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
	return int(n), e
}
