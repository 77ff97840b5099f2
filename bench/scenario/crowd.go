package scenario

import (
	"fmt"
	"math/rand/v2"
	"time"

	"grandstand/bench/load"
)

// crowd moves the viewers of one loop about, on the loop's thread.
type crowd struct {
	cfg    *Churn
	rooms  []string
	rng    *rand.Rand
	guests []guest
	calm   bool // nobody starts anything new
	last   int64
	credit float64 // reconnects due
	did    doings
}

// guest is a viewer's own mind.
type guest struct {
	due    int64 // when it does something next
	asked  int64 // when it sent a join or leave that isn't answered; 0: none
	resume bool  // away, and will come back with its cursor
}

const (
	// answerWithin is how long a join or leave may go unanswered.
	answerWithin = 10 * time.Second
	// soon is how long a viewer stays away, and how long one without a
	// connection waits to try again.
	soon = 200 * time.Millisecond
	// maxSpell is the longest time a viewer doesn't read.
	maxSpell = 3 * time.Second
)

func newCrowd(cfg *Churn, rooms []string, l *load.Loop) *crowd {
	return &crowd{
		cfg: cfg, rooms: rooms, guests: make([]guest, l.Conns()),
		rng: rand.New(rand.NewPCG(cfg.Seed, uint64(l.First())+1<<32)),
	}
}

// Tick lets everyone whose time has come do something.
func (c *crowd) Tick(l *load.Loop, now int64) {
	if c.last == 0 {
		c.last = now
		for i := range c.guests {
			c.guests[i].due = now + c.pause()
		}
	}
	for ci := range c.guests {
		if g := &c.guests[ci]; now >= g.due {
			c.act(l, ci, g, now)
		}
	}
	share := float64(len(c.guests)) / float64(c.cfg.Viewers)
	c.credit += float64(now-c.last) / 1e9 * c.cfg.Reconnects * share
	c.last = now
	for ; c.credit >= 1 && !c.calm; c.credit-- {
		ci := c.rng.IntN(len(c.guests))
		if v := l.Viewer(ci); v.Open && !v.Stalled {
			c.away(l, ci, now)
			c.back(l, ci)
		}
	}
}

// pause draws how long a viewer does nothing.
func (c *crowd) pause() int64 {
	if c.cfg.Think <= 0 {
		return int64(soon)
	}
	return int64(c.rng.ExpFloat64() * float64(c.cfg.Think))
}

// act does the next thing for one viewer.
func (c *crowd) act(l *load.Loop, ci int, g *guest, now int64) {
	v := l.Viewer(ci)
	g.due = now + c.pause()
	switch {
	case v.Idle:
		c.back(l, ci)
	case v.Stalled:
		l.Resume(ci)
	case !v.Open: // on its way
	case g.asked != 0:
		if now-g.asked > int64(answerWithin) {
			c.did.unanswered++
			g.asked = 0
		}
	case c.calm || c.cfg.Think <= 0:
	default:
		c.whim(l, ci, g, now)
	}
}

// whim draws what a viewer does.
func (c *crowd) whim(l *load.Loop, ci int, g *guest, now int64) {
	switch n := c.rng.IntN(100); {
	case n < 35:
		c.join(l, ci, g, now)
	case n < 60:
		c.leave(l, ci, g, now)
	case n < 70:
		l.Stall(ci)
		c.did.stalls++
		g.due = now + c.rng.Int64N(int64(maxSpell))
	default:
		c.away(l, ci, now)
	}
}

// join asks for a room the viewer is not in, when it may be in one more.
func (c *crowd) join(l *load.Loop, ci int, g *guest, now int64) {
	room, in := c.rng.IntN(len(c.rooms)), 0
	for i := range c.rooms {
		if !l.Out(ci, i) {
			in++
		}
	}
	if in >= c.cfg.Most || !l.Out(ci, room) {
		return
	}
	c.did.joins++
	g.asked = now
	l.Send(ci, fmt.Appendf(nil, `{"type":"join","room":%q,"ack":%d}`, c.rooms[room], 2*room+1))
}

// leave gives up a room the viewer is in.
func (c *crowd) leave(l *load.Loop, ci int, g *guest, now int64) {
	first := c.rng.IntN(len(c.rooms))
	for i := range c.rooms {
		room := (first + i) % len(c.rooms)
		if !l.In(ci, room) {
			continue
		}
		c.did.leaves++
		g.asked = now
		l.Leaving(ci, room)
		l.Send(ci, fmt.Appendf(nil, `{"type":"leave","room":%q,"ack":%d}`, c.rooms[room], 2*room+2))
		return
	}
}

// away hangs up, half the time without a close frame.
func (c *crowd) away(l *load.Loop, ci int, now int64) {
	g := &c.guests[ci]
	g.resume = c.rng.Float64()*100 < c.cfg.Resume
	g.due = now + c.rng.Int64N(int64(soon))
	g.asked = 0
	c.did.reconnects++
	l.Hangup(ci, c.rng.IntN(2) == 0)
}

// back connects again: to the rooms it was in, from its cursor, or as somebody new.
func (c *crowd) back(l *load.Loop, ci int) {
	g := &c.guests[ci]
	since := l.Since(ci)
	var rooms []string
	for i, name := range c.rooms {
		if l.In(ci, i) {
			rooms = append(rooms, name)
		} else {
			l.Left(ci, i) // a leave that was not confirmed is done with the connection
		}
	}
	if g.resume && since != "" && len(rooms) > 0 {
		c.did.resumes++
	} else {
		g.resume = false
		since, rooms = "", pick(c.rng, c.rooms, c.cfg.Most)
		l.Forget(ci)
	}
	l.Dial(ci, rooms, since)
}

// Message notes answers.
func (c *crowd) Message(l *load.Loop, ci int, m *load.Message) {
	g := &c.guests[ci]
	switch m.Type {
	case "joined":
		switch {
		case m.Recovered:
			c.did.recovered++
		case g.resume && g.asked == 0:
			c.did.refused++
		}
		g.asked = 0
	case "error":
		g.asked = 0
	case "ack":
		g.asked = 0
		if m.Ack > 0 && m.Ack%2 == 0 { // an even number is a leave
			if room := int(m.Ack/2) - 1; room < len(c.rooms) && !l.In(ci, room) {
				l.Left(ci, room)
			}
		}
	}
}

// Closed lets a viewer that was ended, or never got in, come back.
func (c *crowd) Closed(l *load.Loop, ci int, how load.Ending) {
	g := &c.guests[ci]
	g.asked = 0
	if !how.Clean {
		g.resume = true
		g.due = l.Now() + int64(soon)
	}
}

// restless counts viewers that are not connected, reading and answered.
func (c *crowd) restless(l *load.Loop) (n int) {
	for ci := range c.guests {
		v := l.Viewer(ci)
		if !v.Open || !v.Joined || v.Stalled || c.guests[ci].asked != 0 {
			n++
			c.guests[ci].due = min(c.guests[ci].due, l.Now())
		}
	}
	return n
}

var _ load.Script = (*crowd)(nil)
