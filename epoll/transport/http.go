package transport

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"grandstand/epoll"
	"grandstand/epoll/wire/http1"
	"grandstand/session"
)

// What an httpConn waits for.
const (
	waitsNot    uint8 = iota
	waitsPoll         // a parked poll, for its poller
	waitsReply        // an answer that is being worked out in a shard
	waitsEngine       // a parked poll of an Engine.IO session, which has its own deadlines
)

// httpConn is a connection that speaks HTTP: the handler of every new one.
//
// What is answered at once is answered on the loop. What is not (a parked poll,
// a message for a session) is answered from a shard by reply; until then
// requests behind it are held.
type httpConn struct {
	srv    *Server
	conn   *epoll.Conn
	parser *http1.Parser // nil while nothing of a request is held
	poll   *poller       // the long-polls it has carried; the loop's
	// due is when the phase under way must be over, armed when the timer
	// fires (0: it does not), both Server.now. The loop's.
	due, armed uint32
	answered   atomic.Uint32 // when the last answer went out; 0: none yet
	phase      http1.State   // what due is for
	posts      bool          // the body of a POST to engine is on its way; the loop's
	// last and look are the Engine.IO session that it carried last, which may be
	// over, and how the answer to a poll of it looks. The loop's.
	last *engine
	look *look

	// mu orders answers and what is held behind them: it is above Conn's own
	// locks, and the loop waits for a shard no longer than one write takes.
	mu      sync.Mutex
	waiting uint8
	waiter  *poller // of the parked poll
	engine  *engine // whose poll is parked, or whose POST is on its way
	flooded bool    // too much came behind a request; input counts no more
	held    []byte  // came behind the request under way
}

// errTimeout ends connections that took too long.
var errTimeout = errors.New("transport: timeout")

// errPipelined refuses what comes behind a parked request without end.
var errPipelined = &http1.Error{Status: 400, Code: "too_much_pipelined",
	Message: "more requests than may wait behind one that is not answered yet"}

// Data takes bytes of requests and answers each in turn.
func (h *httpConn) Data(c *epoll.Conn, p []byte) {
	p, ok := h.next(p)
	for ok {
		rest := h.serve(c, p)
		if len(rest) == 0 {
			return
		}
		p, ok = h.next(rest)
	}
}

// next returns what is to be served now: what was held and p. While a request
// waits for its answer, p is held, and ok is false.
func (h *httpConn) next(p []byte) (_ []byte, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.flooded {
		return nil, false
	}
	if h.waiting == waitsNot && len(h.held) == 0 {
		return p, len(p) > 0
	}
	if len(p) > 0 { // behind what is held
		h.held = append(h.held, p...)
	}
	if h.waiting == waitsNot {
		p, h.held = h.held, nil
		return p, true
	}
	if len(h.held) > h.srv.cfg.Poll.MaxPipelined {
		h.held, h.flooded = nil, true
		h.overrun()
	}
	return nil, false
}

// overrun ends a connection that sends requests without waiting for answers.
// mu is held.
func (h *httpConn) overrun() {
	if p := h.waiter; h.waiting == waitsPoll && p.Post(func() { p.refuse(errPipelined) }) == nil {
		return
	}
	h.srv.counts.reject(errPipelined.Code)
	h.conn.Close(errPipelined)
}

// serve answers requests until one has to wait. It returns what came behind
// that one.
func (h *httpConn) serve(c *epoll.Conn, p []byte) (rest []byte) {
	if h.parser == nil {
		h.parser = h.srv.parsers.Acquire(&h.srv.cfg.HTTP)
	}
	for len(p) > 0 {
		n, req, err := h.parser.Parse(p)
		p = p[n:]
		if err != nil {
			h.fail(c, err)
			return nil
		}
		if req == nil {
			if h.parser.Continue() {
				c.Write([]byte(http1.Continue100)) //nolint:errcheck // a closed connection tells by Closed
			}
			break
		}
		h.srv.counts.requests.Add(1)
		next, after := h.srv.route(h, req)
		h.endPost()
		switch {
		case next != nil:
			h.release()
			next(c, p)
			return nil
		case after == ended:
			h.release()
			return nil
		case after == parked:
			h.release()
			h.phase = http1.StateIdle
			return p
		}
		h.phase = http1.StateIdle
		h.answered.Store(h.srv.stamp())
		h.arm(h.srv.cfg.IdleTimeout)
	}
	h.await()
	return nil
}

// await sets the deadline of what has begun and lets go of an idle parser.
// Deadlines run from a phase's begin: bytes do not extend them.
func (h *httpConn) await() {
	state := h.parser.State()
	if state == http1.StateIdle {
		h.release()
		return
	}
	if state == h.phase {
		return
	}
	h.phase = state
	if !h.bodyBegins(h.parser.Begun()) {
		h.release()
		return
	}
	limit := h.srv.cfg.HeadTimeout
	if state == http1.StateBody {
		limit = h.srv.cfg.BodyTimeout
	}
	h.due = h.srv.now() + uint32(limit/time.Millisecond)
	h.arm(limit)
}

// arm has Timeout called when d is over, or earlier if that is set already:
// then it looks again. So most answers touch no timer.
func (h *httpConn) arm(d time.Duration) {
	due := h.srv.now() + uint32(d/time.Millisecond)
	if h.armed != 0 && int32(h.armed-due) <= 0 {
		return
	}
	h.armed = max(due, 1)
	h.conn.SetTimeout(d)
}

