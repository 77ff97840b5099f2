package scenario

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"grandstand/bench/load"
	"grandstand/bench/stats"
)

// Saturate publishes as fast as the server delivers: at most Window events are
// published and not yet received by every viewer.
type Saturate struct {
	Common   `embed:""`
	Rooms    int           `help:"Rooms each viewer is in; events go to them in turn." default:"1" group:"Load" least:"1"`
	Window   int           `short:"w" help:"Events on their way at most." default:"4" group:"Load" least:"1"`
	Size     int           `short:"s" help:"Bytes of data in each event, at least 26." default:"128" group:"Load" least:"26"`
	Duration time.Duration `short:"d" help:"How long to measure." default:"10s" group:"Load"`
	Warmup   time.Duration `help:"Published before the figures begin." default:"1s" group:"Load" least:"0"`
	Event    string        `help:"Name of the events." default:"bench" group:"Load"`
}

// maxWindow stays well below what the loops can count as on its way.
const maxWindow = 16384

// Run carries the scenario out.
func (s *Saturate) Run(ctx context.Context, env Env) (*stats.Report, error) {
	if s.Window < 1 || s.Window > maxWindow || s.Size < load.MinData || s.Rooms < 1 || s.Duration <= 0 {
		return nil, fmt.Errorf("window %d, size %d, rooms %d, duration %s: want a window of 1 to %d, at least %d bytes, 1 room and some time",
			s.Window, s.Size, s.Rooms, s.Duration, maxWindow, load.MinData)
	}
	if s.Publish == load.PublishNone {
		return nil, errors.New("saturate --publish none: events on their way are those it publishes itself")
	}
	r, err := start(ctx, "saturate", &s.Common, env, load.Config{Rooms: names(s.Room, s.Rooms)})
	if err != nil {
		return nil, err
	}
	defer r.close()
	if err := r.open(ctx); err != nil {
		return r.early(ctx, err)
	}
	news := make(chan struct{}, 1)
	r.fleet.Track(news)
	r.say("keeping %d events on their way for %s", s.Window, s.Warmup+s.Duration)
	w, delivered, err := s.measure(ctx, r, news)
	if err != nil {
		return nil, err
	}
	wall := w.to.own.At.Sub(w.from.own.At).Seconds()
	r.report.Add("viewers", "viewers", float64(s.Viewers), "")
	r.report.Add("window", "window", float64(s.Window), "events")
	r.report.Add("delivered", "delivered", float64(w.counters.Delivered), "events")
	if !r.void {
		r.report.Add("rate_per_s", "deliveries", float64(delivered)/wall, "/s")
		r.report.AddSummary("", "latency", w.latency)
	}
	r.addServer(w.from, w.to, delivered)
	r.addChecks(w.counters, r.due())
	if err := r.addPublishing(); err != nil {
		return nil, err
	}
	return r.finish(), nil
}

// measure publishes in the background and takes the figures from outside, so
// that both ends of the window are moments of full load.
func (s *Saturate) measure(ctx context.Context, r *run, news <-chan struct{}) (*window, int64, error) {
	publishing, stop := context.WithCancel(ctx)
	defer stop()
	done, fresh := s.publish(publishing, r, news)
	var failed error
	wait := func(d time.Duration) {
		t := time.NewTimer(d)
		defer t.Stop()
		select {
		case err := <-done:
			failed = errors.Join(failed, err)
			done <- nil
		case <-t.C:
		case <-ctx.Done():
		}
	}
	wait(s.Warmup)
	if fatal(failed) {
		return nil, 0, failed
	}
	r.unmeasured(ctx)
	w := new(window)
	fresh.Store(true)
	r.fleet.Measure(r.clock.Now())
	var err, err2 error
	w.from, err = r.usage()
	before := r.fleet.Counters().Delivered
	if err == nil {
		wait(s.Duration)
	}
	w.to, err2 = r.usageAtEnd()
	after := r.fleet.Counters().Delivered
	stop()
	failed = errors.Join(failed, <-done)
	if err := errors.Join(err, err2); err != nil || fatal(failed) {
		return nil, 0, errors.Join(failed, err)
	}
	if failed != nil {
		r.report.Missed = append(r.report.Missed, failed.Error())
	}
	const quiet = 5 * time.Second
	if err := r.drain(context.WithoutCancel(ctx), r.due(), quiet); err != nil {
		return nil, 0, err
	}
	return w, after - before, r.settle(w, load.Everyone)
}

// publish fills the window until ctx ends, and then says in done how that went.
// What is set in fresh has the publisher's own figures begin anew: it does so
// itself, for they belong to its goroutine.
func (s *Saturate) publish(ctx context.Context, r *run, news <-chan struct{}) (done chan error, fresh *atomic.Bool) {
	done, fresh = make(chan error, 1), new(atomic.Bool)
	k := 0
	go func() { // stops: ctx
		done <- r.pub.Saturate(ctx, r.fleet, news, s.Window, func() load.Draft {
			if fresh.CompareAndSwap(true, false) {
				r.pub.Measure()
			}
			k++
			return load.Draft{Room: (k - 1) % s.Rooms, Event: s.Event, Size: s.Size}
		})
	}()
	return done, fresh
}

// fatal says that publishing failed. A window that no longer opens is a figure of
// the server instead.
func fatal(err error) bool { return err != nil && !errors.Is(err, load.ErrStalled) }
