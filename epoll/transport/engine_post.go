package transport

import (
	"bytes"
	"net/netip"

	"grandstand/epoll/wire/engineio"
	"grandstand/epoll/wire/http1"
	"grandstand/session"
)

const (
	// postCost is what a POST counts for beside its body.
	postCost = 256
	// postAtOnce is how large a payload may be for all of it to be taken in one
	// turn, and the POST to be answered before: what such a one can hold is
	// taken in a millisecond or two.
	postAtOnce = 4 << 10
	// postTurn is how many packets of a larger one are taken in a turn, for the
	// same reason: a payload of a megabyte holds 100,000, and all who share the
	// shard would wait for a third of a second.
	postTurn = 256
)

// post takes the payload of a POST.
func (p *enginePath) post(h *httpConn, req *http1.Request, a *engineArgs, e *engine) after {
	alone := h.posts
	h.endPost()
	broken := session.AllReasons().Protocol
	if !alone && e.on(enginePosting) { // two at once: no order could be told
		e.force(func() { e.abort(broken) })
		return p.bare(h, req, 400, "engineio_overlap")
	}
	body := req.Body()
	if len(body) > p.cfg.MaxPayload {
		return p.bare(h, req, 413, "engineio_too_large")
	}
	binary := string(req.Header("Content-Type")) == "application/octet-stream"
	if binary && e.version != 3 {
		e.force(func() { e.abort(broken) })
		return p.bare(h, req, 400, "engineio_bad_payload")
	}
	if a.script != nil {
		body = engineio.Unescape(bytes.Clone(http1.FormArg(body, "d")))
	} else {
		body = bytes.Clone(body)
	}
	peer, cost := h.conn.Peer(), len(body)+postCost
	if !e.hold(cost) {
		return p.turnAway(h, req, engineBusy())
	}
	in := payload{body: body, binary: binary, cost: cost, peer: peer}
	if len(body) > postAtOnce || e.on(engineHeld) {
		return p.postLater(h, req, e, in)
	}
	if e.Post(func() { e.receiveAll(in) }) != nil {
		e.release(cost)
		return p.turnAway(h, req, engineBusy())
	}
	return p.respond(h, req, posted())
}

// payload is what was posted, on its way to the shard.
type payload struct {
	body   []byte
	binary bool
	cost   int // of hold
	peer   netip.AddrPort
}

// bare answers without a body, as clients know it.
func (p *enginePath) bare(h *httpConn, req *http1.Request, status int, code string) after {
	p.srv.counts.reject(code)
	return p.respond(h, req, http1.Response{Status: status})
}

// hold counts bytes that wait for the shard, and reports whether that many may.
func (e *engine) hold(n int) bool {
	most := int32(2*e.path.cfg.MaxPayload + 1<<20)
	if e.held.Add(int32(n)) <= most {
		return true
	}
	e.release(n)
	return false
}

// release counts bytes that do not wait any more.
func (e *engine) release(n int) { e.held.Add(-int32(n)) }

// receiveAll takes a payload.
func (e *engine) receiveAll(in payload) {
	e.release(in.cost)
	if m := e.more; m != nil {
		if m.taking { // two at once: no order could be told
			e.abort(session.AllReasons().Protocol)
			return
		}
		m.peer = in.peer
	}
	for rest := e.receiveSome(in.body, in.binary); rest != nil; {
		rest = e.receiveSome(rest, in.binary)
	}
}

// receiveInTurns takes a payload, a part of it in each turn of the shard, and
// calls done once it has: at its end, or that of the session. It goes on when
// the carrier changes meanwhile.
func (e *engine) receiveInTurns(body []byte, binary bool, done func()) {
	var rest []byte
	defer func() { // also after a panic of the talk, with which the rest is lost
		if rest == nil {
			done()
			return
		}
		e.force(func() { e.receiveInTurns(rest, binary, done) })
	}()
	rest = e.receiveSome(body, binary)
}

// receiveSome takes packets of a payload, up to one that is none, and returns
// what is left for another turn; nil is nothing.
func (e *engine) receiveSome(body []byte, binary bool) (rest []byte) {
	rest = body
	for n := 0; n < postTurn && (n == 0 || rest != nil); n++ {
		var packet engineio.Packet
		var err error
		if e.ended {
			return nil
		}
		if binary {
			packet, rest, err = engineio.NextBinary(rest)
		} else {
			packet, rest, err = engineio.Next(int(e.version), rest)
		}
		if err != nil {
			e.abort(session.AllReasons().Protocol)
			return nil
		}
		e.receive(packet)
	}
	return rest
}

// tooLarge answers a POST whose body is above the limit: the session goes on.
// It reports false if it was for somebody else.
func (s *Server) tooLarge(h *httpConn, req *http1.Request) bool {
	if req == nil {
		return false
	}
	p := s.enginePath(string(req.Path()))
	if p == nil || p.dialect == nil {
		return false
	}
	a := asked{http10: req.HTTP10(), last: true, cors: p.cors(string(req.Header("Origin")))}
	h.conn.Write(a.append(nil, http1.Response{Status: 413})) //nolint:errcheck // a closed connection tells by Closed
	h.endPost()
	return true
}

// bodyBegins looks at a request whose body is on its way: a session has one
// POST at a time. It reports false if the connection is over.
func (h *httpConn) bodyBegins(req *http1.Request) bool {
	if h.posts || req == nil || req.Method() != http1.MethodPost {
		return true
	}
	p := h.srv.enginePath(string(req.Path()))
	if p == nil || p.dialect == nil {
		return true
	}
	e := p.session(req)
	if e == nil {
		return true
	}
	if e.mode.Or(enginePosting)&enginePosting == 0 {
		h.posts, h.engine = true, e
		return true
	}
	e.force(func() { e.abort(session.AllReasons().Protocol) })
	p.srv.counts.reject("engineio_overlap")
	a := asked{http10: req.HTTP10(), last: true, cors: p.cors(string(req.Header("Origin")))}
	h.conn.Write(a.append(nil, http1.Response{Status: 400})) //nolint:errcheck // a closed connection tells by Closed
	h.conn.CloseAfterFlush(nil)
	return false
}

// endPost notes that no body is on its way any more.
func (h *httpConn) endPost() {
	if h.posts {
		h.engine.mode.And(^enginePosting)
		h.posts, h.engine = false, nil
	}
}
