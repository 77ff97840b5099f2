package epoll

import (
	"syscall"
	"unsafe"

	"github.com/lesismal/nbio"
)

// read takes what a socket has, on the goroutine of its loop, which owns the
// buffer. nbio calls it for every connection that is readable, in place of
// reading by itself: its read(2) goes through Go's scheduler and the file
// system's part of the kernel, a quarter more than this.
//
// The end of the peer's half is not acted on here: nbio is told by the same
// event and closes after us.
func (g *Group) read(nc *nbio.Conn) {
	buf := g.loops[nc.Hash()%len(g.loops)].buffer(g.cfg.ReadBuffer)
	for range max(readTimes, readAtOnce/len(buf)) {
		n, errno := recv(nc, buf)
		switch {
		case n > 0:
			g.came(nc, buf[:n])
			if n < len(buf) {
				return
			}
		case errno == syscall.EINTR:
		case errno == 0 || errno == syscall.EAGAIN:
			return
		default:
			_ = nc.CloseWithError(errno) // Closed is told
			return
		}
	}
}

// came hands on what was read. Only now is the session looked at: nbio's mutex,
// which recv has held, makes sure that it is set.
func (g *Group) came(nc *nbio.Conn, p []byte) {
	switch s := nc.Session().(type) {
	case *Conn:
		s.data(p)
	case *probe:
		s.seen()
	}
}

// recv reads once. n is 0 at the end, and on an error.
//
// As in Conn.send: as long as nbio's mutex is held and its flag is not set the
// descriptor is ours; recv(2) is read(2) less the file system's part of the way;
// and the call is raw because the socket never blocks.
func recv(nc *nbio.Conn, p []byte) (n int, errno syscall.Errno) {
	nc.Lock()
	defer nc.Unlock()
	if gone, _ := nc.IsClosed(); gone || heldBack(nc) {
		return 0, 0
	}
	r, _, errno := syscall.RawSyscall6(syscall.SYS_RECVFROM, uintptr(nc.Hash()),
		uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), 0, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(r), 0
}

// buffer is what the loop reads into; only its goroutine calls it.
func (l *Loop) buffer(size int) []byte {
	if l.buf == nil {
		l.buf = make([]byte, size)
	}
	return l.buf
}
