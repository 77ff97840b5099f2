package session

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"grandstand/session/broker"
)

// SocketInfo describes a socket.
type SocketInfo struct {
	ID        string
	Namespace string
	Transport string
	Peer      string
	Rooms     []string
	Age       time.Duration
	Handshake *Handshake      // as Socket.Handshake has it
	Data      json.RawMessage // as Socket.Data has it
}

// Sockets describes the sockets that the Emitter is for, in no order.
func (e Emitter) Sockets() ([]SocketInfo, error) {
	var all []SocketInfo
	err := e.eachSocket(func(s *Socket) {
		i := SocketInfo{ID: s.ID(), Namespace: s.ns.name, Rooms: s.rooms(), Age: s.viewer.describe().Age, Handshake: s.Handshake(), Data: s.Data()}
		i.Transport, i.Peer = s.peer().Info()
		all = append(all, i)
	})
	return all, err
}

// Sockets describes the sockets of all namespaces, in no order: those in one of
// these rooms, or with these ids, if there are any of them.
func (h *Hub) Sockets(rooms ...string) ([]SocketInfo, error) {
	e := Emitter{ns: &Namespace{hub: h}, to: rooms, anywhere: true}
	return e.Sockets()
}

// Join puts the sockets that the Emitter is for into rooms.
func (e Emitter) Join(rooms ...string) error {
	for _, name := range rooms {
		if err := e.ns.hub.checkChosen(name); err != nil {
			return err
		}
	}
	var failed error
	err := e.eachSocket(func(s *Socket) {
		if err := s.join(rooms); err != nil {
			failed = err
		}
	})
	if err != nil {
		return err
	}
	return failed
}

// Leave takes them out of rooms.
func (e Emitter) Leave(rooms ...string) error {
	at := e.ns.hub.head.Load()
	return e.eachSocket(func(s *Socket) {
		s.leaveAt(at, rooms) //nolint:errcheck // not being in them is what is wanted
	})
}

// Disconnect takes them out of the namespace; all ends everything else that
// their connections carry too. It returns how many there were.
func (e Emitter) Disconnect(all bool) (n int, err error) {
	err = e.eachSocket(func(s *Socket) {
		n++
		s.peer().Drop(all)
	})
	return n, err
}

// list returns the sockets.
func (e Emitter) list() ([]*Socket, error) {
	var all []*Socket
	err := e.eachSocket(func(s *Socket) { all = append(all, s) })
	return all, err
}

// matches reports whether the Emitter is for a socket. Within its shard.
func (e *Emitter) matches(s *Socket) bool {
	in := func(rooms []string) bool { return slices.ContainsFunc(rooms, s.viewer.Named) }
	return (len(e.to) == 0 || in(e.to)) && !in(e.except)
}

// eachSocket calls f for every socket that the Emitter is for, one at a time,
// within its shard. It returns once it was called for all. The error is an
// *Error with CodeStopping.
func (e Emitter) eachSocket(f func(s *Socket)) error {
	h := e.ns.hub
	for _, sh := range h.shards {
		// Not one command for all: a walk takes its turn between two.
		for some := range slices.Chunk(sh.all(), h.cfg.Shard.Chunk) {
			done := make(chan struct{})
			sh.Force(func() {
				defer close(done)
				e.among(some, f)
			})
			select {
			case <-done:
			case <-h.stop:
				return &Error{CodeStopping, "the server is going away"}
			}
		}
	}
	return nil
}

// among is eachSocket for some sessions of one shard. Within it.
func (e *Emitter) among(some []*Session, f func(s *Socket)) {
	for _, x := range some {
		p, ok := x.Transport().(Peer)
		if !ok {
			continue
		}
		if s := p.Socket(); (s.ns == e.ns || e.anywhere) && s.phase == phaseConnected && e.matches(s) {
			f(s)
			x.Visit()
		}
	}
}

