package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"grandstand/epoll"
	"grandstand/session"
	"grandstand/session/dispatch"
	"grandstand/session/room"
)

// scalar is a metric that is one number of a snapshot of type S.
type scalar[S any] struct {
	name string // without the prefix
	help string
	kind prometheus.ValueType
	get  func(s *S) float64
}

// family is all scalars of snapshots of type S.
type family[S any] struct {
	scalars []scalar[S]
	descs   []*prometheus.Desc // of each
}

const (
	counter = prometheus.CounterValue
	gauge   = prometheus.GaugeValue
)

func newFamily[S any](scalars []scalar[S], labels ...string) family[S] {
	f := family[S]{scalars: scalars}
	for _, m := range scalars {
		f.descs = append(f.descs, describe(m.name, m.help, labels...))
	}
	return f
}

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prometheus.BuildFQName("grandstand", "", name), help, labels, nil)
}

// describe sends the descriptions.
func (f family[S]) describe(ch chan<- *prometheus.Desc) {
	for _, d := range f.descs {
		ch <- d
	}
}

// collect sends the metrics of one snapshot.
func (f family[S]) collect(ch chan<- prometheus.Metric, s *S, labels ...string) {
	for i, m := range f.scalars {
		ch <- number(f.descs[i], m.kind, m.get(s), labels...)
	}
}

// number is one metric. What cannot be one (a label that is not UTF-8) fails
// the scrape; a panic would fail the process.
func number(d *prometheus.Desc, kind prometheus.ValueType, v float64, labels ...string) prometheus.Metric {
	m, err := prometheus.NewConstMetric(d, kind, v, labels...)
	if err != nil {
		return prometheus.NewInvalidMetric(d, err)
	}
	return m
}

// loopFamily is the figures of the sockets.
func loopFamily() family[epoll.Stats] {
	type S = epoll.Stats
	return newFamily([]scalar[S]{
		{"connections", "Viewer connections open now.", gauge, func(s *S) float64 { return float64(s.Open) }},
		{"connections_accepted_total", "Viewer connections let in.", counter, func(s *S) float64 { return float64(s.Accepted) }},
		{"connections_closed_total", "Viewer connections that ended.", counter, func(s *S) float64 { return float64(s.Closed) }},
		{"accept_errors_total", "Accepts that the kernel refused, such as for want of descriptors.", counter, func(s *S) float64 { return float64(s.AcceptErrors) }},
		{"read_bytes_total", "Bytes read from viewers' sockets.", counter, func(s *S) float64 { return float64(s.BytesRead) }},
		{"written_bytes_total", "Bytes that viewers' sockets took.", counter, func(s *S) float64 { return float64(s.BytesWritten) }},
		{"writes_total", "Write calls that moved bytes.", counter, func(s *S) float64 { return float64(s.Writes) }},
		{"short_writes_total", "Write calls that a full socket buffer cut short.", counter, func(s *S) float64 { return float64(s.ShortWrites) }},
		{"writable_wakeups_total", "Times a full socket had room again.", counter, func(s *S) float64 { return float64(s.Wakeups) }},
		{"timeouts_total", "Deadlines of connections that ran out.", counter, func(s *S) float64 { return float64(s.Timeouts) }},
		{"read_pauses_total", "Times that a connection was not read for a while, because what it had sent was not worked off.", counter, func(s *S) float64 { return float64(s.Pauses) }},
		{"backlog_overflows_total", "Connections ended because what they did not read grew over the limit.", counter, func(s *S) float64 { return float64(s.PendingOverflow) }},
	})
}

