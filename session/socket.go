package session

import (
	"encoding/json"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"grandstand/session/room"
)

// Peer is the other end of a socket: a dialect. Its methods are called within
// the socket's shard only, but for those of Transport that say otherwise.
type Peer interface {
	Transport
	// Socket is the socket that it is the peer of.
	Socket() *Socket
	// Encoding is the form of events that it shares with others.
	Encoding() room.Encoding
	// Send sends a packet to it alone, after everything sent before. It
	// reports false if that was volatile and could not go out at once.
	Send(p *Packet) bool
	// Drop takes it out of the namespace and tells it so; all ends everything
	// else that its connection carries too.
	Drop(all bool)
	// Settle has all that was published to its rooms so far go out before what
	// follows. What cannot go out now is kept for it; if that is too much, its
	// connection ends.
	Settle()
	// Hold has its client wait with what it sends, until as many calls have
	// had it go on.
	Hold(on bool)
}

// Packet is an event for one socket, or the answer to one of its own.
type Packet struct {
	Event      string // "" is an answer
	Args       Args
	ID         uint64 // of the answer, or of the answer that is wanted
	HasID      bool
	Volatile   bool // not worth waiting
	Uncompress bool // not worth compressing
}

// Socket is a viewer in a namespace, as an application sees it. It ends with its
// connection; one that is recovered is another Socket with the same ID.
//
// All methods may be called from any goroutine, but those that return an error
// only from an application's own or its handlers: they wait for the shard.
type Socket struct {
	viewer Session
	ns     *Namespace
	life   *life // what only few need
	phase  phase
	seated bool // in the namespace's own room
}

// phase is how far a socket has come. The shard's.
type phase uint8

const (
	phaseNew phase = iota
	phaseAsking
	phaseConnected
	phaseGone
)

// life is what a socket has whose application has handlers, or that may be
// recovered.
type life struct {
	inbox     inbox
	handshake *Handshake
	pid       string // "" without recovery
	recovered bool
	// unlogged: only who has seen this event, or a later one, has surely seen
	// all that was sent past the log. The shard's.
	unlogged uint64
	owns     atomic.Bool // it is in its own room

	mu    sync.Mutex
	data  json.RawMessage
	after []func() // once it is connected
	left  *left    // nil: it has not gone, or there is nobody to be told
}

// left is what an application is told of a socket that is gone, without asking
// its shard.
type left struct {
	name, peer string // of Info
	rooms      []string
}

// ID is what other sockets and the control port know the socket by.
func (s *Socket) ID() string { return s.peer().ID() }

// Namespace is the one the socket is in.
func (s *Socket) Namespace() *Namespace { return s.ns }

// Session is the viewer that the socket is to its rooms.
func (s *Socket) Session() *Session { return &s.viewer }

// Handshake is what the client said when it came; not to be changed. It is
// there if the namespace had handlers then, otherwise nil.
func (s *Socket) Handshake() *Handshake {
	if s.life == nil {
		return nil
	}
	return s.life.handshake
}

// Recovered reports whether the socket goes on where an earlier one of the same
// ID was cut off: it is in the same rooms, and has missed nothing.
func (s *Socket) Recovered() bool { return s.life != nil && s.life.recovered }

// PID is the secret by which the socket can be recovered, or "".
func (s *Socket) PID() string {
	if s.life == nil {
		return ""
	}
	return s.life.pid
}

// Data is what SetData has kept, or nil. It survives a recovery.
func (s *Socket) Data() json.RawMessage {
	if s.life == nil {
		return nil
	}
	s.life.mu.Lock()
	defer s.life.mu.Unlock()
	return s.life.data
}

// SetData keeps a JSON value with a socket of a namespace with handlers.
func (s *Socket) SetData(data json.RawMessage) {
	if s.life == nil {
		return
	}
	s.life.mu.Lock()
	defer s.life.mu.Unlock()
	s.life.data = data
}

// peer is the dialect's part.
func (s *Socket) peer() Peer { return s.viewer.Transport().(Peer) }

// Then has f called once the socket is connected, before the handlers of
// OnConnect. It is for handlers of Use, which come before.
func (s *Socket) Then(f func()) {
	s.life.mu.Lock()
	defer s.life.mu.Unlock()
	s.life.after = append(s.life.after, f)
}

// Rooms lists the rooms the socket is in, or was in when it went.
func (s *Socket) Rooms() ([]string, error) {
	if l := s.gone(); l != nil {
		return l.rooms, nil
	}
	var names []string
	err := s.within(func() error {
		names = s.rooms()
		return nil
	})
	if l := s.gone(); l != nil { // meanwhile
		return l.rooms, nil
	}
	return names, err
}

