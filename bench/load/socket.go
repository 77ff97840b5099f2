package load

import (
	"fmt"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

// bindNoPort is IP_BIND_ADDRESS_NO_PORT: bind(2) fixes the address only and
// connect(2) picks the port, so that a port may serve several targets.
const bindNoPort = 24

// socket opens a non-blocking socket to the target and starts to connect.
// Loopback targets are called from one of several 127.0.0.x addresses, each
// with its own 28,000 ports.
func socket(t Target, source, recv int) (int, error) {
	family := unix.AF_INET
	if t.Addr.Addr().Is6() {
		family = unix.AF_INET6
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("load: socket: %w", err)
	}
	if err := prepare(fd, t, source, recv); err != nil {
		_ = unix.Close(fd) // the first error is the one to report
		return -1, err
	}
	err = unix.Connect(fd, sockaddr(t.Addr))
	if err != nil && err != unix.EINPROGRESS {
		_ = unix.Close(fd)
		return -1, fmt.Errorf("load: connect %s: %w", t.Addr, err)
	}
	return fd, nil
}

func prepare(fd int, t Target, source, recv int) error {
	if recv > 0 { // before connect: the window is agreed in the handshake
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, recv); err != nil {
			return fmt.Errorf("load: SO_RCVBUF %d: %w", recv, err)
		}
	}
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
		return fmt.Errorf("load: TCP_NODELAY: %w", err)
	}
	if source == 0 || !t.manySources() {
		return nil
	}
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_IP, bindNoPort, 1); err != nil {
		return fmt.Errorf("load: IP_BIND_ADDRESS_NO_PORT: %w", err)
	}
	from := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, byte(source >> 8), byte(source)}), 0)
	if err := unix.Bind(fd, sockaddr(from)); err != nil {
		return fmt.Errorf("load: bind %s: %w", from, err)
	}
	return nil
}

func sockaddr(a netip.AddrPort) unix.Sockaddr {
	if a.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}
}

// read and write are raw: on a non-blocking socket they return at once, and
// telling the scheduler about each costs a fifth of a core at full load.
func read(fd int32, p []byte) (int, unix.Errno) {
	n, _, e := unix.RawSyscall(unix.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
	return int(n), e
}

func write(fd int32, p []byte) (int, unix.Errno) {
	n, _, e := unix.RawSyscall(unix.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
	return int(n), e
}

// poll waits for events: first without leaving the scheduler, and only when
// nothing is ready as a proper blocking call of at most ms milliseconds.
func poll(ep int, events []unix.EpollEvent, ms int) int {
	n, _, e := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(ep),
		uintptr(unsafe.Pointer(unsafe.SliceData(events))), uintptr(len(events)), 0, 0, 0)
	if e == 0 && n > 0 {
		return int(n)
	}
	if ms == 0 {
		return 0
	}
	m, err := unix.EpollWait(ep, events, ms)
	if err != nil { // EINTR is the only one a valid set can give
		return 0
	}
	return m
}
