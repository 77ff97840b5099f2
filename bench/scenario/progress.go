package scenario

import (
	"context"
	"fmt"
	"time"

	"grandstand/bench/load"
	"grandstand/bench/stats"
)

// plainEvery is how often progress is told when nobody watches a terminal.
const plainEvery = 10

// progress tells once a second how a run is going.
type progress struct {
	run   *run
	began time.Time
	last  time.Time
	seen  int64
	lines int
	total *stats.Latency // as of the last line
}

func newProgress(r *run) *progress {
	now := time.Now()
	return &progress{run: r, began: now, last: now, total: new(stats.Latency)}
}

// publish paces a source while it tells progress, until both are through.
func (r *run) publish(ctx context.Context, src load.Source) error {
	done := make(chan error, 1)
	go func() { done <- r.pub.Pace(ctx, src) }() // stops: ctx, or the source ends
	p := newProgress(r)
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for {
		select {
		case err := <-done:
			p.end()
			return err
		case now := <-t.C:
			p.tell(now)
		}
	}
}

// tell writes one line: over the last one in a terminal, every tenth elsewhere.
func (p *progress) tell(now time.Time) {
	r := p.run
	if r.o.Quiet {
		return
	}
	p.lines++
	if !r.env.Live && p.lines%plainEvery != 0 {
		return
	}
	c, all := r.fleet.Counters(), r.fleet.Latency()
	s, err := all.Since(p.total).Summary()
	if err != nil {
		return // the report will say it
	}
	wall := now.Sub(p.last).Seconds()
	line := fmt.Sprintf("%4.0fs  %s viewers  %s events  %s deliveries/s  p50 %.1f ms  p99 %.1f ms  lost %d",
		now.Sub(p.began).Seconds(), stats.Format(float64(c.Live)), stats.Format(float64(r.pub.Published())),
		stats.Format(float64(int64(float64(c.Delivered-p.seen)/wall))), s.P50, s.P99, c.Lost)
	p.last, p.seen, p.total = now, c.Delivered, all
	if r.env.Live {
		// Clear to the end of the line (ECMA-48 EL): the last one may have been longer.
		fmt.Fprintf(r.env.Err, "\r%s\x1b[K", line)
	} else {
		fmt.Fprintln(r.env.Err, line)
	}
}

// end leaves the line of a terminal.
func (p *progress) end() {
	if p.run.env.Live && p.lines > 0 && !p.run.o.Quiet {
		fmt.Fprintln(p.run.env.Err)
	}
}
