package room

import "time"

// enqueue puts a crowd with news in line for a walk, or aside until its
// room's flush interval is over.
func (s *Shard) enqueue(c *crowd) {
	if c.walking || c.parked {
		// The end of the walk, or of the pause, looks at news again.
		c.again = true
		return
	}
	cfg := c.feed.room.cfg
	if cfg.FlushInterval > 0 {
		pause := max(cfg.FlushInterval, c.took*time.Duration(cfg.FlushDuty))
		if wait := c.began + pause - s.clock.Now(); c.began > 0 && wait > 0 {
			c.parked = true
			s.clock.After(wait, func() {
				s.Force(func() {
					c.parked, c.again = false, false
					s.queue = append(s.queue, c)
				})
			})
			return
		}
	}
	s.queue = append(s.queue, c)
}

// walk goes on with the first crowd in line, for one chunk. Then it is the
// next one's turn, so a giant room keeps nobody waiting.
func (s *Shard) walk() {
	if len(s.queue) == 0 {
		return
	}
	c := s.queue[0]
	s.queue[0] = nil
	s.queue = s.queue[1:]
	if !c.walking {
		c.walking, c.next, c.began = true, 0, s.clock.Now()
		// From here on an event is news again: those visited before it
		// need another walk. Later ones get it with this one.
		c.news.Store(false)
	}
	s.chunk(c)
	if c.next < len(c.members) {
		s.queue = append(s.queue, c)
		return
	}
	c.walking, c.next = false, 0
	c.memo = plan{} // or it would keep a segment the feed has dropped
	s.merger.forget()
	c.took = s.clock.Now() - c.began
	s.stats.walk(c.took)
	if c.again {
		c.again = false
		s.enqueue(c)
	}
}

// chunk visits the next members of a crowd.
func (s *Shard) chunk(c *crowd) {
	defer s.recovered("walk")
	evicts := c.feed.room.cfg.Slow == Disconnect
	for n := s.cfg.Chunk; n > 0 && c.next < len(c.members); n-- {
		m := c.members[c.next]
		c.next++
		if !m.blocked {
			s.Visit(m)
		} else if evicts && !m.gone {
			s.outrun(m, c)
		}
	}
}

// outrun evicts a member that is blocked and has fallen off the log of a room
// that disconnects such.
func (s *Shard) outrun(m *Member, c *crowd) {
	i := m.find(c.feed.room)
	if max(m.cursor, m.at(i).from) < c.feed.room.Trimmed() {
		s.evict(m, c.feed.room)
	}
}

func (s *Shard) evict(m *Member, r *Room) {
	if m.gone {
		return
	}
	s.Detach(m)
	s.stats.evicted.Add(1)
	m.sink.Evict(r.name)
}
