package session

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	"grandstand/session/room"
)

// saved is what is kept of a socket that was cut off: where it was, not what it
// missed. That is in the logs of its rooms.
type saved struct {
	pid    string
	id     ID
	space  string
	rooms  []string
	data   json.RawMessage
	at     time.Time
	offset uint64 // from where it goes on, once it has come back
	least  uint64 // below it something may be missing that no log has
	taken  bool   // it is on its way back
}

// away is what is known of a socket that is not there.
type away uint8

const (
	awayNot    away = iota // it does not come back
	awayKept               // it may, and finds what is sent to it
	awayComing             // it is on its way
)

// savings is the sockets that may come back, the oldest first.
type savings struct {
	hub *Hub

	mu    sync.Mutex
	all   map[string]*saved  // by pid
	ids   map[ID]*saved      // the same
	live  map[string]*Socket // sockets that are there, by pid
	order []*saved           // by age; some are not in all any more
}

// put keeps a socket that is being cut off. Above the limit the oldest is
// forgotten: it will come as a new one.
func (v *savings) put(s *Socket) {
	if v.hub.cfg.Recovery.MaxSockets == 0 {
		return
	}
	x := &saved{pid: s.life.pid, id: s.viewer.id, space: s.ns.name, data: s.Data(), at: time.Now(), least: s.life.unlogged}
	s.viewer.Each(func(r *room.Room) { x.rooms = append(x.rooms, r.Name()) })
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.all == nil {
		v.all, v.ids = make(map[string]*saved), make(map[ID]*saved)
	}
	for len(v.all) >= v.hub.cfg.Recovery.MaxSockets {
		v.dropOldest()
	}
	v.all[x.pid], v.ids[x.id] = x, x
	v.order = append(v.order, x)
	if len(v.order) > 2*len(v.all)+64 { // who comes and goes all the time leaves many that are in all no more
		v.order = slices.DeleteFunc(v.order, func(x *saved) bool { return v.all[x.pid] != x })
	}
}

// dropOldest forgets the first in order. mu is held.
func (v *savings) dropOldest() {
	x := v.order[0]
	v.order[0] = nil
	v.order = v.order[1:]
	if v.all[x.pid] == x {
		v.remove(x)
	}
}

// remove takes out one that is kept. mu is held.
func (v *savings) remove(x *saved) {
	delete(v.all, x.pid)
	delete(v.ids, x.id)
}

// await has the socket with an id, if it may come back, find what is sent to its
// own room meanwhile.
func (v *savings) await(n *Namespace, id string) away {
	parsed, ok := ParseID(id)
	if !ok {
		return awayNot
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	x := v.ids[parsed]
	if x == nil || x.space != n.name {
		return awayNot
	}
	if x.taken {
		return awayComing
	}
	if own := ownRoom(id); !slices.Contains(x.rooms, own) {
		x.rooms = append(x.rooms, own)
	}
	return awayKept
}

// stray reports whether a room is that of a socket which is neither there nor
// may come back: it never will be then.
func (h *Hub) stray(name string) bool {
	text, ok := strings.CutPrefix(name, ownRoom(""))
	if !ok {
		return false
	}
	id, ok := ParseID(text)
	// It may come back between two looks, and is found before it is forgotten
	// as one that may: so it cannot escape all three.
	return !ok || h.Find(text) == nil && !h.saved.kept(id) && h.Find(text) == nil
}

// kept reports whether the socket with an id may come back.
func (v *savings) kept(id ID) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.ids[id] != nil
}

// hold notes that a socket is there.
func (v *savings) hold(s *Socket) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.live == nil {
		v.live = make(map[string]*Socket)
	}
	v.live[s.life.pid] = s
}

// release notes that it is not any more.
func (v *savings) release(s *Socket) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.live[s.life.pid] == s {
		delete(v.live, s.life.pid)
	}
}

// holder returns the socket that has the secret of an entry, or nil.
func (v *savings) holder(n *Namespace, in *Entry) *Socket {
	if !in.Recover || in.PID == "" {
		return nil
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if s := v.live[in.PID]; s != nil && s.ns == n {
		return s
	}
	return nil
}

// back forgets one that was taken, once it can be found as a socket.
func (v *savings) back(x *saved) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.all[x.pid] == x {
		v.remove(x)
	}
}

// take returns what is kept under a secret, if all that was missed since the
// offset is still there. It can be taken once.
func (v *savings) take(n *Namespace, pid, offset string) *saved {
	if pid == "" {
		return nil
	}
	v.mu.Lock()
	x := v.all[pid]
	if x != nil && x.space == n.name && !x.taken {
		x.taken = true
	} else {
		x = nil
	}
	v.mu.Unlock()
	if x != nil && n.halled() && !slices.Contains(x.rooms, n.hall()) {
		x.rooms = append(x.rooms, n.hall()) // it has one since
	}
	if x != nil && time.Since(x.at) <= v.hub.cfg.Recovery.MaxAge && v.whole(x, offset) {
		v.hub.counts.apps.resumed.Add(1)
		return x
	}
	if x != nil {
		v.back(x)
	}
	v.hub.counts.apps.lapsed.Add(1)
	return nil
}

// whole reports whether nothing is missing after an offset, and notes it. A
// client that has seen no event yet has no offset, and cannot be helped.
func (v *savings) whole(x *saved, offset string) bool {
	id, foreign, err := v.hub.ParseCursor(offset)
	if err != nil || foreign || id > v.hub.head.Load() || id < x.least {
		return false
	}
	x.offset = id
	for _, name := range x.rooms {
		r, gone := v.hub.rooms.look(name)
		if r != nil {
			gone = r.Trimmed()
		}
		if gone > id {
			return false
		}
	}
	return true
}

// sweep forgets who has not come back in time.
func (v *savings) sweep(now time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for len(v.order) > 0 && (now.Sub(v.order[0].at) > v.hub.cfg.Recovery.MaxAge || v.all[v.order[0].pid] != v.order[0]) {
		v.dropOldest()
	}
}

// restore joins the rooms of an earlier socket, from where that was cut off.
// Within the shard. An error is that something is missing after all.
func (s *Socket) restore(x *saved) error {
	enc := s.peer().Encoding()
	for _, name := range x.rooms {
		j, err := s.viewer.join(name, enc, room.Start{Since: x.offset, HasSince: true}, len(x.rooms))
		if err != nil {
			return err
		}
		if j.Missed {
			return &Error{CodeHistoryGone, "missed events are gone"}
		}
		s.seated = s.seated || name == s.ns.hall()
	}
	return nil
}
