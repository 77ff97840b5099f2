package room

import "slices"

// Start says where in a room's log a member begins.
type Start struct {
	// Since is the id up to which the viewer has the room's events; it
	// counts if HasSince.
	Since    uint64
	HasSince bool
	// Foreign: since was given but is of another epoch, so it says nothing.
	Foreign bool
	// History is how many of the newest events to begin with, when there is
	// no usable since.
	History int
}

// Why is why a since was of no use: what follows it is not all there is.
type Why string

// The reasons; none is "".
const (
	Trimmed Why = "history_gone" // the room keeps no longer what follows it
	Foreign Why = "other_epoch"
	Ahead   Why = "cursor_ahead" // it is beyond the newest event
)

// Joined is the outcome of a join.
type Joined struct {
	Head      uint64 // the room's newest event
	Cursor    uint64 // every event of the room after it follows
	Recovered bool   // a since was given and nothing after it is missing
	Members   int
	Rejoined  bool // the member was there already; nothing has changed
	// Why says, when a since was given and Recovered is false, why.
	Why Why
	// Missed: the events with GapFrom < id <= GapTo are gone.
	Missed         bool
	GapFrom, GapTo uint64
	// Replay is what the member asked for of the past and cannot get in its
	// own order, because its cursor is beyond: to be sent apart.
	Replay []Event
}

// Join seats a member in a room. What follows its start comes with the next
// Visit, which is for the caller to make, after its own reply. Within Run.
func (s *Shard) Join(m *Member, r *Room, enc Encoding, o Start) Joined {
	if i := m.find(r); i >= 0 {
		return Joined{Head: r.Head(), Cursor: m.cursor, Members: r.Members(), Rejoined: true}
	}
	c := r.feed(enc).crowds[s.index]
	at := seat{crowd: c, index: c.add(m)}
	j := s.start(m, r, o)
	j.Members = r.Members()
	switch {
	case m.begun && j.Cursor < m.cursor:
		s.replay(m, r, &j)
	case m.begun || j.Cursor >= m.cursor && m.Rooms() > 0:
		at.from = j.Cursor
	default:
		// Nothing has been written yet: the cursor may still go back, and
		// rooms joined a moment ago keep their own start.
		for i := range m.Rooms() {
			m.at(i).from = max(m.at(i).from, m.cursor)
		}
		m.cursor = j.Cursor
	}
	m.sit(at)
	return j
}

// start finds the id a join begins after.
func (s *Shard) start(m *Member, r *Room, o Start) Joined {
	// The log's head, not the room's: it is newer, and so stays good for longer.
	// While an event of several rooms is on its way it is older, and must be. No
	// visit goes beyond it, but a since may, that was a room's head just then: it
	// means that the member has got that event.
	now := max(s.head.Load(), m.cursor)
	j := Joined{Head: r.Head()}
	trimmed := r.Trimmed()
	switch {
	case o.HasSince && !o.Foreign && o.Since <= max(now, j.Head):
		j.Cursor, j.Recovered = o.Since, true
	case o.Foreign && o.History == 0:
		// Nothing kept can have been seen in another epoch.
		j.Cursor, j.Missed = trimmed, true
		j.GapTo = trimmed
	case o.History > 0 && r.cfg.MaxReplay > 0:
		j.Cursor = r.nthLast(min(o.History, r.cfg.MaxReplay))
	default:
		j.Cursor = now
	}
	switch {
	case o.Foreign:
		j.Why = Foreign
	case o.HasSince && !j.Recovered:
		j.Why = Ahead
	}
	if j.Cursor < trimmed {
		j.lose()
		j.Missed = true
		j.GapFrom, j.GapTo = j.Cursor, trimmed
		j.Cursor = trimmed
	}
	return j
}

// lose notes that not everything after the since is there.
func (j *Joined) lose() {
	if j.Recovered {
		j.Recovered, j.Why = false, Trimmed
	}
}

// maxReplayBytes bounds a replay: it is written for one member alone and, if
// that does not read, kept for it.
const maxReplayBytes = 128 << 10

// replay collects the part of a join's past that lies before the member's
// cursor: the newest of it, up to the room's limit.
func (s *Shard) replay(m *Member, r *Room, j *Joined) {
	from := j.Cursor
	events, trimmed := r.between(from, m.cursor)
	events = slices.DeleteFunc(events, func(e Event) bool { return e.hidden(m) })
	keep, bytes := 0, 0
	for keep < min(len(events), r.cfg.MaxReplay) {
		if bytes += events[len(events)-1-keep].size(); bytes > maxReplayBytes {
			break
		}
		keep++
	}
	// Some may have been trimmed since the start was found, some are too much.
	to := min(trimmed, m.cursor)
	if over := len(events) - keep; over > 0 {
		to = events[over-1].ID
		events = events[over:]
	}
	if to > from {
		if !j.Missed {
			j.Missed, j.GapFrom = true, from
		}
		j.lose()
		j.GapTo = to
	}
	j.Replay = events
}

// Reseat gives a member another form of the events of all its rooms. It goes on
// at its cursor. Within Run.
func (s *Shard) Reseat(m *Member, enc Encoding) {
	for i := range m.Rooms() {
		at := m.at(i)
		c := at.crowd.feed.room.feed(enc).crowds[s.index]
		if c == at.crowd {
			c.feed.members.Add(-1) // counted once more by Room.feed
			continue
		}
		at.crowd.remove(at.index)
		at.crowd, at.index = c, c.add(m)
	}
}

// Leave takes a member out of a room and reports whether it was in. Within
// Run.
func (s *Shard) Leave(m *Member, r *Room) bool {
	i := m.find(r)
	if i < 0 {
		return false
	}
	at := m.at(i)
	at.crowd.remove(at.index)
	m.stand(i)
	return true
}

// Detach takes a member out of all rooms, for good. Within Run.
func (s *Shard) Detach(m *Member) {
	s.unseat(m)
	m.gone = true
}

// Reset takes a member out of all rooms and lets it begin anew: the next Join
// is as its first. One that is gone stays gone. Within Run, but not within the
// sink's methods: the visit under way would go on with what is no longer so.
func (s *Shard) Reset(m *Member) {
	s.unseat(m)
	m.cursor, m.begun = 0, false
}

// unseat takes a member out of all rooms. It waits for nothing any more.
func (s *Shard) unseat(m *Member) {
	for m.Rooms() > 0 {
		at := m.at(m.Rooms() - 1)
		at.crowd.remove(at.index)
		m.stand(m.Rooms() - 1)
	}
	s.open(m, true)
}

// Suspend has visits pass over a member until its Ready, as if its sink had
// said that it takes no more. Within Run.
func (s *Shard) Suspend(m *Member) {
	if !m.gone {
		s.open(m, false)
	}
}
