package scenario

import (
	"context"
	"math"
	"sync"
	"time"

	"grandstand/bench/load"
	"grandstand/bench/stats"
)

// sampleEvery is how often a run is looked at.
const sampleEvery = time.Second

// watched is what a sampler asks of the viewers. Its methods are called from
// the sampler's goroutine, while others call them, too.
type watched interface {
	Counters() load.Counters
	Latency() *stats.Latency
}

// gauges is where a sampler reads.
type gauges struct {
	viewers   watched
	published func() int64
	late      func() time.Duration        // of the publisher; nil when it has no clock
	server    func() (stats.Usage, int)   // with the number of its goroutines, -1 unknown
	own       func() (stats.Usage, error) // of the harness
	cpus      int                         // it may use
}

// sampler reads once a second how a run is going, from its first connection to
// its end, and shows it.
//
// stop ends it; the series is its own until then.
type sampler struct {
	from   gauges
	began  time.Time
	series stats.Series
	shown  func(*stats.Series) // what to do with a new row

	last struct {
		at      time.Time
		seen    load.Counters
		events  int64
		latency *stats.Latency
		server  stats.Usage
		own     stats.Usage
	}
	cancel context.CancelFunc
	done   chan struct{}
	once   sync.Once
}

// sample starts a sampler.
func sample(from gauges, shown func(*stats.Series)) *sampler {
	ctx, cancel := context.WithCancel(context.Background())
	s := &sampler{from: from, began: time.Now(), shown: shown, cancel: cancel, done: make(chan struct{})}
	s.last.latency = new(stats.Latency)
	s.read(s.began)
	go s.loop(ctx) // stops: stop
	return s
}

func (s *sampler) loop(ctx context.Context) {
	defer close(s.done)
	t := time.NewTicker(sampleEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			const worth = 10 // a shorter rest would make rates of next to nothing
			if time.Since(s.last.at) > sampleEvery/worth {
				s.read(time.Now())
			}
			return
		case due := <-t.C:
			s.read(due)
		}
	}
}

// stop ends the sampler with a last row and gives what it has read. It may be
// called more than once.
func (s *sampler) stop() stats.Series {
	s.once.Do(func() {
		s.cancel()
		<-s.done
	})
	return s.series
}

// read adds a row. due is when it should have been read.
func (s *sampler) read(due time.Time) {
	asked := time.Now()
	seen, latency := s.from.viewers.Counters(), s.from.viewers.Latency()
	// How long the loops took to answer is how far behind they are.
	now := time.Now()
	lag := now.Sub(due)
	wall := asked.Sub(s.last.at).Seconds()
	first := len(s.series.At) == 0
	s.series.Row(asked.Sub(s.began).Seconds())
	rate := func(n int64) float64 {
		if first || wall <= 0 {
			return math.NaN()
		}
		return math.Max(0, float64(n)/wall)
	}
	events := s.from.published()
	set := s.series.Set
	set("connected", "connected", "viewers", float64(seen.Live))
	set("deliveries_per_s", "deliveries", "/s", rate(seen.Delivered-s.last.seen.Delivered))
	set("events_per_s", "events published", "/s", rate(events-s.last.events))
	s.percentiles(latency)
	set("lost", "lost", "deliveries", float64(seen.Lost))
	set("told", "missed and told", "deliveries", float64(seen.Told))
	if s.from.late != nil {
		set("publish_lag_ms", "publisher late", "ms", milliseconds(s.from.late()))
	}
	s.servers()
	if own, err := s.from.own(); err == nil {
		set("harness_cpu_percent", "harness CPU", "%", 100*rate(int64(own.CPU-s.last.own.CPU))/1e9/float64(max(s.from.cpus, 1)))
		s.last.own = own
	}
	set("harness_lag_ms", "harness late", "ms", milliseconds(lag))
	s.last.at, s.last.seen, s.last.events, s.last.latency = asked, seen, events, latency
	if s.shown != nil {
		s.shown(&s.series)
	}
}

// percentiles sets what the latency was since the last row.
func (s *sampler) percentiles(all *stats.Latency) {
	if all.Count() < s.last.latency.Count() {
		s.last.latency = new(stats.Latency) // the figures began anew, see load.Fleet.Measure
	}
	p50, p90, p99, most := math.NaN(), math.NaN(), math.NaN(), math.NaN()
	if sum, err := all.Since(s.last.latency).Summary(); err == nil && sum.Count > 0 {
		p50, p90, p99, most = sum.P50, sum.P90, sum.P99, sum.Max
	}
	s.series.Set("p50_ms", "latency p50", "ms", p50)
	s.series.Set("p90_ms", "latency p90", "ms", p90)
	s.series.Set("p99_ms", "latency p99", "ms", p99)
	s.series.Set("max_ms", "latency max", "ms", most)
}

// servers sets what the server uses, as far as that is known. Its CPU is since it
// was last read, which may be some rows ago.
func (s *sampler) servers() {
	u, goroutines := s.from.server()
	if u.At.IsZero() {
		return
	}
	known := func(n int64) float64 {
		if n < 0 {
			return math.NaN()
		}
		return float64(n)
	}
	percent := math.NaN()
	if took := u.At.Sub(s.last.server.At); !s.last.server.At.IsZero() && u.CPU >= 0 && took > 0 {
		percent = 100 * max(u.CPU-s.last.server.CPU, 0).Seconds() / took.Seconds()
	}
	s.last.server = u
	set := s.series.Set
	set("server_cpu_percent", "server CPU", "% of a core", percent)
	set("server_rss_bytes", "server RSS", "B", known(u.RSS))
	set("server_pss_bytes", "server PSS", "B", known(u.PSS))
	set("server_files", "server files", "", known(int64(u.Files)))
	set("server_threads", "server threads", "", known(int64(u.Threads)))
	if goroutines >= 0 {
		set("server_goroutines", "server goroutines", "", float64(goroutines))
	}
	set("server_socket_bytes", "TCP memory of the machine", "B", known(u.MachineSocketMemory))
}

func milliseconds(d time.Duration) float64 { return max(float64(d)/float64(time.Millisecond), 0) }
