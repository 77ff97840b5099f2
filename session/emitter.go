package session

import (
	"context"
	"errors"
	"slices"
	"time"

	"grandstand/session/broker"
	"grandstand/session/room"
)

// Emitter says whom an emit of a namespace is for, and how. Its methods return
// changed copies; the zero Emitter is of no use.
type Emitter struct {
	ns         *Namespace
	to, except []string
	volatile   bool
	uncompress bool
	timeout    time.Duration
	anywhere   bool // ns is of no matter; to describe sockets only
}

// Emit sends an event to every socket of the namespace; args are as NewArgs
// takes them. The error is an *Error. The client finds it in a room's log if it
// recovers.
func (n *Namespace) Emit(event string, args ...any) error { return n.every().Emit(event, args...) }

// To is for sockets in one of these rooms at least, or with these ids.
func (n *Namespace) To(rooms ...string) Emitter { return n.every().To(rooms...) }

// Except is for all but the sockets in these rooms, or with these ids.
func (n *Namespace) Except(rooms ...string) Emitter { return n.every().Except(rooms...) }

// Volatile is for those sockets that can take something at once.
func (n *Namespace) Volatile() Emitter { return n.every().Volatile() }

// Timeout is how long EmitWithAck waits.
func (n *Namespace) Timeout(d time.Duration) Emitter { return n.every().Timeout(d) }

// All is for every socket of the namespace.
func (n *Namespace) All() Emitter { return n.every() }

// defaultAckTimeout is how long answers are waited for if nothing else is said.
const defaultAckTimeout = 10 * time.Second

func (n *Namespace) every() Emitter { return Emitter{ns: n.now(), timeout: defaultAckTimeout} }

// To adds rooms, or ids.
func (e Emitter) To(rooms ...string) Emitter {
	e.to = append(slices.Clip(e.to), rooms...)
	return e
}

// Except takes out the sockets in these rooms, or with these ids.
func (e Emitter) Except(rooms ...string) Emitter {
	e.except = append(slices.Clip(e.except), rooms...)
	return e
}

// Volatile drops the event for sockets that cannot take it at once. It has no
// place in a log.
func (e Emitter) Volatile() Emitter {
	e.volatile = true
	return e
}

// Compress says whether a carrier that can is to compress the event.
func (e Emitter) Compress(on bool) Emitter {
	e.uncompress = !on
	return e
}

// Timeout is how long EmitWithAck waits.
func (e Emitter) Timeout(d time.Duration) Emitter {
	e.timeout = d
	return e
}

// Emit sends an event.
func (e Emitter) Emit(event string, args ...any) error {
	a, err := NewArgs(args...)
	if err != nil {
		return err
	}
	return e.EmitArgs(event, a)
}

// EmitArgs is Emit with arguments that are there already.
func (e Emitter) EmitArgs(event string, args Args) error {
	if err := e.ns.hub.checkEvent(event); err != nil {
		return err
	}
	if e.volatile {
		p := &Packet{Event: event, Args: args, Volatile: true, Uncompress: e.uncompress}
		return e.eachSocket(func(s *Socket) { s.peer().Send(p) })
	}
	rooms, err := e.rooms()
	if err != nil || len(rooms) == 0 {
		return err
	}
	return e.publish(rooms, event, args)
}

// publish appends the event to the logs of rooms.
func (e Emitter) publish(rooms []string, event string, args Args) error {
	data, attachments := args.JSON()
	_, _, err := e.ns.hub.Publish(context.Background(), "", []broker.Message{{
		Rooms: rooms, Name: event, Data: data, Parsed: true,
		Emit: &broker.Emit{Namespace: e.ns.name, Args: true, Attachments: attachments, Except: e.except, Uncompress: e.uncompress},
	}})
	return err
}

