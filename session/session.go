package session

import (
	"fmt"
	"time"

	"grandstand/session/broker"
	"grandstand/session/room"
)

// Transport is the carrier of a session. The methods of room.Sink are called
// within the session's shard only, the others from anywhere.
type Transport interface {
	room.Sink
	// AppendMessage appends one message for this viewer as it goes out.
	AppendMessage(dst, message []byte) []byte
	// Write sends what AppendMessage made, in order with everything else.
	// What the socket does not take is kept, up to a limit, and beyond it
	// the transport ends the session.
	Write(p []byte)
	// Reconnect asks the viewer to go, and to come back after that time.
	Reconnect(after time.Duration)
	// End ends the session: the viewer is told why, as the carrier can.
	End(r Reason)
	// Info names the carrier and the other side.
	Info() (name, peer string)
}

// Session is one viewer. It is embedded in its transport's connection: one
// allocation for both.
//
// Open begins it and Close ends it; Post may be called from any goroutine
// between them; every other method only within what was posted.
type Session struct {
	room.Member
	hub      *Hub
	id       ID
	shard    uint8
	tokens   uint16 // publishes left, in tenths
	refilled uint32 // when, in tenths of a second of the hub's clock
	began    uint32 // seconds of the hub's clock
}

// Open begins a session on a shard. The transport's ID method must give the
// session's. first, if not nil, is posted, and nobody can find the session
// before it runs, so that nothing goes out ahead of it; the error is Post's.
func (h *Hub) Open(s *Session, shard int, t Transport, first func()) error {
	h.begin(s, shard, t, newID())
	if first == nil {
		h.shards[shard].enter(s)
		return nil
	}
	// Entered in the same turn: whoever finds the session posts behind first,
	// and a viewer that has been told its id can be found by it.
	return s.Post(func() {
		h.shards[shard].enter(s)
		first()
	})
}

// begin fills in a session.
func (h *Hub) begin(s *Session, shard int, t Transport, id ID) {
	s.hub, s.id, s.shard = h, id, uint8(shard)
	now := h.clock.Now()
	s.began = uint32(now / time.Second)
	s.refilled = uint32(now / tenth)
	s.tokens = h.cfg.full()
	s.Attach(t)
	h.counts.opened.Add(1)
}

// Close takes the session out of its rooms. The transport calls it once, when
// its connection is gone.
func (s *Session) Close() {
	sh := s.hub.shards[s.shard]
	sh.Force(func() {
		sh.Detach(&s.Member)
		sh.exit(s)
		s.hub.counts.closed.Add(1)
	})
}

// ID is the session's name.
func (s *Session) ID() string { return s.id.String() }

// key is where the shard keeps it.
func (s *Session) key() uint64 { return s.id.key() }

// Transport is what carries the session.
func (s *Session) Transport() Transport { return s.Sink().(Transport) }

// Post has f run within the session's shard, after what was posted before.
// The error is an *Error with CodeBusy.
func (s *Session) Post(f func()) error { return s.hub.Post(int(s.shard), f) }

// Ready says that the transport can take more again. From any goroutine.
func (s *Session) Ready() { s.hub.shards[s.shard].Ready(&s.Member) }

// Join puts the session into a room. What follows its start comes with the
// next Visit.
func (s *Session) Join(name string, enc room.Encoding, start room.Start) (room.Joined, error) {
	if err := s.hub.CheckRoom(name); err != nil {
		return room.Joined{}, err
	}
	return s.join(name, enc, start, s.hub.cfg.MaxRoomsPerSession)
}

// join is Join for rooms of all names, of which the session may be in as many as
// most: the server's own do not count.
func (s *Session) join(name string, enc room.Encoding, start room.Start, most int) (room.Joined, error) {
	if s.Rooms() >= most && !internal(name) {
		// Before the pin: a join that is refused makes no room.
		if r := s.hub.rooms.find(name, false); r == nil || !s.In(r) {
			if n := s.chosen(); n >= most {
				return room.Joined{}, &Error{CodeRoomLimit, fmt.Sprintf("already in %d rooms, the limit is %d", n, most)}
			}
		}
	}
	if s.Gone() { // evicted, and its last messages come in all the same
		return room.Joined{}, &Error{CodeEnded, "the session has ended"}
	}
	r, err := s.hub.rooms.pin(name)
	if err != nil {
		return room.Joined{}, err
	}
	defer r.Unpin()
	j := s.hub.shards[s.shard].Join(&s.Member, r, enc, start)
	switch {
	case j.Rejoined:
		return j, nil
	case j.Recovered:
		s.hub.counts.recovered.Add(1)
	case start.HasSince:
		s.hub.counts.missed.Add(1)
	}
	s.hub.counts.joins.Add(1)
	return j, nil
}

// chosen is how many rooms the session is in that are not the server's own.
func (s *Session) chosen() (n int) {
	s.Each(func(r *room.Room) {
		if !internal(r.Name()) {
			n++
		}
	})
	return n
}

// Leave takes the session out of a room.
func (s *Session) Leave(name string) error {
	r := s.hub.rooms.find(name, false)
	if r == nil || !s.hub.shards[s.shard].Leave(&s.Member, r) {
		return &Error{CodeNotJoined, "not in that room"}
	}
	s.hub.counts.leaves.Add(1)
	return nil
}

// Visit brings the session to the head of its rooms.
func (s *Session) Visit() { s.hub.shards[s.shard].Visit(&s.Member) }

// Behind reports whether a Visit would find something to write.
func (s *Session) Behind() bool { return s.hub.shards[s.shard].Behind(&s.Member) }

// Resume is Visit for a session whose transport may take more again than it
// has said.
func (s *Session) Resume() { s.hub.shards[s.shard].Resume(&s.Member) }

// Reset takes the session out of its rooms and lets it begin anew, as if it had
// just been opened. Not within the transport's methods: it is to be posted.
func (s *Session) Reset() { s.hub.shards[s.shard].Reset(&s.Member) }

// Reseat gives the session another form of its events; it goes on at its
// cursor.
func (s *Session) Reseat(enc room.Encoding) { s.hub.shards[s.shard].Reseat(&s.Member, enc) }

// Suspend has walks pass over the session until its Ready, as if the transport
// took no more.
func (s *Session) Suspend() { s.hub.shards[s.shard].Suspend(&s.Member) }

// Publish is a viewer's: rights and rate count. data comes from a JSON parser.
func (s *Session) Publish(name, event string, data []byte) (id uint64, err error) {
	return s.PublishExcept(name, event, data, "")
}

// PublishExcept is Publish for all but the session with an id.
func (s *Session) PublishExcept(name, event string, data []byte, except string) (id uint64, err error) {
	m := broker.Message{Rooms: []string{name}, Name: event, Data: data, Parsed: true, Except: except}
	return s.hub.publish(false, m, s.spend)
}

// spend takes one publish from the session's allowance.
func (s *Session) spend() error {
	return s.hub.cfg.spend(&s.tokens, &s.refilled, s.hub.clock.Now())
}
