package load

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"
)

const (
	// pollWait is how long a poll may wait for an event at the server.
	pollWait = "25s"
	// retryAfter is how long a viewer waits when the server had no time for its poll.
	retryAfter = time.Second
)

// poller is what all long-polls of a loop share.
type poller struct {
	head   string // a request up to the cursor, when all are in the same rooms
	tail   string // and what follows it
	epoch  string // what stands before the number of a cursor, with the dash
	page   page
	paused []pause // polls put off, in order of their time
	due    []int   // of those, the ones to ask now
}

// pause is a viewer that polls again later.
type pause struct {
	ci  int
	due int64
}

func newPoller(cfg *Config) poller {
	more := "&wait=" + pollWait
	switch cfg.Transport {
	case Poll:
		more = ""
	case JSONP:
		more += "&" + callbackArg
	}
	p := poller{tail: string(cfg.Target.appendRest([]byte(more), cfg.Header))}
	if cfg.Join == nil {
		p.head = string(cfg.Target.appendGet(nil, cfg.Rooms, "since="))
	}
	return p
}

// since is a cursor by its number, empty when there was none yet.
func (p *poller) since(cursor uint64) string {
	if p.epoch == "" || cursor == 0 {
		return ""
	}
	return p.epoch + strconv.FormatUint(cursor, 10)
}

// put notes a pause. As a rule the newest is the last to end.
func (p *poller) put(w pause) {
	i := len(p.paused)
	for i > 0 && p.paused[i-1].due > w.due {
		i--
	}
	p.paused = slices.Insert(p.paused, i, w)
}

// answers handles the whole answers in p.
func (l *Loop) answers(ci int, c *Conn, p []byte) (used int, err error) {
	for used < len(p) && c.state >= stateUpgrades {
		a, n, err := parseAnswer(p[used:])
		if err != nil {
			return used, err
		}
		head := p[used : used+n]
		body, n, err := l.body(a, p[used:], n)
		if err != nil {
			return used, err
		}
		used += n
		switch {
		case l.cfg.Transport.SocketIO():
			l.sioAnswered(ci, c, a, body)
			if l.framed(c) {
				return used, nil // it is another connection already
			}
		case l.tongue != nil:
			err = l.foreignAnswered(ci, c, a, head, body)
		default:
			err = l.answered(ci, c, a, body)
		}
		if err != nil {
			return used, err
		}
	}
	return used, nil
}

// answered handles one answer and polls again.
func (l *Loop) answered(ci int, c *Conn, a answer, body []byte) error {
	first := c.state == stateUpgrades
	switch {
	case a.status == 200:
	case (a.status == 429 || a.status == 503) && (!first || l.cfg.Join == nil):
		l.k.n.Refused++
		l.putOff(ci, c, a.closes, retryAfter)
		return nil
	default:
		l.end(ci, Ending{Err: fmt.Errorf("poll answered %d: %.120s", a.status, body)})
		return nil
	}
	// One page serves all connections of the loop: nothing of it is kept.
	g := &l.poller.page
	body, err := l.unwrap(body)
	if err == nil {
		err = g.parse(body)
	}
	if err != nil {
		return err
	}
	l.k.n.Polls++
	if first {
		l.opened(c)
	}
	if err := l.turn(ci, c, g, body); err != nil {
		return err
	}
	switch {
	case c.state != stateOpen:
	case g.end != nil:
		n, _ := strconv.Atoi(string(g.end.Code))
		l.end(ci, Ending{Code: n, Reason: g.end.Reason})
	case g.afterMs > 0:
		l.putOff(ci, c, a.closes, retryAfter)
	case l.cfg.Transport == Poll:
		l.putOff(ci, c, a.closes, time.Duration(g.nextMs)*time.Millisecond)
	case a.closes:
		l.again(ci, c)
	default:
		l.ask(ci, c)
	}
	return nil
}

// putOff has a poll asked again later, on a new connection if the server closes
// this one.
func (l *Loop) putOff(ci int, c *Conn, closes bool, wait time.Duration) {
	c.flags |= flagPaused
	if closes {
		c.flags |= flagAgain
	}
	l.poller.put(pause{ci, l.now + int64(wait)})
}

