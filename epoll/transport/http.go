package transport

import (
	"errors"

	"grandstand/epoll"
	"grandstand/epoll/wire/http1"
	"grandstand/session"
)

// httpConn is a connection that speaks HTTP: the handler of every new one.
type httpConn struct {
	srv    *Server
	parser *http1.Parser // nil while nothing of a request is held
	phase  http1.State   // what the deadline under way is for
}

// errTimeout ends connections that took too long.
var errTimeout = errors.New("transport: timeout")

// Data takes bytes of requests and answers each in turn.
func (h *httpConn) Data(c *epoll.Conn, p []byte) {
	if h.parser == nil {
		h.parser = h.srv.parsers.Acquire(&h.srv.cfg.HTTP)
	}
	for len(p) > 0 {
		n, req, err := h.parser.Parse(p)
		p = p[n:]
		if err != nil {
			h.fail(c, err)
			return
		}
		if req == nil {
			if h.parser.Continue() {
				c.Write([]byte(http1.Continue100)) //nolint:errcheck // a closed connection tells by Closed
			}
			break
		}
		h.srv.counts.requests.Add(1)
		next, open := h.srv.route(c, req)
		if next != nil {
			h.release()
			next(c, p)
			return
		}
		if !open {
			h.release()
			return
		}
		h.phase = http1.StateIdle
		c.SetTimeout(h.srv.cfg.IdleTimeout)
	}
	h.await(c)
}

// await sets the deadline of what has begun and lets go of an idle parser.
// Deadlines run from a phase's begin: bytes do not extend them.
func (h *httpConn) await(c *epoll.Conn) {
	state := h.parser.State()
	if state == http1.StateIdle {
		h.release()
		return
	}
	if state == h.phase {
		return
	}
	h.phase = state
	if state == http1.StateHead {
		c.SetTimeout(h.srv.cfg.HeadTimeout)
	} else {
		c.SetTimeout(h.srv.cfg.BodyTimeout)
	}
}

func (h *httpConn) release() {
	if h.parser != nil {
		h.parser.Release()
		h.parser = nil
	}
}

// fail answers a request that cannot be understood, and closes.
func (h *httpConn) fail(c *epoll.Conn, err error) {
	h.release()
	var e *http1.Error
	if !errors.As(err, &e) {
		c.Close(err)
		return
	}
	h.srv.counts.reject(e.Code)
	c.Write(http1.AppendError(nil, e, false)) //nolint:errcheck // a closed connection tells by Closed
	c.CloseAfterFlush(err)
}

// Timeout ends a connection whose request does not come, or not to an end.
func (h *httpConn) Timeout(c *epoll.Conn) {
	if h.parser == nil {
		// Between requests there is nobody to answer.
		c.CloseAfterFlush(errTimeout)
		return
	}
	h.fail(c, http1.ErrRequestTimeout)
}

// Writable has nobody waiting for it: answers are small.
func (h *httpConn) Writable(*epoll.Conn) {}

// Closed returns the parser.
func (h *httpConn) Closed(*epoll.Conn, error) { h.release() }

// refuse answers a request with an error and keeps or ends the connection.
func (s *Server) refuse(c *epoll.Conn, req *http1.Request, e *http1.Error, header ...http1.Field) (open bool) {
	s.counts.reject(e.Code)
	r := e.Response(req.KeepAlive())
	r.Header = append(r.Header, header...)
	return s.respond(c, req, r)
}

// respond writes a response and keeps or ends the connection.
func (s *Server) respond(c *epoll.Conn, req *http1.Request, r http1.Response) (open bool) {
	r.HTTP10 = req.HTTP10()
	r.Head = req.Method() == http1.MethodHead
	r.KeepAlive = req.KeepAlive() && !s.draining.Load()
	c.Write(http1.AppendResponse(nil, r)) //nolint:errcheck // a closed connection tells by Closed
	if !r.KeepAlive {
		c.CloseAfterFlush(nil)
	}
	return r.KeepAlive
}

// status is the HTTP status of a session's refusal.
func status(code session.Code) int {
	switch code {
	case session.CodeForbidden:
		return 403
	case session.CodeBusy, session.CodeUnavailable, session.CodeStopping, session.CodeTooManyRooms:
		return 503
	case session.CodeTooLarge:
		return 413
	case session.CodeNotFound:
		return 404
	default:
		return 400
	}
}
