package session

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"grandstand/session/room"
)

// RoomInfo describes a room.
type RoomInfo struct {
	Name    string
	Head    string // cursor of the newest event
	Trimmed string // cursor of the newest event no longer kept
	Viewers int
	Events  int // kept
	Bytes   int
	Config  room.Config
}

// SessionInfo describes a session.
type SessionInfo struct {
	ID        string
	Transport string
	Peer      string
	Rooms     []string
	Cursor    string
	Behind    uint64 // ids between its cursor and the head of its rooms
	Blocked   bool   // its socket takes no more for now
	Age       time.Duration
}

// Rooms describes all rooms, by name.
func (h *Hub) Rooms() []RoomInfo {
	all := h.rooms.all()
	out := make([]RoomInfo, 0, len(all))
	for _, r := range all {
		if !internal(r.Name()) {
			out = append(out, h.describe(r))
		}
	}
	return out
}

// Room describes one.
func (h *Hub) Room(name string) (RoomInfo, error) {
	if err := h.checkChosen(name); err != nil {
		return RoomInfo{}, err
	}
	r := h.rooms.find(name, false)
	if r == nil {
		return RoomInfo{}, &Error{CodeNotFound, "no such room"}
	}
	return h.describe(r), nil
}

func (h *Hub) describe(r *room.Room) RoomInfo {
	i := RoomInfo{
		Name: r.Name(), Head: h.Cursor(r.Head()), Trimmed: h.Cursor(r.Trimmed()),
		Viewers: r.Members(), Config: *r.Config(),
	}
	i.Events, i.Bytes = r.Kept()
	return i
}

// History returns up to limit of a room's oldest events after a cursor ("" is
// the oldest kept), and whether none is missing between the two.
func (h *Hub) History(name, since string, limit int) (events []room.Event, complete bool, err error) {
	if err := h.checkChosen(name); err != nil {
		return nil, false, err
	}
	r := h.rooms.find(name, false)
	if r == nil {
		return nil, false, &Error{CodeNotFound, "no such room"}
	}
	if since == "" {
		events, _ = r.After(0, ^uint64(0), limit)
		return events, r.Trimmed() == 0, nil
	}
	id, foreign, err := h.ParseCursor(since)
	if err != nil {
		return nil, false, err
	}
	if foreign {
		id = 0
	}
	events, complete = r.After(id, ^uint64(0), limit)
	return events, complete && !foreign, nil
}

// Kick ends the sessions of a room, for good.
func (h *Hub) Kick(ctx context.Context, name string) (n int, err error) {
	if _, err := h.Room(name); err != nil {
		return 0, err
	}
	for _, sh := range h.shards {
		// Not one command per session: between two of them a busy shard takes
		// a turn of its walk.
		for some := range slices.Chunk(sh.all(), h.cfg.Shard.Chunk) {
			kicked := make(chan int, 1)
			sh.Force(func() { kicked <- kickFrom(name, some) })
			select {
			case k := <-kicked:
				n += k
			case <-ctx.Done():
				return n, fmt.Errorf("session: kick %q: %w", name, ctx.Err())
			}
		}
	}
	return n, nil
}

// kickFrom ends those of some sessions of a shard that are in that room.
func kickFrom(name string, some []*Session) (n int) {
	for _, s := range some {
		in := false
		s.Each(func(r *room.Room) { in = in || r.Name() == name })
		if in {
			n++
			s.Transport().End(AllReasons().Kicked)
		}
	}
	return n
}

// Session describes one.
func (h *Hub) Session(ctx context.Context, id string) (SessionInfo, error) {
	var info SessionInfo
	if err := h.within(ctx, id, func(s *Session) { info = s.describe() }); err != nil {
		return SessionInfo{}, err // info may yet be written to
	}
	return info, nil
}

// End ends a session.
func (h *Hub) End(ctx context.Context, id string, r Reason) error {
	return h.within(ctx, id, func(s *Session) { s.Transport().End(r) })
}

// Find returns the session with that id, or nil. It may end at any time: what is
// posted to it runs all the same.
func (h *Hub) Find(id string) *Session {
	parsed, ok := ParseID(id)
	if !ok {
		return nil
	}
	for _, sh := range h.shards {
		if s := sh.find(parsed); s != nil {
			return s
		}
	}
	return nil
}

// named is Find for ids as clients know them: sockets of 2.x clients have their
// namespace before it.
func (h *Hub) named(text string) *Session {
	name, _, ok := strings.Cut(text, "#")
	if !ok {
		return h.Find(text)
	}
	if ns, err := h.Namespace(name); err == nil {
		if s := ns.socket(text); s != nil {
			return s.Session()
		}
	}
	return nil
}

// within runs f in the shard of the session with that id, and waits for it.
func (h *Hub) within(ctx context.Context, text string, f func(*Session)) error {
	s := h.named(text)
	if s == nil {
		return &Error{CodeNotFound, "no such session"}
	}
	done := make(chan struct{})
	if err := s.Post(func() { f(s); close(done) }); err != nil {
		return err
	}
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("session: %s: %w", text, ctx.Err())
	}
}

func (s *Session) describe() SessionInfo {
	i := SessionInfo{
		ID: s.ID(), Cursor: s.hub.Cursor(s.Cursor()), Blocked: s.Blocked(),
		Age: s.hub.clock.Now().Truncate(time.Second) - time.Duration(s.began)*time.Second,
	}
	i.Transport, i.Peer = s.Transport().Info()
	s.Each(func(r *room.Room) {
		if !internal(r.Name()) {
			i.Rooms = append(i.Rooms, r.Name())
		}
		if r.Head() > s.Cursor() {
			i.Behind = max(i.Behind, r.Head()-s.Cursor())
		}
	})
	return i
}
