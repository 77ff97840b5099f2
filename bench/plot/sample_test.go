package plot

import (
	"math"
	"math/rand/v2"
	"time"

	"grandstand/bench/stats"
)

// sample invents a run: viewers come for some seconds, then events are
// published, and the server stalls once.
func sample(seed uint64) *stats.Report {
	rng := rand.New(rand.NewPCG(seed, 1))
	r := &stats.Report{
		Scenario: "fanout", Target: "ws://127.0.0.1:8080/live/ws", Started: time.Date(2026, 11, 25, 14, 0, 0, 0, time.UTC),
		Command: []string{"bench", "fanout", "--spawn", "bin/server --config configs/bench.yaml", "--viewers", "10000"},
		Machine: "Linux 6.1.0 x86_64, 2 CPUs, harness on 1, go1.26", Commit: "0123456789ab", Seed: seed,
		Notes: []string{"10000 x closed by us"},
	}
	var all stats.Latency
	s := &r.Series
	for sec := range 60 {
		up := math.Min(float64(sec)*1000, 10_000)
		s.Row(float64(sec))
		s.Set("connected", "open", "viewers", up)
		rate := 0.0
		if sec >= 12 {
			rate = 10_000 * 5 * (1 + 0.02*rng.NormFloat64())
		}
		s.Set("deliveries_per_s", "deliveries", "/s", rate)
		if sec >= 12 {
			second(&all, s, rng, sec)
		}
		s.Set("server_rss_bytes", "server RSS", "B", 24e6+up*900+rng.Float64()*4e5)
		s.Set("server_pss_bytes", "server PSS", "B", 22e6+up*890+rng.Float64()*4e5)
		s.Set("server_socket_bytes", "TCP memory of the machine", "B", 2e6+up*120)
		s.Set("server_cpu_percent", "server", "% of a core", 8+rate/1400+3*rng.Float64())
		s.Set("harness_cpu_percent", "harness", "%", 5+rate/2000+3*rng.Float64())
		s.Set("harness_lag_ms", "loops", "ms", rng.Float64())
		s.Set("publish_lag_ms", "publisher", "ms", 0.3*rng.Float64())
		s.Set("lost", "lost", "deliveries", 0)
	}
	r.Add("viewers", "viewers", 10_000, "")
	r.Add("delivered", "delivered", 2_400_000, "events")
	r.Add("rate_per_s", "deliveries", 50_012.4, "/s")
	if sum, err := all.Summary(); err == nil {
		r.AddSummary("", "latency", sum)
	}
	r.Add("server_cpu_percent", "server CPU", 44.2, "% of a core")
	r.Add("cpu_us_per_delivery", "server CPU per delivery", 8.84, "us")
	r.Add("rss_per_conn_bytes", "growth per connection", 903, "B")
	r.Add("lost", "lost", 0, "deliveries")
	r.Add("loss_percent", "", 0, "%")
	r.Buckets = all.Buckets()
	return r
}

// second invents what was delivered within one.
func second(all *stats.Latency, s *stats.Series, rng *rand.Rand, sec int) {
	var l stats.Latency
	for range 5000 {
		ms := 4 * math.Exp(0.5*rng.NormFloat64())
		if sec == 40 {
			ms += 600 * rng.Float64()
		}
		l.Record(int64(ms * 1e6))
	}
	all.Merge(&l)
	sum, err := l.Summary()
	if err != nil {
		return
	}
	s.Set("p50_ms", "p50", "ms", sum.P50)
	s.Set("p90_ms", "p90", "ms", sum.P90)
	s.Set("p99_ms", "p99", "ms", sum.P99)
	s.Set("max_ms", "max", "ms", sum.Max)
}
