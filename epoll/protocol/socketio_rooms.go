package protocol

import (
	"encoding/json"
	"errors"
	"unicode/utf8"

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
	does := s.talk.io.ownOf(s.socket.Namespace(), name)
	handled, err := s.socket.Receive(name, does != nil, args, ack)
	if err != nil {
		s.talk.engine.End(session.AllReasons().Overloaded)
		return nil
	}
	if !handled && does != nil {
		does(s, args, func(value any, err error) { s.answer(ack, value, err) })
	}
	return nil
}

// answer tells the client what has become of an event of its own.
func (s *socketPeer) answer(ack func(args session.Args), value any, err error) {
	defer s.socket.Session().Visit()
	if ack == nil {
		return
	}
	if err != nil {
		value = json.RawMessage(appendFailure(nil, err))
	}
	if args, err := session.NewArgs(value); err == nil { // it is ours, and always can be
		ack(args)
	}
}

// appendRefusal appends an error as clients get it in answers.
func appendRefusal(dst []byte, e *session.Error) []byte {
	dst = append(dst, `{"code":`...)
	dst = appendString(dst, string(e.Code))
	dst = append(dst, `,"message":`...)
	dst = appendString(dst, e.Message)
	return append(dst, '}')
}

// appendFailure is appendRefusal for any error, with the data of an
// application's.
func appendFailure(dst []byte, err error) []byte {
	dst = appendRefusal(dst, refused(err))
	if r := new(session.Refusal); errors.As(err, &r) {
		if p := refusalData(r); p != nil {
			dst = append(append(append(dst[:len(dst)-1], `,"data":`...), p...), '}')
		}
	}
	return dst
}

// refusalData is the data of an application's refusal as JSON, nil if there is
// none, or it cannot be sent.
func refusalData(r *session.Refusal) []byte {
	if r.Data == nil {
		return nil
	}
	p, err := json.Marshal(r.Data)
	if err != nil || !utf8.Valid(p) {
		return nil
	}
	return p
}

// refused gives every error a code, also an application's.
func refused(err error) *session.Error {
	if e := new(session.Error); errors.As(err, &e) {
		return e
	}
	if r := new(session.Refusal); errors.As(err, &r) && r.Code != "" {
		return &session.Error{Code: r.Code, Message: r.Message}
	}
	return &session.Error{Code: session.CodeForbidden, Message: err.Error()}
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

// join joins a room, if the application lets it. The answer says where it
// stands.
func (s *socketPeer) join(args session.Args, answer func(value any, err error)) {
	o, err := readOrder(args)
	var start room.Start
	if err == nil {
		start, err = s.talk.io.native.start(o.Since, o.History)
	}
	if err != nil {
		answer(nil, err)
		return
	}
	s.socket.MayJoin(o.Room, func(err error) {
		if err != nil {
			answer(nil, err)
			return
		}
		answer(s.enter(o.Room, start))
	})
}

// enter joins a room.
func (s *socketPeer) enter(name string, start room.Start) (any, error) {
	j, err := s.socket.Session().Join(name, s.events, start)
	if err != nil {
		return nil, err
	}
	if j.Rejoined {
		return nil, &session.Error{Code: session.CodeAlreadyJoined, Message: "already in that room"}
	}
	s.joined(name, &j)
	for i := range j.Replay {
		s.replay(name, &j.Replay[i])
	}
	n := s.talk.io.native
	answer := map[string]any{
		"room": name, "cursor": n.Cursor(j.Cursor), "head": n.Cursor(j.Head), "recovered": j.Recovered, "viewers": j.Members,
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
func (s *socketPeer) leave(args session.Args, answer func(value any, err error)) {
	o, err := readOrder(args)
	if err == nil {
		err = s.socket.Quit(o.Room)
	}
	answer(map[string]any{"room": o.Room}, err)
}

// publish publishes to a room, as its rules and the application allow.
func (s *socketPeer) publish(args session.Args, answer func(value any, err error)) {
	o, err := readOrder(args)
	if _, attachments := args.JSON(); err == nil && len(attachments) > 0 {
		err = &session.Error{Code: session.CodeBadData, Message: "what is published is JSON, without binary"}
	}
	if err != nil {
		answer(nil, err)
		return
	}
	m := &session.Publication{Room: o.Room, Event: o.Event, Data: o.Data}
	s.socket.MayPublish(m, func(err error) {
		if err != nil {
			answer(nil, err)
			return
		}
		except := ""
		if o.Broadcast {
			except = s.ID()
		}
		id, err := s.socket.Session().PublishExcept(m.Room, m.Event, m.Data, except)
		answer(map[string]any{"room": m.Room, "id": s.talk.io.native.Cursor(id)}, err)
	})
}
