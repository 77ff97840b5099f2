package load

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// text handles one message: an event, or anything else.
func (l *Loop) text(ci int, c *Conn, p []byte) {
	if l.tongue != nil {
		l.heard(ci, c, p)
		return
	}
	e, err := l.dec.parse(p)
	if err != nil {
		l.unusual(ci, c, p, e, err)
		return
	}
	last := c.lastID
	l.identify(c, &e)
	l.deliver(ci, c, last, &e)
}

// identify holds the id of an event against the one before it, of the same epoch.
func (l *Loop) identify(c *Conn, e *event) {
	if e.id <= c.lastID && e.epoch == c.epoch {
		l.k.n.IDOrder++
	}
	c.lastID, c.epoch = e.id, e.epoch
}

// identifies says whether the id of what a decoder read is one to hold the next
// against: that of a damaged event may be damaged, too.
func identifies(e *event, err error) bool {
	return e.id != 0 && (err == nil || errors.Is(err, errForeign))
}

// deliver accounts for an event; last is the id before it.
func (l *Loop) deliver(ci int, c *Conn, last uint64, e *event) {
	l.k.event(ci, last, e)
	l.k.n.Delivered++
	if e.stamp >= l.measureFrom {
		l.k.n.Measured++
		if c.flags&(flagQuiet|flagUntimed) == 0 {
			l.latency.Record(l.now - e.stamp)
		}
	}
	if l.ring != nil {
		l.ring[(uint64(e.seq)*uint64(l.k.rooms)+uint64(e.room))%ringSize]++
	}
}

// unusual handles a message that isn't a stamped event.
func (l *Loop) unusual(ci int, c *Conn, p []byte, e event, err error) {
	switch {
	case errors.Is(err, errForeign):
		l.identify(c, &e)
		l.strange()
		return
	case errors.Is(err, errRoom):
		l.k.n.Foreign++
		return
	case !errors.Is(err, errNotEvent):
		l.k.n.Broken++
		return
	case c.awaits > 0 && !bytes.HasPrefix(p, []byte(typeHead)):
		l.k.n.Broken++
		l.end(ci, Ending{Err: fmt.Errorf("want a message of Grandstand's protocol, got %.60q", p)})
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

// typeHead is how all messages begin that aren't events.
const typeHead = `{"type":"`

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
	case "keepalive":
		l.k.n.Pings++
	case "reconnect":
		if l.cfg.Transport.streams() && m.AfterMs == 0 {
			l.renewed(c, m)
		}
	case "end":
		code, _ := strconv.Atoi(string(m.Code))
		l.end(ci, Ending{Code: code, Reason: m.Reason})
	case "error":
		l.endings[fmt.Sprintf("error %s: %s", m.Code, m.Text)]++
	}
}

// renewed notes that a stream has reached its size or age: its body ends
// here, and the viewer is to ask for another that begins at the cursor.
func (l *Loop) renewed(c *Conn, m *Message) {
	c.flags |= flagAgain
	if n, ok := number([]byte(m.Cursor)); ok {
		c.cursor = n
		l.poller.epoch = strings.TrimRight(m.Cursor, "0123456789")
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
