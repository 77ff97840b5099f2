package protocol

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

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

// Cursor is an id as viewers see it.
func (n *Native) Cursor(id uint64) string { return n.hub.Cursor(id) }

// Message is what a viewer sends. Ack is a number for the answer to carry.
type Message struct {
	Type    string          `json:"type"`
	Room    string          `json:"room"`
	Since   string          `json:"since"`
	History int             `json:"history"`
	Event   string          `json:"event"`
	Data    json.RawMessage `json:"data"`
	Ack     *int64          `json:"ack"`

	answered bool // it wants an answer also without an ack
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
	t := s.Transport()
	emit := func(message []byte) { dst = t.AppendMessage(dst, message) }
	for _, name := range o.Rooms {
		if err := n.join(s, &Message{Room: name, Since: o.Since}, o.Start, enc, emit); err != nil {
			emit(appendError(nil, asError(err), nil))
		}
	}
	return dst
}

// Receive takes one message of a viewer. p is borrowed. What it asks for is
// posted to the session's shard and answered there.
func (n *Native) Receive(s *session.Session, enc room.Encoding, p []byte) {
	m, err := parse(p)
	answer := func() { n.receive(s, enc, m) }
	if err != nil {
		answer = func() { n.refuse(s, m, err) }
	}
	if err := s.Post(answer); err != nil {
		// Answered out of the shard's order only when that is what is wrong.
		n.refuse(s, m, err)
	}
}

// receive carries a message out and sends its answers to the viewer.
func (n *Native) receive(s *session.Session, enc room.Encoding, m *Message) {
	t := s.Transport()
	var out []byte
	emit := func(message []byte) { out = t.AppendMessage(out, message) }
	if err := n.handle(s, enc, m, emit); err != nil {
		emit(appendError(nil, asError(err), m.Ack))
	}
	if len(out) > 0 {
		t.Write(out)
	}
	s.Visit()
}

// refuse answers a message with an error.
func (n *Native) refuse(s *session.Session, m *Message, err error) {
	t := s.Transport()
	t.Write(t.AppendMessage(nil, appendError(nil, asError(err), m.Ack)))
}

// parse reads a message; on an error it still returns the ack, if it can.
func parse(p []byte) (*Message, error) {
	m := new(Message)
	err := json.Unmarshal(p, m)
	if err == nil {
		return m, nil
	}
	if field := new(json.UnmarshalTypeError); errors.As(err, &field) && field.Field == "ack" {
		m.Ack = nil // the decoder leaves a 0 there, which nobody sent
	}
	return m, malformed(err)
}

// malformed says what is wrong with a message that is not one.
func malformed(err error) error {
	text := "not a JSON object"
	var syntax *json.SyntaxError
	var field *json.UnmarshalTypeError
	if errors.As(err, &syntax) {
		text = fmt.Sprintf("not JSON, at byte %d", syntax.Offset)
	} else if errors.As(err, &field) && field.Field != "" {
		kind, _, ok := strings.Cut(field.Value, " ") // "number 1e99" would quote the sender
		text = fmt.Sprintf("%s cannot be %s", field.Field, kind)
		if ok {
			text = field.Field + " is not a whole number in range"
		}
	}
	return &session.Error{Code: session.CodeBadMessage, Message: text}
}

// handle carries a message out and gives its answers to emit, which may keep
// them. Within the session's shard.
func (n *Native) handle(s *session.Session, enc room.Encoding, m *Message, emit func(message []byte)) error {
	switch m.Type {
	case "join":
		start, err := n.start(m.Since, m.History)
		if err != nil {
			return err
		}
		return n.join(s, m, start, enc, emit)
	case "leave":
		s.Visit() // what was published before is not for others only
		if err := s.Leave(m.Room); err != nil {
			return err
		}
		n.acknowledge(m, "", emit)
	case "publish":
		id, err := s.Publish(m.Room, m.Event, m.Data)
		if err != nil {
			return err
		}
		n.acknowledge(m, n.hub.Cursor(id), emit)
	case "ping":
		emit(appendAck([]byte(`{"type":"pong"`), m.Ack))
	default:
		return &session.Error{Code: session.CodeBadMessage, Message: "type must be join, leave, publish or ping"}
	}
	return nil
}

// join joins one room and gives the answers to emit.
func (n *Native) join(s *session.Session, m *Message, start room.Start, enc room.Encoding, emit func(message []byte)) error {
	j, err := s.Join(m.Room, enc, start)
	if err != nil {
		return err
	}
	if j.Rejoined {
		return &session.Error{Code: session.CodeAlreadyJoined, Message: "already in that room"}
	}
	emit(n.appendJoined(nil, m.Room, s, &j, m.Ack))
	if j.Missed {
		from := m.Since
		if !start.Foreign {
			from = n.hub.Cursor(j.GapFrom)
		}
		emit(n.appendGap(nil, m.Room, from, j.GapTo))
	}
	if len(j.Replay) > 0 {
		emit(n.appendHistory(nil, m.Room, j.Replay))
	}
	return nil
}

// acknowledge answers a leave or publish, if that is asked for.
func (n *Native) acknowledge(m *Message, id string, emit func(message []byte)) {
	if m.Ack != nil || m.answered {
		emit(appendAck(appendAckID(nil, id), m.Ack))
	}
}

// appendAckID begins an ack.
func appendAckID(dst []byte, id string) []byte {
	dst = append(dst, `{"type":"ack"`...)
	if id != "" {
		dst = append(dst, `,"id":"`...)
		dst = append(append(dst, id...), '"')
	}
	return dst
}

// asError gives every error a code.
func asError(err error) *session.Error {
	var e *session.Error
	if errors.As(err, &e) {
		return e
	}
	return &session.Error{Code: session.CodeUnavailable, Message: err.Error()}
}
