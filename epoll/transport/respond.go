package transport

import (
	"strconv"
	"time"

	"grandstand/epoll/wire/http1"
)

// after is what becomes of a connection once a request was routed.
type after uint8

const (
	answered after = iota // it may carry another request
	ended                 // it is over, or about to be
	parked                // the answer comes by httpConn.reply
)

// refuse answers a request with an error and keeps or ends the connection.
func (s *Server) refuse(h *httpConn, req *http1.Request, e *http1.Error, header ...http1.Field) after {
	s.counts.reject(e.Code)
	r := e.Response(req.KeepAlive())
	for _, f := range header {
		r.Header = append(r.Header, f)
		if f.Name == "Retry-After" { // pages of other origins do not see it otherwise
			r.Header = append(r.Header, http1.Field{Name: "Access-Control-Expose-Headers", Value: f.Name})
		}
	}
	return s.respond(h, req, r)
}

// respond writes a response and keeps or ends the connection.
func (s *Server) respond(h *httpConn, req *http1.Request, r http1.Response) after {
	a := s.asked(req)
	h.conn.WriteAnswer(a.append(nil, r)) //nolint:errcheck // a closed connection tells by Closed
	if a.last {
		h.conn.CloseAfterFlush(nil)
		return ended
	}
	return answered
}

// asked is what of a request decides how any answer to it looks: it is kept
// while the answer is worked out.
type asked struct {
	http10, head, last bool
	cors               []http1.Field
}

func (s *Server) asked(req *http1.Request) asked {
	return asked{
		http10: req.HTTP10(), head: req.Method() == http1.MethodHead,
		last: !req.KeepAlive() || s.draining.Load(),
		cors: s.cors(req),
	}
}

// append appends the response as it goes out.
func (a *asked) append(dst []byte, r http1.Response) []byte {
	r.HTTP10, r.Head, r.KeepAlive = a.http10, a.head, !a.last
	r.Header = append(r.Header, a.cors...)
	return http1.AppendResponse(dst, r)
}

// cors is what a page of the request's origin is told: the Fetch standard,
// 3.2 CORS protocol.
func (s *Server) cors(req *http1.Request) []http1.Field {
	if s.shared() {
		return s.corsFor("")
	}
	return s.corsFor(string(req.Header("Origin")))
}

// shared reports whether pages of all origins are told the same.
func (s *Server) shared() bool { return s.origins.any && !s.cfg.CORS.Credentials }

func (s *Server) corsFor(origin string) []http1.Field {
	if s.shared() {
		// Also without an origin: an answer from a shared cache is anybody's.
		return []http1.Field{{Name: "Access-Control-Allow-Origin", Value: "*"}}
	}
	fields := []http1.Field{{Name: "Vary", Value: "Origin"}}
	if origin == "" || !s.origins.allow(origin) {
		return fields
	}
	fields = append(fields, http1.Field{Name: "Access-Control-Allow-Origin", Value: origin})
	if s.cfg.CORS.Credentials {
		fields = append(fields, http1.Field{Name: "Access-Control-Allow-Credentials", Value: "true"})
	}
	return fields
}

// preflight answers OPTIONS.
func (s *Server) preflight(h *httpConn, req *http1.Request, methods string) after {
	return s.respond(h, req, http1.Response{Status: 204, Header: []http1.Field{
		{Name: "Allow", Value: methods},
		{Name: "Access-Control-Allow-Methods", Value: methods},
		{Name: "Access-Control-Allow-Headers", Value: "Authorization, Content-Type, Cache-Control, If-None-Match, Last-Event-ID"},
		{Name: "Access-Control-Max-Age", Value: strconv.FormatInt(int64(s.cfg.CORS.MaxAge/time.Second), 10)},
	}})
}
