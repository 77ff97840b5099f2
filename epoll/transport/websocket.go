package transport

import (
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"grandstand/epoll"
	"grandstand/epoll/protocol"
	"grandstand/epoll/wire/http1"
	"grandstand/epoll/wire/ws"
	"grandstand/session"
	"grandstand/session/room"
)

// webSocket is a viewer on a WebSocket: the session, its transport and the
// connection's handler in one allocation.
type webSocket struct {
	session.Session
	conn *epoll.Conn
	srv  *Server

	reader  ws.Reader
	heard   uint32 // when something last came, Server.now
	second  uint32 // of the message count
	count   uint32 // messages in it
	every   uint32 // milliseconds between pings
	deflate bool
	parted  bool          // the end was asked for by the loop: input counts no more
	why     atomic.Uint32 // 1 + index into reasons, once somebody ended it
}

var (
	_ session.Transport = (*webSocket)(nil)
	_ epoll.Handler     = (*webSocket)(nil)
)

// errEnded is what a connection that was ended by us is closed with.
var errEnded = errors.New("transport: session ended")

// openWebSocket answers a handshake: RFC 6455 4.2.
func (s *Server) openWebSocket(h *httpConn, req *http1.Request) (upgrade, after) {
	hs, herr := ws.Upgrade(req.Method(), req, []string{protocol.Subprotocol}, &s.cfg.WebSocket)
	if herr != nil {
		return nil, s.refuse(h, req, &http1.Error{Status: herr.Status, Code: herr.Code, Message: herr.Message}, fields(herr.Fields)...)
	}
	if req.HTTP10() { // RFC 6455 4.2.1, item 1
		return nil, s.refuse(h, req, &http1.Error{Status: 400, Code: "bad_version", Message: "a WebSocket opens with HTTP/1.1"})
	}
	if s.draining.Load() {
		return nil, s.refuse(h, req, errDraining(), http1.Field{Name: "Retry-After", Value: "1"})
	}
	rooms, since, history, err := s.opening(req)
	if err != nil {
		return nil, s.refuse(h, req, asHTTP(err))
	}
	o, err := s.native.Opening(rooms, since, history)
	if err != nil {
		return nil, s.refuse(h, req, asHTTP(err))
	}
	keepalive, err := s.keepalive(req)
	if err != nil {
		return nil, s.refuse(h, req, badQuery("keepalive is a number of seconds"))
	}
	hello := hs.AppendResponse(nil)
	return func(c *epoll.Conn, rest []byte) {
		if h.poll != nil { // the handler changes, so nobody would end it
			h.poll.end(errEnded)
		}
		w := &webSocket{conn: c, srv: s, deflate: hs.Deflate, every: uint32(keepalive / time.Millisecond)}
		c.SetHandler(w)
		if len(rest) > 0 {
			// Frames ahead of our answer: RFC 6455 4.1 forbids them, but
			// what they are told must not overtake it.
			w.Write(hello)
			hello = nil
		}
		w.begin(hello, &o)
		if len(rest) > 0 {
			w.Data(c, rest)
		}
	}, parked
}

func fields(in [][2]string) []http1.Field {
	out := make([]http1.Field, len(in))
	for i, f := range in {
		out[i] = http1.Field{Name: f[0], Value: f[1]}
	}
	return out
}

// begin opens the session. The handshake's answer goes out together with
// those to the URL's rooms: one system call per viewer instead of two.
func (w *webSocket) begin(hello []byte, o *protocol.Opening) {
	w.heard = w.srv.now()
	w.srv.counts.begin(wayWebSocket)
	err := w.srv.hub.Open(&w.Session, w.conn.Loop().Index(), w, func() {
		w.Write(w.srv.native.Open(&w.Session, o, w.encoding(), hello))
		w.Visit()
	})
	if err != nil {
		w.Write(hello)
		w.End(session.AllReasons().Overloaded)
		return
	}
	// The first ping at a random time: an audience that came at once would
	// be asked at once for ever after.
	ping := w.interval()
	w.conn.SetTimeout(ping/2 + rand.N(ping/2+1))
}

