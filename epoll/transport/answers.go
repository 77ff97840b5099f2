package transport

import (
	"sync"
	"unsafe"

	"grandstand/epoll/protocol"
	"grandstand/session/room"
)

// answers remembers the newest answers of a shard, so that each is built once
// for all who poll from the same place. Only the shard touches it.
type answers struct {
	ring [16]sharedAnswer
	next int
}

// sharedAnswer is an answer as it goes out. Slices of feeds never change, so
// the same slice, for the same rooms and look, is the same answer.
type sharedAnswer struct {
	records []byte
	rooms   *roomSet
	look    *look
	wire    []byte
	cursor  uint64
}

// get returns the answer with these records.
func (t *answers) get(s *Server, p *poller, records []byte, cut func(n int) int) *sharedAnswer {
	at := unsafe.SliceData(records)
	for i := range t.ring {
		a := &t.ring[(t.next+len(t.ring)-1-i)%len(t.ring)]
		if unsafe.SliceData(a.records) == at && len(a.records) == len(records) && a.rooms == p.rooms && a.look == p.look {
			return a
		}
	}
	a := &t.ring[t.next]
	t.next = (t.next + 1) % len(t.ring)
	id, _ := protocol.LastID(records, cut)
	*a = sharedAnswer{records: records, rooms: p.rooms, look: p.look, cursor: id}
	a.wire = s.appendPoll(nil, p.look, &protocol.Answer{
		Rooms: p.rooms.names, Cursor: s.hub.Cursor(id), Recovered: true,
	}, records, p.look.last)
	return a
}

// Bounds of pages: small ones for all the places a crowd is at, and the memory
// of a few large ones.
const (
	maxPages     = 1024
	maxPageBytes = 4 << 20
	pageOverhead = 512 // of a page without events
)

// pageKey says what a page is read from: the rooms, where from, and their
// newest event.
type pageKey struct {
	rooms *roomSet
	start room.Start
	head  uint64
}

// pages remembers what was read from the log for polls that are answered at
// once. It begins anew when full.
type pages struct {
	mu    sync.Mutex
	all   map[pageKey]*page
	bytes int
}

func (t *pages) get(key pageKey) *page {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.all[key]
}

func (t *pages) put(key pageKey, p *page) {
	t.mu.Lock()
	defer t.mu.Unlock()
	size := len(p.records) + 2*len(key.rooms.key) + pageOverhead
	if t.all == nil || len(t.all) >= maxPages || t.bytes+size > maxPageBytes {
		t.all, t.bytes = make(map[pageKey]*page), 0
	}
	t.all[key] = p
	t.bytes += size
}
