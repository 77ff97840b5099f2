package transport

import (
	"net/netip"

	"grandstand/epoll/wire/engineio"
	"grandstand/epoll/wire/http1"
	"grandstand/session"
)

// get hands a poll to its session's shard, which answers it.
func (p *enginePath) get(h *httpConn, req *http1.Request, a *engineArgs, e *engine) after {
	l, peer := p.look(h, req, a), h.conn.Peer()
	h.park(e)
	if e.Post(func() { e.poll(h, l, peer) }) != nil {
		h.unpark()
		return p.turnAway(h, req, engineBusy())
	}
	return parked
}

// poll takes a poll: it is answered, or parked.
func (e *engine) poll(h *httpConn, l *look, peer netip.AddrPort) {
	p := e.path
	refuse := func(err *engineio.Error) { h.reply(p.appendRefusal(nil, l, err), l.last) }
	m := e.more
	switch {
	case e.conn != nil:
		refuse(engineio.ErrRequest())
		return
	case e.ended && !m.parting:
		refuse(engineio.ErrSession())
		return
	case m.getter != nil: // two at once: neither is to be trusted to be the next
		refuse(nil)
		if m.parting {
			e.bidFarewell(false)
		}
		// Most likely a browser that repeats the first, whose connection is lost.
		e.abort(session.AllReasons().Gone)
		return
	}
	m.getter, m.look, m.peer = h, l, peer
	switch {
	case m.parting && m.probe == nil:
		e.bidFarewell(true)
		return
	case m.probe != nil && m.probe.answered:
		e.arm(noopAfter)
	}
	if m.missed {
		m.missed = false
		e.talk.Ready()
	}
	if len(m.out) == 0 || m.flushing {
		return
	}
	// Not before what Ready brings: who is sent something of its own each time
	// would get nothing else.
	m.flushing = e.Post(e.flush) == nil
	if !m.flushing {
		e.flush()
	}
}

// flush answers the parked poll with what waits for it.
func (e *engine) flush() {
	m := e.more
	if m == nil { // it is on a WebSocket now
		return
	}
	m.flushing = false
	if m.getter == nil || len(m.out) == 0 || m.parting {
		return
	}
	out := m.out
	m.out = nil
	e.answer(out)
}

// answer answers the parked poll.
func (e *engine) answer(elements []byte) {
	e.reply(e.path.appendAnswer(nil, e.more.look, e, elements))
}

// reply is answer with the response as it goes out.
func (e *engine) reply(wire []byte) {
	m := e.more
	h, l := m.getter, m.look
	m.getter, m.look = nil, nil
	e.path.srv.counts.polls.Add(1)
	h.reply(wire, l.last)
}

// answerControl answers the parked poll, if there is one, with a packet of the
// protocol itself.
func (e *engine) answerControl(t engineio.Type) {
	if e.more.getter != nil {
		e.answer(e.form.control(t))
	}
}

// answerShared answers the parked poll with a slice of a feed, and returns how
// much of it that took.
func (e *engine) answerShared(p []byte, cut func(n int) int) int {
	m, s := e.more, e.path.srv
	if most := s.cfg.Poll.MaxBytes; len(p) > most {
		p = p[:cut(most)]
	}
	if len(m.out) > 0 {
		m.out = append(m.out, p...)
		e.flush()
		return len(p)
	}
	e.reply(s.engines.answers[e.shard].get(e, m.look, p))
	return len(p)
}

// bidFarewell answers the parked poll: with all there is, or else that it is
// over. late says that the poll came after the end. Not with both: clients that
// find them in one answer take the end first.
func (e *engine) bidFarewell(late bool) {
	m := e.more
	out := m.out
	if m.out = nil; len(out) > 0 {
		e.answer(out) // the next poll is told
		return
	}
	if late { // as clients know it
		out = e.form.append(out, engineio.Packet{Type: engineio.Noop}, false)
	}
	e.answer(e.form.append(out, engineio.Packet{Type: engineio.Close}, false))
	m.parting = false
	e.forget()
}

// lost is told that the connection of a poll has closed, or that of a POST
// before its end.
func (e *engine) lost(h *httpConn, posted bool) {
	m := e.more
	switch {
	case m == nil || m.getter != h && m.poster != h && !posted:
		return
	case m.poster == h:
		m.poster = nil
	case m.getter == h:
		m.getter, m.look = nil, nil
	}
	e.abort(session.AllReasons().Gone)
}