// rooms returns the rooms that the event is for: those named, the sockets' own
// for ids, the namespace's own if none is named.
func (e Emitter) rooms() ([]string, error) {
	if len(e.to) == 0 {
		e.ns.open()
		return []string{e.ns.hall()}, nil
	}
	var rooms []string
	for _, name := range e.to {
		own, err := e.ns.reach(name)
		switch {
		case err != nil:
			return nil, err
		case own:
			rooms = append(rooms, ownRoom(name))
			continue
		}
		if err := e.ns.hub.checkChosen(name); err != nil {
			return nil, err
		}
		rooms = append(rooms, name)
	}
	return rooms, nil
}

// reach has the socket of that id, if there is one, be in its own room: one that
// is there, or away and may come back. It may go or come meanwhile: then it is
// looked for again.
func (n *Namespace) reach(id string) (own bool, err error) {
	for end := time.Now().Add(patience); time.Now().Before(end); {
		if s := n.socket(id); s != nil {
			err := s.within(s.own)
			if e := new(Error); !errors.As(err, &e) || e.Code != CodeEnded {
				return err == nil, err
			}
		}
		switch n.hub.saved.await(n, id) {
		case awayKept:
			return true, nil
		case awayNot:
			if n.socket(id) == nil {
				return false, nil
			}
		}
		// On its way back, or just gone: within a turn of its shard.
		select {
		case <-time.After(time.Millisecond):
		case <-n.hub.stop:
			return false, &Error{CodeStopping, "the server is going away"}
		}
	}
	return false, &Error{CodeBusy, "the server has too much to do, try again"}
}

// EmitWithAck sends an event and returns the answers. When the time is over
// before all have answered, or some have gone, the error is an *Error with
// CodeTimeout, and the answers those that came.
func (e Emitter) EmitWithAck(event string, args ...any) ([]Reply, error) {
	a, err := NewArgs(args...)
	if err != nil {
		return nil, err
	}
	return e.EmitArgsWithAck(event, a)
}

// EmitArgsWithAck is EmitWithAck with arguments that are there already.
func (e Emitter) EmitArgsWithAck(event string, args Args) ([]Reply, error) {
	if err := e.ns.hub.checkEvent(event); err != nil {
		return nil, err
	}
	asked, err := e.list()
	if err != nil {
		return nil, err
	}
	c := e.ns.acks.begin(asked)
	p := &Packet{Event: event, Args: args, ID: c.id, HasID: true, Uncompress: e.uncompress}
	for _, s := range asked {
		s.force(func() {
			if s.phase == phaseConnected {
				s.peer().Send(p)
			} else {
				e.ns.acks.lose(s)
			}
		})
	}
	return e.ns.acks.wait(c, e.timeout, e.ns.hub.stop)
}

// hall is the name of the namespace's own room.
func (n *Namespace) hall() string { return ownMark + n.name }

// halled reports whether something may have been emitted to all, also by a
// namespace of the name that was forgotten meanwhile.
func (n *Namespace) halled() bool {
	return n.wide.Load() || n.hub.rooms.find(n.hall(), false) != nil
}

// open seats all sockets in the namespace's own room, if they are not.
func (n *Namespace) open() {
	if n.full.Load() {
		return
	}
	n.widen.Lock() // an emit does not overtake the seating that another one has begun
	defer n.widen.Unlock()
	if n.full.Load() {
		return
	}
	n.wide.Store(true)                                // who connects from now on sits down by itself
	n.every().eachSocket(func(s *Socket) { s.sit() }) //nolint:errcheck // only when the hub stops
	n.full.Store(true)
}

// own puts the socket into its own room, by which it is reached alone. Within
// the shard.
func (s *Socket) own() error {
	_, err := s.viewer.join(ownRoom(s.ID()), s.peer().Encoding(), room.Start{}, 0)
	if err == nil && s.life != nil {
		s.life.owns.Store(true)
	}
	return err
}

// ownRoom is the name of the room of one socket.
func ownRoom(id string) string { return ownMark + "@" + id }
