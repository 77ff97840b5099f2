package load

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
)

// firstSubscribe is the number of the command for the first room; the connect
// command has the one before it.
const firstSubscribe = 2

// replies handles a frame of Centrifugo's JSON protocol: replies and pushes, one
// in each line. An empty object is a ping, and the answer to it the same.
func (l *Loop) replies(ci int, c *Conn, p []byte) {
	for more := true; more && c.state == stateOpen; {
		line := p
		i := bytes.IndexByte(p, '\n')
		if more = i >= 0; more {
			line, p = p[:i], p[i+1:]
		}
		switch {
		case len(line) == 0:
		case string(line) == "{}":
			l.k.n.Pings++
			if l.tongue.pongs {
				l.send(ci, opText, line)
			}
		case !l.happens(ci, c, line):
			l.answeredTo(ci, c, line)
		}
	}
}

// answeredTo handles what isn't a publication.
func (l *Loop) answeredTo(ci int, c *Conn, p []byte) {
	var r struct {
		ID    int
		Error *struct {
			Code    int
			Message string
		}
		Connect   *struct{ Pong bool }
		Subscribe *struct{}
		Push      *struct {
			Channel     string
			Unsubscribe *ending
			Disconnect  *ending
		}
	}
	if err := json.Unmarshal(p, &r); err != nil {
		l.k.n.Broken++
		l.end(ci, Ending{Err: fmt.Errorf("want a reply of Centrifugo's JSON protocol, got %.80q", p)})
		return
	}
	switch {
	case r.Error != nil:
		l.end(ci, Ending{Err: fmt.Errorf("command %d refused: %d %s", r.ID, r.Error.Code, r.Error.Message)})
	case r.Connect != nil:
		l.tongue.pongs = r.Connect.Pong
		l.subscribe(ci, c)
	case r.Subscribe != nil:
		l.entered(c, 1)
	case r.Push != nil && r.Push.Disconnect != nil:
		l.end(ci, Ending{Code: r.Push.Disconnect.Code, Reason: r.Push.Disconnect.Reason})
	case r.Push != nil && r.Push.Unsubscribe != nil:
		l.end(ci, Ending{Err: fmt.Errorf("unsubscribed from %s: %d %s", r.Push.Channel, r.Push.Unsubscribe.Code, r.Push.Unsubscribe.Reason)})
	default:
		l.k.n.Other++
	}
}

// ending is why Centrifugo ends something.
type ending struct {
	Code   int
	Reason string
}

// subscribe asks for all rooms in one frame.
func (l *Loop) subscribe(ci int, c *Conn) {
	rooms := l.rooms(ci)
	if len(rooms) == 0 {
		l.entered(c, 1)
		return
	}
	c.awaits = uint16(len(rooms))
	var p []byte
	for i, room := range rooms {
		if i > 0 {
			p = append(p, '\n')
		}
		p = append(p, `{"id":`...)
		p = strconv.AppendInt(p, int64(i+firstSubscribe), 10)
		p = append(p, `,"subscribe":{"channel":"`...)
		p = append(appendStyled(p, styleJSON, room), `"}}`...)
	}
	l.send(ci, opText, p)
}
