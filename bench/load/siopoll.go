package load

import (
	"bytes"
	"fmt"
	"strconv"
)

// recordEnd separates the packets of a polling payload of Engine.IO 4.
const recordEnd = 0x1e

// session is a viewer by polling, as its server knows it. It outlives the
// connection: any of its requests may come by another one.
//
// Requests follow one another on one connection: what there is to say leaves
// behind an answer, before the next poll. A stock client says it on a second
// connection, beside the poll that it then has waiting already.
type session struct {
	sid      string
	connects bool // the CONNECT packet is due
	pongs    bool // an answer to a ping is due
	posted   bool // the request under way is a POST
	upgrade  uint8
	says     [][]byte // packets to say
}

// How far the upgrade of a session is.
const (
	upgradeNone  uint8 = iota // it isn't to be upgraded, or was
	upgradeDue                // once its namespace is connected
	upgradeReady              // once all is said
	upgradeProbe              // the WebSocket is being tried
)

// sioAnswered handles one answer and sends the next request.
func (l *Loop) sioAnswered(ci int, c *Conn, a answer, body []byte) {
	s := &l.sio.sessions[ci]
	posted := s.posted
	s.posted = false
	switch {
	case a.status != 200:
		l.end(ci, Ending{Err: fmt.Errorf("request answered %d: %.120s", a.status, body)})
		return
	case posted && string(body) != "ok":
		l.k.n.Broken++
		l.end(ci, Ending{Err: fmt.Errorf("load: POST answered %.40q, want ok", body)})
		return
	case posted:
	default:
		if c.state == stateUpgrades {
			l.opened(c)
		}
		l.payload(ci, c, body)
	}
	if c.state == stateOpen && s.upgrade == upgradeReady && len(s.says) == 0 && !s.pongs {
		l.probe(ci, c)
		return
	}
	switch {
	case c.state != stateOpen:
	case s.sid == "":
		l.k.n.Broken++
		l.end(ci, Ending{Err: fmt.Errorf("load: want the open packet of Engine.IO, got %.60q", body)})
	case a.closes:
		l.again(ci, c)
	default:
		l.out = l.appendNext(l.out[:0], ci)
		l.put(ci, c)
	}
}

// payload handles the packets of one answer.
func (l *Loop) payload(ci int, c *Conn, p []byte) {
	before := l.k.n.Delivered
	l.k.n.Polls++
	if l.sio.old {
		l.payload3(ci, c, p)
	} else {
		l.payload4(ci, c, p)
	}
	if l.k.n.Delivered == before {
		l.k.n.Empty++
	}
}

// payload4 handles the packets of a payload of Engine.IO 4.
func (l *Loop) payload4(ci int, c *Conn, p []byte) {
	// JSON escapes control characters, so the separator is in no packet.
	q := &l.sio.dec
	for more := true; more && c.state == stateOpen; {
		if e, n := q.memo.find(p); n > 0 && (n == len(p) || p[n] == recordEnd) {
			q.known(e, l.dec)
			l.event(ci, c, e)
			more = n < len(p)
			p = p[min(n+1, len(p)):]
			continue
		}
		packet := p
		i := bytes.IndexByte(p, recordEnd)
		if more = i >= 0; more {
			packet, p = p[:i], p[i+1:]
		}
		l.packet(ci, c, packet)
	}
}

// appendNext appends the next request of a session: what there is to say, or a poll.
func (l *Loop) appendNext(dst []byte, ci int) []byte {
	s, q := &l.sio.sessions[ci], &l.sio
	var body []byte
	if s.connects {
		body = q.pack(body, l.greeting(ci))
	}
	if s.pongs {
		body = q.pack(body, []byte{eioPong})
	}
	for _, p := range s.says {
		body = q.pack(body, p)
	}
	if body == nil {
		dst = append(append(dst, q.get...), s.sid...)
		return append(dst, q.tail...)
	}
	s.connects, s.pongs, s.says, s.posted = false, false, nil, true
	return q.appendPost(dst, s.sid, body)
}

// appendPost appends a request that carries packets.
func (s *sio) appendPost(dst []byte, sid string, body []byte) []byte {
	dst = append(append(dst, "POST"...), s.get[len("GET"):]...)
	dst = append(dst, sid...)
	dst = append(dst, s.tail[:len(s.tail)-2]...) // without the empty line
	dst = append(dst, "Content-Type: text/plain;charset=UTF-8\r\nContent-Length: "...)
	dst = strconv.AppendInt(dst, int64(len(body)), 10)
	return append(append(dst, "\r\n\r\n"...), body...)
}

// pack appends a packet to a payload.
func (s *sio) pack(dst, packet []byte) []byte {
	if s.old {
		dst = append(strconv.AppendInt(dst, int64(units(packet)), 10), ':')
	} else if len(dst) > 0 {
		dst = append(dst, recordEnd)
	}
	return append(dst, packet...)
}

// moved goes on by a new connection: the server closed the one before, and the
// session doesn't mind.
func (l *Loop) moved(ci int, c *Conn) {
	l.k.n.Reopened++
	l.close(ci, c)
	if l.reach(ci, c) {
		l.late[ci] = l.appendNext(nil, ci)
	}
}
