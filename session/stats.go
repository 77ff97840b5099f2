package session

import (
	"grandstand/session/room"
)

// Stats is a snapshot of a hub.
type Stats struct {
	Sessions  int   // now
	Rooms     int   // now
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
	Shards    []room.ShardStats
}

// Stats returns the hub's figures.
func (h *Hub) Stats() Stats {
	c := &h.counts
	st := Stats{
		Rooms: h.rooms.len(), Head: h.head.Load(),
		Opened: c.opened.Load(), Closed: c.closed.Load(), Joins: c.joins.Load(), Leaves: c.leaves.Load(),
		Recovered: c.recovered.Load(), Missed: c.missed.Load(),
		Events: c.events.Load(), Bytes: c.bytes.Load(), Repeated: c.repeated.Load(), Unrouted: c.unrouted.Load(),
	}
	for _, r := range h.rooms.all() {
		st.Members += r.Members()
	}
	for _, sh := range h.shards {
		st.Sessions += sh.len()
		st.Shards = append(st.Shards, sh.Shard.Stats())
	}
	return st
}
