package transport

import (
	"errors"
	"sync/atomic"
	"time"

	"grandstand/epoll"
	"grandstand/epoll/protocol"
	"grandstand/epoll/wire/http1"
	"grandstand/session"
	"grandstand/session/room"
)

// poller is a viewer by long-polls: a session that stays with the connection
// from one poll to the next. Between two it is seated and takes nothing, so
// that parking again costs no join, and not even a turn of its shard unless
// there was news in between.
//
// The loop starts a poll and the session's shard answers it, by httpConn.reply;
// what both touch changes hands with httpConn.waiting.
type poller struct {
	session.Session
	h     *httpConn
	rooms *roomSet
	look  *look
	name  string        // the client's for itself, counted in Server.named
	told  atomic.Uint64 // the cursor of the newest answer
	until uint32        // when the wait is over, Server.now
	// missed: there was something to take and no poll to take it; the next is
	// to call for it. Guarded by httpConn.mu.
	missed bool
	turn   uint32 // counts polls, so that what was posted for one is not for the next
	// stale: its place in the log is not what told says, so the next poll
	// begins anew.
	stale atomic.Bool
	over  atomic.Bool   // the session has ended
	why   atomic.Uint32 // as in webSocket
}

var _ session.Transport = (*poller)(nil)

// again takes the next poll of a viewer that goes on where it stands: the way
// of nearly all. It reports whether it has; the answer comes by reply.
func (p *poller) again(h *httpConn, req *http1.Request, a *pollArgs, jsonp bool) bool {
	s := h.srv
	if p.stale.Load() || p.over.Load() || s.draining.Load() || len(a.wait) == 0 || len(a.since) == 0 || len(a.history) > 0 ||
		req.Method() != http1.MethodGet || string(a.rooms) != p.rooms.key || a.count != len(p.rooms.names) || string(a.session) != p.name {
		return false
	}
	since, foreign, err := s.hub.ParseCursor(string(a.since))
	if err != nil || foreign || since != p.told.Load() || jsonp && !validCallback(a.callback) {
		return false
	}
	wait, err := s.waitOf(a)
	if err != nil || wait == 0 {
		return false
	}
	l := p.look
	if !l.fits(s, req, a, jsonp) {
		l = s.looks.get(s, req, a, jsonp, true)
	}
	turn, missed := h.begin(p, p.rooms, l, wait)
	switch {
	case p.stale.Load(): // just now, and maybe before the poll could be seen
		start := room.Start{Since: since, HasSince: true}
		p.Post(func() { p.enter(start, turn) }) //nolint:errcheck // the wait's end answers it
	case missed:
		p.Ready()
	}
	return true
}

// begin notes a poll that waits to be answered, and reports which it is and
// whether there was something for it to take already.
func (h *httpConn) begin(p *poller, rooms *roomSet, l *look, wait time.Duration) (turn uint32, missed bool) {
	h.arm(min(wait, h.srv.cfg.IdleTimeout))
	until := h.srv.now() + uint32(wait/time.Millisecond)
	h.mu.Lock()
	p.rooms, p.look, p.until = rooms, l, until
	missed, p.missed = p.missed, false
	p.turn++
	turn = p.turn
	h.waiting, h.waiter = waitsPoll, p
	h.mu.Unlock()
	return turn, missed
}

// park has a poll wait for news: with the poller of the connection, from
// another place in the log, or with a new one.
func (s *Server) park(h *httpConn, ask *pollAsk) *http1.Error {
	p := h.poll
	if p != nil && !p.over.Load() && p.name == ask.name {
		p.stale.Store(true) // until it has entered: what it is in is not what is asked for
		p.told.Store(ask.start.Since)
		turn, _ := h.begin(p, ask.rooms, ask.look, ask.wait)
		if err := p.Post(func() { p.enter(ask.start, turn) }); err != nil && h.withdraw(turn) {
			return asHTTP(err)
		}
		return nil
	}
	if p != nil {
		p.end(errEnded)
		h.poll = nil
	}
	if err := s.admit(h, ask.name); err != nil {
		return err
	}
	p = &poller{h: h, name: ask.name}
	s.counts.begin(wayLongPoll)
	p.told.Store(ask.start.Since)
	h.poll = p
	turn, _ := h.begin(p, ask.rooms, ask.look, ask.wait)
	err := s.hub.Open(&p.Session, h.conn.Loop().Index(), p, func() { p.enter(ask.start, turn) })
	if err != nil {
		h.wait(waitsNot)
		h.poll = nil
		p.note(session.AllReasons().Overloaded)
		p.end(errEnded)
		return asHTTP(err)
	}
	return nil
}

