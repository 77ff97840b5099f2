package room

// Visit brings a member to the head of all its rooms, or to where its socket
// takes no more.
func (s *Shard) Visit(m *Member) {
	if m.blocked || m.gone || m.seat.crowd == nil {
		return
	}
	m.begun = true
	if m.more == nil {
		s.visitOne(m)
	} else {
		s.visitMany(m)
	}
}

// Resume is Visit for a member whose sink may take more again than it has said.
func (s *Shard) Resume(m *Member) {
	if !m.gone {
		s.open(m, true)
		s.Visit(m)
	}
}

// visitOne is the visit of a member of one room: slices of one feed.
func (s *Shard) visitOne(m *Member) {
	c := m.seat.crowd
	// The head as it is now: what comes during the visit is news again, and a
	// publisher that never pauses must not keep the shard with one member. Not
	// beyond the log's: who holds an event that the log does not cover yet, and
	// comes back with its id, would be told that it comes from the future.
	head := m.hold.bound(min(c.feed.room.head.Load(), s.head.Load()))
	for {
		from := max(m.cursor, m.seat.from)
		if from >= head {
			return
		}
		pl := c.plan(from, head)
		if pl.gap != 0 {
			if !s.behind(m, &m.seat, pl) {
				return
			}
			continue
		}
		if !s.write(m, pl, len(pl.p)) {
			return
		}
	}
}

// write sends the first n bytes of a plan, less what is not for this member,
// and moves the cursor. It reports whether the sink can take more.
func (s *Shard) write(m *Member, pl *plan, n int) (open bool) {
	if len(pl.except) > 0 {
		var skipped bool
		if n, skipped = s.excepted(m, pl, n); skipped {
			return true
		}
	}
	if n == 0 {
		m.cursor = pl.last
		return true
	}
	s.cur = pl
	k, open := m.sink.WriteShared(pl.p[:n], s.cut)
	if k > 0 {
		var records int
		m.cursor, records = pl.reached(k)
		s.tally.wrote(records, k)
	}
	s.open(m, open)
	return open
}

// open notes whether the member's sink can take more.
func (s *Shard) open(m *Member, open bool) {
	if m.blocked == open {
		m.blocked = !open
		if open {
			s.stats.blocked.Add(-1)
		} else {
			s.stats.blocked.Add(1)
		}
	}
}

// excepted returns how many of the first n bytes of a plan come before the
// first record that is not for m. A plan that begins with such a record is
// skipped past it.
func (s *Shard) excepted(m *Member, pl *plan, n int) (int, bool) {
	for _, x := range pl.except {
		if !m.named(x.who, x.id) {
			continue
		}
		end := 0
		for i := 0; pl.ids[i] < x.id; i++ {
			end = int(pl.ends[i]) - pl.base
		}
		if end >= n {
			break
		}
		if end == 0 {
			m.cursor = x.id
			return 0, true
		}
		return end, false
	}
	return n, false
}

// behind applies the room's policy to a member whose cursor fell off the log.
// It reports whether the visit may go on.
func (s *Shard) behind(m *Member, at *seat, pl *plan) bool {
	r := at.crowd.feed.room
	to := pl.gap
	switch r.cfg.Slow {
	case Disconnect:
		s.evict(m, r)
		return false
	case Latest:
		to = max(to, r.beforeLatest())
	}
	s.stats.gaps.Add(1)
	m.sink.Gap(r.name, pl.from, to)
	// The seat, not the cursor: the member's other rooms may still hold
	// events from before the gap's end.
	at.from = to
	return true
}
