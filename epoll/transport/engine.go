package transport

import (
	"net/netip"
	"sync/atomic"
	"time"

	"grandstand/epoll"
	"grandstand/epoll/protocol"
	"grandstand/epoll/wire/engineio"
	"grandstand/epoll/wire/http1"
	"grandstand/epoll/wire/ws"
	"grandstand/session"
)

// The ways in of Engine.IO, as they are counted.
const (
	wayEnginePolling   = "engineio_polling"
	wayEngineWebSocket = "engineio_websocket"
)

// engine is an Engine.IO session: on polls, which come on any connection, or on
// a WebSocket, of which it is the handler then.
//
// It belongs to one shard for life. Loops only look at what is atomic, take
// packets apart and post; all that goes out goes out in the shard's turns, so
// that nothing overtakes anything when the carrier changes.
type engine struct {
	path *enginePath
	talk protocol.Talk // set by begin, with which all that is posted begins
	form *engineForm   // the shard's
	conn *epoll.Conn   // the WebSocket; nil on polls. The shard's
	more *engineMore   // what an idle WebSocket does without; the shard's

	reader ws.Reader // the loop's, as are inflate and parted
	next   *engine   // in its slot of the wheel, guarded by it
	prev   *engine
	when   uint32 // the tick it is looked at; 0: none

	asked  uint32        // when the ping that is not answered was sent, or 0; the shard's
	heard  atomic.Uint32 // when the other side last showed that it is there, Server.now
	mode   atomic.Uint32 // bits below
	held   atomic.Int32  // bytes posted and not yet received
	origin atomic.Uint64 // it was begun from; 0: from none yet

	id      engineID
	shard   uint8
	version uint8
	inflate bool // messages may be compressed
	parted  bool // the end was asked for by the loop: input counts no more
	// gathering: what is shared is kept, before what is sent next. The shard's.
	gathering bool
	ended     bool   // nothing is received or sent any more; the shard's
	closed    bool   // the talk knows; the shard's
	holds     uint16 // the client is to wait, for so many; the shard's
}

// The bits of engine.mode, for loops.
const (
	engineOnSocket  uint32 = 1 << iota // a WebSocket carries it
	engineUpgrading                    // one is being tried
	enginePosting                      // the body of a POST is on its way
	engineHeld                         // the client is to wait
	engineBehind                       // its WebSocket is, for the shard
	engineForgotten                    // its id means nothing any more
)

// engineMore is what a session needs while it is not just an idle WebSocket.
type engineMore struct {
	out      []byte       // elements that wait for a poll
	getter   *httpConn    // the parked poll
	look     *look        // of its answer
	poster   *httpConn    // the POST whose answer waits
	posted   asked        // of its answer
	taking   bool         // what the POST brought is being received
	flushing bool         // out is about to be sent
	missed   bool         // something shared waits for a poll
	peer     addressPort  // of the last request
	from     netip.Addr   // it was begun from, and counts for, until it leaves the polls
	ask      *engineAsk   // the handshake, during Begin
	probe    *engineProbe // the WebSocket that is being tried
	// parting: it has ended, and the next poll is to be told; since then.
	parting bool
	since   uint32
	ends    uint32 // when EndWithin's time is over; 0: never
	reason  session.Reason
}

type addressPort = netip.AddrPort

var _ protocol.Engine = (*engine)(nil)

// SID is the session's id.
func (e *engine) SID() string { return e.id.String() }

// Version is the protocol's.
func (e *engine) Version() int { return int(e.version) }

// Shard is where sessions on it belong.
func (e *engine) Shard() int { return int(e.shard) }

// Post has f run within the shard.
func (e *engine) Post(f func()) error { return e.path.srv.hub.Post(int(e.shard), f) }

// force is Post for what must not be lost.
func (e *engine) force(f func()) { e.path.srv.hub.Force(int(e.shard), f) }

// Form is how messages look on what carries it now.
func (e *engine) Form() protocol.Form { return e.form }

// End closes the session: what was sent goes out first, if it can.
func (e *engine) End(r session.Reason) { e.endWith(r, ws.CloseNoStatus, "") }

// refuse ends the session of a client whose message the dialect does not take.
// Only a WebSocket's close frame has room to say why: stock clients show it to
// whoever looks into the details of a disconnect.
func (e *engine) refuse(err error) {
	e.endWith(session.AllReasons().Protocol, ws.ClosePolicy, err.Error())
}

// endWith is End with a close frame for those on a WebSocket.
func (e *engine) endWith(r session.Reason, code uint16, text string) {
	if e.ended {
		return
	}
	e.ended = true
	e.force(func() { e.finish(r) }) // not now: the caller may be the talk
	if e.conn != nil {
		e.hangUp(code, text)
		return
	}
	m := e.more
	m.parting, m.since = true, e.path.srv.now()
	e.arm(farewell)
	if m.getter != nil && m.probe == nil {
		e.bidFarewell(false)
	}
}