// socket returns the namespace's socket with an id, or nil.
func (n *Namespace) socket(id string) *Socket {
	if strings.HasPrefix(id, n.name+"#") { // a peer's own way to name them: rare
		var found *Socket
		n.every().eachSocket(func(s *Socket) { //nolint:errcheck // only when the hub stops
			if s.ID() == id {
				found = s
			}
		})
		return found
	}
	x := n.hub.Find(id)
	if x == nil {
		return nil
	}
	if p, ok := x.Transport().(Peer); ok && p.Socket().ns == n {
		return p.Socket()
	}
	return nil
}

// Socket returns the namespace's socket with an id, or nil. It may end at any
// time.
func (n *Namespace) Socket(id string) *Socket { return n.now().socket(id) }

// Emit sends an event to this socket; args are as NewArgs takes them. One that
// may be recovered gets it also if it is cut off just now, or else is not
// recovered, as when the event is too large for the log. The error is an *Error.
func (s *Socket) Emit(event string, args ...any) error {
	a, err := NewArgs(args...)
	if err != nil {
		return err
	}
	return s.EmitArgs(event, a)
}

// EmitArgs is Emit with arguments that are there already.
func (s *Socket) EmitArgs(event string, args Args) error {
	if err := s.ns.hub.checkEvent(event); err != nil {
		return err
	}
	if s.PID() == "" {
		return s.past(event, args)
	}
	if !s.life.owns.Load() {
		if own, err := s.ns.reach(s.ID()); err != nil || !own {
			return err
		}
	}
	if s.log(event, args) == nil {
		return nil
	}
	return s.past(event, args)
}

// past sends an event past the log.
func (s *Socket) past(event string, args Args) error {
	return s.inOrder(s.viewer.Post, func() {
		if s.phase != phaseConnected {
			return
		}
		if s.PID() != "" {
			s.life.unlogged = s.ns.hub.head.Load() + 1
		}
		s.peer().Send(&Packet{Event: event, Args: args})
	})
}

// log appends an event to the socket's own room.
func (s *Socket) log(event string, args Args) error {
	data, attachments := args.JSON()
	_, _, err := s.ns.hub.Publish(context.Background(), "", []broker.Message{{
		Rooms: []string{ownRoom(s.ID())}, Name: event, Data: data, Parsed: true,
		Emit: &broker.Emit{Namespace: s.ns.name, Args: true, Attachments: attachments},
	}})
	return err
}

// EmitVolatile sends an event to this socket if it can take it at once.
func (s *Socket) EmitVolatile(event string, args ...any) error {
	a, err := NewArgs(args...)
	if err != nil {
		return err
	}
	return s.inOrder(s.viewer.Post, func() {
		if s.phase == phaseConnected {
			s.peer().Send(&Packet{Event: event, Args: a, Volatile: true})
		}
	})
}

// EmitWithAck sends an event to this socket and returns its answer. The error
// is an *Error, with CodeTimeout when none came in time.
//
// The answer comes behind what the client has sent before. So a handler of the
// socket that waits here, while more events of it wait than
// HandlersConfig.MaxPending, waits in vain: it holds them up itself.
func (s *Socket) EmitWithAck(d time.Duration, event string, args ...any) (Args, error) {
	a, err := NewArgs(args...)
	if err != nil {
		return Args{}, err
	}
	return s.EmitArgsWithAck(d, event, a)
}

// EmitArgsWithAck is EmitWithAck with arguments that are there already.
func (s *Socket) EmitArgsWithAck(d time.Duration, event string, args Args) (Args, error) {
	replies, err := s.ns.To(s.ID()).Timeout(d).EmitArgsWithAck(event, args)
	if len(replies) == 0 {
		if err == nil {
			err = &Error{CodeEnded, "the socket is gone"}
		}
		return Args{}, err
	}
	return replies[0].Args, err
}

// To is for the sockets in these rooms, or with these ids, but this one.
func (s *Socket) To(rooms ...string) Emitter { return s.ns.To(rooms...).Except(s.ID()) }

// Broadcast is for all sockets of the namespace but this one.
func (s *Socket) Broadcast() Emitter { return s.ns.Except(s.ID()) }