// turn accounts for what an answer says: rooms, then what was missed, then events.
func (l *Loop) turn(ci int, c *Conn, g *page, body []byte) error {
	cursor, _ := number(g.cursor)
	// Cursors are opaque, but for what the checker reads from ids anyway: the
	// number at their end. The rest is one string for all viewers.
	if e := g.cursor[:len(g.cursor)-digits(g.cursor)]; string(e) != l.poller.epoch {
		l.poller.epoch = string(e)
	}
	begins := c.awaits > 0
	if begins {
		if err := l.began(ci, c, g, body); err != nil {
			return err
		}
	} else if len(g.events) == 0 {
		l.k.n.Empty++
	}
	// A gap tells of what lies before the events of its answer.
	for i := range g.gaps {
		l.message(ci, c, &g.gaps[i])
		l.script.Message(l, ci, &g.gaps[i])
	}
	for _, e := range g.events {
		l.text(ci, c, e)
	}
	if begins && c.flags&flagSince == 0 {
		c.lastID = max(c.lastID, cursor) // nothing up to here is owed
	}
	c.cursor = cursor
	if g.afterMs > 0 {
		l.script.Message(l, ci, &Message{Type: "reconnect", AfterMs: g.afterMs})
	}
	return nil
}

// began handles the first answer: it joins all rooms of the URL at once.
func (l *Loop) began(ci int, c *Conn, g *page, body []byte) error {
	var of struct {
		Room  string
		Rooms []string
	}
	if err := json.Unmarshal(body, &of); err != nil {
		return fmt.Errorf("load: poll answer %.60q: %w", body, err)
	}
	if of.Rooms == nil {
		of.Rooms = []string{of.Room}
	}
	m := Message{Type: "joined", Cursor: string(g.cursor), Recovered: g.recovered, Code: code(g.code)}
	for _, m.Room = range of.Rooms {
		l.message(ci, c, &m)
		l.script.Message(l, ci, &m)
	}
	return nil
}

// digits is how many digits p ends with.
func digits(p []byte) (n int) {
	for n < len(p) && p[len(p)-1-n]-'0' <= 9 {
		n++
	}
	return n
}

// ask sends the next poll.
func (l *Loop) ask(ci int, c *Conn) {
	l.out = l.appendPoll(l.out[:0], ci, c)
	l.put(ci, c)
}

// appendPoll appends a poll that waits for what follows the cursor.
func (l *Loop) appendPoll(dst []byte, ci int, c *Conn) []byte {
	if l.tongue != nil {
		return l.appendForeign(dst, ci, l.rooms(ci))
	}
	q := &l.poller
	if l.cfg.Join == nil {
		dst = append(dst, q.head...)
	} else {
		dst = l.cfg.Target.appendGet(dst, l.rooms(ci), "since=")
	}
	dst = append(dst, url.QueryEscape(q.epoch)...)
	dst = strconv.AppendUint(dst, c.cursor, 10)
	return append(dst, q.tail...)
}

// pollDue sends the polls that were put off.
func (l *Loop) pollDue(now int64) {
	q := &l.poller
	n := 0
	for ; n < len(q.paused) && q.paused[n].due <= now; n++ {
		ci := q.paused[n].ci
		if l.conns[ci].flags&flagPaused != 0 { // it may have ended meanwhile
			q.due = append(q.due, ci)
		}
	}
	q.paused = slices.Delete(q.paused, 0, n)
	for _, ci := range q.due {
		if c := &l.conns[ci]; c.flags&flagPaused != 0 { // and not asked twice
			l.retry(ci, c)
		}
	}
	q.due = q.due[:0]
}

// retry sends a poll again, on a new connection when the server closed the old one.
func (l *Loop) retry(ci int, c *Conn) {
	closed, first := c.flags&flagAgain != 0, c.state == stateUpgrades
	c.flags &^= flagPaused | flagAgain
	switch {
	case closed:
		l.again(ci, c)
	case first && l.tongue == nil:
		l.out = l.firstRequest(l.out[:0], ci, l.rooms(ci), l.Since(ci))
		l.put(ci, c)
	default:
		l.ask(ci, c)
	}
}
