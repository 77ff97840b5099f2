package room

// maxMerge is how much a merged write holds at most: the more, the fewer
// writes, but what a slow socket does not take is merged again.
const maxMerge = 64 << 10

// part is a plan on its way into a merged write.
type part struct {
	plan *plan
	next int // record
}

// merger joins the records of several rooms in id order. Copying runs of a
// few hundred bytes costs less than an iovec each would.
type merger struct {
	parts []part
	buf   []byte
	ids   []uint64
	ends  []int
	cut   func(n int) int
}

// visitMany is the visit of a member of several rooms.
func (s *Shard) visitMany(m *Member) {
	// What the log's head covers is in every room, so nothing with a lower id
	// can still turn up in one of them. What comes later is news again.
	head := s.head.Load()
	for {
		upto := head
		if !s.gather(m, upto) {
			return
		}
		parts := s.merger.parts
		if len(parts) == 0 {
			m.cursor = max(m.cursor, upto)
			return
		}
		for _, p := range parts {
			if p.plan.more {
				upto = min(upto, p.plan.last)
			}
		}
		if !s.writeMany(m, upto) {
			return
		}
	}
}

// gather collects what the rooms have for m. It reports false if a room's
// policy ended the visit.
func (s *Shard) gather(m *Member, upto uint64) bool {
	g := &s.merger
	g.parts = g.parts[:0]
	for i := range m.Rooms() {
		at := m.at(i)
		from := max(m.cursor, at.from)
		if from >= upto || from >= at.crowd.feed.room.head.Load() {
			continue
		}
		pl := at.crowd.plan(from, upto)
		// A publisher may trim between two plans, and what is left out here is
		// passed over in silence: so until there is no gap.
		for pl.gap != 0 && from < upto {
			if !s.behind(m, at, pl) {
				return false
			}
			if from = at.from; from < upto {
				pl = at.crowd.plan(from, upto)
			}
		}
		if len(pl.p) > 0 {
			g.parts = append(g.parts, part{plan: pl})
		}
	}
	return true
}

// writeMany sends the gathered records with ids up to upto.
func (s *Shard) writeMany(m *Member, upto uint64) (open bool) {
	g := &s.merger
	if len(g.parts) == 1 && g.parts[0].plan.last <= upto {
		// All of one room and nothing of the others: no copy.
		pl := g.parts[0].plan
		return s.write(m, pl, len(pl.p))
	}
	id := ""
	for _, p := range g.parts {
		if len(p.plan.except) > 0 {
			id = m.sink.ID()
		}
	}
	done := g.merge(upto, id)
	if len(g.buf) == 0 {
		m.cursor = max(m.cursor, done)
		return true
	}
	k, open := m.sink.WriteShared(g.buf, g.cut)
	if k == len(g.buf) {
		m.cursor = done
		s.tally.wrote(len(g.ids), k)
	} else if k > 0 {
		n := g.records(k)
		m.cursor = g.ids[n-1]
		s.tally.wrote(n, k)
	}
	s.open(m, open)
	return open
}

// merge fills buf with the records up to upto, in id order, and returns the
// cursor they lead to. An event of several rooms is there once. session, if
// not "", is the one whose exclusions count.
func (g *merger) merge(upto uint64, session string) (done uint64) {
	g.buf, g.ids, g.ends = g.buf[:0], g.ids[:0], g.ends[:0]
	var last uint64
	for {
		p := g.lowest(upto)
		if p == nil {
			return upto
		}
		rec, id := p.plan.record(p.next), p.plan.ids[p.next]
		if len(g.buf) > 0 && len(g.buf)+len(rec) > maxMerge {
			return last
		}
		p.next++
		if id == last || (session != "" && p.plan.excludes(id, session)) {
			continue
		}
		last = id
		g.buf = append(g.buf, rec...)
		g.ids = append(g.ids, id)
		g.ends = append(g.ends, len(g.buf))
	}
}

// lowest returns the part whose next record has the lowest id, up to upto.
func (g *merger) lowest(upto uint64) *part {
	var low *part
	for i := range g.parts {
		p := &g.parts[i]
		if p.next == len(p.plan.ids) || p.plan.ids[p.next] > upto {
			continue
		}
		if low == nil || p.plan.ids[p.next] < low.plan.ids[low.next] {
			low = p
		}
	}
	return low
}

// end is the cut of a merged write: the end of the record byte n belongs to.
func (g *merger) end(n int) int {
	for _, e := range g.ends {
		if e > n {
			return e
		}
	}
	return len(g.buf)
}

// records is how many records end within the first n bytes.
func (g *merger) records(n int) int {
	k := 0
	for k < len(g.ends) && g.ends[k] <= n {
		k++
	}
	return k
}

// excludes reports whether the record with that id is not for session.
func (pl *plan) excludes(id uint64, session string) bool {
	i := after(pl.except, id-1)
	return i < len(pl.except) && pl.except[i].id == id && pl.except[i].session == session
}
