package load

import (
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// sideBase makes the descriptor of a side request the negative key of its events.
const sideBase = 2

// side is a request on a connection of its own, of a viewer by polling whose poll
// is waiting: Engine.IO 3 has clients ping, and the answer comes by the poll. A
// stock client keeps a second connection for that; here it is a new one each time.
type side struct {
	ci      int
	request []byte
}

// ping3 has a viewer of Engine.IO 3 ping its server.
func (l *Loop) ping3(ci int, c *Conn) {
	if l.framed(c) {
		l.send(ci, opText, []byte{eioPing})
		return
	}
	fd, err := socket(l.cfg.Target, 0, 0)
	if err == nil {
		err = unix.EpollCtl(l.ep, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{
			Events: unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLRDHUP | unix.EPOLLET, Fd: -int32(fd) - sideBase,
		})
	}
	if err != nil {
		l.end(ci, Ending{Err: err})
		return
	}
	l.sides[int32(fd)] = side{ci: ci, request: l.sio.appendPost(nil, l.sio.sessions[ci].sid, l.sio.pack(nil, []byte{eioPing}))}
}

// sideReady goes on with a side request. Its answer is a short one: what comes
// first tells all.
func (l *Loop) sideReady(fd int32, what uint32) {
	s, ok := l.sides[fd]
	if !ok {
		return
	}
	if s.request != nil && what&unix.EPOLLOUT != 0 {
		if n, e := write(fd, s.request); e == 0 && n == len(s.request) {
			s.request = nil
			l.sides[fd] = s
		}
	}
	if what&(unix.EPOLLIN|unix.EPOLLRDHUP|unix.EPOLLHUP|unix.EPOLLERR) == 0 {
		return
	}
	n, _ := read(fd, l.buf[:maxHead])
	a, _, err := parseAnswer(l.buf[:max(n, 0)])
	l.dropSide(fd)
	c := &l.conns[s.ci]
	if c.state != stateOpen {
		return
	}
	switch {
	case n <= 0:
		l.end(s.ci, Ending{Err: errors.New("closed without an answer to a ping")})
	case err == nil && a.status != 200:
		l.end(s.ci, Ending{Err: fmt.Errorf("ping answered %d", a.status)})
	}
}

func (l *Loop) dropSide(fd int32) {
	delete(l.sides, fd)
	_ = unix.Close(int(fd)) // leaves the epoll set with it
}

// payload3 handles the packets of a payload of Engine.IO 3: each has its length in
// front, in units of UTF-16.
func (l *Loop) payload3(ci int, c *Conn, p []byte) {
	for len(p) > 0 && c.state == stateOpen {
		n, i := 0, 0
		for ; i < len(p) && p[i]-'0' <= 9 && n < maxFrame; i++ {
			n = n*10 + int(p[i]-'0')
		}
		if i == 0 || i == len(p) || p[i] != ':' {
			l.cut3(ci, p)
			return
		}
		p = p[i+1:]
		size := unitBytes(p, n)
		if size < 0 {
			l.cut3(ci, p)
			return
		}
		l.packet(ci, c, p[:size])
		p = p[size:]
	}
}

func (l *Loop) cut3(ci int, p []byte) {
	l.k.n.Broken++
	l.end(ci, Ending{Err: fmt.Errorf("want a payload of Engine.IO 3, got %.60q", p)})
}

// ascii is a bit in each byte that ASCII doesn't use.
const ascii = 0x8080808080808080

// unitBytes is how many bytes of UTF-8 are n units of UTF-16, or -1 when p has
// fewer.
func unitBytes(p []byte, n int) int {
	i := 0
	for n > 0 && i < len(p) {
		if n >= 8 && len(p)-i >= 8 && binary.NativeEndian.Uint64(p[i:])&ascii == 0 {
			n, i = n-8, i+8
			continue
		}
		switch b := p[i]; {
		case b < 0x80:
			i++
		case b < 0xE0:
			i += 2
		case b < 0xF0:
			i += 3
		default: // a pair of surrogates
			i += 4
			n--
		}
		n--
	}
	if n != 0 || i > len(p) {
		return -1
	}
	return i
}

// units is how many units of UTF-16 text has.
func units(p []byte) (n int) {
	for _, b := range p {
		if b&0xC0 != 0x80 {
			n++
		}
		if b >= 0xF0 {
			n++
		}
	}
	return n
}
