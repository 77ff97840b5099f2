package load

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

var (
	// errEOF: the server closed without a close frame.
	errEOF = errors.New("closed without a close frame")
	// errCut: the server closed with half a frame sent.
	errCut = errors.New("closed inside a frame")
)

// receive reads connection ci until the socket is empty. The set is
// edge-triggered, so a read that doesn't fill the buffer is the last one,
// unless the peer has hung up: then everything up to the end is read.
func (l *Loop) receive(ci int, c *Conn, hup bool) {
	for c.state >= stateUpgrades && c.flags&flagStalled == 0 {
		if len(c.rest) > len(l.buf)/2 {
			l.buf = make([]byte, 2*len(l.buf))
		}
		k := copy(l.buf, c.rest)
		n, e := read(c.fd, l.buf[k:])
		switch {
		case e == unix.EAGAIN:
			return
		case e == unix.EINTR:
			continue
		case e != 0:
			l.end(ci, Ending{Err: e})
			return
		case n == 0:
			how := Ending{Err: errEOF}
			if k > 0 {
				how.Err = errCut
			}
			l.end(ci, how)
			return
		}
		l.now = l.clock.Now()
		l.k.n.Reads++
		l.k.n.Bytes += int64(n)
		used, err := l.consume(ci, c, l.buf[:k+n])
		if c.state == stateIdle {
			return
		}
		if err != nil && !errors.Is(err, errShort) {
			if c.state >= stateOpen {
				l.k.n.Broken++
			}
			l.end(ci, Ending{Err: err})
			return
		}
		l.keep(c, l.buf[used:k+n])
		if k+n < len(l.buf) && !hup {
			return
		}
	}
}

// keep copies the part of a frame that came, into a buffer used before.
func (l *Loop) keep(c *Conn, p []byte) {
	if len(p) == 0 {
		l.recycle(c)
		return
	}
	if c.rest == nil && len(l.pool) > 0 {
		c.rest = l.pool[len(l.pool)-1]
		l.pool = l.pool[:len(l.pool)-1]
	}
	c.rest = append(c.rest[:0], p...)
}

// recycle gives the buffer of a cut frame back. Only ordinary ones are kept.
func (l *Loop) recycle(c *Conn) {
	const most, large = 1024, 16 << 10
	if c.rest != nil && len(l.pool) < most && cap(c.rest) <= large {
		l.pool = append(l.pool, c.rest[:0])
	}
	c.rest = nil
}

// consume handles the whole frames of p and says how many bytes they were.
func (l *Loop) consume(ci int, c *Conn, p []byte) (used int, err error) {
	if c.state == stateUpgrades {
		if used, err = l.upgraded(ci, c, p); err != nil {
			return 0, err
		}
	}
	for used < len(p) {
		// The common header, an unfragmented text of 126 bytes to 64 KiB or
		// less than 126, is read here; everything else by parseHeader.
		q := p[used:]
		h := header{op: opText, fin: true, size: 2}
		switch {
		case len(q) >= 2 && q[0] == 0x80|opText && q[1] < 126:
			h.length = int(q[1])
		case len(q) >= 4 && q[0] == 0x80|opText && q[1] == 126:
			h.size, h.length = 4, int(q[2])<<8|int(q[3])
		default:
			if h, err = parseHeader(q); err != nil {
				return used, err
			}
		}
		if len(q)-h.size < h.length {
			return used, errShort
		}
		payload := q[h.size : h.size+h.length]
		if h.op == opText && h.fin {
			l.text(ci, c, payload)
		} else if err = l.control(ci, c, h, payload); err != nil {
			return used, err
		}
		if c.state == stateIdle {
			return used, nil
		}
		used += h.size + h.length
	}
	return used, nil
}

// text handles one message: an event, or anything else.
func (l *Loop) text(ci int, c *Conn, p []byte) {
	e, err := l.dec.parse(p)
	if err != nil {
		l.unusual(ci, c, p, e, err)
		return
	}
	last := c.lastID
	if e.id <= last && !e.fresh {
		l.k.n.IDOrder++
	}
	c.lastID = e.id
	l.k.event(ci, last, &e)
	l.k.n.Delivered++
	if e.stamp >= l.measureFrom && c.flags&flagQuiet == 0 {
		l.latency.Record(l.now - e.stamp)
		l.k.n.Measured++
	}
	if l.ring != nil {
		l.ring[(uint64(e.seq)*uint64(l.k.rooms)+uint64(e.room))%ringSize]++
	}
}

