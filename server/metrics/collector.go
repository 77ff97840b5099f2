package metrics

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"grandstand/epoll"
	"grandstand/session"
	"grandstand/session/dispatch"
	"grandstand/session/room"
)

// collector turns snapshots into metrics, at each scrape.
type collector struct {
	from Sources

	loop  family[epoll.Stats]
	hub   family[session.Stats]
	shard family[room.ShardStats]
	pool  family[dispatch.Stats]
	app   family[session.AppStats]
	hooks hookSet

	viewers  *prometheus.Desc // sessions, by way in
	polls    *prometheus.Desc // by status
	refused  *prometheus.Desc // connections, by reason
	rejected *prometheus.Desc // handshakes, by reason
	ended    *prometheus.Desc // sessions, by reason
	resumes  *prometheus.Desc // by result
	panics   *prometheus.Desc // by place
	answers  *prometheus.Desc // to what sockets were asked, by result
	returns  *prometheus.Desc // of sockets, by result
	barred   *prometheus.Desc // sockets, by code
	refusals *prometheus.Desc // of calls of handlers, by limit
	walks    *prometheus.Desc
	batches  *prometheus.Desc
}

var _ prometheus.Collector = (*collector)(nil)

func newCollector(from Sources) *collector {
	return &collector{
		from: from,
		loop: loopFamily(), hub: hubFamily(), shard: shardFamily(), pool: poolFamily(), app: appFamily(), hooks: newHookSet(),
		viewers:  describe("viewers", "Sessions open now, by way in; jsonp counts as longpoll.", "transport"),
		polls:    describe("polls_total", "Polls answered, by status.", "status"),
		refused:  describe("connections_rejected_total", "Viewer connections turned away at the door, by reason.", "reason"),
		rejected: describe("handshakes_rejected_total", "Requests of viewers that did not become a session, by reason.", "reason"),
		ended:    describe("sessions_ended_total", "Sessions that ended, by reason.", "reason"),
		resumes:  describe("resumes_total", "Joins that named a cursor, by whether anything after it was missing.", "result"),
		panics:   describe("panics_total", "Panics that were caught, by place.", "where"),
		answers:  describe("acks_total", "Sockets that were asked for an answer to an event, by result.", "result"),
		returns:  describe("recoveries_total", "Sockets that came to go on where they were cut off, by result.", "result"),
		barred:   describe("sockets_refused_total", "Sockets not let into their namespace, by code; application for its own.", "reason"),
		refusals: describe("handler_calls_refused_total", "Events that too much waited for, by the limit reached.", "limit"),
		walks:    describe("flush_duration_seconds", "How long walks over a room's viewers took.", "shard"),
		batches:  describe("flush_batch_events", "Events in one write to one viewer.", "shard"),
	}
}

// Describe sends what Collect may send.
func (c *collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.viewers, c.polls, c.refused, c.rejected, c.ended, c.resumes, c.panics,
		c.answers, c.returns, c.barred, c.refusals, c.walks, c.batches} {
		ch <- d
	}
	c.loop.describe(ch)
	c.hub.describe(ch)
	c.shard.describe(ch)
	c.pool.describe(ch)
	c.app.describe(ch)
	c.hooks.describe(ch)
}

// Collect takes the snapshots and sends their metrics.
func (c *collector) Collect(ch chan<- prometheus.Metric) {
	panics := make(map[string]int64)
	if c.from.Loop != nil {
		s := c.from.Loop()
		c.loop.collect(ch, &s)
		sendBy(ch, counter, c.refused, map[string]int64{
			"max_conns": int64(s.RejectedMaxConns), "per_ip": int64(s.RejectedPerIP), "no_descriptors": int64(s.Shed),
		})
		panics["loop"] = int64(s.Panics)
	}
	if c.from.Hub != nil {
		s := c.from.Hub()
		c.hub.collect(ch, &s)
		sendBy(ch, counter, c.resumes, map[string]int64{"complete": s.Recovered, "missed": s.Missed})
		c.sendApp(ch, &s.Apps)
		panics["handler"] = s.Apps.Panics
		for i := range s.Shards {
			c.sendShard(ch, i, &s.Shards[i])
			panics["shard"] += s.Shards[i].Panics
		}
	}
	if c.from.Pool != nil {
		s := c.from.Pool()
		c.pool.collect(ch, &s)
		panics["pool"] = s.Panics
	}
	if c.from.Hooks != nil {
		s := c.from.Hooks()
		c.hooks.collect(ch, &s)
		panics["hook"] = s.Panics
	}
	sendBy(ch, counter, c.panics, panics)
	c.carriers(ch)
}

// carriers sends what is counted by name where viewers come in.
func (c *collector) carriers(ch chan<- prometheus.Metric) {
	for _, m := range []struct {
		desc *prometheus.Desc
		kind prometheus.ValueType
		from func() map[string]int64
	}{
		{c.viewers, gauge, c.from.Viewers}, {c.polls, counter, c.from.Polls},
		{c.rejected, counter, c.from.Rejected}, {c.ended, counter, c.from.Ended},
	} {
		if m.from != nil {
			sendBy(ch, m.kind, m.desc, m.from())
		}
	}
}

// sendApp sends what is between an application and its sockets.
func (c *collector) sendApp(ch chan<- prometheus.Metric, s *session.AppStats) {
	c.app.collect(ch, s)
	sendBy(ch, counter, c.answers, map[string]int64{"answered": s.Answered, "timeout": s.TimedOut, "gone": s.Lost})
	sendBy(ch, counter, c.returns, map[string]int64{"resumed": s.Resumed, "lapsed": s.Lapsed})
	sendBy(ch, counter, c.barred, s.Refused)
	sendBy(ch, counter, c.refusals, map[string]int64{"max_pending": s.Full, "max_waiting": s.Busy})
}

// sendShard sends the metrics of the i-th shard.
func (c *collector) sendShard(ch chan<- prometheus.Metric, i int, s *room.ShardStats) {
	label := strconv.Itoa(i)
	c.shard.collect(ch, s, label)
	ch <- histogram(c.walks, s.WalkMS, 1e-3, s.WalkTime.Seconds(), label)
	// Every delivery is in exactly one batch.
	ch <- histogram(c.batches, s.Batch, 1, float64(s.Deliveries), label)
}

// sendBy sends one metric per label value.
func sendBy(ch chan<- prometheus.Metric, kind prometheus.ValueType, desc *prometheus.Desc, by map[string]int64) {
	for label, n := range by {
		ch <- number(desc, kind, float64(n), label)
	}
}

// histogram turns buckets with upper bounds of 1, 2, 4 ... units, and one for
// all above, into Prometheus' cumulative ones.
func histogram(desc *prometheus.Desc, counts [room.Buckets]int64, unit, sum float64, labels ...string) prometheus.Metric {
	buckets := make(map[float64]uint64, room.Buckets-1)
	total := uint64(0)
	for i, n := range counts {
		total += uint64(n)
		if i < room.Buckets-1 {
			buckets[unit*float64(uint64(1)<<i)] = total
		}
	}
	m, err := prometheus.NewConstHistogram(desc, total, sum, buckets, labels...)
	if err != nil {
		return prometheus.NewInvalidMetric(desc, err)
	}
	return m
}
