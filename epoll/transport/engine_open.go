package transport

import (
	"net/netip"
	"slices"
	"strings"

	"grandstand/epoll"
	"grandstand/epoll/wire/engineio"
	"grandstand/epoll/wire/http1"
	"grandstand/epoll/wire/ws"
	"grandstand/session"
)

// routeEngine answers a request on an Engine.IO path.
func (s *Server) routeEngine(h *httpConn, req *http1.Request, p *enginePath) (upgrade, after) {
	if f, known := p.bundleOf(string(req.Path())); f != nil {
		return nil, s.static(h, req, f)
	} else if known { // and no odd request of Engine.IO
		return nil, s.refuse(h, req, errNoBundle())
	}
	if p.dialect == nil {
		return nil, s.refuse(h, req, s.errNotFound())
	}
	if req.Method() == http1.MethodOptions {
		return nil, p.preflight(h, req)
	}
	isUpgrade := req.IsUpgrade("websocket")
	var a engineArgs
	a.read(req)
	e, err := p.check(h, req, &a, isUpgrade)
	if isUpgrade {
		next, after := p.openSocket(h, req, &a, e, err)
		if next != nil && h.poll != nil { // the handler changes, so nobody would end it
			h.poll.end(errEnded)
		}
		return next, after
	}
	if err != nil {
		return nil, p.refuse(h, req, err)
	}
	if e == nil {
		return nil, p.openPolling(h, req, &a)
	}
	switch req.Method() {
	case http1.MethodGet:
		return nil, p.get(h, req, &a, e)
	case http1.MethodPost:
		return nil, p.post(h, req, &a, e)
	}
	p.srv.counts.reject("method_not_allowed")
	return nil, p.respond(h, req, http1.Response{Status: 405, Header: []http1.Field{{Name: "Allow", Value: "GET, POST, OPTIONS"}}})
}

// errNoBundle refuses a file of the client that is not configured.
func errNoBundle() *http1.Error {
	return &http1.Error{Status: 404, Code: string(session.CodeNotFound), Message: "this file of the client is not served here"}
}

// check judges a request in the order that clients know. The session is nil for
// one that begins one.
func (p *enginePath) check(h *httpConn, req *http1.Request, a *engineArgs, isUpgrade bool) (*engine, *engineio.Error) {
	transport := string(a.transport)
	switch {
	case !slices.Contains(p.cfg.Transports, transport):
		return nil, engineio.ErrTransport()
	case len(req.Header("Origin")) > maxOrigin, len(a.script) > maxScriptIndex:
		return nil, engineio.ErrRequest()
	}
	if len(a.sid) > 0 {
		e := p.known(h, req, a.sid)
		switch {
		case e == nil:
			return nil, engineio.ErrSession()
		case !isUpgrade && (transport == engineWebSocket || e.on(engineOnSocket)), isUpgrade && !p.cfg.Upgrades:
			return nil, engineio.ErrRequest()
		}
		return e, nil
	}
	switch {
	case req.Method() != http1.MethodGet:
		return nil, engineio.ErrMethod()
	case transport == engineWebSocket && !isUpgrade:
		return nil, engineio.ErrRequest()
	case !p.origins.allow(string(req.Header("Origin"))):
		return nil, engineio.ErrForbidden()
	case !slices.Contains(p.cfg.Versions, a.version()):
		return nil, engineio.ErrVersion()
	}
	return nil, nil
}

// maxScriptIndex bounds j of a query.
const maxScriptIndex = 20

// on reports whether a bit of the mode is set.
func (e *engine) on(bit uint32) bool { return e.mode.Load()&bit != 0 }

// admit makes a new session, if there may be one more.
func (p *enginePath) admit(h *httpConn, req *http1.Request, a *engineArgs) (*engine, *http1.Error) {
	if p.srv.draining.Load() {
		return nil, errDraining()
	}
	if n, limit := p.sessions.Add(1), int64(p.cfg.MaxSessions); limit > 0 && n > limit {
		p.sessions.Add(-1)
		return nil, &http1.Error{Status: 503, Code: "too_many_sessions", Message: "no more sessions are taken"}
	}
	e := &engine{path: p, shard: uint8(h.conn.Loop().Index()), version: uint8(a.version())}
	e.heard.Store(p.srv.stamp())
	e.origin.Store(p.originOf(req))
	p.table.add(e)
	return e, nil
}

