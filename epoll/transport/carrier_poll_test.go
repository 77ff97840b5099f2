package transport

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// pollLink is a viewer that asks again and again, on one connection as long as
// the server keeps it. What an answer holds is given out as messages.
type pollLink struct {
	h       *house
	c       carrier
	q       query
	conn    *net.TCPConn
	r       *bufio.Reader
	asked   bool   // an answer is outstanding
	tag     string // the ETag of the newest answer
	seen    string // up to where what was given out goes
	at      string // the cursor of the newest answer
	queue   []said
	answers int // of status 200
	same    int // of status 304
	dials   int
}

// pollAnswer is the body of an answer.
type pollAnswer struct {
	Room      string            `json:"room"`
	Rooms     []string          `json:"rooms"`
	Cursor    string            `json:"cursor"`
	Recovered *bool             `json:"recovered"`
	Events    []json.RawMessage `json:"events"`
	Code      string            `json:"code"`
	Gaps      []json.RawMessage `json:"gaps"`
	Reconnect *struct {
		AfterMS *int64 `json:"after_ms"`
	} `json:"reconnect"`
	End    json.RawMessage `json:"end"`
	NextMS *int64          `json:"next_ms"`
}

func (l *pollLink) socket() *net.TCPConn { return l.conn }

// cursor is the newest answer's, unless not all of it was given out.
func (l *pollLink) cursor() string {
	if len(l.queue) == 0 {
		return l.at
	}
	return l.seen
}

// ask sends the next poll, if none is out.
func (l *pollLink) ask() error {
	if l.asked {
		return nil
	}
	if l.conn == nil {
		l.conn = l.h.dial(l.q.rcvbuf)
		l.r = bufio.NewReader(l.conn)
		l.dials++
	}
	q, lines := l.q, l.q.lines
	if l.at != "" {
		q.since, q.history = l.at, 0
	}
	if l.tag != "" && !l.c.parks {
		lines = append(lines[:len(lines):len(lines)], "If-None-Match: "+l.tag)
	}
	_, err := io.WriteString(l.conn, l.c.request(l.c.target(l.h, q), lines...))
	l.asked = err == nil
	return err
}

// next gives out what the newest answer holds, and asks again when that is
// empty.
func (l *pollLink) next() (m said, err error) {
	// A plain poll comes as often as there is a millisecond: next_ms would be
	// a second.
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); len(l.queue) == 0; {
		if time.Now().After(end) {
			return m, errors.New("polled for nothing all the time")
		}
		if err := l.poll(); err != nil {
			return m, err
		}
		if !l.c.parks && len(l.queue) == 0 {
			<-tick.C
		}
	}
	m, l.queue = l.queue[0], l.queue[1:]
	if m.Type == "event" {
		l.seen = m.ID
	}
	return m, nil
}

// poll asks and takes the answer.
func (l *pollLink) poll() error {
	if err := l.ask(); err != nil {
		return err
	}
	a, err := readReply(l.r, "GET")
	if err != nil {
		return err
	}
	l.asked = false
	if a.last() {
		if b, err := l.r.ReadByte(); err != io.EOF {
			return fmt.Errorf("%q, %v after the last answer, want the end", b, err)
		}
		l.conn.Close()
		l.conn = nil
	}
	if a.last() != l.c.http10 && l.conn != nil {
		return errors.New("an answer to HTTP/1.0 that does not end the connection")
	}
	return l.take(&a)
}

// take checks an answer and takes it apart.
func (l *pollLink) take(a *reply) error {
	cache := a.field["cache-control"]
	if a.status == 304 {
		// RFC 9110 15.4.5: with what a 200 would have had.
		if l.same++; a.field["etag"] != l.tag || cache != "public, max-age=1" {
			return fmt.Errorf("304 with %v, asked for %s", a.field, l.tag)
		}
		return nil
	}
	l.answers++
	if a.status != 200 || a.field["content-type"] != l.c.kind || a.field["x-content-type-options"] != "nosniff" {
		return fmt.Errorf("%d %v %q", a.status, a.field, a.body)
	}
	body := a.body
	if l.c.script {
		call, ok := strings.CutPrefix(body, "/**/app.on_news$1(")
		arg, end := strings.CutSuffix(call, ");")
		if !ok || !end || strings.ContainsAny(arg, "\u2028\u2029\n") {
			return fmt.Errorf("script %q", body)
		}
		body = arg
	}
	var p pollAnswer
	d := json.NewDecoder(strings.NewReader(body))
	d.DisallowUnknownFields()
	var compact bytes.Buffer
	if err := errors.Join(d.Decode(&p), json.Compact(&compact, []byte(body))); err != nil || compact.String() != body {
		return fmt.Errorf("answer %.300q: %v", body, err)
	}
	if err := l.check(a, &p); err != nil {
		return fmt.Errorf("%w: %v %.300q", err, a.field, body)
	}
	return l.takeApart(&p)
}

// check looks at what has to be in every answer.
func (l *pollLink) check(a *reply, p *pollAnswer) error {
	rooms := p.Rooms
	if p.Room != "" {
		rooms = append(rooms, p.Room)
	}
	cache := "public, max-age=1"
	if p.Reconnect != nil || p.End != nil || l.c.parks && len(p.Events) == 0 {
		cache = "no-store"
	}
	switch {
	case strings.Join(rooms, " ") != strings.Join(l.q.rooms, " "):
		return errors.New("other rooms than asked for")
	case p.Cursor == "" || p.Recovered == nil || p.Events == nil || p.NextMS == nil:
		return errors.New("something is missing")
	case a.field["etag"] != strconv.Quote(p.Cursor):
		return errors.New("the tag is not the cursor")
	case a.field["cache-control"] != cache && !(l.c.parks && l.at == ""):
		return fmt.Errorf("caching is %q, want %q", a.field["cache-control"], cache)
	case l.c.parks && *p.NextMS != 0, l.at != "" && before(p.Cursor, l.at):
		return errors.New("next_ms, or the cursor goes back")
	case l.at != "" && *p.Recovered != (len(p.Gaps) == 0):
		return errors.New("recovered, or a gap")
	}
	l.tag = a.field["etag"]
	return nil
}

// takeApart turns an answer into messages.
func (l *pollLink) takeApart(p *pollAnswer) error {
	if l.at == "" {
		for _, name := range l.q.rooms {
			m := said{message: message{Type: "joined", Room: name, Cursor: p.Cursor, Recovered: *p.Recovered}}
			if p.Code != "" {
				m.Code = json.RawMessage(strconv.Quote(p.Code))
			}
			l.queue = append(l.queue, m)
		}
	}
	l.seen, l.at = l.q.since, p.Cursor
	for _, raw := range append(p.Gaps, p.Events...) {
		m, err := parseSaid(raw)
		if err != nil {
			return err
		}
		if m.Type == "event" && before(p.Cursor, m.ID) || m.Type != "event" && m.Type != "gap" {
			return fmt.Errorf("%v in an answer with cursor %s", m, p.Cursor)
		}
		l.queue = append(l.queue, m)
	}
	l.q.since = p.Cursor
	if p.Reconnect != nil {
		l.queue = append(l.queue, said{message: message{Type: "reconnect"}, AfterMS: p.Reconnect.AfterMS})
	}
	if p.End != nil {
		m, err := parseSaid(p.End)
		l.queue = append(l.queue, m)
		return err
	}
	return nil
}
