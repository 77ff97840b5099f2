package load

import "math"

// slot is what a viewer expects of one room.
type slot struct {
	next  uint32
	state uint32
}

const (
	slotOut    = 0 // not a member: an event is foreign
	slotIn     = 1 // next is expected
	slotAny    = 2 // joined while events were flowing: the first one sets next
	slotTold   = 4 // with slotIn: a gap notice came, the first one sets next
	slotLeaves = 8 // a leave was sent: events may still come, nothing is owed

	// maxTracked bounds how many missing events of one jump are remembered to
	// tell a late one from a duplicate.
	maxTracked = 1024
)

// Note is a stretch of one room on one connection in which events may have been
// missed: Prev was reached before it, Got is the first id after it, and
// the notice, if there was one, covers From < id <= To. The ledger of what was
// published says later whether that was the truth.
type Note struct {
	Conn, Room         int
	Prev, Got          uint64
	From, To           uint64
	Told               bool // there was a notice
	forgiven, finished bool
}

// missed names an event that was jumped over.
type missed struct {
	slot int
	seq  uint32
}

// checker holds the accounts of all connections of one loop.
type checker struct {
	rooms   int
	slots   []slot // rooms of connection 0, rooms of connection 1, ...
	n       Counters
	missing map[missed]struct{}
	open    map[int]int // slot to its unfinished note
	notes   []Note
}

func newChecker(conns, rooms int) *checker {
	return &checker{
		rooms: rooms, slots: make([]slot, conns*rooms),
		missing: make(map[missed]struct{}), open: make(map[int]int),
	}
}

// event accounts for a delivery to connection ci, whose last id was last.
func (k *checker) event(ci int, last uint64, e *event) {
	i := ci*k.rooms + e.room
	s := &k.slots[i]
	if s.state == slotIn && s.next == e.seq {
		s.next++
		return
	}
	k.unusual(ci, i, last, e)
}

// unusual handles everything but the expected next event.
func (k *checker) unusual(ci, i int, last uint64, e *event) {
	s := &k.slots[i]
	switch {
	case s.state&^slotTold == slotOut:
		k.n.Foreign++
		return
	case s.state&slotLeaves != 0:
		return
	case s.state&(slotAny|slotTold) != 0:
		if s.state&slotTold != 0 && s.state&slotIn != 0 && e.seq > s.next {
			k.n.Told += int64(e.seq - s.next)
		}
		k.finish(i, e.id)
		s.next, s.state = e.seq+1, slotIn
		return
	case e.seq > s.next:
		k.n.Lost += int64(e.seq - s.next)
		for seq := s.next; seq < e.seq && seq-s.next < maxTracked; seq++ {
			k.missing[missed{i, seq}] = struct{}{}
		}
		s.next = e.seq + 1
		return
	}
	if _, late := k.missing[missed{i, e.seq}]; late {
		delete(k.missing, missed{i, e.seq})
		k.n.Lost--
		k.n.Reordered++
		return
	}
	k.n.Duplicated++
}

// join starts the account of a room. start is true when nothing has been
// published yet, so that the first event must be number 0; otherwise the
// stretch behind the cursor is noted for the ledger.
func (k *checker) join(ci, room int, cursor uint64, start bool) {
	i := ci*k.rooms + room
	k.drop(i)
	if start {
		k.slots[i] = slot{state: slotIn}
		return
	}
	k.slots[i] = slot{state: slotAny}
	k.open[i] = len(k.notes)
	k.notes = append(k.notes, Note{Conn: ci, Room: room, Prev: cursor})
}

// enter starts the account of a room that the viewer will be in, without a word
// of where it begins: when that isn't number 0, the first event tells.
func (k *checker) enter(ci, room int, start bool) {
	i := ci*k.rooms + room
	k.drop(i)
	k.slots[i] = slot{state: slotAny}
	if start {
		k.slots[i] = slot{state: slotIn}
	}
}

// out says that the connection has nothing to do with the room.
func (k *checker) out(ci, room int) bool { return k.slots[ci*k.rooms+room].state == slotOut }

// leaving marks a room as being left: what still comes is neither owed nor wrong.
func (k *checker) leaving(ci, room int) {
	i := ci*k.rooms + room
	k.drop(i)
	k.slots[i].state = slotLeaves
}

// left ends the account of a room; from now on its events are foreign.
func (k *checker) left(ci, room int) {
	i := ci*k.rooms + room
	k.drop(i)
	k.slots[i].state = slotOut
}

// gap notes a notice.
func (k *checker) gap(ci, room int, last, from, to uint64) {
	i := ci*k.rooms + room
	s := &k.slots[i]
	k.n.Gaps++
	switch {
	case s.state&slotLeaves != 0:
		return
	case s.state == slotOut || to < from:
		k.n.BadGaps++
		return
	}
	prev := last
	if at, ok := k.open[i]; ok {
		n := &k.notes[at]
		if !n.Told { // joined and never got anything: the notice belongs to that stretch
			n.From, n.To, n.Told = from, to, true
			s.state |= slotTold
			return
		}
		// Two notices in a row: the first one ends where it said.
		prev = n.To
		k.finish(i, n.To+1)
	}
	s.state |= slotTold
	k.open[i] = len(k.notes)
	k.notes = append(k.notes, Note{Conn: ci, Room: room, Prev: prev, From: from, To: to, Told: true})
}

// finish closes the note of a slot at the first id received after it.
func (k *checker) finish(i int, got uint64) {
	if at, ok := k.open[i]; ok {
		k.notes[at].Got, k.notes[at].finished = got, true
		delete(k.open, i)
	}
}

// drop closes the note of a slot whose outcome doesn't matter any more.
func (k *checker) drop(i int) {
	if at, ok := k.open[i]; ok {
		k.notes[at].forgiven, k.notes[at].finished = true, true
		delete(k.open, i)
	}
}

// settle ends the accounts: published is how many events each room had, live
// says which connections are still owed all of them.
func (k *checker) settle(published []uint32, live func(ci int) bool) {
	for i := range k.slots {
		s := &k.slots[i]
		if s.state != slotIn || s.next >= published[i%k.rooms] || !live(i/k.rooms) {
			continue
		}
		k.n.Lost += int64(published[i%k.rooms] - s.next)
		s.next = published[i%k.rooms]
	}
	for i := range k.open {
		if live(i / k.rooms) {
			k.finish(i, math.MaxUint64)
		} else {
			k.drop(i)
		}
	}
}

// audit holds the notes against what was published, and drops them.
func (k *checker) audit(ledger *Ledger) {
	for _, n := range k.notes {
		untold, overtold := ledger.Audit(n)
		k.n.Lost += int64(untold)
		if overtold > 0 {
			k.n.BadGaps++
		}
	}
	k.notes = nil
}
