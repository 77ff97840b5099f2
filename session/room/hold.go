package room

import "sync/atomic"

// holdBits is how many bits of a hold count; the others are an id. A mailbox
// holds far fewer commands.
const holdBits = 20

// hold keeps visits from going beyond an id while commands wait that have to
// come before what was published after they were given: 0, or the id, and how
// many such commands there are.
type hold struct{ v atomic.Uint64 }

// bound is the id that a visit may go to, which was head when it began. The
// order matters: who has put a hold first and published then is seen by all who
// see what was published.
func (h *hold) bound(head uint64) uint64 {
	if v := h.v.Load(); v != 0 {
		return min(head, v>>holdBits)
	}
	return head
}

// Hold has visits go no further than an id, until as many calls of Release. From
// any goroutine.
func (m *Member) Hold(id uint64) {
	for {
		old := m.hold.v.Load()
		v := old + 1 // the first one's id is the lowest
		if old == 0 {
			v = id<<holdBits | 1
		}
		if m.hold.v.CompareAndSwap(old, v) {
			return
		}
	}
}

// Move has visits go on to the id of the next Hold, whose command is due. Within
// Run.
func (m *Member) Move(id uint64) { m.release(id, 0) }

// Release ends a Hold. What it kept back comes with the next Visit. Within Run.
func (m *Member) Release(id uint64) { m.release(id, 1) }

func (m *Member) release(id, n uint64) {
	for {
		old := m.hold.v.Load()
		left := old&(1<<holdBits-1) - n
		v := max(id, old>>holdBits)<<holdBits | left
		if left == 0 {
			v = 0
		}
		if m.hold.v.CompareAndSwap(old, v) {
			return
		}
	}
}

// Behind reports whether a Visit would find something that has not been written
// yet. Within Run.
func (s *Shard) Behind(m *Member) bool {
	head := m.hold.bound(s.head.Load())
	for i := range m.Rooms() {
		if at := m.at(i); min(head, at.crowd.feed.room.head.Load()) > max(m.cursor, at.from) {
			return true
		}
	}
	return false
}
