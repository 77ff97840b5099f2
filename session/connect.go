package session

import (
	"crypto/rand"
	"encoding/base64"
	"errors"

	"grandstand/session/room"
)

// Entry is what a socket comes with.
type Entry struct {
	// ID is the socket's; the zero ID has one made.
	ID ID
	// Handshake is kept if the namespace has handlers.
	Handshake *Handshake
	// Recover lets the socket be recovered. PID and Offset are what an earlier
	// one of the client's was given: its secret, and the id of the newest event
	// it has seen.
	Recover     bool
	PID, Offset string
	// Rooms are joined before the socket is connected, from Start on. If one
	// cannot be, the socket is refused.
	Rooms []string
	Start room.Start
	// Begun is called, if not nil, once there is a session, which may wait for
	// others to end first.
	Begun func()
	// Joined is called for each.
	Joined func(name string, j *room.Joined)
}

// Connect lets a socket in, whose peer is given. done is called within the
// shard: with nil once it is connected, and before anything else is sent; or
// with why it is refused. Within the shard.
func (n *Namespace) Connect(s *Socket, peer Peer, shard int, in Entry, done func(err error)) {
	s.ns = n
	old := n.hub.saved.holder(n, &in)
	if old == nil {
		n.connect(s, peer, shard, in, done)
		return
	}
	// The client knows already that its connection is lost, and we did not.
	old.force(func() {
		old.Gone("transport error", true)
		old.peer().End(AllReasons().Gone)
		n.hub.shards[shard].Force(func() { n.connect(s, peer, shard, in, done) })
	})
}

// connect is Connect once nobody holds what the socket is to recover.
func (n *Namespace) connect(s *Socket, peer Peer, shard int, in Entry, done func(err error)) {
	if s.phase == phaseGone {
		return // meanwhile
	}
	s.phase = phaseAsking
	n.sockets.Add(1)
	applied := n.Applied()
	if applied || in.Recover {
		s.life = new(life)
		s.life.inbox.hub, s.life.inbox.owner = n.hub, s
	}
	if applied {
		s.life.handshake = in.Handshake
	}
	id := in.ID
	var saved *saved
	if in.Recover {
		if saved = n.hub.saved.take(n, in.PID, in.Offset); saved != nil {
			id = saved.id
			s.life.pid, s.life.recovered, s.life.data, s.life.unlogged = saved.pid, true, saved.data, saved.least
		} else {
			s.life.pid = newPID()
		}
	}
	if id == (ID{}) {
		id = newID()
	}
	n.hub.begin(&s.viewer, shard, peer, id)
	n.hub.shards[shard].enter(&s.viewer)
	if in.Begun != nil {
		in.Begun()
	}
	if saved != nil {
		n.hub.saved.back(saved)
	}
	if in.Recover {
		n.hub.saved.hold(s)
	}
	use, _, _ := n.lists()
	gate, _ := n.gates()
	if len(use) == 0 && (gate == nil || len(in.Rooms) == 0) || saved != nil {
		s.admitted(nil, &in, saved, done)
		return
	}
	err := s.life.inbox.call(func() {
		err := s.judge(use, gate, in.Rooms)
		s.force(func() { s.admitted(err, &in, nil, done) })
	})
	if err != nil {
		s.admitted(err, &in, nil, done)
	}
}

// judge has the application look at a socket and the rooms that it comes for.
func (s *Socket) judge(use []func(*Socket) error, gate func(*Socket, string) error, rooms []string) error {
	for _, f := range use {
		if err := f(s); err != nil {
			return err
		}
	}
	for _, name := range rooms {
		if gate == nil {
			break
		}
		if err := gate(s, name); err != nil {
			return err
		}
	}
	return nil
}

// admitted goes on with a socket that the application has let in, or not.
func (s *Socket) admitted(err error, in *Entry, saved *saved, done func(err error)) {
	if s.phase != phaseAsking {
		return // it has gone meanwhile
	}
	if err == nil && saved != nil {
		// What it missed was there a moment ago; it comes with the next Visit.
		if s.restore(saved) != nil {
			s.peer().End(AllReasons().Overloaded) // as if it had not got through: it comes again
			return
		}
	}
	if err == nil {
		err = s.enter(in)
	}
	if err != nil {
		s.leave()
		done(err)
		return
	}
	s.phase = phaseConnected
	if s.ns.wide.Load() {
		s.sit()
	}
	done(nil)
	if s.life != nil && s.greet() != nil {
		s.peer().End(AllReasons().Overloaded)
		return
	}
	s.viewer.Visit()
}

// greet has the application meet a socket that is connected.
func (s *Socket) greet() error {
	_, connect, _ := s.ns.lists()
	s.life.mu.Lock()
	after := s.life.after
	s.life.after = nil
	s.life.mu.Unlock()
	if len(connect) == 0 && len(after) == 0 {
		return nil
	}
	return s.life.inbox.call(func() {
		for _, f := range after {
			f()
		}
		for _, f := range connect {
			f(s)
		}
	})
}

