package stats

import (
	"fmt"
	"time"
)

// Limits are what a run is held to. A nil limit is not checked. The tags are
// the flags of every command.
type Limits struct {
	MaxP99         *time.Duration `name:"max-p99" help:"Miss if the 99th percentile of latency is above."`
	MaxP50         *time.Duration `name:"max-p50" help:"Miss if the median latency is above."`
	MaxLoss        *float64       `name:"max-loss" help:"Miss if more than this percentage of deliveries is lost without a word."`
	MaxRSSPerConn  *float64       `name:"max-rss-per-conn" help:"Miss if the server grows by more bytes per connection."`
	MaxCPU         *float64       `name:"max-cpu" help:"Miss if the server uses more than this percentage of a core."`
	MaxCPUDelivery *float64       `name:"max-cpu-per-delivery" help:"Miss if a delivery costs the server more microseconds."`
	MaxCPUConnect  *float64       `name:"max-cpu-per-connect" help:"Miss if a connect costs the server more microseconds."`
	MinRate        *float64       `name:"min-rate" help:"Miss if fewer deliveries (echo: round trips, connect: connects) a second."`
	MinPerCPU      *float64       `name:"min-per-cpu-second" help:"Miss if fewer deliveries per server CPU-second."`
}

// Check adds to the report what was missed. A limit on a figure that the run
// doesn't have is missed too: it can't be said to be met.
func (l Limits) Check(r *Report) {
	ms := func(d *time.Duration) *float64 {
		if d == nil {
			return nil
		}
		v := float64(*d) / float64(time.Millisecond)
		return &v
	}
	for _, c := range []struct {
		flag, key string
		limit     *float64
		least     bool
	}{
		{"max-p99", "p99_ms", ms(l.MaxP99), false},
		{"max-p50", "p50_ms", ms(l.MaxP50), false},
		{"max-loss", "loss_percent", l.MaxLoss, false},
		{"max-rss-per-conn", "rss_per_conn_bytes", l.MaxRSSPerConn, false},
		{"max-cpu", "server_cpu_percent", l.MaxCPU, false},
		{"max-cpu-per-delivery", "cpu_us_per_delivery", l.MaxCPUDelivery, false},
		{"max-cpu-per-connect", "cpu_us_per_connect", l.MaxCPUConnect, false},
		{"min-rate", "rate_per_s", l.MinRate, true},
		{"min-per-cpu-second", "deliveries_per_cpu_s", l.MinPerCPU, true},
	} {
		if c.limit == nil {
			continue
		}
		got, ok := r.Value(c.key)
		switch {
		case !ok:
			r.Missed = append(r.Missed, fmt.Sprintf("--%s %s: this run has no %s (is --pid or --spawn given?)", c.flag, Format(*c.limit), c.key))
		case c.least && got < *c.limit, !c.least && got > *c.limit:
			r.Missed = append(r.Missed, fmt.Sprintf("--%s %s: %s is %s", c.flag, Format(*c.limit), c.key, Format(got)))
		}
	}
}
