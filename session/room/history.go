package room

import (
	"sort"
	"time"
)

// history is the kept end of a room's log: a ring of events in id order. Its
// room's mutex guards it.
type history struct {
	ring  []Event
	first int // index of the oldest in ring
	n     int
	bytes int
	// trimmed is the id of the newest event that is no longer kept; a cursor
	// below it may have missed something.
	trimmed uint64
}

// at returns the i-th oldest event.
func (h *history) at(i int) *Event { return &h.ring[(h.first+i)%len(h.ring)] }

// push appends e, whose id is above all others.
func (h *history) push(e Event) {
	if h.n == len(h.ring) {
		h.grow()
	}
	h.ring[(h.first+h.n)%len(h.ring)] = e
	h.n++
	h.bytes += e.size()
}

func (h *history) grow() {
	ring := make([]Event, max(8, 2*len(h.ring)))
	for i := range h.n {
		ring[i] = *h.at(i)
	}
	h.ring, h.first = ring, 0
}

// pop drops the oldest event.
func (h *history) pop() {
	e := h.at(0)
	h.trimmed = e.ID
	h.bytes -= e.size()
	*e = Event{} // let go of the data
	h.first = (h.first + 1) % len(h.ring)
	h.n--
}

// trim drops what cfg does not keep at the given time. The newest event stays
// whatever its size: only age removes it.
func (h *history) trim(cfg *Config, now time.Time) {
	for h.n > 1 && (h.n > cfg.History || h.bytes > cfg.HistoryBytes) {
		h.pop()
	}
	for h.n > 0 && now.Sub(h.at(0).Time) > cfg.HistoryAge {
		h.pop()
	}
	if h.n == 0 {
		h.ring, h.first = nil, 0
	} else if len(h.ring) > 64 && h.n < len(h.ring)/4 {
		h.shrink()
	}
}

func (h *history) shrink() {
	ring := make([]Event, len(h.ring)/2)
	for i := range h.n {
		ring[i] = *h.at(i)
	}
	h.ring, h.first = ring, 0
}

// after returns the index of the oldest event with an id above id; n if none.
func (h *history) after(id uint64) int {
	// News are at the end, and mostly few.
	if h.n > 0 && h.at(h.n-1).ID <= id {
		return h.n
	}
	return sort.Search(h.n, func(i int) bool { return h.at(i).ID > id })
}
