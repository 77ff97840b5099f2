package transport

import (
	_ "embed"
	"errors"
	"strconv"

	"grandstand/epoll"
	"grandstand/epoll/wire/http1"
	"grandstand/session"
)

// page is what / shows: a room, live.
//
//go:embed page.html
var page []byte

// upgrade takes a connection over from HTTP: it sets another handler, and gets
// what followed the request. It must not use the request any more.
type upgrade func(c *epoll.Conn, rest []byte)

// route answers a request. next, if not nil, takes the connection over; open
// is whether it may carry another request.
func (s *Server) route(c *epoll.Conn, req *http1.Request) (next upgrade, open bool) {
	path := string(req.Path())
	switch {
	case path == s.cfg.Prefix+"/ws":
		return s.openWebSocket(c, req)
	case path == "/" && s.cfg.Page:
		return nil, s.static(c, req, "text/html; charset=utf-8", s.page)
	case path == "/favicon.ico":
		return nil, s.respond(c, req, http1.Response{Status: 204})
	}
	return nil, s.refuse(c, req, &http1.Error{Status: 404, Code: "not_found",
		Message: "nothing here; viewers connect to " + s.cfg.Prefix + "/ws"})
}

// static answers with a file that is part of the program.
func (s *Server) static(c *epoll.Conn, req *http1.Request, kind string, body []byte) (open bool) {
	if m := req.Method(); m != http1.MethodGet && m != http1.MethodHead {
		return s.refuse(c, req, http1.MethodNotAllowed("GET, HEAD"))
	}
	return s.respond(c, req, http1.Response{Status: 200, ContentType: kind, Body: body, Header: []http1.Field{
		{Name: "Cache-Control", Value: "no-cache"},
		{Name: "X-Content-Type-Options", Value: "nosniff"},
		{Name: "Content-Security-Policy", Value: "default-src 'self'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src *; frame-ancestors 'none'"},
	}})
}

// errBadHistory is a history= that is no number.
var errBadHistory = &session.Error{Code: session.CodeBadMessage, Message: "history is a number of events, at least 0"}

// opening reads the rooms, since and history of a URL.
func (s *Server) opening(req *http1.Request) (rooms []string, since string, history int, err error) {
	req.QueryArgs("room", func(name []byte) bool {
		rooms = append(rooms, string(name))
		return len(rooms) <= s.cfg.MaxURLRooms
	})
	if len(rooms) > s.cfg.MaxURLRooms {
		return nil, "", 0, &session.Error{Code: session.CodeTooMany,
			Message: "more than " + strconv.Itoa(s.cfg.MaxURLRooms) + " rooms in one URL"}
	}
	if h := req.QueryArg("history"); len(h) > 0 {
		if history, err = strconv.Atoi(string(h)); err != nil || history < 0 {
			return nil, "", 0, errBadHistory
		}
	}
	return rooms, string(req.QueryArg("since")), history, nil
}

// asHTTP turns a session's refusal into an HTTP error.
func asHTTP(err error) *http1.Error {
	var e *session.Error
	if errors.As(err, &e) {
		return &http1.Error{Status: status(e.Code), Code: string(e.Code), Message: e.Message}
	}
	return &http1.Error{Status: 500, Code: "internal", Message: "the server made a mistake"}
}
