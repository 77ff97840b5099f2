package load

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// tongue is what the viewers of a loop know of a language that isn't the native
// one. It is nil for Grandstand.
type tongue struct {
	Dialect
	shape   eventShape
	cursors []string // of long-polls, by connection: most share one
	newest  string   // the last of them
	events  jsonPath
	cursor  jsonPath
	field   string // of the head, that has the cursor
	url     foreignURL
	pongs   bool // Centrifugo wants its pings answered
	sampled bool // a message that is nothing we know was noted
}

const (
	roomHole   = "{room}"
	roomsHole  = "{rooms}"
	viewerHole = "{viewer}"
	cursorHole = "{cursor}"
)

// readyAck and readySent are words of Dialect.Ready that aren't looked for in messages.
const (
	readyAck  = "ack"  // Socket.IO: an acknowledgement
	readySent = "sent" // a long-poll: nothing, the first one may wait already
)

// centrifugoShape is a publication as Centrifugo pushes it.
const centrifugoShape = `{"push":{"channel":"{room}","pub":{"data":{data}{any}`

// newTongue readies a dialect for a loop.
func newTongue(cfg *Config, conns int) (*tongue, error) {
	d := cfg.Dialect
	if err := d.Validate(); err != nil {
		return nil, err
	}
	if d.Driver == DriverGrandstand {
		return nil, nil
	}
	t := &tongue{Dialect: d, events: parsePath(d.Events), cursor: parsePath(d.Cursor), url: foreignURL{cfg.Target}}
	if d.Driver == DriverCentrifugo && d.Event == "" {
		t.Event = centrifugoShape
	}
	if len(d.Hello) > 0 && cfg.Transport != WebSocket && !cfg.Transport.SocketIO() {
		return nil, fmt.Errorf("driver %s has no way up to say %.80q", d.Driver, d.Hello[0])
	}
	var err error
	if t.shape, err = parseShape(t.Event); err != nil {
		return nil, err
	}
	if d.Driver != DriverSocketIO && len(cfg.Rooms) > 1 && !t.shape.has(shapeRoom) {
		return nil, fmt.Errorf("driver %s and %d rooms: say by a shape with {room} where events name theirs", d.Driver, len(cfg.Rooms))
	}
	if name, ok := strings.CutPrefix(d.Cursor, "header:"); ok {
		t.field = strings.ToLower(name)
	}
	if cfg.Transport == LongPoll {
		t.cursors = make([]string, conns)
	}
	return t, nil
}

// enroll begins the accounts of a foreign viewer that was dialed.
func (l *Loop) enroll(ci int, rooms []string) {
	l.conns[ci].awaits = 1
	for _, name := range rooms {
		if room, known := l.dec.index[name]; known {
			l.k.enter(ci, room, !l.cfg.Late)
		}
	}
	if l.tongue.cursors != nil {
		l.tongue.cursors[ci] = ""
	}
}

// greet says hello on a connection that is open. It joins the rooms, or asks to.
func (l *Loop) greet(ci int, c *Conn) {
	t := l.tongue
	if t.Driver == DriverCentrifugo {
		l.send(ci, opText, l.fill(nil, `{"id":1,"connect":`+orEmpty(t.Auth)+`}`, ci, ""))
		return
	}
	said := 0
	for _, text := range t.Hello {
		if !strings.Contains(text, roomHole) {
			l.hail(ci, text, "", -1)
			continue
		}
		for _, room := range l.rooms(ci) {
			l.hail(ci, text, room, said)
			said++
		}
	}
	if c.state != stateOpen {
		return
	}
	upgrade := l.sio.sessions != nil && l.sio.sessions[ci].upgrade == upgradeReady
	c.awaits = uint16(max(said, 1))
	if t.Ready == "" || t.Ready == readyAck && said == 0 {
		if c.awaits = 0; upgrade {
			c.awaits = 1 // until it is done
		} else {
			l.joinedAll(c)
		}
	} else if upgrade {
		c.awaits++
	}
}

