package room

import (
	"sync"
	"sync/atomic"
)

// feed is a room's log in one encoding. It is filled when a shard needs it:
// whoever comes first encodes what is new, for all.
type feed struct {
	room *Room
	enc  Encoding
	// crowds holds the members by shard; fixed when the feed is made.
	crowds []*crowd
	// members counts them all, and those about to be seated; dropped once
	// the room has let go of the feed.
	members atomic.Int64

	mu      sync.Mutex // before room.mu
	segs    []*segment
	last    uint64 // id of the newest event encoded
	trimmed uint64 // the room's, when last looked at
	except  []exclusion
	scratch []byte
}

// exclusion is a record that a session, or the members of a room, do not get.
type exclusion struct {
	id  uint64
	who string
}

func newFeed(r *Room, enc Encoding, shards []*Shard) *feed {
	f := &feed{room: r, enc: enc, crowds: make([]*crowd, len(shards))}
	for i, s := range shards {
		f.crowds[i] = &crowd{feed: f, shard: s}
	}
	return f
}

// dropped is what members holds when the room has let go of a feed: no number
// of seats brings it back above zero.
const dropped = -1 << 40

// hold counts a member that is about to be seated. It reports false if the
// room has let go of the feed: whoever sat down in it would hear of nothing.
func (f *feed) hold() bool {
	if f.members.Add(1) > 0 {
		return true
	}
	f.members.Add(-1)
	return false
}

// catchUp encodes the events the room has and the feed has not. f.mu is held.
func (f *feed) catchUp() {
	f.encode()
	f.drop()
	if cap(f.scratch) > maxSegment {
		f.scratch = nil
	}
}

func (f *feed) encode() {
	r := f.room
	r.mu.RLock()
	defer r.mu.RUnlock() // the encoding is not ours and may panic
	h := &r.history
	for i := h.after(f.last); i < h.n; i++ {
		e := h.at(i)
		f.scratch = f.enc.AppendRecord(f.scratch[:0], r.name, e)
		f.append(e.ID, f.scratch)
		if e.Except != "" {
			f.except = append(f.except, exclusion{e.ID, e.Except})
		}
		if e.Emit != nil {
			for _, who := range e.Emit.Except {
				f.except = append(f.except, exclusion{e.ID, who})
			}
		}
		f.last = e.ID
	}
	f.trimmed = h.trimmed
}

func (f *feed) append(id uint64, p []byte) {
	n := len(f.segs)
	if n == 0 || !f.segs[n-1].fits(len(p)) {
		size := minSegment
		if n > 0 {
			size = min(4*cap(f.segs[n-1].buf), maxSegment)
		}
		f.segs = append(f.segs, newSegment(max(size, len(p))))
		n++
	}
	f.segs[n-1].append(id, p)
}

// drop lets go of what the room no longer keeps.
func (f *feed) drop() {
	k := 0
	for k < len(f.segs) && f.segs[k].last() <= f.trimmed {
		k++
	}
	if k > 0 {
		f.segs = append(f.segs[:0], f.segs[k:]...)
		clear(f.segs[len(f.segs) : len(f.segs)+k])
	}
	k = 0
	for k < len(f.except) && f.except[k].id <= f.trimmed {
		k++
	}
	f.except = f.except[k:]
}
