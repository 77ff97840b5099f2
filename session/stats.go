package session

import (
	"time"

	"grandstand/session/room"
)

// Stats is a snapshot of a hub.
type Stats struct {
	Sessions  int   // now
	Rooms     int   // now
	Evicted   int64 // rooms without viewers, to make place for others
	Members   int   // of all rooms, now
	Opened    int64 // sessions ever
	Closed    int64
	Joins     int64
	Leaves    int64
	Recovered int64 // joins with a since after which nothing was missing
	Missed    int64 // joins with a since after which something was
	Events    int64 // published
	Bytes     int64 // of their data
	Repeated  int64 // not published again, by idempotency key
	Unrouted  int64 // for which no room could be made
	Head      uint64
	Lag       Lag
	Shards    []room.ShardStats
	Apps      AppStats
}

// Lag is how far behind viewers are: those whose socket takes no more for now.
type Lag struct {
	Sessions int           // that are behind
	Events   int           // of the one that misses most, in one room
	Age      time.Duration // of the oldest event that somebody still misses
}

// Stats returns the hub's figures.
func (h *Hub) Stats() Stats {
	c := &h.counts
	st := Stats{
		Rooms: h.rooms.len(), Evicted: h.rooms.evicted.Load(), Head: h.head.Load(),
		Opened: c.opened.Load(), Closed: c.closed.Load(), Joins: c.joins.Load(), Leaves: c.leaves.Load(),
		Recovered: c.recovered.Load(), Missed: c.missed.Load(),
		Events: c.events.Load(), Bytes: c.bytes.Load(), Repeated: c.repeated.Load(), Unrouted: c.unrouted.Load(),
		Apps: c.apps.snapshot(),
	}
	for _, r := range h.rooms.all() {
		st.Members += r.Members()
	}
	for _, sh := range h.shards {
		st.Sessions += sh.len()
		st.Shards = append(st.Shards, sh.Shard.Stats())
	}
	st.Lag = h.lag()
	return st
}

// lagPatience is how long a snapshot waits for a shard: less than a scrape may
// take, more than a walk's chunk does.
const lagPatience = time.Second

// lag asks every shard; one that is too busy to answer is left out.
func (h *Hub) lag() Lag {
	late := time.NewTimer(lagPatience)
	defer late.Stop()
	answers := make(chan Lag, len(h.shards))
	for _, sh := range h.shards {
		sh.Force(func() { answers <- sh.lag() })
	}
	var sum Lag
	for range h.shards {
		select {
		case l := <-answers:
			sum.Sessions += l.Sessions
			sum.Events = max(sum.Events, l.Events)
			sum.Age = max(sum.Age, l.Age)
		case <-late.C:
			return sum
		case <-h.stop: // the shards may have stopped already
			return sum
		}
	}
	return sum
}

// lag looks at the blocked sessions. Within Run.
func (s *shard) lag() Lag {
	var l Lag
	if s.Shard.Stats().Blocked == 0 {
		return l
	}
	now := time.Now()
	for _, x := range s.all() {
		if !x.Blocked() {
			continue
		}
		behind := false
		x.Each(func(r *room.Room) {
			if n, oldest := r.Since(x.Cursor()); n > 0 {
				behind = true
				l.Events = max(l.Events, n)
				l.Age = max(l.Age, now.Sub(oldest))
			}
		})
		if behind {
			l.Sessions++
		}
	}
	return l
}
