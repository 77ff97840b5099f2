package scenario

import (
	"context"
	"fmt"
	"time"

	"grandstand/bench/stats"
)

// open connects all viewers and reports how that went.
func (r *run) open(ctx context.Context) error {
	r.say("opening %d viewers", r.o.Viewers)
	wait := r.within
	if r.o.Ramp > 0 {
		wait += time.Duration(float64(r.o.Viewers) / r.o.Ramp * float64(time.Second))
	}
	ctx, cancel := context.WithTimeoutCause(ctx, wait, fmt.Errorf("not done in %s", wait))
	defer cancel()
	return r.fleet.Open(ctx, r.o.Ramp)
}

// early is the end of a run in which not all viewers came: the report so far
// when that is because it was interrupted, and the error otherwise.
func (r *run) early(ctx context.Context, err error) (*stats.Report, error) {
	if ctx.Err() == nil {
		return nil, err
	}
	seen := r.fleet.Counters()
	r.report.Note("interrupted before all viewers had joined: %d of %d", seen.Joined, r.o.Viewers)
	r.report.Add("viewers", "viewers", float64(seen.Joined), "")
	sum, err := r.fleet.Connects().Summary()
	if err != nil {
		return nil, err
	}
	r.report.AddSummary("connect", "connect and join", sum)
	r.addChecks(seen, 0)
	return r.finish(), nil
}

// unmeasured tells of a run that was interrupted before its figures began: what is
// per second, or of the server, would be of the moment between two readings.
func (r *run) unmeasured(ctx context.Context) {
	if ctx.Err() != nil {
		r.void = true
		r.report.Note("interrupted within the warm-up: nothing was measured")
	}
}
