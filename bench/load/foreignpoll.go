package load

import (
	"bytes"
	"fmt"
	"strconv"
)

// appendForeign appends the request a viewer of a foreign server begins with, or
// polls with again.
func (l *Loop) appendForeign(dst []byte, ci int, rooms []string) []byte {
	t, cursor := l.cfg.Target, ""
	if l.tongue.cursors != nil {
		cursor = l.tongue.cursors[ci]
	}
	t.path = l.tongue.url.expand(rooms, strconv.Itoa(l.first+ci), cursor)
	dst = append(append(dst, "GET "...), t.path...)
	if l.cfg.Transport == WebSocket {
		return t.appendUpgrade(dst, l.cfg.Protocol, l.cfg.Header)
	}
	extra := l.cfg.Header
	if l.cfg.Transport == SSE {
		extra = "Accept: text/event-stream\r\n" + extra
	}
	return t.appendRest(dst, extra)
}

// foreignAnswered handles the answer of a foreign server to a poll, and polls
// again behind what it says comes next.
func (l *Loop) foreignAnswered(ci int, c *Conn, a answer, head, body []byte) error {
	first := c.state == stateUpgrades
	switch a.status {
	case 200, 204, 304, 408, 504: // of which all but the first say that nothing came
	case 429, 503:
		l.k.n.Refused++
		l.putOff(ci, c, a.closes, retryAfter)
		return nil
	default:
		l.end(ci, Ending{Err: fmt.Errorf("poll answered %d: %.120s", a.status, body)})
		return nil
	}
	l.k.n.Polls++
	if first {
		l.opened(c)
	}
	before := l.k.n.Delivered
	if a.status == 200 {
		if err := l.foreignPage(ci, c, head, body); err != nil {
			return err
		}
	}
	if l.k.n.Delivered == before {
		l.k.n.Empty++
	}
	if c.awaits > 0 {
		l.entered(c, int(c.awaits))
	}
	switch {
	case c.state != stateOpen:
	case a.closes:
		l.again(ci, c)
	default:
		l.ask(ci, c)
	}
	return nil
}

// foreignPage handles the events in a body, and the cursor.
func (l *Loop) foreignPage(ci int, c *Conn, head, body []byte) error {
	t := l.tongue
	if t.field != "" {
		if v, ok := headField(head, t.field); ok {
			t.keep(ci, v)
		}
	} else if v := t.cursor.find(body); v != nil {
		t.keep(ci, bytes.Trim(v, `"`))
	}
	list := t.events.find(body)
	if list == nil || string(list) == "null" {
		return nil
	}
	if !elements(list, func(p []byte) { l.text(ci, c, p) }) {
		return fmt.Errorf("want a list of events at %q of the answer, got %.80q", t.Events, body)
	}
	return nil
}

// keep notes the cursor of a viewer. Most have the one that another had just now.
func (t *tongue) keep(ci int, cursor []byte) {
	if string(cursor) != t.newest {
		t.newest = string(cursor)
	}
	t.cursors[ci] = t.newest
}

// headField is the value of a field of an answer's head; name is in lower case.
func headField(head []byte, name string) (value []byte, ok bool) {
	for len(head) > 0 {
		line := head
		i := bytes.IndexByte(head, '\n')
		if i >= 0 {
			line, head = head[:i], head[i+1:]
		} else {
			head = nil
		}
		colon := bytes.IndexByte(line, ':')
		if colon > 0 && is(line[:colon], name) {
			return bytes.TrimSpace(line[colon+1:]), true
		}
	}
	return nil, false
}

// askElsewhere polls by another connection, for the server has closed this one.
func (l *Loop) askElsewhere(ci int, c *Conn) {
	l.k.n.Reopened++
	l.close(ci, c)
	c.flags &^= flagPaused | flagAgain
	if l.reach(ci, c) {
		l.late[ci] = l.appendForeign(nil, ci, l.rooms(ci))
	}
}