// hubFamily is the figures of the rooms and sessions.
func hubFamily() family[session.Stats] {
	type S = session.Stats
	return newFamily([]scalar[S]{
		{"sessions", "Sessions open now.", gauge, func(s *S) float64 { return float64(s.Sessions) }},
		{"sessions_opened_total", "Sessions begun.", counter, func(s *S) float64 { return float64(s.Opened) }},
		{"sessions_closed_total", "Sessions that ended, for any reason.", counter, func(s *S) float64 { return float64(s.Closed) }},
		{"rooms", "Rooms that exist now.", gauge, func(s *S) float64 { return float64(s.Rooms) }},
		{"rooms_evicted_total", "Rooms that nobody was in, removed with their events because there were too many.", counter, func(s *S) float64 { return float64(s.Evicted) }},
		{"members", "Places taken in all rooms now; a session in three rooms has three.", gauge, func(s *S) float64 { return float64(s.Members) }},
		{"joins_total", "Joins of rooms.", counter, func(s *S) float64 { return float64(s.Joins) }},
		{"leaves_total", "Rooms left by request.", counter, func(s *S) float64 { return float64(s.Leaves) }},
		{"events_published_total", "Events committed to the log.", counter, func(s *S) float64 { return float64(s.Events) }},
		{"published_bytes_total", "Bytes of the data of events committed to the log.", counter, func(s *S) float64 { return float64(s.Bytes) }},
		{"events_repeated_total", "Events not published again, by idempotency key.", counter, func(s *S) float64 { return float64(s.Repeated) }},
		{"events_unrouted_total", "Room entries dropped because no room could be made.", counter, func(s *S) float64 { return float64(s.Unrouted) }},
		{"lagging_sessions", "Sessions that miss events because their socket takes no more.", gauge, func(s *S) float64 { return float64(s.Lag.Sessions) }},
		{"lag_events", "Events missing to the session that lags most, in one room, as far as kept.", gauge, func(s *S) float64 { return float64(s.Lag.Events) }},
		{"lag_seconds", "Age of the oldest kept event that some session still misses.", gauge, func(s *S) float64 { return s.Lag.Age.Seconds() }},
		{"log_head", "Number of the newest event of the log.", gauge, func(s *S) float64 { return float64(s.Head) }},
	})
}

// appFamily is the figures of an application's handlers.
func appFamily() family[session.AppStats] {
	type S = session.AppStats
	return newFamily([]scalar[S]{
		{"handler_calls_total", "Calls of an application's handlers.", counter, func(s *S) float64 { return float64(s.Calls) }},
		{"handler_calls_waiting", "Calls of handlers that wait now.", gauge, func(s *S) float64 { return float64(s.Waiting) }},
		{"handler_pauses_total", "Times that a client had to wait because its handlers were behind.", counter, func(s *S) float64 { return float64(s.Paused) }},
		{"disconnects_untold_total", "Ends of viewers that the application was not told of.", counter, func(s *S) float64 { return float64(s.Untold) }},
	})
}

// shardFamily is the figures of one shard.
func shardFamily() family[room.ShardStats] {
	type S = room.ShardStats
	return newFamily([]scalar[S]{
		{"deliveries_total", "Events written to viewers.", counter, func(s *S) float64 { return float64(s.Deliveries) }},
		{"delivered_bytes_total", "Bytes of events written to viewers, as encoded.", counter, func(s *S) float64 { return float64(s.Bytes) }},
		{"gaps_total", "Gap notices: viewers that missed events and were told.", counter, func(s *S) float64 { return float64(s.Gaps) }},
		{"evictions_total", "Viewers ended because they fell off a room's log.", counter, func(s *S) float64 { return float64(s.Evicted) }},
		{"blocked_members", "Viewers whose socket takes no more now.", gauge, func(s *S) float64 { return float64(s.Blocked) }},
		{"mailbox_waiting", "Commands that wait for the shard now.", gauge, func(s *S) float64 { return float64(s.Waiting) }},
		{"mailbox_refused_total", "Commands refused because the mailbox was full.", counter, func(s *S) float64 { return float64(s.Refused) }},
	}, "shard")
}

// poolFamily is the figures of the workers.
func poolFamily() family[dispatch.Stats] {
	type S = dispatch.Stats
	return newFamily([]scalar[S]{
		{"pool_workers", "Workers that exist now.", gauge, func(s *S) float64 { return float64(s.Workers) }},
		{"pool_waiting", "Jobs that wait for a worker now.", gauge, func(s *S) float64 { return float64(s.Waiting) }},
		{"pool_waited_total", "Jobs that had to wait for a worker.", counter, func(s *S) float64 { return float64(s.Overrun) }},
	})
}
