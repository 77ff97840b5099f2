package room

import "bytes"

// maxMerge is how much a merged write holds at most: the more, the fewer
// writes, but what a slow socket does not take is merged again.
const maxMerge = 64 << 10

// part is a plan on its way into a merged write. It holds a record at least.
type part struct {
	feed *feed
	plan *plan
	next int // record
}

// span names the records.
func (p *part) span() span {
	return span{p.feed, p.plan.ids[0], p.plan.ids[len(p.plan.ids)-1]}
}

// merger joins the records of several rooms in id order. Copying runs of a
// few hundred bytes costs less than an iovec each would, and is done once for
// all members that have the same to get.
type merger struct {
	parts   []part
	scratch []byte
	memo    memo
	private merged  // for a session that does not get some of the records
	cur     *merged // being written
	cut     func(n int) int
}

// visitMany is the visit of a member of several rooms.
func (s *Shard) visitMany(m *Member) {
	// What the log's head covers is in every room, so nothing with a lower id
	// can still turn up in one of them. What comes later is news again.
	head := m.hold.bound(s.head.Load())
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
		// Records that say nothing in this form are passed over likewise.
		for (pl.gap != 0 || len(pl.p) == 0 && pl.more) && from < upto {
			if pl.gap == 0 {
				at.from = pl.last
			} else if !s.behind(m, at, pl) {
				return false
			}
			if from = at.from; from < upto {
				pl = at.crowd.plan(from, upto)
			}
		}
		if len(pl.p) > 0 {
			g.parts = append(g.parts, part{feed: at.crowd.feed, plan: pl})
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
	all := g.merge(upto, m)
	g.cur = all
	done := upto
	if all.cut {
		done = all.ids[len(all.ids)-1]
	}
	if len(all.p) == 0 {
		m.cursor = max(m.cursor, done)
		return true
	}
	k, open := m.sink.WriteShared(all.p, g.cut)
	if k == len(all.p) {
		m.cursor = done
		s.tally.wrote(len(all.ids), k)
	} else if k > 0 {
		n := all.records(k)
		m.cursor = all.ids[n-1]
		s.tally.wrote(n, k)
	}
	s.open(m, open)
	return open
}

// forget lets go of all that was merged, or it would keep what the rooms have
// long dropped.
func (g *merger) forget() {
	if g.cur != nil {
		g.memo, g.private, g.cur = memo{}, merged{}, nil
	}
}

// merge returns the records up to upto that are for a member.
func (g *merger) merge(upto uint64, m *Member) *merged {
	if g.excluded(m) {
		g.fill(&g.private, upto, m)
		return &g.private
	}
	// The log goes on, the same records stay the same: the bound counts only
	// if it leaves some out.
	bound := uint64(0)
	for i := range g.parts {
		bound = max(bound, g.parts[i].span().last)
	}
	bound = min(bound, upto)
	all := g.memo.find(g.parts, bound)
	if all == nil {
		all = g.memo.add(g.parts, bound)
		g.fill(all, bound, nil)
	}
	return all
}

// excluded reports whether some of the gathered records are not for a member.
func (g *merger) excluded(m *Member) bool {
	for i := range g.parts {
		for _, x := range g.parts[i].plan.except {
			if m.named(x.who, x.id) {
				return true
			}
		}
	}
	return false
}

// fill fills m with the records up to upto, in id order. An event of several
// rooms is there once. member, if not nil, is the one whose exclusions count.
func (g *merger) fill(m *merged, upto uint64, member *Member) {
	p := g.scratch[:0]
	m.ids, m.ends, m.cut = m.ids[:0], m.ends[:0], false
	var last uint64
	for {
		low := g.lowest(upto)
		if low == nil {
			break
		}
		rec, id := low.plan.record(low.next), low.plan.ids[low.next]
		if len(p) > 0 && len(p)+len(rec) > maxMerge {
			m.cut = true
			break
		}
		low.next++
		if id == last || member != nil && low.plan.excludes(id, member) {
			continue
		}
		last = id
		p = append(p, rec...)
		m.ids = append(m.ids, id)
		m.ends = append(m.ends, len(p))
	}
	// Sinks may keep what they are given, so it is not to be written to again.
	m.p = bytes.Clone(p)
	if cap(p) <= 2*maxMerge {
		g.scratch = p
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

// excludes reports whether the record with that id is not for a member.
func (pl *plan) excludes(id uint64, m *Member) bool {
	for i := after(pl.except, id-1); i < len(pl.except) && pl.except[i].id == id; i++ {
		if m.named(pl.except[i].who, id) {
			return true
		}
	}
	return false
}
