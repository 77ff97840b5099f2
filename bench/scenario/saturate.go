package scenario

import (
	"context"
	"errors"
	"fmt"
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
	if s.Window < 1 || s.Window > maxWindow || s.Size < load.MinData || s.Rooms < 1 {
		return nil, fmt.Errorf("window %d, size %d, rooms %d: want a window of 1 to %d, at least %d bytes, 1 room",
			s.Window, s.Size, s.Rooms, maxWindow, load.MinData)
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
	r.report.Add("rate_per_s", "deliveries", float64(delivered)/wall, "/s")
	r.report.AddSummary("", "latency", w.latency)
	r.addServer(w.from, w.to, delivered)
	r.addChecks(w.counters, r.pub.Published()*int64(s.Viewers))
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
	done := make(chan error, 1)
	k := 0
	go func() { // stops: publishing
		done <- r.pub.Saturate(publishing, r.fleet, news, s.Window, func() load.Draft {
			k++
			return load.Draft{Room: (k - 1) % s.Rooms, Event: s.Event, Size: s.Size}
		})
	}()
	w := new(window)
	var failed error
	wait := func(d time.Duration) {
		t := time.NewTimer(d)
		defer t.Stop()
		select {
		case err := <-done:
			failed = err
			done <- nil
		case <-t.C:
		case <-ctx.Done():
		}
	}
	wait(s.Warmup)
	r.unmeasured(ctx)
	r.fleet.Measure(r.clock.Now())
	from, err := r.usage()
	before := r.fleet.Counters().Delivered
	wait(s.Duration)
	to, err2 := r.usage()
	after := r.fleet.Counters().Delivered
	stop()
	failed = errors.Join(failed, <-done, err, err2)
	if failed != nil && !errors.Is(failed, load.ErrStalled) {
		return nil, 0, failed
	}
	if failed != nil {
		r.report.Missed = append(r.report.Missed, failed.Error())
	}
	w.from, w.to = from, to
	const quiet = 5 * time.Second
	if err := r.drain(context.WithoutCancel(ctx), r.pub.Published()*int64(s.Viewers), quiet); err != nil {
		return nil, 0, err
	}
	r.fleet.Settle(r.pub.Ledger, load.Everyone)
	w.counters = r.fleet.Counters()
	w.latency, err = r.fleet.Latency().Summary()
	return w, after - before, err
}
