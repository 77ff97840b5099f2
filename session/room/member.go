package room

// Sink is where a member's bytes go: a connection and its framing. Its
// methods are called by the member's shard only.
type Sink interface {
	// WriteShared writes as much of p as can be taken now. p is shared and
	// holds whole records; cut(k) is the end of the record byte k belongs to,
	// during the call. p never changes, also after the call: a sink may keep
	// it, and the same slice means the same bytes. It returns the bytes taken, always whole records, and whether more can
	// be taken; if not, the sink has the shard's Ready called later.
	WriteShared(p []byte, cut func(n int) int) (n int, open bool)
	// Gap tells the viewer that it missed the events of a room with
	// from < id <= to.
	Gap(room string, from, to uint64)
	// Evict ends the viewer because it fell off the log of a room. It is in
	// no room any more.
	Evict(room string)
	// ID is the session's, to be compared with Event.Except.
	ID() string
}

// Member is a reader of rooms: one cursor, and a seat in each room.
//
// It is embedded in a session, belongs to one shard for life and may be
// touched within that shard's Run only, but for Ready.
type Member struct {
	sink   Sink
	cursor uint64 // everything up to it, in all rooms, has been written
	seat   seat   // the only one of most members
	more   *[]seat
	// blocked: the sink cannot take more until it says so.
	blocked bool
	gone    bool // evicted or left for good
	begun   bool // something may have been written; the cursor only grows now
	hold    hold
}

// seat is a member's place in the crowd of a room.
type seat struct {
	crowd *crowd
	from  uint64 // events of this room up to it are not for this member
	index int    // in crowd.members
}

// Attach gives the member its sink. It comes before the first Join.
func (m *Member) Attach(sink Sink) { m.sink = sink }

// Sink is what Attach gave it.
func (m *Member) Sink() Sink { return m.sink }

// Cursor is the id up to which the member has everything.
func (m *Member) Cursor() uint64 { return m.cursor }

// Blocked reports whether the member waits for its socket.
func (m *Member) Blocked() bool { return m.blocked }

// Rooms is how many rooms the member is in.
func (m *Member) Rooms() int {
	n := 0
	if m.seat.crowd != nil {
		n++
	}
	if m.more != nil {
		n += len(*m.more)
	}
	return n
}

// Gone reports whether the member has left for good: it gets no seat any more.
func (m *Member) Gone() bool { return m.gone }

// In reports whether the member is in r.
func (m *Member) In(r *Room) bool { return m.find(r) >= 0 }

// Named reports whether who is the id of the member's session, or the name of
// a room it is in.
func (m *Member) Named(who string) bool { return m.named(who, ^uint64(0)) }

// named is Named as it was when the event with an id was published: rooms that
// the member has joined since do not count.
func (m *Member) named(who string, id uint64) bool {
	if m.sink.ID() == who {
		return true
	}
	for i := range m.Rooms() {
		if at := m.at(i); at.crowd.feed.room.name == who {
			return at.from < id
		}
	}
	return false
}

// Each calls f for every room the member is in.
func (m *Member) Each(f func(r *Room)) {
	for i := range m.Rooms() {
		f(m.at(i).crowd.feed.room)
	}
}

// at returns the i-th seat: the first inside the member, others outside.
func (m *Member) at(i int) *seat {
	if i == 0 {
		return &m.seat
	}
	return &(*m.more)[i-1]
}

// find returns the index of the member's seat in r, or -1.
func (m *Member) find(r *Room) int {
	for i := range m.Rooms() {
		if m.at(i).crowd.feed.room == r {
			return i
		}
	}
	return -1
}

// sit adds a seat and returns it.
func (m *Member) sit(s seat) {
	if m.seat.crowd == nil {
		m.seat = s
		return
	}
	if m.more == nil {
		m.more = new([]seat)
	}
	*m.more = append(*m.more, s)
}

// stand removes seat i; the last one takes its place.
func (m *Member) stand(i int) {
	n := m.Rooms() - 1
	*m.at(i) = *m.at(n)
	if n == 0 {
		m.seat = seat{}
		return
	}
	*m.more = (*m.more)[:n-1]
	if n == 1 {
		m.more = nil
	}
}
