package room

import (
	"sync"
	"sync/atomic"
	"time"
)

// Room is a log of events and the crowds that read it.
//
// Append and Announce are for the owner of the log's order, one goroutine at a
// time; Trim and reading methods may be called from any. A room ends by being
// forgotten: see Idle.
type Room struct {
	name   string
	cfg    *Config
	shards []*Shard

	head    atomic.Uint64 // id of the newest event ever appended
	trimmed atomic.Uint64 // id of the newest event no longer kept
	members atomic.Int64
	pins    atomic.Int64
	feeds   atomic.Pointer[[]*feed] // copied on write

	mu      sync.RWMutex // after feed.mu
	history history

	making sync.Mutex // of feeds
}

// New returns an empty room. Events up to trimmed may have been in an earlier
// room of that name and are gone: whoever resumes from below is told so.
func New(name string, cfg *Config, shards []*Shard, trimmed uint64) *Room {
	r := &Room{name: name, cfg: cfg, shards: shards}
	r.history.trimmed = trimmed
	r.trimmed.Store(trimmed)
	r.head.Store(trimmed)
	r.feeds.Store(&[]*feed{})
	return r
}

// Name is the room's name.
func (r *Room) Name() string { return r.name }

// Config is the room's configuration, not to be changed.
func (r *Room) Config() *Config { return r.cfg }

// Head is the id of the newest event.
func (r *Room) Head() uint64 { return r.head.Load() }

// Trimmed is the id of the newest event that is no longer kept.
func (r *Room) Trimmed() uint64 { return r.trimmed.Load() }

// Members is how many members the room has.
func (r *Room) Members() int { return int(r.members.Load()) }

// Pin keeps the room from being idle until Unpin.
func (r *Room) Pin() { r.pins.Add(1) }

// Unpin ends a Pin.
func (r *Room) Unpin() { r.pins.Add(-1) }

// Append adds an event, whose id is above all others. Announce is to follow
// once the log's head covers it.
func (r *Room) Append(e Event) {
	r.mu.Lock()
	r.history.push(e)
	r.history.trim(r.cfg, e.Time)
	r.trimmed.Store(r.history.trimmed)
	r.head.Store(e.ID)
	r.mu.Unlock()
}

// Announce has every shard with members here walk over them.
func (r *Room) Announce() {
	for _, f := range *r.feeds.Load() {
		if f.members.Load() <= 0 {
			continue
		}
		for _, c := range f.crowds {
			if c.count.Load() > 0 && c.news.CompareAndSwap(false, true) {
				c.shard.announce(c)
			}
		}
	}
}

// Trim drops what is too old at the given time, and feeds without members.
func (r *Room) Trim(now time.Time) {
	r.mu.Lock()
	r.history.trim(r.cfg, now)
	r.trimmed.Store(r.history.trimmed)
	r.mu.Unlock()
	r.making.Lock()
	defer r.making.Unlock()
	feeds := *r.feeds.Load()
	kept := make([]*feed, 0, len(feeds))
	for _, f := range feeds {
		if f.members.CompareAndSwap(0, dropped) {
			continue
		}
		kept = append(kept, f)
		f.mu.Lock()
		f.trimmed = r.trimmed.Load()
		f.drop()
		f.mu.Unlock()
	}
	if len(kept) < len(feeds) {
		r.feeds.Store(&kept)
	}
}

// Idle reports whether nothing would be lost by forgetting the room: nobody
// is in it or about to be, and no event is kept. The caller must keep others
// from pinning it meanwhile.
func (r *Room) Idle() bool {
	r.mu.RLock()
	n := r.history.n
	r.mu.RUnlock()
	return n == 0 && r.Empty()
}

// Empty reports whether nobody is in the room, or about to be.
func (r *Room) Empty() bool { return r.pins.Load() == 0 && r.members.Load() == 0 }

// feed returns the room's feed in an encoding, making it if need be, with one
// more member counted, so that Trim does not drop it before the seat is taken.
func (r *Room) feed(enc Encoding) *feed {
	for _, f := range *r.feeds.Load() {
		if f.enc == enc && f.hold() {
			return f
		}
	}
	r.making.Lock()
	defer r.making.Unlock()
	feeds := *r.feeds.Load()
	for _, f := range feeds {
		if f.enc == enc && f.hold() {
			return f
		}
	}
	f := newFeed(r, enc, r.shards)
	f.members.Store(1)
	feeds = append(append(make([]*feed, 0, len(feeds)+1), feeds...), f)
	r.feeds.Store(&feeds)
	return f
}

// After returns up to limit of the oldest events with from < id <= upto, and
// whether that is all of them.
func (r *Room) After(from, upto uint64, limit int) (events []Event, all bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	h := &r.history
	i := h.after(from)
	for ; i < h.n && h.at(i).ID <= upto; i++ {
		if len(events) == limit {
			return events, false
		}
		events = append(events, *h.at(i))
	}
	return events, from >= h.trimmed
}

// between returns all kept events with from < id <= upto, and the newest event
// that was not kept at that moment.
func (r *Room) between(from, upto uint64) (events []Event, trimmed uint64) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	h := &r.history
	for i := h.after(from); i < h.n && h.at(i).ID <= upto; i++ {
		events = append(events, *h.at(i))
	}
	return events, h.trimmed
}

// Since returns how many events above an id the room keeps, and when the oldest
// of them was committed.
func (r *Room) Since(id uint64) (n int, oldest time.Time) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	h := &r.history
	i := h.after(id)
	if i == h.n {
		return 0, oldest
	}
	return h.n - i, h.at(i).Time
}

// Kept is how many events the room keeps, and their size in bytes.
func (r *Room) Kept() (events, bytes int) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.history.n, r.history.bytes
}

// nthLast returns the id above which the last n events lie.
func (r *Room) nthLast(n int) uint64 {
	r.mu.RLock()
	defer r.mu.RUnlock()
	h := &r.history
	if i := h.n - n; i > 0 {
		return h.at(i - 1).ID
	}
	return h.trimmed
}

// beforeLatest is the id above which only the newest event lies.
func (r *Room) beforeLatest() uint64 { return r.nthLast(1) }