// unusual handles a message that isn't a stamped event.
func (l *Loop) unusual(ci int, c *Conn, p []byte, e event, err error) {
	switch {
	case errors.Is(err, errForeign):
		if e.id <= c.lastID && !e.fresh {
			l.k.n.IDOrder++
		}
		c.lastID = e.id
		l.k.n.Unstamped++
		return
	case errors.Is(err, errRoom):
		l.k.n.Foreign++
		return
	case !errors.Is(err, errNotEvent):
		l.k.n.Broken++
		return
	}
	if l.ponger != nil && len(p) >= len(pongHead) && string(p[:len(pongHead)]) == pongHead {
		l.ponger.Pong(l, ci, l.now)
		return
	}
	var m Message
	if err := json.Unmarshal(p, &m); err != nil {
		l.k.n.Broken++
		return
	}
	l.message(ci, c, &m)
	l.script.Message(l, ci, &m)
}

const pongHead = `{"type":"pong"`

// message does the accounts of what the server says about rooms.
func (l *Loop) message(ci int, c *Conn, m *Message) {
	room, known := l.dec.index[m.Room]
	switch m.Type {
	case "joined":
		if !known {
			l.k.n.Foreign++
			return
		}
		l.joined(ci, c, room, m)
	case "gap":
		from, ok1 := Number(m.From)
		to, ok2 := Number(m.To)
		if !known || !ok1 || !ok2 {
			l.k.n.BadGaps++
			return
		}
		l.k.gap(ci, room, c.lastID, from, to)
	case "history":
		if !known {
			l.k.n.Foreign++
			return
		}
		l.history(ci, c, room, m)
	case "error":
		l.endings[fmt.Sprintf("error %s: %s", m.Code, m.Text)]++
	}
}

// joined begins or resumes the account of a room.
func (l *Loop) joined(ci int, c *Conn, room int, m *Message) {
	since := c.flags&flagSince != 0 && c.awaits > 0 // later joins are ours, without one
	if !since || !m.Recovered || l.k.out(ci, room) {
		from, _ := Number(m.Cursor)
		if since {
			// The account goes on from what we had: what lies between that
			// and where the room begins now has to be told.
			from = min(from, c.lastID)
		}
		l.k.join(ci, room, from, !l.cfg.Late)
	}
	if c.awaits > 0 {
		if c.awaits--; c.awaits == 0 {
			l.joinedAll(c)
		}
	}
}

// history accounts for the past of a room that was brought in one message. Its
// ids may lie before those the connection has seen; among themselves they rise.
func (l *Loop) history(ci int, c *Conn, room int, m *Message) {
	var last uint64
	for i := range m.Events {
		id, ok := Number(m.Events[i].ID)
		stamp, seq, err := parsePayload(m.Events[i].Data)
		switch {
		case !ok || errors.Is(err, errDamaged):
			l.k.n.Broken++
			continue
		case err != nil:
			l.k.n.Unstamped++
			continue
		case id <= last:
			l.k.n.IDOrder++
		}
		last = id
		l.k.event(ci, c.lastID, &event{room: room, id: id, seq: seq, stamp: stamp})
		l.k.n.Delivered++
	}
}

// control handles everything but a whole text: control frames, fragments.
func (l *Loop) control(ci int, c *Conn, h header, p []byte) error {
	switch h.op {
	case opPing:
		l.k.n.Pings++
		l.send(ci, opPong, p)
	case opPong, opBinary:
	case opClose:
		how := Ending{Err: errEOF}
		if len(p) >= 2 {
			how = Ending{Code: int(binary.BigEndian.Uint16(p)), Reason: string(p[2:])}
		}
		l.send(ci, opClose, p[:min(len(p), 2)])
		if c.state != stateIdle {
			l.end(ci, how)
		}
	case opText: // the first fragment
		if _, ok := l.parts[ci]; ok {
			return errors.New("load: text frame inside a fragmented message")
		}
		l.parts[ci] = append([]byte(nil), p...)
	case opContinue:
		whole, ok := l.parts[ci]
		if !ok {
			return errors.New("load: continuation of nothing")
		}
		whole = append(whole, p...)
		if !h.fin {
			l.parts[ci] = whole
			return nil
		}
		delete(l.parts, ci)
		l.text(ci, c, whole)
	}
	return nil
}
