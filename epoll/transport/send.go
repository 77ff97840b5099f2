package transport

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"grandstand/epoll/protocol"
	"grandstand/epoll/wire/http1"
	"grandstand/session"
	"grandstand/session/room"
)

// encoder is a transport whose viewers can join rooms on the way.
type encoder interface{ encoding() room.Encoding }

// openSend answers POST PREFIX/send: messages of a viewer whose transport has
// no way up.
func (s *Server) openSend(h *httpConn, req *http1.Request) after {
	if req.Method() != http1.MethodPost {
		return s.refuse(h, req, http1.MethodNotAllowed("POST, OPTIONS"))
	}
	if s.draining.Load() {
		return s.refuse(h, req, errDraining(), http1.Field{Name: "Retry-After", Value: "1"})
	}
	e, err := s.envelope(req)
	if err != nil {
		return s.refuse(h, req, err)
	}
	to := s.asked(req)
	answer := func(body []byte, err error) { h.reply(s.sent(&to, body, err), to.last) }
	var perr error
	h.wait(waitsReply)
	if e.Session != "" {
		perr = s.carry(e, answer)
	} else {
		perr = s.carryFor(h, e, answer)
	}
	if perr != nil {
		h.wait(waitsNot)
		return s.refuse(h, req, asHTTP(perr))
	}
	return parked
}

// sent is the response to a send.
func (s *Server) sent(to *asked, body []byte, err error) []byte {
	if err != nil {
		e := asHTTP(err)
		s.counts.reject(e.Code)
		return to.append(nil, e.Response(!to.last))
	}
	return to.append(nil, http1.Response{Status: 200, ContentType: "application/json", Body: body, Header: []http1.Field{
		{Name: "Cache-Control", Value: "no-store"}, {Name: "X-Content-Type-Options", Value: "nosniff"}}})
}

// carry has a session's shard carry the messages out. An error is returned
// before answer is called, or given to it.
func (s *Server) carry(e *protocol.Envelope, answer func(body []byte, err error)) error {
	x := s.hub.Find(e.Session)
	if x == nil {
		return errNoSession
	}
	via, ok := x.Transport().(encoder)
	if !ok {
		return errNoSession
	}
	return x.Post(func() {
		answer(s.native.Carry(x, via.encoding(), e))
		x.Visit()
	})
}

var errNoSession = &session.Error{Code: session.CodeNotFound, Message: "no such session, or it has ended"}

// carryFor publishes for the bearer of a token.
func (s *Server) carryFor(h *httpConn, e *protocol.Envelope, answer func(body []byte, err error)) error {
	if e.Token == "" {
		return &session.Error{Code: codeBadToken, Message: "neither a session nor a token is given"}
	}
	grant, err := s.tokens.Verify(e.Token)
	if err != nil {
		return err
	}
	// Not here: a broker may take its time, and the loop has others to serve.
	return s.hub.Post(h.conn.Loop().Index(), func() {
		answer(s.native.CarryFor(grant.Subject, grant.allows, e))
	})
}

// envelope reads the body, and who sends it.
func (s *Server) envelope(req *http1.Request) (*protocol.Envelope, *http1.Error) {
	kind, _, _ := strings.Cut(string(req.Header("Content-Type")), ";")
	var e protocol.Envelope
	var err error
	switch strings.ToLower(strings.TrimSpace(kind)) {
	case "application/json", "text/plain": // the second is all that old browsers send to others
		e, err = protocol.ParseEnvelope(req.Body(), s.cfg.Send.MaxMessages)
	case "application/x-www-form-urlencoded":
		e, err = formEnvelope(req.Body())
	default:
		return nil, &http1.Error{Status: 415, Code: "unsupported_media_type",
			Message: "send application/json, text/plain with JSON, or application/x-www-form-urlencoded"}
	}
	if err != nil {
		return nil, asHTTP(err)
	}
	if id := req.QueryArg("session"); len(id) > 0 {
		e.Session = string(id)
	}
	if token := req.QueryArg("token"); len(token) > 0 {
		e.Token = string(token)
	}
	const bearer = "bearer " // RFC 6750 2.1
	if a := string(req.Header("Authorization")); len(a) > len(bearer) && strings.EqualFold(a[:len(bearer)], bearer) {
		e.Token = strings.TrimSpace(a[len(bearer):])
	}
	return &e, nil
}

// formEnvelope reads one message from the fields of a form.
func formEnvelope(body []byte) (protocol.Envelope, error) {
	field := func(name string) string { return string(http1.FormArg(body, name)) }
	m := protocol.Message{Type: field("type"), Room: field("room"), Since: field("since"), Event: field("event")}
	if data := field("data"); data != "" {
		if !json.Valid([]byte(data)) { // in a JSON body it could not be otherwise
			return protocol.Envelope{}, &session.Error{Code: session.CodeBadData, Message: "data is not JSON"}
		}
		m.Data = []byte(data)
	}
	history, err := count([]byte(field("history")))
	if err != nil {
		return protocol.Envelope{}, errBadHistory
	}
	m.History = history
	if ack := field("ack"); ack != "" {
		n, err := strconv.ParseInt(ack, 10, 64)
		if err != nil {
			return protocol.Envelope{}, errors.Join(&session.Error{Code: session.CodeBadMessage, Message: "ack is a number"}, err)
		}
		m.Ack = &n
	}
	return protocol.Envelope{Session: field("session"), Token: field("token"), Messages: []protocol.Message{m}}, nil
}