// abort ends the session at once: the client, if it can be told, is told only
// that it has ended.
func (e *engine) abort(r session.Reason) {
	if e.ended {
		return
	}
	e.ended = true
	if e.conn != nil {
		e.hangUp(ws.CloseNoStatus, "")
	} else {
		e.more.out = nil
		e.answerControl(engineio.Close)
	}
	e.finish(r)
}

// hangUp closes the WebSocket, behind everything that was sent.
func (e *engine) hangUp(code uint16, text string) {
	e.conn.WriteWithin(ws.AppendClose(nil, code, text), e.path.cfg.MaxBacklog) //nolint:errcheck // Closed tells
	e.conn.CloseAfterFlush(errEnded)
}

// finish closes the talk, once.
func (e *engine) finish(r session.Reason) { e.finishAs(r, r) }

// finishAs is finish where the talk is told another reason than is counted.
func (e *engine) finishAs(r, told session.Reason) {
	if e.closed {
		return
	}
	e.closed = true
	e.answerPost() // its packets were taken
	e.path.srv.counts.end(e.way(), r)
	if e.more == nil || !e.more.parting {
		e.forget()
	}
	if e.talk != nil {
		e.talk.Closed(told)
	}
}

// forget has nobody find the session any more.
func (e *engine) forget() {
	if !e.path.table.remove(e) {
		return
	}
	e.path.sessions.Add(-1)
	e.path.srv.engines.beats.remove(e)
	e.leavePolls()
	if e.more != nil && e.more.probe != nil {
		b := e.more.probe
		e.more.probe = nil // what it still has to say comes too late
		b.refuse()
	}
}

// EndWithin closes the session after a time.
func (e *engine) EndWithin(r session.Reason, after time.Duration) {
	if e.ended {
		return
	}
	if e.more == nil {
		e.more = new(engineMore)
	}
	e.more.ends = max(e.path.srv.now()+uint32(after/time.Millisecond), 1)
	e.more.reason = r
	e.arm(after)
}

// Stay calls off an EndWithin for that reason.
func (e *engine) Stay(r session.Reason) {
	m := e.more
	if m == nil || m.ends == 0 || m.reason != r {
		return
	}
	m.ends = 0
	if e.conn != nil && m.ask == nil && m.probe == nil && m.getter == nil && m.poster == nil && !m.parting && len(m.out) == 0 {
		e.more = nil
	}
}

// way is what carries it, as it is counted.
func (e *engine) way() string {
	if e.conn != nil {
		return wayEngineWebSocket
	}
	return wayEnginePolling
}

// Info names the carrier and the other side.
func (e *engine) Info() (name, peer string) {
	if e.conn != nil {
		return wayEngineWebSocket, e.conn.Peer().String()
	}
	return wayEnginePolling, e.more.peer.String()
}

// Handshake is the request that began it, within Dialect.Begin.
func (e *engine) Handshake() *protocol.Handshake {
	if e.more == nil || e.more.ask == nil {
		return nil
	}
	return e.more.ask.handshake()
}

// begin opens the conversation: the first thing that is posted.
func (e *engine) begin(ask *engineAsk) {
	if e.more == nil {
		e.more = new(engineMore)
	}
	e.more.ask = ask
	defer func() { // a dialect that panicked, or wants nothing to do with it
		if e.talk == nil {
			e.abort(session.AllReasons().Protocol)
		}
	}()
	e.talk = e.path.dialect.Begin(e)
	e.more.ask = nil
	if e.conn != nil && e.more.missed { // who polls is told with the next poll
		e.more.missed = false
		e.talk.Ready()
	}
	if e.conn != nil && e.more.ends == 0 {
		e.more = nil
	}
	if !e.ended {
		e.arm(e.path.cfg.PingInterval)
	}
}

// receive takes a packet that has no part in a change of carrier.
func (e *engine) receive(p engineio.Packet) {
	broken := session.AllReasons().Protocol
	switch p.Type {
	case engineio.Message:
		if err := e.talk.Receive(p.Data, p.Binary); err != nil {
			e.refuse(err)
		}
	case engineio.Ping:
		if e.version != 3 {
			e.abort(broken)
			return
		}
		e.heard.Store(e.path.srv.stamp())
		e.control(engineio.Pong)
	case engineio.Pong:
		if e.version == 3 {
			e.abort(broken)
			return
		}
		e.heard.Store(e.path.srv.stamp())
	case engineio.Close:
		e.leave()
	}
}

// leave is the client's own end.
func (e *engine) leave() {
	if e.conn == nil {
		e.more.out = nil
		e.answerControl(engineio.Noop)
	} else {
		e.hangUp(ws.CloseNoStatus, "")
	}
	e.ended = true
	e.finish(session.AllReasons().Left)
}

// engineBusy refuses what the shard has no room for.
func engineBusy() *http1.Error {
	return &http1.Error{Status: 503, Code: string(session.CodeBusy), Message: "the server has too much to do, try again"}
}
