package transport

import (
	"grandstand/epoll"
	"grandstand/epoll/wire/engineio"
	"grandstand/epoll/wire/ws"
	"grandstand/session"
)

// engineProbe is a WebSocket that a session on polls may change to: it is the
// connection's handler until the client says so.
//
//	client   2probe            on the WebSocket
//	server   3probe            and from now on a poll is not kept long
//	client   5                 once it has no poll or POST under way
//	server   goes on there     with what no poll has taken
type engineProbe struct {
	e      *engine
	conn   *epoll.Conn
	form   *engineForm
	reader ws.Reader
	// asked, over: the loop's, what has come.
	asked, over bool
	// began, answered: the shard's; when, and that the client was answered.
	began    uint32
	answered bool
}

var _ epoll.Handler = (*engineProbe)(nil)

// probeText is the data of the probe's packets.
const probeText = "probe"

// tryUpgrade takes a WebSocket for a session that exists. polls says that the
// request did not mean one, as its query does.
func (e *engine) tryUpgrade(c *epoll.Conn, hello, rest []byte, form *engineForm, polls bool) {
	c.Write(hello) //nolint:errcheck // Closed tells
	b := &engineProbe{e: e, conn: c, form: form}
	c.SetHandler(b)
	const taken = engineOnSocket | engineUpgrading
	if polls || e.on(engineOnSocket) || e.mode.Or(engineUpgrading)&taken != 0 {
		b.e, b.over = nil, true
		b.refuse()
		return
	}
	e.force(func() {
		if e.ended || e.conn != nil {
			b.refuse()
			return
		}
		e.more.probe, b.began = b, e.path.srv.now()
		e.arm(e.path.cfg.UpgradeTimeout)
	})
	if len(rest) > 0 {
		b.Data(c, rest)
	}
}

// refuse closes the WebSocket.
func (b *engineProbe) refuse() {
	b.conn.Write(ws.AppendClose(nil, ws.CloseNoStatus, "")) //nolint:errcheck // Closed tells
	b.conn.CloseAfterFlush(errEnded)
}

// Data takes the two packets that make the change.
func (b *engineProbe) Data(c *epoll.Conn, p []byte) {
	for len(p) > 0 && !b.over {
		n, m, err := b.reader.Next(&b.e.path.ws, b.form.deflate, p)
		p = p[n:]
		switch {
		case err != nil:
			b.fail()
		case m.Op == ws.OpNone:
		case m.Op == ws.OpPing:
			c.Write(ws.AppendFrame(nil, ws.OpPong, false, m.Payload)) //nolint:errcheck // Closed tells
		case m.Op == ws.OpPong:
		case m.Op != ws.OpText:
			b.fail()
		case !b.asked && string(m.Payload) == string(rune(engineio.Ping))+probeText:
			b.asked = true
			b.e.force(b.answer)
		case b.asked && string(m.Payload) == string(rune(engineio.Upgrade)):
			b.change(c, p)
			return
		default:
			b.fail()
		}
	}
}

// change makes the session the connection's handler.
func (b *engineProbe) change(c *epoll.Conn, rest []byte) {
	e := b.e
	b.over = true
	e.reader, e.inflate = b.reader, b.form.deflate
	c.SetHandler((*engineSocket)(e))
	e.force(func() { e.upgraded(b) })
	if len(rest) > 0 {
		e.data(c, rest)
	}
}

// fail gives the WebSocket up; the session goes on by polls.
func (b *engineProbe) fail() {
	b.over = true
	b.e.force(func() { b.e.giveUp(b) })
}

// Timeout is not set.
func (b *engineProbe) Timeout(*epoll.Conn) {}

// Writable has nobody waiting for it.
func (b *engineProbe) Writable(*epoll.Conn) {}

// Closed gives the WebSocket up.
func (b *engineProbe) Closed(*epoll.Conn, error) {
	if b.e != nil && !b.over {
		b.fail()
	}
}

// answer answers the probe. Within the shard.
func (b *engineProbe) answer() {
	e := b.e
	if e.more == nil || e.more.probe != b {
		return
	}
	b.answered = true
	pong := engineio.Packet{Type: engineio.Pong, Data: []byte(probeText)}
	b.conn.Write(b.form.append(nil, pong, false)) //nolint:errcheck // Closed tells
	if e.more.getter != nil {
		e.arm(noopAfter)
	}
}

// giveUp closes a WebSocket that was tried.
func (e *engine) giveUp(b *engineProbe) {
	b.refuse()
	m := e.more
	if m == nil || m.probe != b {
		return
	}
	m.probe = nil
	e.mode.And(^engineUpgrading)
	if m.parting && m.getter != nil {
		e.bidFarewell(false)
	}
}

// upgraded changes the carrier: what no poll has taken goes out first.
func (e *engine) upgraded(b *engineProbe) {
	m := e.more
	if m == nil || m.probe != b { // given up meanwhile: too late for the client, which has changed
		b.refuse()
		if e.conn == nil {
			e.abort(session.AllReasons().Gone)
		}
		return
	}
	e.answerControl(engineio.Noop) // of a client that did not wait for it
	e.answerPost()                 // likewise
	waits := e.transcode(b.form, m.out)
	e.leavePolls()
	e.conn, e.form, e.more = b.conn, b.form, nil
	if m.ends != 0 {
		e.more = &engineMore{ends: m.ends, reason: m.reason}
	}
	e.mode.And(engineHeld | engineBehind | engineForgotten)
	e.mode.Or(engineOnSocket)
	if e.holds > 0 {
		e.conn.Pause(epoll.PauseFull)
	}
	if len(waits) > 0 {
		e.conn.WriteWithin(waits, e.path.cfg.MaxBacklog) //nolint:errcheck // Closed tells
	}
	if !e.closed {
		e.path.srv.counts.move(wayEnginePolling, wayEngineWebSocket)
	}
	if m.parting { // the end was put off until now
		e.hangUp(ws.CloseNoStatus, "")
		e.forget()
		return
	}
	e.talk.Moved()
	e.talk.Ready()
}

// transcode makes frames of elements.
func (e *engine) transcode(form *engineForm, elements []byte) (frames []byte) {
	rest := engineio.Trim(int(e.version), elements)
	for len(rest) > 0 {
		var packet engineio.Packet
		var err error
		if packet, rest, err = engineio.Next(int(e.version), rest); err != nil {
			// It is our own: a dialect that sent text that is none.
			e.End(session.AllReasons().Protocol)
			return nil
		}
		frames = form.append(frames, packet, false)
	}
	return frames
}
