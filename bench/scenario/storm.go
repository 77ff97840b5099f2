package scenario

import (
	"context"
	"errors"
	"fmt"
	"time"

	"grandstand/bench/agent"
	"grandstand/bench/load"
	"grandstand/bench/stats"
)

// Storm is a fan-out in which everybody is gone at once and comes back at once.
type Storm struct {
	Common `embed:""`
	Paced  `embed:""`
	How    string        `help:"How they go: ${enum}: with a close frame where there is one, or without a word." enum:"leave,cut" default:"cut" group:"Load"`
	After  time.Duration `help:"When, behind the warm-up, they go." default:"2s" group:"Load"`
	Fresh  bool          `help:"Come back without a cursor, as somebody new." group:"Load"`
	Spread time.Duration `help:"Come back at random within this time instead of all at once." default:"0s" group:"Load"`
	Retry  time.Duration `help:"Pause before another attempt after one that failed, half to one and a half times that." default:"1s" group:"Load"`
	Within time.Duration `help:"Miss if not everybody is back by then." default:"60s" group:"Load"`
}

// weathers is an audience that can go and come back.
type weathers interface {
	Storm(s load.Storm)
	Aftermath() load.Aftermath
}

var (
	_ weathers = (*load.Fleet)(nil)
	_ weathers = (*agent.Fleet)(nil)
	_ weathers = party(nil)
)

// Storm tells everybody.
func (p party) Storm(s load.Storm) {
	p.each(func(_ int, g guests) {
		if w, ok := g.audience.(weathers); ok {
			w.Storm(s)
		}
	})
}

// Aftermath adds up.
func (p party) Aftermath() load.Aftermath {
	each := make([]load.Aftermath, len(p))
	p.each(func(i int, g guests) {
		if w, ok := g.audience.(weathers); ok {
			each[i] = w.Aftermath()
		}
	})
	sum := load.Aftermath{Back: new(stats.Latency)}
	for _, a := range each {
		sum.Cut += a.Cut
		sum.Away += a.Away
		sum.Retries += a.Retries
		sum.Recovered += a.Recovered
		sum.Refused += a.Refused
		if a.Back != nil {
			sum.Back.Merge(a.Back)
		}
	}
	return sum
}

// outage is what a storm did to the servers.
type outage struct {
	from, to usage // from the cut until all are back, or the time is over
	after    load.Aftermath
	early    bool // it was interrupted
	err      error
}

// Run carries the scenario out.
func (s *Storm) Run(ctx context.Context, env Env) (*stats.Report, error) {
	if err := s.validate(); err != nil {
		return nil, err
	}
	if s.After < 0 || s.Spread < 0 || s.Retry <= 0 || s.Within <= 0 {
		return nil, fmt.Errorf("after %s, spread %s, retry %s, within %s: out of range", s.After, s.Spread, s.Retry, s.Within)
	}
	r, err := start(ctx, "storm", &s.Common, env, load.Config{Rooms: names(s.Room, s.Rooms), Late: true})
	if err != nil {
		return nil, err
	}
	defer r.close()
	sky, ok := r.fleet.(weathers)
	if !ok {
		return nil, errors.New("storm: these viewers can't come back")
	}
	if err := r.open(ctx); err != nil {
		return r.early(ctx, err)
	}
	p := s.Paced
	p.Duration = max(p.Duration, s.After+min(s.Spread, s.Within)+time.Second)
	r.say("publishing %g events a second for %s; everybody is gone after %s", p.Rate, p.Warmup+p.Duration, p.Warmup+s.After)
	rage, stop := context.WithCancel(ctx)
	defer stop()
	done := make(chan outage, 1)
	go func() { done <- s.rage(rage, r, sky) }() // stops: all are back, Within is over, or stop
	w, err := r.pacedUntil(ctx, &p, load.Connected, func() {
		o := <-done
		done <- o
	})
	if err != nil {
		return nil, err
	}
	return s.result(r, w, <-done)
}

// rage cuts everybody when it is time and waits until all are back.
func (s *Storm) rage(ctx context.Context, r *run, sky weathers) (o outage) {
	if o.err = pause(ctx, s.Warmup+s.After); o.err != nil {
		return o
	}
	if o.from, o.err = r.usageAtEnd(); o.err != nil {
		return o
	}
	r.say("everybody is gone")
	sky.Storm(load.Storm{Abrupt: s.How != "leave", Resume: !s.Fresh, Spread: s.Spread, Retry: s.Retry, Within: s.Within})
	within, cancel := context.WithTimeout(ctx, s.Within)
	defer cancel()
	_ = await(within, r.fleet, weighEvery, func() (bool, error) { // who is not back then is reported
		o.after = sky.Aftermath()
		return o.after.Away == 0, nil
	})
	o.early = ctx.Err() != nil
	o.to, o.err = r.usageAtEnd()
	return o
}

// result reports.
func (s *Storm) result(r *run, w *window, o outage) (*stats.Report, error) {
	if o.err != nil && !errors.Is(o.err, context.Canceled) {
		return nil, o.err
	}
	a := o.after
	if a.Back == nil { // interrupted before it broke loose
		a.Back = new(stats.Latency)
	}
	sum, err := a.Back.Summary()
	if err != nil {
		return nil, err
	}
	r.report.Add("cut", "viewers cut", float64(a.Cut), "")
	r.report.AddSummary("back", "back after", sum)
	if sum.Max > 0 {
		r.report.Add("back_per_s", "come back", 1000*float64(sum.Count)/sum.Max, "/s")
	}
	r.report.Add("away", "never back", float64(a.Away), "viewers")
	r.report.Add("retries", "attempts that failed", float64(a.Retries), "")
	r.report.Add("recovered", "rooms that went on", float64(a.Recovered), "")
	r.report.Add("not_recovered", "rooms told not recovered", float64(a.Refused), "")
	if o.from.known && o.to.known && a.Cut > 0 {
		cpu := o.to.server.CPU - o.from.server.CPU
		r.report.Add("storm_cpu_percent", "server CPU meanwhile", 100*cpu.Seconds()/max(o.to.own.At.Sub(o.from.own.At).Seconds(), 1e-3), "% of a core")
		r.report.Add("cpu_us_per_reconnect", "server CPU per viewer back", float64(cpu)/1e3/float64(a.Cut), "us")
	}
	missed := r.pub.Published()*int64(r.o.Viewers) - w.counters.Delivered
	r.report.Add("missed", "missed by who was away", float64(missed), "deliveries")
	if err := r.addPaced(w, s.Rate); err != nil {
		return nil, err
	}
	if w.counters.Lost > 0 {
		r.report.Missed = append(r.report.Missed, fmt.Sprintf("%d events missed without a word", w.counters.Lost))
	}
	switch {
	case a.Away > 0 && o.early: // they were not waited for
		r.report.Note("interrupted when %d of %d viewers were not back yet", a.Away, a.Cut)
	case a.Away > 0:
		r.report.Missed = append(r.report.Missed, fmt.Sprintf("%d of %d viewers were not back within %s", a.Away, a.Cut, s.Within))
	}
	return r.finish(), nil
}
