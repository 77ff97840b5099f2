package protocol

import (
	"bytes"
	"encoding/json"
	"fmt"

	"grandstand/session"
	"grandstand/session/room"
)

// Envelope is what a viewer sends by a request of its own: messages, and who
// it is.
type Envelope struct {
	Session, Token string
	Messages       []Message
	// Batch says that the answers are wanted as a list, in order.
	Batch bool
}

// ParseEnvelope reads a body: one message, a list of them, or an object with
// session, token and either. p is borrowed. The error is an *session.Error.
func ParseEnvelope(p []byte, most int) (Envelope, error) {
	var e Envelope
	var err error
	if p = bytes.TrimLeft(p, " \t\r\n"); len(p) > 0 && p[0] == '[' {
		e.Batch = true
		err = json.Unmarshal(p, &e.Messages)
	} else {
		in := struct {
			Message
			Session  string    `json:"session"`
			Token    string    `json:"token"`
			Messages []Message `json:"messages"`
		}{}
		err = json.Unmarshal(p, &in)
		e.Session, e.Token = in.Session, in.Token
		if e.Messages, e.Batch = in.Messages, in.Messages != nil; !e.Batch {
			e.Messages = []Message{in.Message}
		}
	}
	switch {
	case err != nil:
		return Envelope{}, malformed(err)
	case len(e.Messages) == 0:
		return Envelope{}, &session.Error{Code: session.CodeBadMessage, Message: "no message given"}
	case len(e.Messages) > most:
		return Envelope{}, &session.Error{Code: session.CodeTooMany,
			Message: fmt.Sprintf("%d messages in one request, the limit is %d", len(e.Messages), most)}
	}
	return e, nil
}

// Carry carries messages out that came by another way than the session's own,
// and returns the answers and, of a single one, the error. Within the session's
// shard.
func (n *Native) Carry(s *session.Session, enc room.Encoding, e *Envelope) ([]byte, error) {
	return e.answers(func(m *Message, emit func(message []byte)) error {
		return n.handle(s, enc, m, emit)
	})
}

// CarryFor is Carry for somebody without a session, who can only publish.
// allowed says whether that is granted for a room, whatever its rules.
func (n *Native) CarryFor(subject string, allowed func(name string) (granted bool, err error), e *Envelope) ([]byte, error) {
	return e.answers(func(m *Message, emit func(message []byte)) error {
		if m.Type != "publish" {
			return &session.Error{Code: session.CodeBadMessage, Message: "without a session, type must be publish"}
		}
		granted, err := allowed(m.Room)
		if err != nil {
			return err
		}
		id, err := n.hub.PublishAs(subject, granted, m.Room, m.Event, m.Data)
		if err != nil {
			return err
		}
		emit(appendAck(appendAckID(nil, n.hub.Cursor(id)), m.Ack))
		return nil
	})
}

// answers carries each message out and puts the answers together: the only one
// as it is, several as a list.
func (e *Envelope) answers(handle func(m *Message, emit func(message []byte)) error) ([]byte, error) {
	var all [][]byte
	emit := func(message []byte) { all = append(all, message) }
	for i := range e.Messages {
		m := &e.Messages[i]
		m.answered = true
		if err := handle(m, emit); err != nil {
			if !e.Batch {
				return nil, err
			}
			emit(appendError(nil, asError(err), m.Ack))
		}
	}
	if len(all) == 1 && !e.Batch {
		return all[0], nil
	}
	out := []byte{'['}
	out = append(out, bytes.Join(all, []byte{','})...)
	return append(out, ']'), nil
}
