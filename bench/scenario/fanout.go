package scenario

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"grandstand/bench/load"
	"grandstand/bench/stats"
)

// Paced are the flags of runs with a publisher at a fixed rate.
type Paced struct {
	Rooms    int           `help:"Rooms each viewer is in; events go to them in turn." default:"1" group:"Load" least:"1"`
	Rate     float64       `short:"r" help:"Events published a second." default:"10" group:"Load" above:"0"`
	Size     int           `short:"s" help:"Bytes of data in each event, at least 26." default:"128" group:"Load" least:"26"`
	Duration time.Duration `short:"d" help:"How long to publish, the warm-up not counted." default:"10s" group:"Load" above:"0"`
	Warmup   time.Duration `help:"Published before the figures begin." default:"1s" group:"Load" least:"0"`
	Drain    time.Duration `help:"How long nothing may arrive at the end before what is missing is lost." default:"5s" group:"Load" least:"0"`
	Event    string        `help:"Name of the events." default:"bench" group:"Load"`
}

func (p *Paced) validate() error {
	if !positive(p.Rate) || p.Size < load.MinData || p.Rooms < 1 || p.Duration <= 0 {
		return fmt.Errorf("rate %g, size %d, rooms %d, duration %s: want a rate above 0, at least %d bytes, 1 room and some time",
			p.Rate, p.Size, p.Rooms, p.Duration, load.MinData)
	}
	return nil
}

// positive says whether v is a number above 0 that something can be divided by:
// flags may be inf and NaN.
func positive(v float64) bool { return v > 0 && !math.IsInf(v, 1) }

// source gives the drafts of an open loop: one every 1/Rate from begin on.
// measured is called once, just before the first event behind the warm-up; there
// are no more when it says no.
func (p *Paced) source(begin int64, measured func() bool) load.Source {
	total := int((p.Warmup + p.Duration).Seconds() * p.Rate)
	from := begin + int64(p.Warmup)
	k := 0
	return func() (load.Draft, bool) {
		if k >= total {
			return load.Draft{}, false
		}
		due := begin + int64(float64(k)/p.Rate*1e9)
		if due >= from && measured != nil {
			if !measured() {
				k = total
				return load.Draft{}, false
			}
			measured = nil
		}
		d := load.Draft{Room: k % p.Rooms, Event: p.Event, Size: p.Size, Due: due}
		k++
		return d, true
	}
}

// Fanout publishes at a fixed rate to all viewers.
type Fanout struct {
	Common `embed:""`
	Paced  `embed:""`
}

// Run carries the scenario out.
func (s *Fanout) Run(ctx context.Context, env Env) (*stats.Report, error) {
	if err := s.validate(); err != nil {
		return nil, err
	}
	r, err := start(ctx, "fanout", &s.Common, env, load.Config{Rooms: names(s.Room, s.Rooms)})
	if err != nil {
		return nil, err
	}
	defer r.close()
	if err := r.open(ctx); err != nil {
		return r.early(ctx, err)
	}
	r.say("publishing %g events a second for %s", s.Rate, s.Warmup+s.Duration)
	w, err := r.paced(ctx, &s.Paced, load.Everyone)
	if err != nil {
		return nil, err
	}
	if err := r.addPaced(w, s.Rate); err != nil {
		return nil, err
	}
	return r.finish(), nil
}

// window is the measured part of a run.
type window struct {
	from, to usage
	counters load.Counters
	latency  stats.Summary
}

// owed says whether a viewer is owed every event, see load.Fleet.Settle.
type owed func(viewer int, open bool) bool

// paced publishes an open loop and closes the books.
func (r *run) paced(ctx context.Context, p *Paced, who owed) (*window, error) {
	return r.pacedUntil(ctx, p, who, nil)
}

// pacedUntil is paced with something to wait for before the books are closed. That
// is no part of the window.
func (r *run) pacedUntil(ctx context.Context, p *Paced, who owed, over func()) (*window, error) {
	w := new(window)
	begin := r.clock.Now() + int64(100*time.Millisecond)
	var failed error
	r.fleet.Measure(begin + int64(p.Warmup))
	src := p.source(begin, func() bool {
		w.from, failed = r.usage()
		r.pub.Measure()
		return failed == nil
	})
	if err := errors.Join(r.publish(ctx, src), failed); err != nil && !errors.Is(err, context.Canceled) {
		return nil, err
	}
	if w.from.own.At.IsZero() {
		r.unmeasured(ctx)
		var err error
		if w.from, err = r.usage(); err != nil {
			return nil, err
		}
	}
	if over == nil {
		return w, r.books(ctx, w, p.Drain, who)
	}
	// Who comes back meanwhile may keep deliveries coming, so the last events of the
	// window aren't waited for longer than this.
	brief, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = r.drain(brief, r.due(), min(p.Drain, ebb))
	var err error
	if w.to, err = r.usageAtEnd(); err != nil {
		return nil, err
	}
	over()
	if err := r.drain(context.WithoutCancel(ctx), r.due(), p.Drain); err != nil {
		return nil, err
	}
	return w, r.settle(w, who)
}

// ebb is how long nothing may come before the window ends, so that rates and CPU
// aren't those of waiting for what is missing.
const ebb = 250 * time.Millisecond

// due is how many deliveries all viewers together are due when nobody leaves.
func (r *run) due() int64 { return r.pub.Published() * int64(r.o.Viewers) }

// books waits for the last delivery and settles the accounts. The window ends with
// that delivery or soon after, however long was waited for another one.
func (r *run) books(ctx context.Context, w *window, quiet time.Duration, who owed) error {
	// An interrupted run is still worth a report, so the end isn't interrupted.
	ctx = context.WithoutCancel(ctx)
	for {
		err := r.drain(ctx, r.due(), min(quiet, ebb))
		if err != nil {
			return err
		}
		if w.to, err = r.usageAtEnd(); err != nil {
			return err
		}
		if w.to.seen.Delivered >= r.due() {
			break
		}
		if err := r.drain(ctx, r.due(), quiet); err != nil {
			return err
		}
		if r.fleet.Counters().Delivered == w.to.seen.Delivered {
			break
		}
	}
	return r.settle(w, who)
}

// settle ends the accounts: what has not come by now is lost.
func (r *run) settle(w *window, who owed) (err error) {
	r.fleet.Settle(r.pub.Ledger, who)
	w.counters = r.fleet.Counters()
	w.latency, err = r.fleet.Latency().Summary()
	return err
}

// addPaced reports a measured window of events published rate times a second.
func (r *run) addPaced(w *window, rate float64) error {
	wall := w.to.own.At.Sub(w.from.own.At).Seconds()
	r.report.Add("viewers", "viewers", float64(r.o.Viewers), "")
	r.report.Add("delivered", "delivered", float64(w.counters.Delivered), "events")
	if !r.void {
		r.report.Add("rate_per_s", "deliveries", float64(w.to.seen.Measured)/wall, "/s")
	}
	r.report.AddSummary("", "latency", w.latency)
	r.addServer(w.from, w.to, w.to.seen.Measured)
	c := &w.counters // where viewers come and go they are owed less than all
	r.addChecks(*c, c.Delivered+c.Lost+c.Told)
	if err := r.addPublishing(); err != nil {
		return err
	}
	if s, _ := r.pub.Stats(); s.Lag.P99 > 50 && s.Lag.P99 > 1000/rate {
		r.report.Warn("the publisher was late: p99 %.1f ms; that is part of the latency", s.Lag.P99)
	}
	return nil
}
