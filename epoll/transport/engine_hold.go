package transport

import (
	"grandstand/epoll"
	"grandstand/epoll/wire/http1"
	"grandstand/session"
)

// behind is how many bytes may be posted and not yet received before the
// WebSocket that they come from is not read any more, until half of them are.
const behind = 256 << 10

// Hold has the client wait with what it sends: its WebSocket is not read, the
// answer to its POST waits. Heartbeats ask nothing of it meanwhile.
func (e *engine) Hold(on bool) {
	if on {
		e.holds++
		if e.holds > 1 || e.ended {
			return
		}
		e.mode.Or(engineHeld)
		if e.conn != nil {
			e.conn.Pause(epoll.PauseFull)
		}
		return
	}
	e.holds--
	if e.holds > 0 {
		return
	}
	e.mode.And(^engineHeld)
	e.heard.Store(e.path.srv.stamp())
	if e.conn != nil {
		e.conn.Resume(epoll.PauseFull)
	}
	if m := e.more; m != nil && !m.taking {
		e.answerPost()
	}
}

// lag has the loop stop reading c when the shard is behind with what it has
// posted. caughtUp is called after the count has gone down, and this after it
// has gone up, so one of the two sees the other: a shard that has taken the note
// back before the pause resumed nothing, but then the count is low by now.
func (e *engine) lag(c *epoll.Conn) {
	if e.held.Load() <= behind {
		return
	}
	e.mode.Or(engineBehind)
	c.Pause(epoll.PauseBehind)
	if e.held.Load() <= behind/2 {
		e.mode.And(^engineBehind)
		c.Resume(epoll.PauseBehind)
	}
}

// caughtUp has the loop go on reading c once the shard has received enough.
func (e *engine) caughtUp(c *epoll.Conn) {
	if e.on(engineBehind) && e.held.Load() <= behind/2 && e.mode.And(^engineBehind)&engineBehind != 0 {
		c.Resume(epoll.PauseBehind)
	}
}

// postLater takes the payload of a POST whose answer waits: until all of it is
// received, and the client may go on. It sends no other before.
func (p *enginePath) postLater(h *httpConn, req *http1.Request, e *engine, in payload) after {
	a := asked{http10: req.HTTP10(), last: !req.KeepAlive(), cors: p.cors(string(req.Header("Origin")))}
	h.park(e)
	if e.Post(func() { e.receiveLater(h, a, in) }) != nil {
		e.release(in.cost)
		h.unpark()
		return p.turnAway(h, req, engineBusy())
	}
	return parked
}

// receiveLater is postLater within the shard.
func (e *engine) receiveLater(h *httpConn, a asked, in payload) {
	m := e.more
	switch {
	case m == nil: // it has changed its carrier
		e.release(in.cost)
		h.reply(appendPosted(nil, a, 400), a.last)
		return
	case e.ended: // which its poll tells, and not this: as if it had come a moment earlier
		e.release(in.cost)
		h.reply(appendPosted(nil, a, 200), a.last)
		return
	case m.poster != nil: // two at once: no order could be told
		e.release(in.cost)
		h.reply(appendPosted(nil, a, 400), a.last)
		e.abort(session.AllReasons().Protocol)
		return
	}
	m.poster, m.posted, m.peer, m.taking = h, a, in.peer, true
	e.receiveInTurns(in.body, in.binary, func() {
		e.release(in.cost)
		m.taking = false
		if e.holds == 0 || e.ended {
			e.answerPost()
		}
	})
}

// answerPost answers the POST that waits, if one does.
func (e *engine) answerPost() {
	m := e.more
	if m == nil || m.poster == nil {
		return
	}
	h, a := m.poster, m.posted
	m.poster = nil
	h.reply(appendPosted(nil, a, 200), a.last)
}

// posted is the answer to a POST that was taken.
func posted() http1.Response {
	return http1.Response{Status: 200, ContentType: "text/html", Body: []byte("ok")}
}

// appendPosted appends the answer to a POST, as it goes out.
func appendPosted(dst []byte, a asked, status int) []byte {
	r := http1.Response{Status: status}
	if status == 200 {
		r = posted()
	}
	r.Header = []http1.Field{{Name: "Cache-Control", Value: "no-store"}}
	return a.append(dst, r)
}
