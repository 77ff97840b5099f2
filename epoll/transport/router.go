package transport

import (
	"errors"
	"strings"

	"grandstand/epoll"
	"grandstand/epoll/wire/http1"
	"grandstand/session"
)

// upgrade takes a connection over from HTTP: it sets another handler, and gets
// what followed the request. It must not use the request any more.
type upgrade func(c *epoll.Conn, rest []byte)

// route answers a request. next, if not nil, takes the connection over.
func (s *Server) route(h *httpConn, req *http1.Request) (next upgrade, _ after) {
	path := req.Path()
	if rest, ok := strings.CutPrefix(string(path), s.cfg.Prefix+"/"); ok {
		return s.routeWay(h, req, rest)
	}
	if p := s.enginePath(string(path)); p != nil {
		return s.routeEngine(h, req, p)
	}
	if f, ok := s.web.find(string(path)); ok {
		return nil, s.static(h, req, f)
	}
	if string(path) == "/favicon.ico" {
		return nil, s.respond(h, req, http1.Response{Status: 204})
	}
	return nil, s.refuse(h, req, s.errNotFound())
}

// maxOrigin is the longest origin: a host has up to 253 bytes.
const maxOrigin = 300

// routeWay answers a request for a way in.
func (s *Server) routeWay(h *httpConn, req *http1.Request, name string) (upgrade, after) {
	if o := req.Header("Origin"); len(o) > maxOrigin || !s.origins.allow(string(o)) {
		return nil, s.refuse(h, req, errOrigin)
	}
	if len(s.cfg.Transports) == 0 { // then there is nothing to send by or to be told of
		return nil, s.refuse(h, req, errTransportOff)
	}
	methods := readMethods
	switch name {
	case "info":
	case "send":
		methods = "POST, OPTIONS"
	case "ws":
		if !s.open(wayWebSocket) {
			return nil, s.refuse(h, req, errTransportOff)
		}
	case wayPoll:
		if !s.open(wayPoll) && !s.open(wayLongPoll) {
			return nil, s.refuse(h, req, errTransportOff)
		}
	case waySSE, wayStream, wayIframe, wayMultipart, wayJSONP:
		if !s.open(name) {
			return nil, s.refuse(h, req, errTransportOff)
		}
	default:
		return nil, s.refuse(h, req, s.errNotFound())
	}
	if req.Method() == http1.MethodOptions {
		return nil, s.preflight(h, req, methods)
	}
	switch name {
	case "info":
		return nil, s.openInfo(h, req)
	case "send":
		return nil, s.openSend(h, req)
	case "ws":
		return s.openWebSocket(h, req)
	case wayPoll, wayJSONP:
		return nil, s.openPoll(h, req, name == wayJSONP)
	default:
		return s.openStream(h, req, name)
	}
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
		return nil, "", 0, &session.Error{Code: session.CodeTooMany, Message: s.tooManyRooms().Message}
	}
	if history, err = count(req.QueryArg("history")); err != nil {
		return nil, "", 0, errBadHistory
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
