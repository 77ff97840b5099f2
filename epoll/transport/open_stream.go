package transport

import (
	"net/url"
	"strconv"
	"time"

	"grandstand/epoll"
	"grandstand/epoll/wire/http1"
	"grandstand/epoll/wire/sse"
	"grandstand/session"
)

// minKeepalive is the shortest pause between keep-alives a client may ask for:
// a proxy that cuts sooner is broken for everything.
const minKeepalive = 5 * time.Second

// openStream answers PREFIX/stream, sse, iframe and multipart.
func (s *Server) openStream(h *httpConn, req *http1.Request, way string) (upgrade, after) {
	if m := req.Method(); m != http1.MethodGet && m != http1.MethodHead {
		return nil, s.refuse(h, req, http1.MethodNotAllowed(readMethods))
	}
	if way == waySSE && string(req.Header("Last-Event-ID")) == endID {
		// WHATWG HTML 9.2.3: the client does not come again.
		return nil, s.respond(h, req, http1.Response{Status: 204})
	}
	if s.draining.Load() {
		return nil, s.turnAway(h, req, way, errDraining())
	}
	ask, err := s.askStream(req, way)
	if err != nil {
		return nil, s.refuse(h, req, err)
	}
	ask.cors = s.cors(req)
	ask.head = s.appendStreamHead(nil, req, ask)
	if req.Method() == http1.MethodHead {
		h.conn.Write(ask.head) //nolint:errcheck // a closed connection tells by Closed
		h.conn.CloseAfterFlush(nil)
		return nil, ended
	}
	if !s.streaming.take(h.conn.Peer().Addr(), s.cfg.Stream.MaxPerIP) {
		return nil, s.turnAway(h, req, way, &http1.Error{Status: 429, Code: "too_many_streams", Message: "too many streams from this address"})
	}
	return func(c *epoll.Conn, _ []byte) {
		if h.poll != nil { // the handler changes, so nobody would end it
			h.poll.end(errEnded)
		}
		s.begin(c, ask)
	}, parked
}

// askStream checks the query.
func (s *Server) askStream(req *http1.Request, way string) (*streamAsk, *http1.Error) {
	rooms, since, history, err := s.opening(req)
	if err != nil {
		return nil, asHTTP(err)
	}
	if len(rooms) == 0 {
		return nil, &http1.Error{Status: 400, Code: string(session.CodeBadRoom), Message: "no room given: ?room=NAME"}
	}
	ask := &streamAsk{retry: s.cfg.Stream.Retry}
	if id := req.Header("Last-Event-ID"); way == waySSE && len(id) > 0 {
		since = string(id) // newer than the URL, which an EventSource never changes
	}
	if ask.opening, err = s.native.Opening(rooms, since, history); err != nil {
		return nil, asHTTP(err)
	}
	if ask.padding, err = count(req.QueryArg("padding")); err != nil {
		return nil, badQuery("padding is a number of bytes")
	}
	ask.padding = min(ask.padding, s.cfg.Stream.Padding)
	if ask.keepalive, err = s.keepalive(req); err != nil {
		return nil, badQuery("keepalive is a number of seconds")
	}
	return ask, s.dress(ask, req, way)
}

// dress finds the form of a stream.
func (s *Server) dress(ask *streamAsk, req *http1.Request, way string) *http1.Error {
	switch way {
	case waySSE:
		switch string(req.QueryArg("format")) {
		case "", "event":
			ask.form = pick(s.forms.sse, req)
		case "message":
			ask.form = pick(s.forms.messages, req)
		default:
			return badQuery("format is event or message")
		}
	case wayStream:
		ask.form = pick(s.forms.stream, req)
	case wayMultipart:
		ask.form = pick(s.forms.multipart, req)
	case wayIframe:
		ask.form = pick(s.forms.iframe, req)
		ask.padding = s.cfg.Stream.Padding
		return s.aim(ask, req)
	}
	return nil
}

