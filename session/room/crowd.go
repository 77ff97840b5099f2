package room

import (
	"sync/atomic"
	"time"
)

// crowd is the members of one feed on one shard, in the order of arrival: a
// walk over a dense slice is what the processor's caches like best. Only the
// shard touches it, but for news and count.
type crowd struct {
	feed    *feed
	shard   *Shard
	members []*Member
	// next is how far the walk under way has come.
	next int
	// walking: the crowd is in the shard's queue and its walk has begun.
	walking bool
	again   bool          // there was news during the walk
	began   time.Duration // when the walk under way, or the last one, began
	took    time.Duration // by the last one
	// memo is the plan of the last visit; most members share it.
	memo plan
	// parked: a timer will bring the crowd back when its interval is over.
	parked bool

	// news: the crowd is queued, or will be, and nobody need queue it again.
	news atomic.Bool
	// count is len(members), for publishers.
	count atomic.Int64
}

// add seats m at the end. The feed counts it already: see Room.feed.
func (c *crowd) add(m *Member) (index int) {
	c.members = append(c.members, m)
	c.count.Add(1)
	c.feed.room.members.Add(1)
	return len(c.members) - 1
}

// remove takes the member at index out. The last one takes its place, by way
// of the walk's position, so that a walk under way neither skips nor repeats.
func (c *crowd) remove(index int) {
	last := len(c.members) - 1
	if index < c.next {
		c.next--
		c.move(c.next, index)
		index = c.next
	}
	c.move(last, index)
	c.members[last] = nil
	c.members = c.members[:last]
	if cap(c.members) > 64 && last < cap(c.members)/4 {
		c.members = append(make([]*Member, 0, cap(c.members)/2), c.members...)
	}
	c.count.Add(-1)
	c.feed.members.Add(-1)
	c.feed.room.members.Add(-1)
}

// move puts the member at from into place to.
func (c *crowd) move(from, to int) {
	if from == to {
		return
	}
	m := c.members[from]
	c.members[to] = m
	m.at(m.find(c.feed.room)).index = to
}

// plan returns the way from a cursor to upto, by memory if possible.
func (c *crowd) plan(from, upto uint64) *plan {
	if !c.memo.fresh(from, upto, c.feed.room.head.Load()) {
		c.feed.plan(&c.memo, from, upto)
	}
	return &c.memo
}
