package load

import (
	"slices"
	"sync"
)

// Ledger is what was published: the ids of each room in order of publishing,
// as the server answered them. It is the truth that gap notices are held to.
//
// Any goroutine may use it.
type Ledger struct {
	mu    sync.Mutex
	rooms [][]uint64
	last  []int64 // when the newest event of each room left, on the run's clock
	other int     // answers without a number in the id
}

// NewLedger keeps accounts of a number of rooms.
func NewLedger(rooms int) *Ledger {
	return NewLedgerOf(make([][]uint64, rooms), make([]int64, rooms))
}

// NewLedgerOf keeps accounts of rooms in which events with these numbers were
// published, the last of each at these times, see IDs and Last. It takes the lists.
func NewLedgerOf(ids [][]uint64, last []int64) *Ledger { return &Ledger{rooms: ids, last: last} }

// IDs are the numbers of the events acknowledged, by room.
func (l *Ledger) IDs() [][]uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([][]uint64, len(l.rooms))
	for i, ids := range l.rooms {
		out[i] = slices.Clone(ids)
	}
	return out
}

// Add notes the id of the next event of a room.
func (l *Ledger) Add(room int, id string) {
	n, ok := Number(id)
	l.mu.Lock()
	defer l.mu.Unlock()
	if !ok {
		l.other++
	}
	l.rooms[room] = append(l.rooms[room], n)
}

// Left notes when the newest event of a room was sent.
func (l *Ledger) Left(room int, at int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last[room] = at
}

// Last is when the newest event of each room was sent, 0 for none.
func (l *Ledger) Last() []int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.last)
}

// Published is the number of events acknowledged, by room.
func (l *Ledger) Published() []uint32 {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]uint32, len(l.rooms))
	for i, ids := range l.rooms {
		out[i] = uint32(len(ids))
	}
	return out
}

// Audit compares a finished note with what was published. untold is the number
// of events missed that no notice covers; overtold the number of events
// that the notice claims were missed and that were delivered.
func (l *Ledger) Audit(n Note) (untold, overtold int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n.forgiven || !n.finished {
		return 0, 0
	}
	ids := l.rooms[n.Room]
	first, _ := slices.BinarySearch(ids, n.Prev+1)
	last, _ := slices.BinarySearch(ids, n.Got)
	untold = max(last-first, 0)
	if !n.Told {
		return untold, 0
	}
	from, _ := slices.BinarySearch(ids, n.From+1)
	to := len(ids)
	if n.To+1 > n.To { // the largest number has no successor
		to, _ = slices.BinarySearch(ids, n.To+1)
	}
	covered := max(min(to, last)-max(from, first), 0)
	return untold - covered, max(to-from, 0) - covered
}