// withdraw undoes admit for a session that has not begun.
func (p *enginePath) withdraw(e *engine) {
	p.table.remove(e)
	p.sessions.Add(-1)
}

// leavePolls has a session count no more among those of its address that poll.
func (e *engine) leavePolls() {
	if m := e.more; m != nil && m.from.IsValid() {
		e.path.pollers.drop(m.from, e.path.cfg.MaxPerIP)
		m.from = netip.Addr{}
	}
}

// openPolling answers a handshake.
func (p *enginePath) openPolling(h *httpConn, req *http1.Request, a *engineArgs) after {
	e, err := p.admit(h, req, a)
	if err != nil {
		return p.turnAway(h, req, err)
	}
	from := h.conn.Peer().Addr()
	if !p.pollers.take(from, p.cfg.MaxPerIP) {
		p.withdraw(e)
		return p.turnAway(h, req, &http1.Error{Status: 429, Code: "too_many_sessions", Message: "too many sessions from this address"})
	}
	e.form = p.polling[e.version-3]
	e.more = &engineMore{peer: h.conn.Peer(), from: from}
	ask, l := p.srv.askEngine(h, req, p, int(e.version)), p.look(h, req, a)
	h.wait(waitsReply)
	perr := e.Post(func() {
		p.srv.counts.begin(wayEnginePolling)
		e.begin(ask)
		// Alone, also if there is more already: old clients expect nothing
		// else before they have said that they are open.
		hello := e.form.append(nil, p.handshake(e, false), false)
		h.reply(p.appendAnswer(nil, l, e, hello, p.cookie(e)...), l.last)
	})
	if perr != nil {
		h.wait(waitsNot)
		e.leavePolls()
		p.withdraw(e)
		return p.turnAway(h, req, engineBusy())
	}
	return parked
}

// openSocket answers an upgrade: of a new session, or of one that polls.
func (p *enginePath) openSocket(h *httpConn, req *http1.Request, a *engineArgs, e *engine, refusal *engineio.Error) (upgrade, after) {
	if refusal != nil {
		p.srv.counts.reject(refusal.Name())
		return nil, h.turnAwayRaw(400, refusal.Message)
	}
	hs, herr := ws.Upgrade(req.Method(), req, firstToken(req.Header("Sec-WebSocket-Protocol")), &p.ws)
	if herr != nil {
		p.srv.counts.reject(herr.Code)
		return nil, h.turnAwayRaw(400, herr.Message)
	}
	var extra [][2]string
	for _, f := range p.cors(string(req.Header("Origin"))) {
		extra = append(extra, [2]string{f.Name, f.Value})
	}
	b64 := len(a.b64) > 0
	if e != nil {
		hello := hs.AppendResponse(nil, extra...)
		form := p.socketForm(int(e.version), b64, hs.Deflate)
		polls := string(a.transport) != engineWebSocket
		return func(c *epoll.Conn, rest []byte) { e.tryUpgrade(c, hello, rest, form, polls) }, parked
	}
	if string(a.transport) != engineWebSocket { // 101 and goodbye, as clients know it
		hello := ws.AppendClose(hs.AppendResponse(nil, extra...), ws.CloseNoStatus, "")
		return func(c *epoll.Conn, _ []byte) {
			c.Write(hello) //nolint:errcheck // Closed tells
			c.CloseAfterFlush(errEnded)
		}, parked
	}
	e, err := p.admit(h, req, a)
	if err != nil {
		p.srv.counts.reject(err.Code)
		return nil, h.turnAwayRaw(err.Status, err.Message)
	}
	for _, f := range p.cookie(e) {
		extra = append(extra, [2]string{f.Name, f.Value})
	}
	hello := hs.AppendResponse(nil, extra...)
	ask := p.srv.askEngine(h, req, p, int(e.version))
	e.form, e.inflate = p.socketForm(int(e.version), b64, hs.Deflate), hs.Deflate
	return func(c *epoll.Conn, rest []byte) { e.openOn(c, hello, rest, ask) }, parked
}

// firstToken is the subprotocol that a client asks for first: the one it gets,
// as from the servers it knows. There is nothing to tell them apart here.
func firstToken(list []byte) []string {
	if len(list) == 0 {
		return nil
	}
	first, _, _ := strings.Cut(string(list), ",")
	return []string{strings.TrimSpace(first)}
}