// interval is how long the viewer may say nothing before it is asked.
func (w *webSocket) interval() time.Duration { return time.Duration(w.every) * time.Millisecond }

// encoding is the form of events this viewer shares with others.
func (w *webSocket) encoding() room.Encoding {
	if w.deflate {
		return w.srv.packed
	}
	return w.srv.plain
}

// Data takes bytes of frames.
func (w *webSocket) Data(c *epoll.Conn, p []byte) {
	w.heard = w.srv.now()
	for len(p) > 0 && !w.parted {
		n, m, err := w.reader.Next(&w.srv.cfg.WebSocket, w.deflate, p)
		p = p[n:]
		if err != nil {
			w.broken(err)
			return
		}
		if m.Op == ws.OpNone {
			continue
		}
		if !w.allowed() {
			w.part(session.AllReasons().Flood)
			return
		}
		w.message(c, m)
	}
}

// message takes one message.
func (w *webSocket) message(c *epoll.Conn, m ws.Message) {
	switch m.Op {
	case ws.OpText:
		w.srv.native.Receive(&w.Session, w.encoding(), m.Payload)
	case ws.OpPing:
		// RFC 6455 5.5.2: a pong with the ping's data. Conn.Write keeps it
		// out of a record that the socket cut.
		c.Write(ws.AppendFrame(nil, ws.OpPong, false, m.Payload)) //nolint:errcheck // Closed tells
	case ws.OpBinary:
		// RFC 6455 7.4.1: 1003, a type of data that cannot be accepted.
		w.broken(&ws.CloseError{Code: 1003, Reason: "the native protocol is text"})
	case ws.OpClose:
		// RFC 6455 5.5.1: echo the code, not the text.
		w.note(session.AllReasons().Left)
		w.goodbye(m.Code, "")
	}
}

// allowed counts a message against the limit per second.
func (w *webSocket) allowed() bool {
	limit := uint32(w.srv.cfg.MessageRate)
	if limit == 0 {
		return true
	}
	if s := w.heard / 1000; s != w.second {
		w.second, w.count = s, 0
	}
	w.count++
	return w.count <= limit
}

// broken ends a viewer that broke the protocol, with the code that says how.
func (w *webSocket) broken(err error) {
	r := session.AllReasons().Protocol
	var ce *ws.CloseError
	if errors.As(err, &ce) {
		r.Code, r.Text = ce.Code, ce.Reason
	}
	w.note(session.AllReasons().Protocol)
	w.goodbye(r.Code, r.Text)
}

// part ends the session from the loop.
func (w *webSocket) part(r session.Reason) {
	w.note(r)
	w.goodbye(r.Code, r.Text)
}

// goodbye has the shard, which writes all messages, write the close frame: no
// data may follow it (RFC 6455 5.5.1).
func (w *webSocket) goodbye(code uint16, text string) {
	w.parted = true
	if w.Post(func() { w.finish(code, text) }) != nil {
		w.finish(code, text)
	}
}

// Timeout is the heartbeat: a ping when nothing has come for a while, the end
// when nothing has come for too long.
func (w *webSocket) Timeout(c *epoll.Conn) {
	if w.parted {
		return
	}
	cfg := &w.srv.cfg
	quiet := time.Duration(w.srv.now()-w.heard) * time.Millisecond
	if quiet >= cfg.Silence {
		w.part(session.AllReasons().Silent)
		return
	}
	if ping := w.interval(); quiet < ping {
		c.SetTimeout(ping - quiet)
		return
	}
	c.SetTimeout(min(w.interval(), cfg.Silence-quiet))
	c.Write([]byte{0x80 | byte(ws.OpPing), 0}) //nolint:errcheck // Closed tells
}

// Writable wakes the shard. It is called with the loop's locks held.
func (w *webSocket) Writable(*epoll.Conn) { w.Ready() }

// Closed ends the session.
func (w *webSocket) Closed(_ *epoll.Conn, err error) {
	w.srv.counts.end(wayWebSocket, reasonOf(&w.why, err))
	w.Close()
}
