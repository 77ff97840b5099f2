package scenario

import (
	"context"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"grandstand/bench/stats"
)

// runs is a scenario.
type runs interface {
	Run(ctx context.Context, env Env) (*stats.Report, error)
}

// TestRunInterruptedInItsWarmUpHasNoRates: they would be those of the moment between
// two readings, and might meet a threshold.
func TestRunInterruptedInItsWarmUpHasNoRates(t *testing.T) {
	const long = time.Hour
	paced := Paced{Rooms: 1, Rate: 100, Size: 64, Warmup: long, Duration: long, Event: "x"}
	for _, tt := range []struct {
		name, says string
		make       func(c Common) runs
	}{
		{"echo", "one ping of each", func(c Common) runs { return &Echo{Common: c, Warmup: long, Duration: long} }},
		{"saturate", "on their way", func(c Common) runs {
			return &Saturate{Common: c, Rooms: 1, Window: 4, Size: 64, Warmup: long, Duration: long, Event: "x"}
		}},
		{"fanout", "publishing", func(c Common) runs { return &Fanout{Common: c, Paced: paced} }},
	} {
		c := newStage(t, 1<<20, nil).common(5)
		c.Quiet, c.PID = false, os.Getpid()
		ctx, cancel := context.WithCancel(t.Context())
		r, err := tt.make(c).Run(ctx, Env{Out: io.Discard, Err: heard{tt.says, cancel}})
		cancel()
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		want(t, r, map[string]float64{"viewers": 5, "lost": 0, "faults": 0})
		for _, key := range []string{"rate_per_s", "rounds_per_cpu_s", "server_cpu_percent", "harness_cpu_percent", "p99_ms"} {
			if v, ok := r.Value(key); ok {
				t.Errorf("%s: %s = %g of nothing", tt.name, key, v)
			}
		}
		if !strings.Contains(strings.Join(r.Notes, " "), "nothing was measured") {
			t.Errorf("%s: notes %q", tt.name, r.Notes)
		}
	}
}

// TestReplayIsNotLateByAReading of the server, however long that takes.
func TestReplayIsNotLateByAReading(t *testing.T) {
	const takes = 400 * time.Millisecond
	c := newStage(t, 1<<20, nil).common(5)
	var asked atomic.Int64
	c.Metrics = told(t, func() string {
		if asked.Add(1) > 1 { // the first is behind nothing
			<-time.After(takes)
		}
		return metricsText
	})
	r := mustRun(t, &Replay{Common: c, Rooms: 1, Duration: time.Second, Speed: 100, Drain: 100 * time.Millisecond})
	if lag, ok := r.Value("publish_lag_p99_ms"); !ok || lag >= takes.Seconds()*1e3/2 {
		t.Errorf("events left %g ms late (known %t)", lag, ok)
	}
}

func TestFiguresOfOneServerOfSeveralComeWithAWarning(t *testing.T) {
	const warning = "figures of the server are of one process, and viewers are at 2 addresses"
	for _, tt := range []struct {
		name   string
		change func(c *Common)
		warns  bool
	}{
		{"one address", func(c *Common) { c.PID = os.Getpid() }, false},
		{"two and no figures", func(c *Common) { c.URL += "," + c.URL }, false},
		{"two and a process", func(c *Common) { c.PID, c.URL = os.Getpid(), c.URL+","+c.URL }, true},
		{"two and metrics", func(c *Common) {
			c.Metrics, c.URL = told(t, func() string { return metricsText }), c.URL+","+c.URL
		}, true},
	} {
		c := newStage(t, 1<<20, nil).common(6)
		tt.change(&c)
		r := mustRun(t, &Connect{Common: c, Rooms: 1})
		if warned := strings.Contains(strings.Join(r.Warnings, " "), warning); warned != tt.warns {
			t.Errorf("%s: warnings %q", tt.name, r.Warnings)
		}
	}
}
