package transport

import (
	"bytes"

	"grandstand/epoll/wire/engineio"
	"grandstand/epoll/wire/http1"
	"grandstand/session"
)

// postCost is what a POST counts for beside its body.
const postCost = 256

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
	receive := func() {
		e.held.Add(-int32(cost))
		if e.more != nil {
			e.more.peer = peer
		}
		e.receiveAll(body, binary)
	}
	refused := func() { e.held.Add(-int32(cost)) }
	if e.on(engineHeld) {
		return p.postLater(h, req, e, receive, refused)
	}
	if e.Post(receive) != nil {
		refused()
		return p.turnAway(h, req, engineBusy())
	}
	return p.respond(h, req, posted())
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
	e.held.Add(-int32(n))
	return false
}

// receiveAll takes the packets of a payload, up to one that is none.
func (e *engine) receiveAll(body []byte, binary bool) {
	for first := true; first || body != nil; first = false {
		var packet engineio.Packet
		var err error
		if e.ended {
			return
		}
		if binary {
			packet, body, err = engineio.NextBinary(body)
		} else {
			packet, body, err = engineio.Next(int(e.version), body)
		}
		if err != nil {
			e.abort(session.AllReasons().Protocol)
			return
		}
		e.receive(packet)
	}
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