// hail says one text of Hello. Of Socket.IO it is an EVENT, with a number if it is
// to be acknowledged.
func (l *Loop) hail(ci int, text, room string, number int) {
	var p []byte
	if l.cfg.Transport.SocketIO() {
		p = append(append(p, eioMessage, sioEvent), l.sio.space...)
		if l.tongue.Ready == readyAck && number >= 0 {
			p = strconv.AppendInt(p, int64(number), 10)
		}
	}
	l.say(ci, l.fill(p, text, ci, room))
}

// say sends a message by whatever way up the transport has.
func (l *Loop) say(ci int, p []byte) {
	if l.sio.sessions != nil && !l.framed(&l.conns[ci]) {
		s := &l.sio.sessions[ci]
		s.says = append(s.says, p)
		return
	}
	l.send(ci, opText, p)
}

// entered counts confirmations of rooms.
func (l *Loop) entered(c *Conn, n int) {
	if c.awaits == 0 {
		return
	}
	if c.awaits -= min(c.awaits, uint16(n)); c.awaits == 0 {
		l.joinedAll(c)
	}
}

// fill appends a text with its holes filled in, as they may stand in JSON.
func (l *Loop) fill(dst []byte, text string, ci int, room string) []byte {
	if strings.Contains(text, roomsHole) {
		var list []byte
		for i, r := range l.rooms(ci) {
			if i > 0 {
				list = append(list, ',')
			}
			list = strconv.AppendQuote(list, r)
		}
		text = strings.ReplaceAll(text, roomsHole, "["+string(list)+"]")
	}
	if strings.Contains(text, roomHole) {
		text = strings.ReplaceAll(text, roomHole, string(appendStyled(nil, styleJSON, room)))
	}
	return append(dst, strings.ReplaceAll(text, viewerHole, strconv.Itoa(l.first+ci))...)
}

func orEmpty(text string) string {
	if text == "" {
		return "{}"
	}
	return text
}

// heard handles a message in a foreign language.
func (l *Loop) heard(ci int, c *Conn, p []byte) {
	if l.tongue.Driver == DriverCentrifugo {
		l.replies(ci, c, p)
		return
	}
	if !l.happens(ci, c, p) {
		l.other(ci, c, p)
	}
}

// happens accounts for a message that is an event. It reports false for another.
func (l *Loop) happens(ci int, c *Conn, p []byte) bool {
	e, err := l.tongue.shape.parse(p, l.dec)
	if err == errNotEvent { //nolint:errorlint // it is never wrapped
		return false
	}
	last := c.lastID
	if identifies(&e, err) {
		l.identify(c, &e)
	}
	switch {
	case err == nil:
		l.deliver(ci, c, last, &e)
	case errors.Is(err, errForeign):
		l.strange()
	case errors.Is(err, errRoom):
		l.k.n.Foreign++
	default:
		l.k.n.Broken++
	}
	return true
}

// strange counts an event of somebody else. Without a stamp in it, where nobody
// of ours publishes, it belongs to the time it comes at.
func (l *Loop) strange() {
	l.k.n.Unstamped++
	if !l.cfg.Dialect.Any {
		return
	}
	l.k.n.Delivered++
	if l.now >= l.measureFrom {
		l.k.n.Measured++
	}
}

// other handles a message that is no event.
func (l *Loop) other(ci int, c *Conn, p []byte) {
	t := l.tongue
	switch {
	case t.Ping != "" && string(p) == t.Ping:
		l.k.n.Pings++
		l.say(ci, []byte(t.Pong))
	case t.Ready != "" && c.awaits > 0 && bytes.Contains(p, []byte(t.Ready)):
		l.entered(c, 1)
	case t.Any && t.shape.parts == nil:
		l.strange()
	default:
		l.k.n.Other++
		if !t.sampled {
			t.sampled = true
			l.endings[fmt.Sprintf("message that is no event nor awaited, and maybe others: %.120q", p)]++
		}
	}
}

// beatDue has viewers say what they say again and again.
func (l *Loop) beatDue(ci int, c *Conn, now int64) {
	if t := l.tongue; c.awaits == 0 && now-c.began >= int64(t.Pulse) {
		c.began = now
		l.say(ci, l.fill(nil, t.Beat, ci, ""))
	}
}
