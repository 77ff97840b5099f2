package session

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"grandstand/session/room"
)

// registry is the rooms by name.
type registry struct {
	cfg    *Config
	shards []*room.Shard
	kinds  []*room.Config // of cfg.Rules, then of all others

	mu    sync.RWMutex
	rooms map[string]*room.Room
	own   int // of rooms, the server's
	// stray reports whether a room will never have members again; set once.
	stray func(name string) bool
	// forgotten is the newest event of any room that was removed or could not
	// be made. A room of the same name made later must not claim to have seen
	// everything.
	forgotten uint64
	vain      int // new rooms to refuse before evict looks again: the last time it found nothing

	evicted atomic.Int64 // rooms
}

func (g *registry) init(cfg *Config, shards []*room.Shard) {
	g.cfg, g.shards, g.rooms = cfg, shards, make(map[string]*room.Room)
	for i := range cfg.Rules {
		c := cfg.Rules[i].apply(cfg.Room)
		g.kinds = append(g.kinds, &c)
	}
	g.kinds = append(g.kinds, &cfg.Room)
}

// kind returns the index of the first rule for a name; len(cfg.Rules) if none.
func (g *registry) kind(name string) int {
	for i := range g.cfg.Rules {
		if g.cfg.Rules[i].matches(name) {
			return i
		}
	}
	return len(g.cfg.Rules)
}

// mayPublish reports whether viewers may publish to a room.
func (g *registry) mayPublish(name string) bool {
	if i := g.kind(name); i < len(g.cfg.Rules) && g.cfg.Rules[i].ClientPublish != nil {
		return *g.cfg.Rules[i].ClientPublish
	}
	return g.cfg.ClientPublish
}

// ownMark begins the names of the server's own rooms. It is a control character,
// which is in no name that viewers or applications give.
const ownMark = "\x00"

// internal reports whether a room is the server's own: nobody else can name it.
func internal(name string) bool { return strings.HasPrefix(name, ownMark) }

// pin returns the room of that name, making it if need be, and keeps it from
// being forgotten until its Unpin.
func (g *registry) pin(name string) (*room.Room, error) {
	if r := g.find(name, true); r != nil {
		return r, nil
	}
	if !internal(name) {
		if err := g.checkChosen(name); err != nil {
			return nil, err
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	r, ok := g.rooms[name]
	if !ok {
		if err := g.admit(name); err != nil {
			return nil, err
		}
		name = strings.Clone(name)
		r = room.New(name, g.kinds[g.kind(name)], g.shards, g.forgotten)
		g.rooms[name] = r
	}
	r.Pin()
	return r, nil
}

// admit refuses a new room when there are enough. The server's own are counted
// apart: viewers make none of them by name. mu is held.
func (g *registry) admit(name string) error {
	n, limit := len(g.rooms)-g.own, g.cfg.MaxRooms
	if internal(name) {
		n, limit = g.own, g.cfg.MaxOwnRooms
	} else if n >= limit {
		n -= g.evict()
	}
	if n >= limit {
		return &Error{CodeTooManyRooms, fmt.Sprintf("the server holds %d rooms, its limit", n)}
	}
	if internal(name) {
		g.own++
	}
	return nil
}

// evictShare is which part of all rooms is evicted at once: a search through all
// of them is paid for by many new ones.
const evictShare = 64

// evict takes out rooms that nobody is in, and returns how many: those that keep
// nothing first, then those whose newest event is the oldest. What they kept is
// gone, and whoever asks for it is told so. mu is held.
func (g *registry) evict() int {
	some := max(1, g.cfg.MaxRooms/evictShare)
	if g.vain > 0 {
		g.vain--
		return 0
	}
	type candidate struct {
		room *room.Room
		kept uint64 // the newest event; 0: none
	}
	var all []candidate
	for name, r := range g.rooms {
		if internal(name) || !r.Empty() {
			continue
		}
		c := candidate{room: r}
		if !r.Idle() {
			c.kept = r.Head()
		}
		all = append(all, c)
	}
	slices.SortFunc(all, func(x, y candidate) int { return cmp.Compare(x.kept, y.kept) })
	n := min(some, len(all))
	for _, c := range all[:n] {
		g.forgotten = max(g.forgotten, c.room.Head())
		g.remove(c.room)
	}
	if n == 0 {
		g.vain = some
	}
	g.evicted.Add(int64(n))
	return n
}

// lost notes an event for which no room could be made.
func (g *registry) lost(id uint64) {
	g.mu.Lock()
	g.forgotten = max(g.forgotten, id)
	g.mu.Unlock()
}

// find returns a room that exists, or nil.
func (g *registry) find(name string, pin bool) *room.Room {
	g.mu.RLock()
	defer g.mu.RUnlock()
	r := g.rooms[name]
	if r != nil && pin {
		r.Pin()
	}
	return r
}

// look is find, and the newest event that a room which is not there may have
// had.
func (g *registry) look(name string) (r *room.Room, forgotten uint64) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.rooms[name], g.forgotten
}

// checkChosen refuses what cannot be the name of a room that an application has
// chosen. Only sockets get into those that are for no one else: their encodings
// escape names.
func (g *registry) checkChosen(name string) error {
	if name == "" {
		return &Error{CodeBadRoom, "the room's name is empty"}
	}
	if len(name) > g.cfg.MaxRoomName {
		return &Error{CodeBadRoom, fmt.Sprintf("the room's name has %d bytes, the limit is %d", len(name), g.cfg.MaxRoomName)}
	}
	if !printable(name) {
		return &Error{CodeBadRoom, "the room's name holds a control character, or is not UTF-8"}
	}
	return nil
}

// checkName refuses what cannot be the name of a room for everybody, which
// stands in URLs, and in what is sent as it is.
func (g *registry) checkName(name string) error {
	if err := g.checkChosen(name); err != nil {
		return err
	}
	for i := range len(name) {
		if !roomByte(name[i]) {
			return &Error{CodeBadRoom, "a room's name is made of A-Z a-z 0-9 and _ - . : / @ = , + ~"}
		}
	}
	return nil
}

// roomByte reports whether c may be in a room's name: what needs no escape in
// JSON, HTML or a header.
func roomByte(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return strings.IndexByte("_-.:/@=,+~", c) >= 0
}

// sweep trims all rooms and forgets those that are idle, or stray.
func (g *registry) sweep(now time.Time) {
	g.mu.Lock()
	g.vain = 0
	g.mu.Unlock()
	for _, r := range g.all() {
		r.Trim(now)
		stray := internal(r.Name()) && r.Empty() && g.stray != nil && g.stray(r.Name())
		if !stray && !r.Idle() {
			continue
		}
		g.mu.Lock()
		// Under the lock nobody can pin it any more.
		switch {
		case stray && r.Empty(): // nobody will ask what it had
			g.remove(r)
		case r.Idle():
			g.forgotten = max(g.forgotten, r.Head())
			g.remove(r)
		}
		g.mu.Unlock()
	}
}

// remove takes a room out. mu is held.
func (g *registry) remove(r *room.Room) {
	delete(g.rooms, r.Name())
	if internal(r.Name()) {
		g.own--
	}
}

// all returns the rooms, by name.
func (g *registry) all() []*room.Room {
	g.mu.RLock()
	rooms := make([]*room.Room, 0, len(g.rooms))
	for _, r := range g.rooms {
		rooms = append(rooms, r)
	}
	g.mu.RUnlock()
	sort.Slice(rooms, func(i, k int) bool { return rooms[i].Name() < rooms[k].Name() })
	return rooms
}

func (g *registry) len() int {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return len(g.rooms)
}
