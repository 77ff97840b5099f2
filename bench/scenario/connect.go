package scenario

import (
	"context"
	"errors"
	"time"

	"grandstand/bench/load"
	"grandstand/bench/stats"
)

// Connect opens viewers, holds them idle and closes them.
type Connect struct {
	Common `embed:""`
	Rooms  int           `help:"Rooms each viewer joins." default:"1" group:"Load"`
	Rest   time.Duration `help:"How long the server may tidy up after opening them, before the figures of idling begin." default:"0s" group:"Load"`
	Hold   time.Duration `help:"How long to hold the connections after that." default:"5s" group:"Load"`
	Settle time.Duration `help:"How long the server may take to give its memory back after they are closed; 0 doesn't look." default:"60s" group:"Load"`
}

const (
	// returned is how much above its start the server's memory may stay: a
	// fifth and 30 MiB.
	returnedShare = 1.2
	returnedPlus  = 30 << 20
)

// Run carries the scenario out.
func (s *Connect) Run(ctx context.Context, env Env) (*stats.Report, error) {
	r, err := start(ctx, "connect", &s.Common, env, load.Config{Rooms: names(s.Room, s.Rooms)})
	if err != nil {
		return nil, err
	}
	defer r.close()
	before, err := r.usage()
	if err != nil {
		return nil, err
	}
	if err := r.open(ctx); err != nil {
		return r.early(ctx, err)
	}
	// From here on there are connections: a server that can't be read costs no
	// more than its figures.
	opened, err := r.usageAtEnd()
	if err != nil {
		return nil, err
	}
	n := float64(s.Viewers)
	r.report.Add("viewers", "viewers", n, "")
	r.report.Add("rate_per_s", "connects", n/opened.own.At.Sub(before.own.At).Seconds(), "/s")
	sum, err := r.fleet.Connects().Summary()
	if err != nil {
		return nil, err
	}
	r.report.AddSummary("", "connect and join", sum)
	if before.known && opened.known {
		cpu := opened.server.CPU - before.server.CPU
		r.report.Add("cpu_us_per_connect", "server CPU per connect", float64(cpu)/1e3/n, "us")
	}
	r.say("holding them for %s", s.Rest+s.Hold)
	rested, err := r.after(ctx, s.Rest)
	if err != nil {
		return nil, err
	}
	held, err := r.after(ctx, s.Hold)
	if err != nil {
		return nil, err
	}
	n = r.left(held.seen)
	r.addIdle(before, opened, rested, held, n)
	if pings := held.seen.Pings - rested.seen.Pings; pings > 0 {
		r.report.Add("pings_per_viewer", "pings meanwhile", float64(pings)/n, "per viewer")
	}
	r.addHarness(before, held, held.own.At.Sub(before.own.At))
	r.addChecks(r.fleet.Counters(), 0)
	r.sumUp() // how viewers end from here on is our doing
	if held.known && held.server.RSS >= 0 && s.Settle > 0 {
		s.release(ctx, r, before)
	}
	s.Limits.Check(r.report)
	return r.report, nil
}

// addIdle reports what a server has of n viewers that it holds, as far as it could
// be read.
func (r *run) addIdle(before, opened, rested, held usage, n float64) {
	if held.known {
		r.report.Add("rss_start_bytes", "server RSS before", float64(before.server.RSS), "B")
		r.report.Add("rss_held_bytes", "server RSS holding", float64(held.server.RSS), "B")
		r.report.Add("rss_per_conn_bytes", "growth per connection", float64(held.server.RSS-before.server.RSS)/n, "B")
		if opened.known {
			r.report.Add("rss_per_conn_at_open_bytes", "", float64(opened.server.RSS-before.server.RSS)/float64(r.o.Viewers), "B")
		}
		r.report.Add("server_threads", "server threads", float64(held.server.Threads), "")
		r.report.Add("server_files", "server files", float64(held.server.Files), "")
	}
	if rested.known && held.known {
		idle := held.server.Since(rested.server)
		r.report.Add("idle_cpu_percent", "server CPU while idle", 100*idle.CPU.Seconds()/max(held.own.At.Sub(rested.own.At).Seconds(), 1e-3), "% of a core")
	}
	r.forget(held.server)
	r.missing(opened, rested, held)
}

// left is how many viewers there are to share figures out among, at least one.
func (r *run) left(seen load.Counters) float64 {
	gone := seen.Ended + seen.Failed
	if gone > 0 {
		r.report.Warn("%d of %d viewers were gone when the hold was over: what is per connection is of those that were left", gone, r.o.Viewers)
	}
	return float64(max(int64(r.o.Viewers)-gone, 1))
}

// after reads the usage some time from now, or when ctx has ended.
func (r *run) after(ctx context.Context, d time.Duration) (usage, error) {
	if err := pause(ctx, d); err != nil && !errors.Is(err, context.Canceled) {
		return usage{}, err
	}
	return r.usageAtEnd()
}

// release closes all viewers and watches the server's memory. Metrics that can't be
// read are asked again: a server has much to tidy up then. A process is gone.
func (s *Connect) release(ctx context.Context, r *run, before usage) {
	defer r.forget(before.server)
	r.fleet.Hangup()
	closed := time.Now()
	target := int64(float64(before.server.RSS)*returnedShare) + returnedPlus
	t := time.NewTicker(250 * time.Millisecond)
	defer t.Stop()
	for {
		u, _, err := r.serverUsage()
		after := time.Since(closed)
		over := after >= s.Settle || ctx.Err() != nil
		switch {
		case err != nil && (over || len(r.pids) > 0):
			r.report.Warn("whether the server gives its memory back is not known: %v", err)
			return
		case err == nil && (over || u.RSS <= target && u.Files <= before.server.Files):
			r.report.Add("rss_after_bytes", "server RSS after", float64(u.RSS), "B")
			r.report.Add("release_s", "after", after.Seconds(), "s")
			r.report.Add("server_files_after", "server files after", float64(u.Files), "")
			if u.RSS > target && ctx.Err() == nil { // else it was not waited for
				r.report.Missed = append(r.report.Missed, "memory: "+stats.Format(float64(u.RSS))+" B after "+s.Settle.String()+", want at most "+stats.Format(float64(target)))
			}
			return
		}
		select {
		case <-ctx.Done():
		case <-t.C:
		}
	}
}
