package protocol

import (
	"encoding/json"
	"errors"

	"grandstand/epoll/wire/socketio"
	"grandstand/session"
	"grandstand/session/room"
)

// event carries an event out: for the application if it has a handler, else
// for the rooms if it has one of the configured names. Nobody else is told of
// it.
func (s *socketPeer) event(k *socketio.Packet) error {
	name, _, rest, ok := socketio.EventName(k.Data)
	if !ok {
		return errors.New("socketio: an event without a name")
	}
	array := append(append([]byte{'['}, rest...), ']')
	args, err := session.ParseArgs(array, k.Attachments)
	if err != nil {
		return err
	}
	var ack func(args session.Args)
	if k.HasID {
		id := k.ID
		ack = func(args session.Args) { s.Send(&session.Packet{Args: args, ID: id, HasID: true}) }
	}
	handled, err := s.socket.Receive(name, args, ack)
	if err != nil {
		s.talk.engine.End(session.AllReasons().Overloaded)
		return nil
	}
	if handled || name == "" {
		return nil
	}
	var carry func(args session.Args) (any, error)
	switch cfg := &s.talk.io.cfg; name {
	case cfg.Join:
		carry = s.join
	case cfg.Leave:
		carry = s.leave
	case cfg.Publish:
		carry = s.publish
	default:
		return nil
	}
	answer, err := carry(args)
	if err != nil {
		answer = json.RawMessage(appendRefusal(nil, asError(err)))
	}
	if ack != nil {
		args, err := session.NewArgs(answer)
		if err != nil {
			return err
		}
		ack(args)
	}
	s.socket.Session().Visit()
	return nil
}

// appendRefusal appends an error as clients get it in answers.
func appendRefusal(dst []byte, e *session.Error) []byte {
	dst = append(dst, `{"code":`...)
	dst = appendString(dst, string(e.Code))
	dst = append(dst, `,"message":`...)
	dst = appendString(dst, e.Message)
	return append(dst, '}')
}

// order is what the first argument of join, leave and publish may be instead of
// a room's name.
type order struct {
	Room    string          `json:"room"`
	Since   string          `json:"since"`
	History int             `json:"history"`
	Event   string          `json:"event"`
	Data    json.RawMessage `json:"data"`
	// Broadcast leaves the sender out.
	Broadcast bool `json:"broadcast"`
}

// readOrder reads the arguments: a room's name, and what follows, or an object.
func readOrder(args session.Args) (order, error) {
	var o order
	if raw := args.Raw(0); len(raw) > 0 && raw[0] == '"' {
		o.Room = args.String(0)
		o.Event, o.Data = args.String(1), args.Raw(2)
		return o, nil
	}
	if err := args.Decode(0, &o); err != nil {
		return o, &session.Error{Code: session.CodeBadMessage, Message: "want a room, or an object with room"}
	}
	return o, nil
}

// join joins a room. The answer says where it stands.
func (s *socketPeer) join(args session.Args) (any, error) {
	o, err := readOrder(args)
	if err != nil {
		return nil, err
	}
	n := s.talk.io.native
	start, err := n.start(o.Since, o.History)
	if err != nil {
		return nil, err
	}
	j, err := s.socket.Session().Join(o.Room, s.events, start)
	if err != nil {
		return nil, err
	}
	if j.Rejoined {
		return nil, &session.Error{Code: session.CodeAlreadyJoined, Message: "already in that room"}
	}
	s.joined(o.Room, &j)
	for i := range j.Replay {
		s.replay(o.Room, &j.Replay[i])
	}
	answer := map[string]any{
		"room": o.Room, "cursor": n.Cursor(j.Cursor), "head": n.Cursor(j.Head), "recovered": j.Recovered, "viewers": j.Members,
	}
	if j.Why != "" {
		answer["code"] = string(j.Why)
	}
	return answer, nil
}

// replay sends an event of a room's past that does not fit into the order of
// what the socket has seen: it has no offset, or the client would go back to it.
func (s *socketPeer) replay(name string, e *room.Event) {
	past := socketEvents{eventsKey: eventsKey{form: s.events.form, namespace: s.namespace}, io: s.talk.io}
	if p := past.AppendRecord(nil, name, e); len(p) > 0 {
		s.talk.engine.Send(p)
	}
}

// leave leaves a room.
func (s *socketPeer) leave(args session.Args) (any, error) {
	o, err := readOrder(args)
	if err != nil {
		return nil, err
	}
	if err := s.socket.Session().Leave(o.Room); err != nil {
		return nil, err
	}
	return map[string]any{"room": o.Room}, nil
}

// publish publishes to a room, as its rules allow.
func (s *socketPeer) publish(args session.Args) (any, error) {
	o, err := readOrder(args)
	if err != nil {
		return nil, err
	}
	if _, attachments := args.JSON(); len(attachments) > 0 {
		return nil, &session.Error{Code: session.CodeBadData, Message: "what is published is JSON, without binary"}
	}
	except := ""
	if o.Broadcast {
		except = s.ID()
	}
	id, err := s.socket.Session().PublishExcept(o.Room, o.Event, o.Data, except)
	if err != nil {
		return nil, err
	}
	return map[string]any{"room": o.Room, "id": s.talk.io.native.Cursor(id)}, nil
}
