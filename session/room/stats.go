package room

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// Buckets of the two histograms: batch sizes in powers of two (1, 2, 4, ...
// 2048, more), walk durations in powers of two milliseconds (up to 1, 2, ...
// 2048 ms, more).
const Buckets = 13

// ShardStats is a snapshot of a shard.
type ShardStats struct {
	Deliveries int64 // events written to members
	Writes     int64 // visits that wrote
	Bytes      int64
	Gaps       int64 // gap notices
	Evicted    int64 // members that fell off a log that disconnects
	Refused    int64 // commands refused because the mailbox was full
	Panics     int64
	Walks      int64
	WalkTime   time.Duration
	WalkMS     [Buckets]int64 // walks by duration, upper bound 2^i ms
	Batch      [Buckets]int64 // writes by events in them, upper bound 2^i
	Waiting    int            // commands in the mailbox
	Blocked    int            // members whose sink takes no more, now
}

// shardStats are the counters behind it: written by the shard, read by any.
type shardStats struct {
	deliveries, writes, bytes      atomic.Int64
	gaps, evicted, refused, panics atomic.Int64
	blocked                        atomic.Int64
	walks, walkNanos               atomic.Int64
	walkMS, batch                  [Buckets]atomic.Int64
}

// tally collects a turn's figures without atomics.
type tally struct {
	deliveries, writes, bytes int64
	batch                     [Buckets]int64
}

// wrote counts one write of some records.
func (t *tally) wrote(records, bytes int) {
	t.deliveries += int64(records)
	t.writes++
	t.bytes += int64(bytes)
	t.batch[min(bits.Len(uint(max(records, 1)-1)), Buckets-1)]++
}

// flushTally adds the turn's figures to the counters.
func (s *Shard) flushTally() {
	t := &s.tally
	if t.writes == 0 {
		return
	}
	s.stats.deliveries.Add(t.deliveries)
	s.stats.writes.Add(t.writes)
	s.stats.bytes.Add(t.bytes)
	for i, n := range t.batch {
		if n > 0 {
			s.stats.batch[i].Add(n)
		}
	}
	*t = tally{}
}

// walk counts one finished walk.
func (st *shardStats) walk(took time.Duration) {
	st.walks.Add(1)
	st.walkNanos.Add(int64(took))
	ms := (took + time.Millisecond - 1) / time.Millisecond
	st.walkMS[min(bits.Len64(uint64(max(ms, 1)-1)), Buckets-1)].Add(1)
}

// Stats returns the shard's figures.
func (s *Shard) Stats() ShardStats {
	st := &s.stats
	out := ShardStats{
		Deliveries: st.deliveries.Load(),
		Writes:     st.writes.Load(),
		Bytes:      st.bytes.Load(),
		Gaps:       st.gaps.Load(),
		Evicted:    st.evicted.Load(),
		Refused:    st.refused.Load(),
		Panics:     st.panics.Load(),
		Blocked:    int(st.blocked.Load()),
		Walks:      st.walks.Load(),
		WalkTime:   time.Duration(st.walkNanos.Load()),
	}
	for i := range Buckets {
		out.WalkMS[i] = st.walkMS[i].Load()
		out.Batch[i] = st.batch[i].Load()
	}
	s.mu.Lock()
	out.Waiting = len(s.mail)
	s.mu.Unlock()
	return out
}