// admit counts a connection that carries long-polls against the limits.
func (s *Server) admit(h *httpConn, name string) *http1.Error {
	if !s.polling.take(h.conn.Peer().Addr(), s.cfg.Poll.MaxPerIP) {
		return &http1.Error{Status: 429, Code: "too_many_polls", Message: "too many long-polls from this address"}
	}
	if name != "" && !s.named.take(name, s.cfg.Poll.MaxPerSession) {
		s.polling.drop(h.conn.Peer().Addr(), s.cfg.Poll.MaxPerIP)
		return &http1.Error{Status: 429, Code: "too_many_polls", Message: "too many long-polls of this session"}
	}
	return nil
}

// withdraw has a poll not be answered by reply any more. It reports false if it
// was already.
func (h *httpConn) withdraw(turn uint32) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.waiting != waitsPoll || h.waiter.turn != turn {
		return false
	}
	h.waiting, h.waiter = waitsNot, nil
	return true
}

// enter joins the rooms anew and looks for what came meanwhile, if the poll that
// it is for still waits. Within the shard.
func (p *poller) enter(start room.Start, turn uint32) {
	p.h.mu.Lock()
	current := p.waits() && p.turn == turn
	p.h.mu.Unlock()
	if !current {
		return
	}
	if p.over.Load() { // evicted meanwhile: the log answers, the next poll is a new viewer's
		p.fallen()
		return
	}
	p.Reset()
	p.stale.Store(false)
	for _, name := range p.rooms.names {
		j, err := p.Join(name, p.h.srv.polled, start)
		if err != nil {
			p.stale.Store(true)
			p.refuse(asHTTP(err))
			return
		}
		if j.Missed { // trimmed since the page was read
			p.fallen()
			return
		}
	}
	p.Visit()
}

// parked reports whether a poll waits for its answer. Within the shard.
func (p *poller) parked() bool {
	p.h.mu.Lock()
	defer p.h.mu.Unlock()
	return p.waits()
}

// waits reports whether the poll that waits is this poller's: a connection may
// have another by now. httpConn.mu is held.
func (p *poller) waits() bool { return p.h.waiting == waitsPoll && p.h.waiter == p }

// takes is parked for who has something to take, and notes it if there is no
// poll: so one that comes without that needs nothing from the shard.
func (p *poller) takes() bool {
	p.h.mu.Lock()
	defer p.h.mu.Unlock()
	p.missed = !p.waits()
	return !p.missed
}

// WriteShared answers with a slice of the feed; the next waits for the next
// poll.
func (p *poller) WriteShared(records []byte, cut func(n int) int) (n int, open bool) {
	if !p.takes() || p.stale.Load() { // in this order: park sets the one before the other
		return 0, false
	}
	s := p.h.srv
	if most := s.cfg.Poll.MaxBytes; len(records) > most {
		records = records[:cut(most)]
	}
	a := s.answers[p.h.conn.Loop().Index()].get(s, p, records, cut)
	p.told.Store(a.cursor)
	s.counts.polls.Add(1)
	p.h.reply(a.wire, p.look.last)
	return len(records), true
}

// Gap comes with a poll that was late: the log tells the rest. If it is on its
// way to another place in the log, it will find out there.
func (p *poller) Gap(string, uint64, uint64) {
	if !p.stale.Load() {
		p.fallen()
	}
}

// Evict ends a viewer that fell off the log of a room that disconnects such.
// The next poll finds that out.
func (p *poller) Evict(string) {
	p.note(session.AllReasons().Slow)
	p.fallen()
	p.end(errEnded)
}

// fallen answers a poll that is behind the log, as a new one would be.
func (p *poller) fallen() {
	p.stale.Store(true)
	if !p.parked() {
		return
	}
	s := p.h.srv
	since := p.told.Load()
	got, err := s.hub.Read(p.rooms.names, room.Start{Since: since, HasSince: true}, s.cfg.Poll.MaxEvents, s.cfg.Poll.MaxBytes)
	if err != nil {
		p.refuse(asHTTP(err))
		return
	}
	var records []byte
	for i := range got.Events {
		records = s.polled.AppendRecord(records, got.Events[i].Room, &got.Events[i].Event)
	}
	p.answer(&protocol.Answer{Cursor: s.hub.Cursor(got.Cursor), Recovered: got.Recovered, Code: got.Code, Gaps: got.Gaps}, records, false)
}