// aim finds whom an iframe talks to.
func (s *Server) aim(ask *streamAsk, req *http1.Request) *http1.Error {
	target, callback := req.QueryArg("origin"), req.QueryArg("callback")
	if len(target) == 0 {
		if !validCallback(callback) {
			return errCallback
		}
		ask.callback = string(callback)
		return nil
	}
	ask.target = string(target)
	u, err := url.Parse(ask.target)
	if err != nil || checkOrigin(ask.target) != nil || ask.target == "*" || !plainOrigin(ask.target) || u.Hostname() == "" {
		return badQuery("origin is scheme://host[:port]")
	}
	if !s.origins.allow(ask.target) {
		return errOrigin
	}
	return nil
}

// plainOrigin reports whether an origin may stand in a string of a script.
func plainOrigin(o string) bool {
	for i := range len(o) {
		switch c := o[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case c == ':', c == '/', c == '.', c == '-', c == '[', c == ']':
		default:
			return false
		}
	}
	return true
}

// keepalive reads keepalive=: seconds, within what the server likes.
func (s *Server) keepalive(req *http1.Request) (time.Duration, error) {
	every := s.cfg.PingInterval
	p := req.QueryArg("keepalive")
	if len(p) == 0 {
		return every, nil
	}
	n, err := count(p)
	if err != nil {
		return 0, err
	}
	return min(max(time.Duration(n)*time.Second, minKeepalive), every), nil
}

// appendStreamHead appends the head of a response that does not end.
func (s *Server) appendStreamHead(dst []byte, req *http1.Request, ask *streamAsk) []byte {
	framing := http1.FramingClose
	if ask.form.chunked {
		framing = http1.FramingChunked
	}
	fields := []http1.Field{
		{Name: "Cache-Control", Value: "no-store, no-transform"},
		{Name: "X-Accel-Buffering", Value: "no"}, // nginx
		{Name: "X-Content-Type-Options", Value: "nosniff"},
	}
	if csp := ask.form.csp; csp != "" {
		fields = append(fields, http1.Field{Name: "Content-Security-Policy", Value: csp + s.origins.ancestors()})
	}
	return http1.AppendHead(dst, http1.Response{Status: 200, ContentType: ask.form.kind, HTTP10: req.HTTP10(),
		Header: append(fields, ask.cors...)}, framing)
}

// turnAway refuses a stream that would be welcome another time, and closes.
func (s *Server) turnAway(h *httpConn, req *http1.Request, way string, e *http1.Error) after {
	s.counts.reject(e.Code)
	to := asked{http10: req.HTTP10(), head: req.Method() == http1.MethodHead, last: true, cors: s.cors(req)}
	h.conn.Write(s.turnedAway(way, to, e)) //nolint:errcheck // a closed connection tells by Closed
	h.conn.CloseAfterFlush(nil)
	return ended
}

// turnedAway is the answer. An EventSource takes any status but 200 for the end
// and never comes again (WHATWG HTML 9.2.3), so it is told only when to.
func (s *Server) turnedAway(way string, to asked, e *http1.Error) []byte {
	if way != waySSE {
		r := e.Response(false)
		r.Header = append(r.Header, http1.Field{Name: "Retry-After", Value: seconds(awhile)},
			http1.Field{Name: "Access-Control-Expose-Headers", Value: "Retry-After"})
		return to.append(nil, r)
	}
	body := sse.AppendRetry(nil, awhile.Milliseconds())
	return to.append(nil, http1.Response{Status: 200, ContentType: sse.ContentType, Body: sse.AppendComment(body, e.Code),
		Header: []http1.Field{{Name: "Cache-Control", Value: "no-store"}, {Name: "X-Content-Type-Options", Value: "nosniff"}}})
}

// awhile is when those that cannot be taken now are to come again.
const awhile = 5 * time.Second

// errDraining turns viewers away.
func errDraining() *http1.Error {
	return &http1.Error{Status: 503, Code: string(session.CodeStopping), Message: "the server is going away, try another"}
}

// errOrigin refuses pages that are not in the list.
var errOrigin = &http1.Error{Status: 403, Code: "bad_origin", Message: "pages of this origin may not connect"}

// comeBack is when those who come during a drain are to come again.
func (s *Server) comeBack() time.Duration { return time.Second }

// seconds is a duration as a header has it.
func seconds(d time.Duration) string { return strconv.FormatInt(int64(d/time.Second), 10) }
