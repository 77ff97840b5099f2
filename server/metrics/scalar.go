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
	desc *prometheus.Desc
}

const (
	counter = prometheus.CounterValue
	gauge   = prometheus.GaugeValue
)

// named gives each its description.
func named[S any](all []scalar[S], labels ...string) []scalar[S] {
	for i := range all {
		all[i].desc = describe(all[i].name, all[i].help, labels...)
	}
	return all
}

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prometheus.BuildFQName("grandstand", "", name), help, labels, nil)
}

// send sends the metrics of one snapshot.
func send[S any](ch chan<- prometheus.Metric, all []scalar[S], s *S, labels ...string) {
	for i := range all {
		m := &all[i]
		ch <- prometheus.MustNewConstMetric(m.desc, m.kind, m.get(s), labels...)
	}
}

// loopScalars are the figures of the sockets.
func loopScalars() []scalar[epoll.Stats] {
	type S = epoll.Stats
	return named([]scalar[S]{
		{"connections", "Viewer connections open now.", gauge, func(s *S) float64 { return float64(s.Open) }, nil},
		{"connections_accepted_total", "Viewer connections let in.", counter, func(s *S) float64 { return float64(s.Accepted) }, nil},
		{"connections_closed_total", "Viewer connections that ended.", counter, func(s *S) float64 { return float64(s.Closed) }, nil},
		{"accept_errors_total", "Accepts that the kernel refused, such as for want of descriptors.", counter, func(s *S) float64 { return float64(s.AcceptErrors) }, nil},
		{"read_bytes_total", "Bytes read from viewers' sockets.", counter, func(s *S) float64 { return float64(s.BytesRead) }, nil},
		{"written_bytes_total", "Bytes that viewers' sockets took.", counter, func(s *S) float64 { return float64(s.BytesWritten) }, nil},
		{"writes_total", "Write calls that moved bytes.", counter, func(s *S) float64 { return float64(s.Writes) }, nil},
		{"short_writes_total", "Write calls that a full socket buffer cut short.", counter, func(s *S) float64 { return float64(s.ShortWrites) }, nil},
		{"writable_wakeups_total", "Times a full socket had room again.", counter, func(s *S) float64 { return float64(s.Wakeups) }, nil},
		{"timeouts_total", "Deadlines of connections that ran out.", counter, func(s *S) float64 { return float64(s.Timeouts) }, nil},
		{"backlog_overflows_total", "Connections ended because what they did not read grew over the limit.", counter, func(s *S) float64 { return float64(s.PendingOverflow) }, nil},
	})
}

// hubScalars are the figures of the rooms and sessions.
func hubScalars() []scalar[session.Stats] {
	type S = session.Stats
	return named([]scalar[S]{
		{"sessions", "Sessions open now.", gauge, func(s *S) float64 { return float64(s.Sessions) }, nil},
		{"sessions_opened_total", "Sessions begun.", counter, func(s *S) float64 { return float64(s.Opened) }, nil},
		{"sessions_closed_total", "Sessions that ended, for any reason.", counter, func(s *S) float64 { return float64(s.Closed) }, nil},
		{"rooms", "Rooms that exist now.", gauge, func(s *S) float64 { return float64(s.Rooms) }, nil},
		{"members", "Places taken in all rooms now; a session in three rooms has three.", gauge, func(s *S) float64 { return float64(s.Members) }, nil},
		{"joins_total", "Joins of rooms.", counter, func(s *S) float64 { return float64(s.Joins) }, nil},
		{"leaves_total", "Rooms left by request.", counter, func(s *S) float64 { return float64(s.Leaves) }, nil},
		{"events_published_total", "Events committed to the log.", counter, func(s *S) float64 { return float64(s.Events) }, nil},
		{"published_bytes_total", "Bytes of their data.", counter, func(s *S) float64 { return float64(s.Bytes) }, nil},
		{"events_repeated_total", "Events not published again, by idempotency key.", counter, func(s *S) float64 { return float64(s.Repeated) }, nil},
		{"events_unrouted_total", "Room entries dropped because no room could be made.", counter, func(s *S) float64 { return float64(s.Unrouted) }, nil},
		{"log_head", "Number of the newest event of the log.", gauge, func(s *S) float64 { return float64(s.Head) }, nil},
	})
}

// shardScalars are the figures of one shard.
func shardScalars() []scalar[room.ShardStats] {
	type S = room.ShardStats
	return named([]scalar[S]{
		{"deliveries_total", "Events written to viewers.", counter, func(s *S) float64 { return float64(s.Deliveries) }, nil},
		{"delivered_bytes_total", "Bytes of them, as encoded.", counter, func(s *S) float64 { return float64(s.Bytes) }, nil},
		{"gaps_total", "Gap notices: viewers that missed events and were told.", counter, func(s *S) float64 { return float64(s.Gaps) }, nil},
		{"evictions_total", "Viewers ended because they fell off a room's log.", counter, func(s *S) float64 { return float64(s.Evicted) }, nil},
		{"blocked_members", "Viewers whose socket takes no more now.", gauge, func(s *S) float64 { return float64(s.Blocked) }, nil},
		{"mailbox_waiting", "Commands that wait for the shard now.", gauge, func(s *S) float64 { return float64(s.Waiting) }, nil},
		{"mailbox_refused_total", "Commands refused because the mailbox was full.", counter, func(s *S) float64 { return float64(s.Refused) }, nil},
	}, "shard")
}

// poolScalars are the figures of the workers.
func poolScalars() []scalar[dispatch.Stats] {
	type S = dispatch.Stats
	return named([]scalar[S]{
		{"pool_workers", "Workers that exist now.", gauge, func(s *S) float64 { return float64(s.Workers) }, nil},
		{"pool_waiting", "Jobs that wait for a worker now.", gauge, func(s *S) float64 { return float64(s.Waiting) }, nil},
		{"pool_waited_total", "Jobs that had to wait for a worker.", counter, func(s *S) float64 { return float64(s.Overrun) }, nil},
	})
}
