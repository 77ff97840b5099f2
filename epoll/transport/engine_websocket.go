package transport

import (
	"bytes"
	"errors"

	"grandstand/epoll"
	"grandstand/epoll/wire/engineio"
	"grandstand/epoll/wire/ws"
	"grandstand/session"
)

// openOn begins a session on a WebSocket.
func (e *engine) openOn(c *epoll.Conn, hello, rest []byte, ask *engineAsk) {
	s := e.path.srv
	e.conn = c
	e.mode.Store(engineOnSocket)
	c.SetHandler((*engineSocket)(e))
	s.counts.begin(wayEngineWebSocket)
	err := e.Post(func() {
		c.Write(e.form.append(hello, e.path.handshake(e, true), false)) //nolint:errcheck // Closed tells
		e.begin(ask)
	})
	if err != nil {
		c.Write(ws.AppendClose(hello, ws.CloseTryLater, "")) //nolint:errcheck // Closed tells
		c.CloseAfterFlush(errEnded)
		e.part(session.AllReasons().Overloaded)
		return
	}
	if len(rest) > 0 {
		e.data(c, rest)
	}
}

// packetCost is what a packet counts for beside its data: empty ones keep the
// shard busy too.
const packetCost = 64

// data takes bytes of frames.
func (e *engine) data(c *epoll.Conn, p []byte) {
	var in []engineio.Packet
	size := 0
	for len(p) > 0 && !e.parted {
		n, m, err := e.reader.Next(&e.path.ws, e.inflate, p)
		p = p[n:]
		if err != nil {
			e.pass(c, in, size)
			e.broken(err)
			return
		}
		switch m.Op {
		case ws.OpText, ws.OpBinary:
			packet, err := engineio.ParseFrame(int(e.version), m.Op == ws.OpBinary, m.Payload)
			if err != nil {
				e.pass(c, in, size)
				e.part(session.AllReasons().Protocol)
				return
			}
			if packet.Type == engineio.Pong && e.version != 3 { // nearly all that comes
				e.heard.Store(e.path.srv.stamp())
				continue
			}
			packet.Data = bytes.Clone(packet.Data)
			size += len(packet.Data) + packetCost
			if in = append(in, packet); size > behind { // in parts, so that what is too much is noticed
				e.pass(c, in, size)
				in, size = nil, 0
			}
		case ws.OpPing:
			// RFC 6455 5.5.2: a pong with the ping's data.
			c.Write(ws.AppendFrame(nil, ws.OpPong, false, m.Payload)) //nolint:errcheck // Closed tells
		case ws.OpClose:
			e.pass(c, in, size)
			e.left(m.Code)
			return
		}
	}
	e.pass(c, in, size)
}

// pass hands packets to the shard.
func (e *engine) pass(c *epoll.Conn, in []engineio.Packet, size int) {
	if len(in) == 0 || e.parted {
		return
	}
	if !e.hold(size) {
		e.part(session.AllReasons().Flood)
		return
	}
	if e.Post(func() {
		e.held.Add(-int32(size))
		e.caughtUp(c)
		for i := range in {
			if e.ended {
				return
			}
			e.receive(in[i])
		}
	}) != nil {
		e.part(session.AllReasons().Overloaded)
		return
	}
	e.lag(c)
}

// part ends the session from the loop.
func (e *engine) part(r session.Reason) {
	e.parted = true
	e.force(func() { e.abort(r) })
}

// broken ends a session that broke the WebSocket's protocol, with the code that
// says how. To what is spoken over it that is a carrier that failed: only what
// the carrier delivered can be wrong there.
func (e *engine) broken(err error) {
	var ce *ws.CloseError
	if !errors.As(err, &ce) {
		e.part(session.AllReasons().Protocol)
		return
	}
	e.depart(ce.Code, ce.Reason, session.AllReasons().Protocol, session.AllReasons().Gone)
}

// left answers the client's close frame.
func (e *engine) left(code uint16) {
	r := session.AllReasons().Left
	e.depart(code, "", r, r)
}

// depart ends the session from the loop with a close frame.
func (e *engine) depart(code uint16, text string, r, told session.Reason) {
	e.parted = true
	e.force(func() {
		if e.ended {
			return
		}
		e.ended = true
		e.hangUp(code, text)
		e.finishAs(r, told)
	})
}

// gone ends the session with its connection. The reference does not tell one
// that ends without a close frame from one that ends with it.
func (e *engine) gone(c *epoll.Conn, err error) {
	r, told := session.AllReasons().Gone, session.AllReasons().Left
	if errors.Is(err, epoll.ErrBacklog) {
		r = session.AllReasons().Backlog
		told = r
	}
	e.force(func() {
		if !e.ended && e.conn == c { // and not one that it has been refused
			e.ended = true
			e.finishAs(r, told)
		}
	})
}

// engineSocket is an engine as the handler of its WebSocket: the names of some
// methods mean something else there.
type engineSocket engine

var _ epoll.Handler = (*engineSocket)(nil)

// Data takes bytes of frames.
func (s *engineSocket) Data(c *epoll.Conn, p []byte) { (*engine)(s).data(c, p) }

// Timeout is not set: the wheel of all engines tells the time.
func (s *engineSocket) Timeout(*epoll.Conn) {}

// Writable wakes the shard. It is called with the loop's locks held.
func (s *engineSocket) Writable(*epoll.Conn) { s.talk.Ready() }

// Closed ends the session.
func (s *engineSocket) Closed(c *epoll.Conn, err error) { (*engine)(s).gone(c, err) }
