package scenario

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"grandstand/bench/load"
	"grandstand/bench/stats"
)

// Slow is a fan-out in which a share of the viewers stops reading for a while.
type Slow struct {
	Common   `embed:""`
	Paced    `embed:""`
	Share    float64       `help:"Percentage of viewers that stop reading." default:"1" group:"Load"`
	Stall    time.Duration `help:"How long they don't read." default:"60s" group:"Load"`
	After    time.Duration `help:"When, behind the warm-up, they stop." default:"2s" group:"Load"`
	RcvBuf   int           `name:"rcvbuf" help:"SO_RCVBUF of the viewers that stop, so that the kernel holds little for them." default:"4096" group:"Load"`
	Catch    time.Duration `help:"How long publishing goes on after they read again, at least." default:"5s" group:"Load"`
	Baseline time.Duration `help:"First publish this long with everyone reading, to compare with." default:"0s" group:"Load"`
}

// stalled watches the viewers that stop reading.
type stalled struct {
	load.Idle
	slow  func(viewer int) bool
	mu    sync.Mutex // leaf; guards what follows
	codes int        // ended with a code
	cut   int        // ended without one
	first string     // how the first of those ended
}

// Closed notes how a stalled viewer was ended.
func (s *stalled) Closed(l *load.Loop, ci int, how load.Ending) {
	if how.Clean || !s.slow(l.First()+ci) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if how.Code != 0 {
		s.codes++
		return
	}
	if s.cut++; s.first == "" {
		s.first = how.String()
	}
}

// endings tells how many were ended with a code, how many without, and how the
// first of those was. The loops still run then.
func (s *stalled) endings() (codes, cut int, first string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.codes, s.cut, s.first
}

// Run carries the scenario out.
func (s *Slow) Run(ctx context.Context, env Env) (*stats.Report, error) {
	if err := s.validate(); err != nil {
		return nil, err
	}
	if !(s.Share > 0 && s.Share <= 50) || s.Stall <= 0 {
		return nil, fmt.Errorf("share %g, stall %s: want up to 50 percent and some time", s.Share, s.Stall)
	}
	slow := func(viewer int) bool { return s.slowest(viewer+1) > s.slowest(viewer) }
	if s.slowest(s.Viewers) == 0 {
		return nil, fmt.Errorf("slow: %g %% of %d viewers is nobody: want --share %.3g or more", s.Share, s.Viewers, 100/float64(s.Viewers))
	}
	r, err := start(ctx, "slow", &s.Common, env, load.Config{
		Rooms: names(s.Room, s.Rooms),
		RecvBuffer: func(viewer int) int {
			if slow(viewer) {
				return s.RcvBuf
			}
			return 0
		},
	})
	if err != nil {
		return nil, err
	}
	defer r.close()
	fleet, err := r.local()
	if err != nil {
		return nil, err
	}
	watch := &stalled{slow: slow}
	fleet.Each(func(l *load.Loop) { l.SetScript(watch) })
	if err := r.open(ctx); err != nil {
		return r.early(ctx, err)
	}
	eachSlow(fleet, slow, (*load.Loop).Quiet)
	if err := s.baseline(ctx, r); err != nil {
		return nil, err
	}
	return s.stall(ctx, r, fleet, watch)
}

// slowest is how many of the first so many viewers stop reading.
func (s *Slow) slowest(viewers int) int { return int(float64(viewers) * s.Share / 100) }

// baseline publishes with everyone reading.
func (s *Slow) baseline(ctx context.Context, r *run) error {
	if s.Baseline <= 0 {
		return nil
	}
	p := s.Paced
	p.Duration = s.Baseline
	r.say("publishing %g events a second for %s with everyone reading", p.Rate, p.Warmup+p.Duration)
	w, err := r.paced(ctx, &p, load.Everyone)
	if err != nil {
		return err
	}
	r.report.AddSummary("baseline", "all reading: latency", w.latency)
	return nil
}

// stall does the run proper.
func (s *Slow) stall(ctx context.Context, r *run, fleet *load.Fleet, watch *stalled) (*stats.Report, error) {
	p := s.Paced
	p.Duration = max(p.Duration, s.After+s.Stall+s.Catch)
	n := s.slowest(s.Viewers)
	r.say("publishing %g events a second for %s; %d viewers don't read for %s", p.Rate, p.Warmup+p.Duration, n, s.Stall)
	timers, stop := context.WithCancel(ctx)
	defer stop()
	peak := make(chan int64, 1)
	go func() { peak <- s.conduct(timers, r, fleet, watch) }() // stops: stop below
	w, err := r.paced(ctx, &p, func(viewer int, open bool) bool { return open || !watch.slow(viewer) })
	stop()
	most := <-peak
	if err != nil {
		return nil, err
	}
	r.report.Add("stalled", "viewers that stopped", float64(n), "")
	codes, cut, first := watch.endings()
	r.report.Add("closed_by_policy", "of those ended with a reason", float64(codes), "")
	if err := r.addPaced(w, p.Rate); err != nil {
		return nil, err
	}
	if base, ok := r.report.Value("baseline_p99_ms"); ok && base > 0 && w.latency.Count > 0 {
		r.report.Add("p99_ratio", "p99 against all reading", w.latency.P99/base, "times")
	}
	if w.from.known && w.from.server.RSS >= 0 && max(most, w.to.server.RSS) > 0 {
		r.report.Add("server_rss_peak_growth_bytes", "server RSS growth at most", float64(max(most, w.to.server.RSS)-w.from.server.RSS), "B")
	}
	if cut > 0 {
		r.report.Missed = append(r.report.Missed, fmt.Sprintf("%d stalled viewers ended without a reason: %s", cut, first))
	}
	if w.counters.Lost > 0 {
		r.report.Missed = append(r.report.Missed, fmt.Sprintf("%d events missed that no gap notice covers", w.counters.Lost))
	}
	return r.finish(), nil
}

// conduct stops and starts the readers and watches the server's memory, of
// which it returns the most seen.
func (s *Slow) conduct(ctx context.Context, r *run, fleet *load.Fleet, watch *stalled) (most int64) {
	var err error
	if err = pause(ctx, s.Warmup+s.After); err == nil {
		eachSlow(fleet, watch.slow, (*load.Loop).Stall)
	}
	for end := time.Now().Add(s.Stall); err == nil && time.Now().Before(end); {
		err = pause(ctx, min(time.Second, time.Until(end)))
		if u, known, failed := r.serverUsage(); known && failed == nil {
			most = max(most, u.RSS)
		}
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		return most
	}
	eachSlow(fleet, watch.slow, (*load.Loop).Resume)
	return most
}

// eachSlow does something with every viewer that stops reading.
func eachSlow(fleet *load.Fleet, slow func(viewer int) bool, do func(l *load.Loop, ci int)) {
	fleet.Each(func(l *load.Loop) {
		for ci := range l.Conns() {
			if slow(l.First() + ci) {
				do(l, ci)
			}
		}
	})
}
