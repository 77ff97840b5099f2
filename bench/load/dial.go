package load

import (
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

const (
	// maxPending bounds connections under way per loop, well below the usual
	// accept backlog of 4,096.
	maxPending = 512

	// sourceBase is the last byte of the first source address, 127.0.0.2.
	sourceBase = 2
)

// ramp opens connections next.. at a rate.
type ramp struct {
	next, left int
	perSecond  float64 // 0: as fast as they are accepted
	began      int64
	opened     int
	pending    int // connect(2) or upgrade under way
}

// Ramp starts to open count connections from number from on, perSecond of them
// a second (0: as fast as the server accepts).
func (l *Loop) Ramp(from, count int, perSecond float64) {
	l.ramp.next, l.ramp.left, l.ramp.perSecond = from, count, perSecond
	l.ramp.began, l.ramp.opened = l.clock.Now(), 0
}

// dialDue opens the connections that are due.
func (l *Loop) dialDue(now int64) {
	r := &l.ramp
	for r.left > 0 && r.pending < maxPending {
		if r.perSecond > 0 && float64(r.opened) >= float64(now-r.began)/1e9*r.perSecond {
			return
		}
		rooms := l.cfg.Rooms
		if l.cfg.Join != nil {
			rooms = l.cfg.Join(l.first + r.next)
		}
		l.Dial(r.next, rooms, "")
		if r.perSecond > 0 { // from when it was due, whatever kept it
			l.conns[r.next].began = r.began + int64(float64(r.opened)/r.perSecond*1e9)
		}
		r.next++
		r.left--
		r.opened++
	}
}

// Dial opens connection ci, which must be closed, for the rooms given. since is
// the cursor to resume from, empty for none; what was expected of the rooms is
// kept until the server says whether it could honour it.
func (l *Loop) Dial(ci int, rooms []string, since string) {
	c := &l.conns[ci]
	c.began = l.clock.Now()
	c.flags &= flagUntimed | flagCounted
	c.chunk = chunks{}
	if since == "" {
		c.lastID, c.cursor = 0, 0
	} else {
		c.flags |= flagSince
	}
	if !l.reach(ci, c) {
		return
	}
	c.awaits = uint16(len(rooms))
	if l.cfg.Transport.SocketIO() {
		l.seat(ci, rooms)
	} else if l.tongue != nil {
		l.enroll(ci, rooms)
	}
	l.late[ci] = l.firstRequest(nil, ci, rooms, since)
}

// reach starts to connect. It reports false when that failed at once, and the
// connection has ended.
func (l *Loop) reach(ci int, c *Conn) bool {
	recv := 0
	if l.cfg.RecvBuffer != nil {
		recv = l.cfg.RecvBuffer(l.first + ci)
	}
	source := 0
	if l.cfg.Sources > 0 {
		source = sourceBase + (l.first+ci)%l.cfg.Sources
	}
	fd, err := socket(l.cfg.Target, source, recv)
	c.state, c.fd = stateConnects, int32(fd)
	l.ramp.pending++
	if err == nil {
		err = unix.EpollCtl(l.ep, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{
			Events: unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLRDHUP | unix.EPOLLET, Fd: int32(ci),
		})
	}
	if err != nil {
		l.end(ci, Ending{Err: err})
	}
	return err == nil
}

// connected sends the upgrade request, or ends a connection that failed.
func (l *Loop) connected(ci int, c *Conn) {
	code, err := unix.GetsockoptInt(int(c.fd), unix.SOL_SOCKET, unix.SO_ERROR)
	if err == nil && code != 0 {
		err = unix.Errno(code)
	}
	if err != nil {
		l.end(ci, Ending{Err: fmt.Errorf("load: connect %s: %w", l.cfg.Target.Addr, err)})
		return
	}
	c.state = stateUpgrades
	if l.cfg.Transport.asks() && c.awaits == 0 || l.sio.sessions != nil && l.sio.sessions[ci].sid != "" && !l.framed(c) {
		l.opened(c) // one poll of many: nothing begins with its answer
	}
	l.flush(ci, c)
	if t := l.tongue; t != nil && t.cursors != nil && t.Ready == readySent && c.state == stateUpgrades {
		l.opened(c)
		l.entered(c, int(c.awaits))
	}
}

// upgraded handles the first bytes of the server.
func (l *Loop) upgraded(ci int, c *Conn, p []byte) (int, error) {
	n, err := checkUpgrade(p, l.accept)
	if err != nil {
		return 0, err
	}
	l.opened(c)
	switch {
	case c.flags&flagFramed != 0:
		l.k.n.Opened-- // the viewer has been counted
		l.send(ci, opText, []byte(probePing))
	case l.tongue != nil && l.cfg.Transport == WebSocket:
		l.greet(ci, c)
	}
	return n, nil
}

// opened counts a viewer whose first request was granted.
func (l *Loop) opened(c *Conn) {
	c.state = stateOpen
	l.ramp.pending--
	l.k.n.Opened++
	l.k.n.Live++
	if c.awaits == 0 && c.flags&flagCounted == 0 {
		l.joinedAll(c)
	}
}

// again opens a connection anew that the server ended as agreed: the viewer
// goes on where it was, and nothing of it counts as an end.
func (l *Loop) again(ci int, c *Conn) {
	if l.cfg.Transport.SocketIO() {
		l.moved(ci, c)
		return
	}
	if l.tongue != nil {
		l.askElsewhere(ci, c)
		return
	}
	since, rooms, polls := l.Since(ci), l.rooms(ci), l.cfg.Transport.asks() && c.state == stateOpen
	l.k.n.Reopened++
	catching := c.flags & flagQuiet // it goes on where it was, so it still catches up
	l.close(ci, c)
	l.Dial(ci, rooms, since)
	c.flags |= catching
	if polls && c.state == stateConnects { // the next poll, on another connection
		c.awaits = 0
		l.late[ci] = l.appendPoll(nil, ci, c)
	}
}

// rooms names the rooms of connection ci's URL.
func (l *Loop) rooms(ci int) []string {
	if l.cfg.Join == nil {
		return l.cfg.Rooms
	}
	rooms := make([]string, 0, len(l.cfg.Rooms))
	for room, name := range l.cfg.Rooms {
		if l.In(ci, room) {
			rooms = append(rooms, name)
		}
	}
	return rooms
}

// joinedAll counts a viewer that is in all its rooms, and is from now on.
func (l *Loop) joinedAll(c *Conn) {
	l.k.n.Joined++
	c.flags |= flagCounted
	l.connect.Record(l.now - c.began)
	c.began = l.now
}

// send queues one masked frame and writes what the socket takes.
func (l *Loop) send(ci int, op byte, payload []byte) {
	c := &l.conns[ci]
	if c.state != stateOpen || !l.framed(c) {
		return
	}
	l.out = appendFrame(l.out[:0], op, l.rng.Uint32(), payload)
	l.put(ci, c)
}

// put writes what is in out: as much as the socket takes, the rest later.
func (l *Loop) put(ci int, c *Conn) {
	if _, waits := l.late[ci]; waits {
		l.late[ci] = append(l.late[ci], l.out...)
		return
	}
	n, e := write(c.fd, l.out)
	if e != 0 && e != unix.EAGAIN && e != unix.EINTR {
		l.end(ci, Ending{Err: e})
		return
	}
	if n = max(n, 0); n < len(l.out) {
		l.late[ci] = append([]byte(nil), l.out[n:]...)
	}
}

// flush writes what waits for the socket.
func (l *Loop) flush(ci int, c *Conn) {
	p, ok := l.late[ci]
	if !ok {
		return
	}
	n, e := write(c.fd, p)
	switch {
	case e == unix.EAGAIN || e == unix.EINTR:
	case e != 0:
		l.end(ci, Ending{Err: e})
	case n == len(p):
		delete(l.late, ci)
	default:
		l.late[ci] = p[n:]
	}
}

// close closes the socket of connection ci and drops what was kept for it.
func (l *Loop) close(ci int, c *Conn) {
	switch c.state {
	case stateConnects, stateUpgrades:
		l.ramp.pending--
	case stateOpen, stateLeaves:
		l.k.n.Live--
	}
	if c.fd >= 0 {
		_ = unix.Close(int(c.fd)) // leaves the epoll set with it
	}
	c.fd, c.state = -1, stateIdle
	l.recycle(c)
	delete(l.late, ci)
	delete(l.parts, ci)
	c.flags &^= flagPaused // what is due is looked up by it
}

// end closes connection ci and tells the script.
func (l *Loop) end(ci int, how Ending) {
	c := &l.conns[ci]
	was := c.state
	l.close(ci, c)
	if was == stateConnects || was == stateUpgrades {
		l.k.n.Failed++
	}
	if !how.Clean {
		if was >= stateOpen {
			l.k.n.Ended++
		}
		l.endings[how.String()]++
	}
	l.script.Closed(l, ci, how)
}

// Hangup ends connection ci: with a close frame if it has frames, or, when abrupt, with nothing.
func (l *Loop) Hangup(ci int, abrupt bool) {
	c := &l.conns[ci]
	if c.state == stateIdle {
		return
	}
	if c.state == stateOpen && !abrupt {
		l.send(ci, opClose, []byte{1000 >> 8, 1000 & 0xFF})
	}
	if c.state != stateIdle {
		l.end(ci, Ending{Clean: true})
	}
}

// String is the ending in the words of a report.
func (e Ending) String() string {
	switch {
	case e.Clean:
		return "closed by us"
	case e.Code != 0:
		return fmt.Sprintf("ended with %d %s", e.Code, e.Reason)
	case e.Err != nil:
		return strings.Join(strings.Fields(e.Err.Error()), " ") // a page may be quoted in it
	}
	return "closed"
}