// enter joins the rooms that a socket comes for.
func (s *Socket) enter(in *Entry) error {
	for _, name := range in.Rooms {
		j, err := s.viewer.Join(name, s.peer().Encoding(), in.Start)
		if err != nil {
			return err
		}
		if in.Joined != nil && !j.Rejoined {
			in.Joined(name, &j)
		}
	}
	return nil
}

// Receive has the application handle an event. ack answers it; it is called
// within the shard, at most once, and nil if no answer is wanted. The event is
// nobody's if it reports false. named says that it is somebody's else if there
// is no handler of its own. The error is an *Error: too much waits. Within the
// shard.
func (s *Socket) Receive(event string, named bool, args Args, ack func(args Args)) (bool, error) {
	f := s.ns.handler(event, named)
	if f == nil || s.life == nil || s.phase != phaseConnected {
		return false, nil
	}
	return true, s.life.inbox.call(func() { f(s, args, newAck(s, ack)) })
}

// MayJoin asks the application whether a client may join a room by itself, and
// calls then within the shard, with nil if so. It is called at once where there
// is nobody to ask. Within the shard.
func (s *Socket) MayJoin(room string, then func(err error)) {
	gate, _ := s.ns.gates()
	if gate == nil || s.life == nil {
		then(nil)
		return
	}
	s.ask(func() error { return gate(s, room) }, then)
}

// MayPublish is MayJoin for what a client wants to publish.
func (s *Socket) MayPublish(m *Publication, then func(err error)) {
	_, gate := s.ns.gates()
	if gate == nil || s.life == nil {
		then(nil)
		return
	}
	s.ask(func() error { return s.judgeEvent(gate, m) }, then)
}

// judgeEvent has the application look at what a client wants to publish. What it
// makes of the data is looked at too: nobody does later.
func (s *Socket) judgeEvent(gate func(*Socket, *Publication) error, m *Publication) error {
	if err := gate(s, m); err != nil {
		return err
	}
	data, err := s.ns.hub.cleanData(m.Data, false)
	if e := new(Error); errors.As(err, &e) && e.Code == CodeBadData { // a client's is JSON
		s.ns.hub.log.Warn("what a handler of OnPublish made of an event is not published", "room", m.Room, "event", m.Event, "error", err)
	}
	m.Data = data
	return err
}

// ask has the application decide, and calls then within the shard if the socket
// is still there.
func (s *Socket) ask(decide func() error, then func(err error)) {
	err := s.life.inbox.call(func() {
		err := decide()
		s.force(func() {
			if s.phase == phaseConnected {
				then(err)
			}
		})
	})
	if err != nil {
		then(err)
	}
}

// Gone ends a socket, for a reason that the application is told. returns says
// that it may be recovered: nobody has meant it to end. Within the shard; the
// second call does nothing.
func (s *Socket) Gone(reason string, returns bool) {
	if s.phase == phaseGone || s.phase == phaseNew {
		s.phase = phaseGone // one that was just about to connect does not
		return
	}
	connected := s.phase == phaseConnected
	if connected && returns && s.life != nil && s.life.pid != "" {
		s.ns.hub.saved.put(s)
	}
	_, _, disconnect := s.ns.lists()
	if s.life != nil && len(disconnect) > 0 {
		l := &left{rooms: s.rooms()}
		l.name, l.peer = s.peer().Info()
		s.life.mu.Lock()
		s.life.left = l
		s.life.mu.Unlock()
	}
	s.leave()
	s.ns.acks.lose(s)
	if connected && len(disconnect) > 0 && s.life != nil {
		err := s.life.inbox.last(func() {
			for _, f := range disconnect {
				f(s, reason)
			}
		})
		if err != nil {
			s.ns.hub.counts.apps.untold.Add(1)
		}
	}
}

// leave takes the socket out of everything.
func (s *Socket) leave() {
	s.phase = phaseGone
	if s.PID() != "" {
		s.ns.hub.saved.release(s)
	}
	s.ns.sockets.Add(-1)
	s.viewer.Close()
}

// sit puts the socket into its namespace's own room.
func (s *Socket) sit() {
	if !s.seated && s.phase == phaseConnected {
		_, err := s.viewer.join(s.ns.hall(), s.peer().Encoding(), room.Start{}, 0)
		s.seated = err == nil
		if err != nil {
			s.peer().End(AllReasons().Overloaded) // it would miss something in silence
		}
	}
}

// newPID draws a secret.
func newPID() string {
	var p [15]byte
	rand.Read(p[:]) // never fails, see crypto/rand
	return base64.RawURLEncoding.EncodeToString(p[:])
}
