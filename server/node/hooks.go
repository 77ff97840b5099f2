package node

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"grandstand/epoll/transport"
	"grandstand/server/hooks"
	"grandstand/session"
)

// hooked connects the namespaces of the configuration with the application that
// is asked over HTTP: its handlers are requests.
type hooked struct {
	node *Node
	*hooks.Hooks
}

// hook sets the handlers of every namespace of the configuration.
func (n *Node) hook() error {
	if n.cfg.Hooks.URL == "" {
		return nil
	}
	h, err := hooks.New(n.cfg.Hooks, n.log)
	if err != nil {
		return err
	}
	n.hooks = h
	x := &hooked{node: n, Hooks: h}
	// All first, and each once: several paths may have the same, and one that a
	// pattern stands for would begin with the pattern's handlers.
	var all []*session.Namespace
	for _, path := range n.cfg.Viewers.EngineIO {
		if path.Dialect == transport.DialectRaw {
			x.handleRaw(path.Path, n.hub.RawPath(path.Path))
			continue
		}
		for _, name := range path.SocketIO.Namespaces {
			if ns := n.hub.Of(name); !slices.Contains(all, ns) {
				all = append(all, ns)
			}
		}
	}
	for _, ns := range all {
		x.handle(ns)
	}
	return nil
}

// handle sets the handlers of a namespace; those that are not wanted stay away,
// so that they cost nothing.
func (x *hooked) handle(ns *session.Namespace) {
	ns.Use(x.connect) // also when nobody asks: it keeps the handshake for later calls
	if x.Wants(hooks.Join, "") {
		ns.OnJoin(x.join)
	}
	if x.wantsAny(hooks.Publish) {
		ns.OnPublish(x.publish)
	}
	if x.wantsAny(hooks.Event) {
		ns.OnAny(x.event)
	}
	if x.Wants(hooks.Disconnect, "") {
		ns.OnDisconnect(x.disconnect)
	}
}

// wantsAny reports whether a kind is asked for, whatever the event's name.
func (x *hooked) wantsAny(kind hooks.Kind) bool {
	for _, k := range x.node.cfg.Hooks.Events {
		if k == kind.String() {
			return true
		}
	}
	return false
}

// call fills in what all calls of a socket have.
func (x *hooked) call(kind hooks.Kind, s *session.Socket) hooks.Call {
	c := hooks.Call{Hook: kind, Socket: s.ID(), Namespace: s.Namespace().Name(), Data: s.Data()}
	c.Transport, c.Address = s.Info()
	if kind != hooks.Connect {
		c.Rooms, _ = s.Rooms() // of one that is just going there are none
	}
	return c
}

// ask asks and carries the answer out. The error is the rejection.
func (x *hooked) ask(s *session.Socket, c hooks.Call, ack session.Ack) error {
	a, err := x.Ask(context.Background(), c)
	if err != nil {
		x.node.log.Debug("hook without an answer", "hook", c.Hook.String(), "error", err)
	}
	if a.Reject != nil {
		x.emit(s, a.Emit)
		return rejection(a.Reject)
	}
	return x.obey(s, &a, ack)
}

// rejection is a refusal as the session has it.
func rejection(r *hooks.Rejection) error {
	if r.Data == nil {
		return &session.Error{Code: session.Code(r.Code), Message: r.Message}
	}
	return &session.Refusal{Code: session.Code(r.Code), Message: r.Message, Data: r.Data}
}

// obey carries an answer out. When a room cannot be joined, the client is told
// that, and not what the application says to those who are in it.
func (x *hooked) obey(s *session.Socket, a *hooks.Answer, ack session.Ack) error {
	if a.Data != nil {
		s.SetData(stored(a.Data))
	}
	err := error(nil)
	if len(a.Join) > 0 {
		err = s.Join(a.Join...)
	}
	if err == nil {
		if a.Ack != nil {
			var args session.Args
			if args, err = session.ParseArgs(a.Ack, a.Attachments); err == nil {
				err = ack.ReplyArgs(args)
			}
		}
		x.emit(s, a.Emit)
		if len(a.Leave) > 0 {
			err = errors.Join(err, s.Leave(a.Leave...))
		}
	}
	if a.Disconnect {
		s.Disconnect(true)
	}
	return err
}

// stored is the data to be kept: null is none.
func stored(data json.RawMessage) json.RawMessage {
	if string(data) == "null" {
		return nil
	}
	return data
}

// emit sends the events of an answer.
func (x *hooked) emit(s *session.Socket, all []hooks.Emit) {
	for i := range all {
		if err := x.send(s, &all[i]); err != nil {
			x.Unsent(all[i].Event, err)
		}
	}
}