// Info names what carries the socket, or did, and the other side.
func (s *Socket) Info() (name, peer string) {
	if l := s.gone(); l != nil {
		return l.name, l.peer
	}
	err := s.within(func() error {
		name, peer = s.peer().Info()
		return nil
	})
	if l := s.gone(); l != nil {
		return l.name, l.peer
	}
	if err != nil && s.life != nil && s.life.handshake != nil {
		peer = s.life.handshake.Address
	}
	return name, peer
}

// gone is what is known of a socket that is gone.
func (s *Socket) gone() *left {
	if s.life == nil {
		return nil
	}
	s.life.mu.Lock()
	defer s.life.mu.Unlock()
	return s.life.left
}

// rooms is Rooms within the shard: those an application knows of.
func (s *Socket) rooms() []string {
	var names []string
	s.viewer.Each(func(r *room.Room) {
		if name := r.Name(); !internal(name) {
			names = append(names, name)
		}
	})
	return names
}

// Join puts the socket into rooms, from what is published next on. It is in all
// of them, or in none more than before. The error is an *Error.
func (s *Socket) Join(rooms ...string) error {
	return s.within(func() error { return s.join(rooms) })
}

// join is Join within the shard. A room it is in already is no error.
func (s *Socket) join(rooms []string) error {
	enc, cfg := s.peer().Encoding(), &s.ns.hub.cfg
	most := max(cfg.MaxRoomsPerSocket, cfg.MaxRoomsPerSession)
	for _, name := range rooms {
		if err := s.ns.hub.checkChosen(name); err != nil {
			return err
		}
	}
	var joined []string
	for _, name := range rooms {
		j, err := s.viewer.join(name, enc, room.Start{}, most)
		if err != nil {
			for _, name := range joined {
				s.viewer.Leave(name) //nolint:errcheck // it has just joined it
			}
			return err
		}
		if !j.Rejoined {
			joined = append(joined, name)
		}
	}
	return nil
}

// Leave takes the socket out of rooms, behind what was published to them before.
// One it is not in is no error.
func (s *Socket) Leave(rooms ...string) error {
	at := s.ns.hub.head.Load()
	return s.within(func() error {
		s.leaveAt(at, rooms) //nolint:errcheck // not being in them is what is wanted
		return nil
	})
}

// leaveAt is Leave within the shard, behind what has up to that id.
func (s *Socket) leaveAt(at uint64, rooms []string) (err error) {
	m := &s.viewer.Member
	m.Hold(at)
	m.Move(at)
	defer m.Release(at)
	s.peer().Settle()
	for _, name := range rooms {
		err = errors.Join(err, s.viewer.Leave(name))
	}
	return err
}

// Quit is Leave for a dialect, within the shard. A room that the socket is not in
// is an error.
func (s *Socket) Quit(room string) error { return s.leaveAt(s.ns.hub.head.Load(), []string{room}) }

// Disconnect takes the socket out of its namespace; all ends everything else
// that its connection carries too. The client does not come back by itself.
func (s *Socket) Disconnect(all bool) {
	s.inOrder(s.posted, func() { //nolint:errcheck // it is forced
		if s.phase != phaseGone {
			s.peer().Drop(all)
		}
	})
}

// posted is force as Post.
func (s *Socket) posted(f func()) error {
	s.force(f)
	return nil
}

// inOrder has f run within the shard, for something that goes to this socket
// alone: behind what was published before this call, and before what is
// published after it.
func (s *Socket) inOrder(post func(f func()) error, f func()) error {
	m, at := &s.viewer.Member, s.ns.hub.head.Load()
	m.Hold(at)
	err := post(func() {
		defer func() {
			m.Release(at)
			s.viewer.Visit()
		}()
		m.Move(at)
		f()
	})
	if err != nil {
		s.force(func() {
			m.Release(at)
			s.viewer.Visit()
		})
	}
	return err
}

// force has f run within the shard, whatever waits there.
func (s *Socket) force(f func()) { s.ns.hub.shards[s.viewer.shard].Force(f) }

// panicked ends the socket.
func (s *Socket) panicked() { s.Disconnect(true) }

// hold has the client wait, or go on.
func (s *Socket) hold(on bool) { s.peer().Hold(on) }

// patience is how long an application waits for a shard: walks are cut into
// chunks, so even a busy one answers in a fraction of it.
const patience = 10 * time.Second

// within runs f in the socket's shard and waits for it.
func (s *Socket) within(f func() error) error {
	done := make(chan error, 1)
	err := s.viewer.Post(func() {
		if s.phase == phaseGone {
			done <- &Error{CodeEnded, "the socket is gone"}
			return
		}
		done <- f()
		s.viewer.Visit()
	})
	if err != nil {
		return err
	}
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case err := <-done:
		return err
	case <-late.C:
		return &Error{CodeBusy, "the server has too much to do, try again"}
	case <-s.ns.hub.stop:
		return &Error{CodeStopping, "the server is going away"}
	}
}
