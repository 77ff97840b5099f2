package transport

import (
	"grandstand/epoll/wire/engineio"
	"grandstand/session"
)

// Send sends messages to this client alone.
func (e *engine) Send(p []byte) {
	if e.ended {
		return
	}
	limit := e.path.cfg.MaxBacklog
	if e.conn != nil {
		e.conn.WriteWithin(p, limit) //nolint:errcheck // Closed tells
		return
	}
	m := e.more
	if len(m.out)+len(p) > limit {
		m.out = nil
		e.End(session.AllReasons().Backlog)
		return
	}
	m.out = append(m.out, p...)
	if m.getter == nil || m.flushing {
		return
	}
	// What is sent in one turn goes out in one answer.
	m.flushing = e.Post(e.flush) == nil
	if !m.flushing {
		e.flush()
	}
}

// control sends a packet of the protocol itself.
func (e *engine) control(t engineio.Type) { e.Send(e.form.control(t)) }

// WriteShared sends a slice of a feed.
func (e *engine) WriteShared(p []byte, cut func(n int) int) (n int, open bool) {
	switch m := e.more; {
	case e.ended:
		return 0, false
	case e.talk == nil: // within begin: there is nobody yet whom Writable could wake
		m.missed = true
		return 0, false
	case e.conn != nil && e.gathering:
		return e.gather(p, cut)
	case e.conn != nil:
		return e.conn.WriteShared(p, cut)
	case m.getter == nil && e.gathering && len(m.out)+len(p) <= e.path.cfg.MaxBacklog:
		m.out = append(m.out, p...)
		return len(p), true
	case m.getter == nil:
		m.missed = true
		return 0, false
	}
	return e.answerShared(p, cut), true
}

// Gather has WriteShared keep what waits for a poll, or for room in the socket,
// while f runs.
func (e *engine) Gather(f func()) {
	e.gathering = true
	defer func() { e.gathering = false }()
	f()
}

// gather is WriteShared on a WebSocket while what does not go out is kept.
func (e *engine) gather(p []byte, cut func(n int) int) (n int, open bool) {
	n, open = e.conn.WriteShared(p, cut)
	limit := e.path.cfg.MaxBacklog
	if rest := p[n:]; !open && len(rest) > 0 && e.conn.Pending()+len(rest) <= limit && e.conn.WriteWithin(rest, limit) == nil {
		return len(p), true // Writable follows all the same
	}
	return n, open
}

// Writable reports whether what is sent now goes out now.
func (e *engine) Writable() bool {
	switch {
	case e.ended:
		return false
	case e.conn != nil:
		return e.conn.Pending() == 0
	}
	return e.more.getter != nil && len(e.more.out) == 0
}