// expire ends the wait. From the loop.
func (p *poller) expire() {
	p.Post(func() { //nolint:errcheck // Timeout comes again
		p.h.mu.Lock()
		due := p.waits() && int32(p.until-p.h.srv.now()) <= 0
		p.h.mu.Unlock()
		if due {
			p.answerEmpty(&protocol.Answer{}, false)
		}
	})
}

// answerEmpty answers without events, from where the viewer stands.
func (p *poller) answerEmpty(a *protocol.Answer, last bool) {
	a.Cursor, a.Recovered = p.h.srv.hub.Cursor(p.told.Load()), true
	p.answer(a, nil, last)
}

// answer answers this poll alone.
func (p *poller) answer(a *protocol.Answer, records []byte, last bool) {
	s := p.h.srv
	a.Rooms = p.rooms.names
	s.counts.polls.Add(1)
	last = last || p.look.last
	p.h.reply(s.appendPoll(nil, p.look, a, records, last), last)
}

// appendPoll appends an answer as it goes out.
func (s *Server) appendPoll(dst []byte, l *look, a *protocol.Answer, records []byte, last bool) []byte {
	to := asked{http10: l.http10, last: last, cors: s.corsFor(l.origin)}
	return to.append(dst, s.pollResponse(l, a, records))
}

// refuse answers the parked poll with an error, and closes.
func (p *poller) refuse(e *http1.Error) {
	p.h.srv.counts.reject(e.Code)
	if !p.parked() {
		p.h.conn.CloseAfterFlush(errEnded)
		return
	}
	to := asked{http10: p.look.http10, last: true, cors: p.h.srv.corsFor(p.look.origin)}
	p.h.reply(to.append(nil, e.Response(false)), true)
}

// AppendMessage has nothing to append: a poller hears of its rooms only.
func (p *poller) AppendMessage(dst, _ []byte) []byte { return dst }

// Write has nothing to write.
func (p *poller) Write([]byte) {}

// Reconnect answers the parked poll and asks to come back later. Who polls
// just now is told by the answer.
func (p *poller) Reconnect(after time.Duration) {
	if p.parked() {
		p.answerEmpty(&protocol.Answer{Reconnect: max(after, time.Millisecond)}, true)
	}
}

// End answers the parked poll with the reason, and closes.
func (p *poller) End(r session.Reason) {
	p.note(r)
	if p.parked() {
		p.answerEmpty(&protocol.Answer{End: &r}, true)
		return
	}
	p.h.mu.Lock()
	busy := p.h.waiting == waitsReply
	p.h.mu.Unlock()
	if busy { // with a message that is carried out: that is still to be answered
		p.end(errEnded)
		return
	}
	p.h.conn.CloseAfterFlush(errEnded)
}

// Info names the carrier.
func (p *poller) Info() (name, peer string) {
	name = wayLongPoll
	p.h.mu.Lock()
	defer p.h.mu.Unlock()
	if p.look.callback != "" {
		name = wayJSONP
	}
	return name, p.h.conn.Peer().String()
}

// note keeps the first reason given for the end.
func (p *poller) note(r session.Reason) { note(&p.why, r) }

// end closes the session, once. From the loop or the shard.
func (p *poller) end(err error) {
	if p.over.Swap(true) {
		return
	}
	s := p.h.srv
	s.polling.drop(p.h.conn.Peer().Addr(), s.cfg.Poll.MaxPerIP)
	if p.name != "" {
		s.named.drop(p.name)
	}
	s.counts.end(wayLongPoll, reasonOf(&p.why, err))
	p.Close()
}

// note keeps the first reason given for the end of a session.
func note(why *atomic.Uint32, r session.Reason) {
	for i, known := range reasons() {
		if known.Text == r.Text {
			why.CompareAndSwap(0, uint32(i)+1)
			return
		}
	}
}

// reasonOf is why a session is closed: as noted, or as the connection says.
func reasonOf(why *atomic.Uint32, err error) session.Reason {
	if i := why.Load(); i > 0 {
		return reasons()[i-1]
	}
	if errors.Is(err, epoll.ErrBacklog) {
		return session.AllReasons().Backlog
	}
	return session.AllReasons().Gone
}
