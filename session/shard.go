package session

import (
	"sync"

	"grandstand/session/dispatch"
	"grandstand/session/room"
)

// shard is a room.Shard on a lane of the pool, and the sessions that belong
// to it.
type shard struct {
	*room.Shard
	lane *dispatch.Lane

	mu       sync.Mutex
	sessions map[uint64]*Session // by the first half of the id
}

func newShard(i int, h *Hub, pool *dispatch.Pool) *shard {
	s := &shard{sessions: make(map[uint64]*Session)}
	s.Shard = room.NewShard(i, h.cfg.Shard, &h.head, h.clock, h.log, func() { s.lane.Wake() })
	s.lane = dispatch.NewLane(pool, s.Run)
	return s
}

func (s *shard) enter(x *Session) {
	s.mu.Lock()
	s.sessions[x.key()] = x
	s.mu.Unlock()
}

func (s *shard) exit(x *Session) {
	s.mu.Lock()
	if s.sessions[x.key()] == x { // and not one that has recovered it
		delete(s.sessions, x.key())
	}
	if len(s.sessions) == 0 {
		// A map never shrinks: after a big audience, begin anew.
		s.sessions = make(map[uint64]*Session)
	}
	s.mu.Unlock()
}

// find returns the session with that id, or nil.
func (s *shard) find(id ID) *Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	if x := s.sessions[id.key()]; x != nil && x.id == id {
		return x
	}
	return nil
}

// all returns the sessions, in no order.
func (s *shard) all() []*Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]*Session, 0, len(s.sessions))
	for _, x := range s.sessions {
		out = append(out, x)
	}
	return out
}

func (s *shard) len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sessions)
}
