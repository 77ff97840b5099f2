package load

// Of the packets that all viewers get alike, a loop reads each once.
const (
	memoSize   = 1024 // packets remembered, the newest
	memoUsual  = 256  // bytes of room that each has from the start
	memoPacket = 4096 // and may have
)

// sioMemo remembers EVENT packets as they came and what they say. Each has its
// place by its number, so the one behind the last is what a viewer most likely
// gets next: a comparison of bytes replaces reading it.
type sioMemo struct {
	rooms int
	at    uint64 // the place, before it wraps, where the next packet may be
	ring  []memo
}

type memo struct {
	packet []byte
	event  event
}

// find returns the next packet remembered, if p begins with it.
func (m *sioMemo) find(p []byte) (e *event, size int) {
	if m.ring == nil {
		return nil, 0
	}
	o := &m.ring[m.at%memoSize]
	n := len(o.packet)
	if n > len(p) || string(p[:n]) != string(o.packet) {
		return nil, 0
	}
	return &o.event, n
}

// put remembers a packet that was read.
func (m *sioMemo) put(p []byte, e *event) {
	if len(p) > memoPacket {
		return
	}
	if m.ring == nil {
		m.ring = make([]memo, memoSize)
		room := make([]byte, memoSize*memoUsual)
		for i := range m.ring {
			m.ring[i].packet, room = room[:0:memoUsual], room[memoUsual:]
		}
	}
	// Events go to the rooms in turn.
	place := uint64(e.seq)*uint64(m.rooms) + uint64(e.room)
	o := &m.ring[place%memoSize]
	o.packet, o.event = append(o.packet[:0], p...), *e
	m.at = place + 1
}
