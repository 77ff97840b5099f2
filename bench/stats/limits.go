package stats

import (
	"fmt"
	"strings"
	"time"
)

// Limits are what a run is held to. A nil limit is not checked. The tags are
// the flags of every command; those with a name of their own are sugar for
// thresholds.
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

	// Thresholds holds bounds on any figure.
	Thresholds []Threshold `name:"threshold" help:"Miss unless so: any figure of the report, such as p99<400ms, loss==0, rss_per_conn<1KB, rate>=300k." placeholder:"FIGURE<VALUE"`
}

// Check adds to the report what was missed.
func (l Limits) Check(r *Report) {
	for _, t := range append(l.sugar(), l.Thresholds...) {
		if missed := t.Check(r); missed != "" {
			r.Missed = append(r.Missed, missed)
		}
	}
}

// sugar gives the flags with names of their own as thresholds.
func (l Limits) sugar() []Threshold {
	ms := func(d *time.Duration) *float64 {
		if d == nil {
			return nil
		}
		v := float64(*d) / float64(time.Millisecond)
		return &v
	}
	var out []Threshold
	for _, c := range []struct {
		flag, key string
		limit     *float64
	}{
		{"max-p99", "p99_ms", ms(l.MaxP99)},
		{"max-p50", "p50_ms", ms(l.MaxP50)},
		{"max-loss", "loss_percent", l.MaxLoss},
		{"max-rss-per-conn", "rss_per_conn_bytes", l.MaxRSSPerConn},
		{"max-cpu", "server_cpu_percent", l.MaxCPU},
		{"max-cpu-per-delivery", "cpu_us_per_delivery", l.MaxCPUDelivery},
		{"max-cpu-per-connect", "cpu_us_per_connect", l.MaxCPUConnect},
		{"min-rate", "rate_per_s", l.MinRate},
		{"min-per-cpu-second", "deliveries_per_cpu_s", l.MinPerCPU},
	} {
		if c.limit == nil {
			continue
		}
		op := "<="
		if strings.HasPrefix(c.flag, "min-") {
			op = ">="
		}
		text := fmt.Sprintf("--%s %s", c.flag, Format(*c.limit))
		out = append(out, Threshold{Text: text, Figure: c.key, Op: op, Value: *c.limit})
	}
	return out
}