func (x *hooked) send(s *session.Socket, m *hooks.Emit) error {
	array := m.Args
	if array == nil {
		array = append(append([]byte{'['}, m.Data...), ']')
	}
	args, err := session.ParseArgs(array, m.Attachments)
	if err != nil {
		return err
	}
	ns := s.Namespace()
	alone := !m.All && len(m.To) == 0
	if m.Namespace != "" && m.Namespace != ns.Name() {
		if alone {
			return errAlone
		}
		if ns, err = x.node.hub.Namespace(m.Namespace); err != nil {
			return err
		}
	}
	if !alone {
		return ns.To(m.To...).Except(m.Except...).EmitArgs(m.Event, args)
	}
	if len(m.Except) > 0 {
		if out, err := excepted(s, m.Except); out || err != nil {
			return err
		}
	}
	return s.EmitArgs(m.Event, args)
}

// errAlone refuses what is for the socket itself, where it is not.
var errAlone = errors.New("namespace: not that of the request, without to or all; the socket is in no other")

// excepted reports whether a socket is one of those that do not get an event.
func excepted(s *session.Socket, except []string) (bool, error) {
	if slices.Contains(except, s.ID()) {
		return true, nil
	}
	rooms, err := s.Rooms()
	if e := new(session.Error); errors.As(err, &e) && e.Code == session.CodeEnded { // nobody is there to get it
		return true, nil
	}
	return slices.ContainsFunc(rooms, func(name string) bool { return slices.Contains(except, name) }), err
}

// connect asks about a socket that wants in. What else the answer says waits
// until it is.
func (x *hooked) connect(s *session.Socket) error {
	if !x.Wants(hooks.Connect, "") {
		return nil
	}
	c := x.call(hooks.Connect, s)
	if h := s.Handshake(); h != nil {
		c.Auth, c.Query, c.Headers, c.Address = h.Auth, h.Query, h.Headers, h.Address
	}
	a, err := x.Ask(context.Background(), c)
	if err != nil {
		x.node.log.Debug("hook without an answer", "hook", "connect", "error", err)
	}
	if a.Reject != nil {
		x.emit(s, a.Emit)
		return refusalOf(a.Reject)
	}
	s.Then(func() {
		if err := x.obey(s, &a, session.Ack{}); err != nil {
			x.node.log.Warn("the answer of a connect hook was not carried out", "error", err)
		}
	})
	return nil
}

// refusalOf is a rejection as a connect_error has it: with data, always.
func refusalOf(r *hooks.Rejection) error {
	if r.Data != nil {
		return &session.Refusal{Message: r.Message, Data: r.Data}
	}
	return &session.Refusal{Message: r.Message, Data: map[string]string{"code": r.Code, "message": r.Message}}
}

// join asks about a room.
func (x *hooked) join(s *session.Socket, room string) error {
	c := x.call(hooks.Join, s)
	c.Room = room
	return x.ask(s, c, session.Ack{})
}

// publish asks about an event for a room.
func (x *hooked) publish(s *session.Socket, m *session.Publication) error {
	if !x.Wants(hooks.Publish, m.Event) {
		return nil
	}
	c := x.call(hooks.Publish, s)
	c.Room, c.Event = m.Room, m.Event
	c.Args = append(append([]byte{'['}, m.Data...), ']')
	return x.ask(s, c, session.Ack{})
}

// event asks about an event that is the application's.
func (x *hooked) event(s *session.Socket, event string, args session.Args, ack session.Ack) {
	if !x.Wants(hooks.Event, event) {
		return
	}
	c := x.call(hooks.Event, s)
	c.Event = event
	c.Args, c.Binary = args.JSON()
	if err := x.ask(s, c, ack); err != nil {
		if err := ack.Reply(failure(err)); err != nil {
			x.node.log.Debug("an answer was not sent", "error", err)
		}
	}
}

// failure is an error as clients get it in answers.
func failure(err error) map[string]any {
	var e *session.Error
	var r *session.Refusal
	switch {
	case errors.As(err, &e):
		return map[string]any{"code": e.Code, "message": e.Message}
	case errors.As(err, &r):
		return map[string]any{"code": r.Code, "message": r.Message, "data": r.Data}
	}
	return map[string]any{"code": session.CodeForbidden, "message": err.Error()}
}

// disconnect tells that a socket is gone.
func (x *hooked) disconnect(s *session.Socket, reason string) {
	c := x.call(hooks.Disconnect, s)
	c.Reason = reason
	x.Tell(c, func(a hooks.Answer, _ error) {
		if len(a.Emit) == 0 {
			return
		}
		// Not here: an emit may wait for a shard, and this is one of the workers
		// that ask.
		if err := x.node.hub.Work(func() { x.emit(s, a.Emit) }); err != nil {
			for i := range a.Emit {
				x.Unsent(a.Emit[i].Event, err)
			}
		}
	})
}
