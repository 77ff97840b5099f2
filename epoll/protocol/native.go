package protocol

import (
	"encoding/json"
	"errors"
	"fmt"

	"grandstand/session"
	"grandstand/session/room"
)

// Subprotocol is the name of the native protocol in a WebSocket handshake.
const Subprotocol = "grandstand.v1"

// Native is the native protocol on top of a hub.
//
// It holds no state of a viewer; its methods may be called from anywhere
// unless they say otherwise.
type Native struct{ hub *session.Hub }

// NewNative returns the native protocol of a hub's rooms.
func NewNative(hub *session.Hub) *Native { return &Native{hub: hub} }

// message is what a viewer sends. Ack is a number for the answer to carry.
type message struct {
	Type    string          `json:"type"`
	Room    string          `json:"room"`
	Since   string          `json:"since"`
	History int             `json:"history"`
	Event   string          `json:"event"`
	Data    json.RawMessage `json:"data"`
	Ack     *int64          `json:"ack"`
}

// Opening is what a viewer asks for with its first request.
type Opening struct {
	Rooms []string
	Since string
	Start room.Start
}

// Opening checks the rooms and cursor of a request. The error is an
// *session.Error.
func (n *Native) Opening(rooms []string, since string, history int) (Opening, error) {
	start, err := n.start(since, history)
	if err != nil {
		return Opening{}, err
	}
	for _, name := range rooms {
		if err := n.hub.CheckRoom(name); err != nil {
			return Opening{}, err
		}
	}
	return Opening{Rooms: rooms, Since: since, Start: start}, nil
}

// start reads since and history as they came.
func (n *Native) start(since string, history int) (room.Start, error) {
	if history < 0 {
		return room.Start{}, &session.Error{Code: session.CodeBadMessage, Message: "history is a number of events, at least 0"}
	}
	st := room.Start{History: history}
	if since == "" {
		return st, nil
	}
	id, foreign, err := n.hub.ParseCursor(since)
	if err != nil {
		return st, err
	}
	st.Since, st.HasSince, st.Foreign = id, true, foreign
	return st, nil
}

// Open joins the rooms of an opening and appends the answers, as they go out,
// to dst. The caller writes them and then has the session visited. Within the
// session's shard.
func (n *Native) Open(s *session.Session, o *Opening, enc room.Encoding, dst []byte) []byte {
	for _, name := range o.Rooms {
		dst = n.join(s, &message{Room: name, Since: o.Since}, o.Start, enc, dst)
	}
	return dst
}

// Receive takes one message of a viewer. p is borrowed. What it asks for is
// posted to the session's shard and answered there.
func (n *Native) Receive(s *session.Session, enc room.Encoding, p []byte) {
	m, err := parse(p)
	answer := func() { n.handle(s, enc, m) }
	if err != nil {
		answer = func() { n.refuse(s, m, err) }
	}
	if err := s.Post(answer); err != nil {
		// Answered out of the shard's order only when that is what is wrong.
		n.refuse(s, m, err)
	}
}

// refuse answers a message with an error.
func (n *Native) refuse(s *session.Session, m *message, err error) {
	t := s.Transport()
	t.Write(t.AppendMessage(nil, appendError(nil, asError(err), m.Ack)))
}

// parse reads a message; on an error it still returns the ack, if it can.
func parse(p []byte) (*message, error) {
	m := new(message)
	err := json.Unmarshal(p, m)
	if err == nil {
		return m, nil
	}
	text := "not a JSON object"
	var syntax *json.SyntaxError
	var field *json.UnmarshalTypeError
	if errors.As(err, &syntax) {
		text = fmt.Sprintf("not JSON, at byte %d", syntax.Offset)
	} else if errors.As(err, &field) && field.Field != "" {
		text = fmt.Sprintf("%s cannot be %s", field.Field, field.Value)
		if field.Field == "ack" {
			m.Ack = nil // the decoder leaves a 0 there, which nobody sent
		}
	}
	return m, &session.Error{Code: session.CodeBadMessage, Message: text}
}

// handle carries a message out. Within the session's shard.
func (n *Native) handle(s *session.Session, enc room.Encoding, m *message) {
	t := s.Transport()
	var out []byte
	switch m.Type {
	case "join":
		start, err := n.start(m.Since, m.History)
		if err != nil {
			out = t.AppendMessage(nil, appendError(nil, asError(err), m.Ack))
			break
		}
		out = n.join(s, m, start, enc, nil)
	case "leave":
		out = n.reply(t, m, "", s.Leave(m.Room))
	case "publish":
		id, err := s.Publish(m.Room, m.Event, m.Data)
		out = n.reply(t, m, n.hub.Cursor(id), err)
	case "ping":
		out = t.AppendMessage(nil, appendAck([]byte(`{"type":"pong"`), m.Ack))
	default:
		out = t.AppendMessage(nil, appendError(nil, &session.Error{
			Code: session.CodeBadMessage, Message: "type must be join, leave, publish or ping"}, m.Ack))
	}
	if len(out) > 0 {
		t.Write(out)
	}
	s.Visit()
}

// join joins one room and appends the answer, as it goes out, to dst.
func (n *Native) join(s *session.Session, m *message, start room.Start, enc room.Encoding, dst []byte) []byte {
	t := s.Transport()
	j, err := s.Join(m.Room, enc, start)
	if err != nil {
		return t.AppendMessage(dst, appendError(nil, asError(err), m.Ack))
	}
	if j.Rejoined {
		return t.AppendMessage(dst, appendError(nil, &session.Error{
			Code: session.CodeAlreadyJoined, Message: "already in that room"}, m.Ack))
	}
	dst = t.AppendMessage(dst, n.appendJoined(nil, m.Room, s, &j, m.Ack))
	if j.Missed {
		from := m.Since
		if !start.Foreign {
			from = n.hub.Cursor(j.GapFrom)
		}
		dst = t.AppendMessage(dst, n.appendGap(nil, m.Room, from, j.GapTo))
	}
	if len(j.Replay) > 0 {
		dst = t.AppendMessage(dst, n.appendHistory(nil, m.Room, j.Replay))
	}
	return dst
}

// reply answers a leave or publish: with an error, or an ack if one is asked
// for.
func (n *Native) reply(t session.Transport, m *message, id string, err error) []byte {
	if err != nil {
		return t.AppendMessage(nil, appendError(nil, asError(err), m.Ack))
	}
	if m.Ack == nil {
		return nil
	}
	out := []byte(`{"type":"ack"`)
	if id != "" {
		out = append(out, `,"id":"`...)
		out = append(append(out, id...), '"')
	}
	return t.AppendMessage(nil, appendAck(out, m.Ack))
}

// asError gives every error a code.
func asError(err error) *session.Error {
	var e *session.Error
	if errors.As(err, &e) {
		return e
	}
	return &session.Error{Code: session.CodeUnavailable, Message: err.Error()}
}