func (h *httpConn) release() {
	if h.parser != nil {
		h.parser.Release()
		h.parser = nil
	}
}

// fail answers a request that cannot be understood, and closes.
func (h *httpConn) fail(c *epoll.Conn, err error) {
	defer h.release()
	var e *http1.Error
	if !errors.As(err, &e) {
		c.Close(err)
		return
	}
	h.srv.counts.reject(e.Code)
	if e.Status != 413 || !h.srv.tooLarge(h, h.parser.Begun()) {
		c.Write(http1.AppendError(nil, e, false)) //nolint:errcheck // a closed connection tells by Closed
	}
	c.CloseAfterFlush(err)
}

// Timeout looks at what the connection is at, and how long it has been.
func (h *httpConn) Timeout(c *epoll.Conn) {
	h.armed = 0
	if p, ok := h.next(nil); ok { // reply has called for it
		if rest := h.serve(c, p); len(rest) > 0 {
			h.Data(c, rest)
		}
		return
	}
	h.mu.Lock()
	waiting := h.waiting
	h.mu.Unlock()
	now := h.srv.now()
	switch {
	case waiting == waitsPoll:
		h.later(h.poll.until-now, h.poll.expire)
	case waiting == waitsEngine: // its heartbeat ends it
		h.later(uint32(h.srv.cfg.IdleTimeout/time.Millisecond), func() {})
	case waiting == waitsReply:
		h.later(h.due-now, func() { c.Close(errTimeout) }) // nobody will answer: a panic
	case h.parser != nil:
		h.later(h.due-now, func() { h.fail(c, http1.ErrRequestTimeout) })
	case h.answered.Load() == 0:
		h.later(h.due-now, func() { c.CloseAfterFlush(errTimeout) })
	default:
		// Between requests there is nobody to answer.
		idle := uint32(h.srv.cfg.IdleTimeout / time.Millisecond)
		h.later(h.answered.Load()+idle-now, func() { c.CloseAfterFlush(errTimeout) })
	}
}

// later calls over if no time is left, and has Timeout called again if some is.
func (h *httpConn) later(left uint32, over func()) {
	if int32(left) <= 0 {
		over()
		left = 1000 // for who lives on: an expired poll is answered by its shard
	}
	h.arm(time.Duration(left) * time.Millisecond)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.waiting == waitsNot && len(h.held) > 0 { // reply's call was overwritten
		h.conn.SetTimeout(time.Millisecond)
	}
}

// wait notes that the request under way will be answered by reply, or not: the
// loop does.
func (h *httpConn) wait(what uint8) {
	h.due = h.srv.now() + uint32(h.srv.cfg.BodyTimeout/time.Millisecond)
	h.arm(min(h.srv.cfg.IdleTimeout, h.srv.cfg.BodyTimeout))
	h.mu.Lock()
	h.waiting = what
	h.mu.Unlock()
}

// park notes that the poll under way is e's, to be answered by reply.
func (h *httpConn) park(e *engine) {
	h.mu.Lock()
	h.waiting, h.engine = waitsEngine, e
	h.mu.Unlock()
}

// unpark takes park back: the loop answers.
func (h *httpConn) unpark() {
	h.mu.Lock()
	h.waiting, h.engine = waitsNot, nil
	h.mu.Unlock()
}

// reply answers the request under way. It may be called from anywhere, once for
// each wait; last says that the connection ends with it.
func (h *httpConn) reply(wire []byte, last bool) {
	h.answered.Store(h.srv.stamp())
	h.mu.Lock()
	defer h.mu.Unlock()
	h.conn.WriteAnswer(wire) //nolint:errcheck // a closed connection tells by Closed
	h.waiting, h.waiter, h.engine = waitsNot, nil, nil
	if last {
		// RFC 9112 9.6: what comes behind the last request is not processed.
		h.held, h.flooded = nil, true
		h.conn.CloseAfterFlush(nil)
	} else if len(h.held) > 0 {
		h.conn.SetTimeout(time.Millisecond) // Timeout serves it, on the loop
	}
}

// Writable has nobody waiting for it: answers are kept by Conn.Write.
func (h *httpConn) Writable(*epoll.Conn) {}

// Closed returns the parser and ends who polled or posted.
func (h *httpConn) Closed(_ *epoll.Conn, err error) {
	h.release()
	h.mu.Lock()
	e := h.engine
	h.mu.Unlock()
	if e != nil {
		posts := h.posts
		h.endPost()
		e.force(func() { e.lost(h, posts) })
	}
	if h.poll != nil {
		h.poll.end(err)
	}
}

// status is the HTTP status of a session's refusal.
func status(code session.Code) int {
	switch code {
	case session.CodeForbidden, session.CodeEnded:
		return 403
	case codeBadToken, codeExpiredToken:
		return 401
	case session.CodeBusy, session.CodeUnavailable, session.CodeStopping, session.CodeTooManyRooms:
		return 503
	case session.CodeRate:
		return 429
	case session.CodeTooLarge:
		return 413
	case session.CodeNotFound:
		return 404
	default:
		return 400
	}
}

// The codes of auth.Tokens.
const (
	codeBadToken     session.Code = "bad_token"
	codeExpiredToken session.Code = "expired_token"
)
