package scenario

import (
	"context"
	"errors"
	"time"

	"grandstand/bench/agent"
	"grandstand/bench/load"
	"grandstand/bench/stats"
)

// audience is what a run needs of its viewers, wherever they are: a fleet in
// this process, one behind a process border, or several of either.
//
// What begins with a script on the thread of a loop (churn, slow, echo) needs
// the fleets themselves, see run.local.
type audience interface {
	// Open ramps all viewers up, perSecond of them a second in all, and returns
	// when each has joined its rooms. One that fails ends the ramp.
	Open(ctx context.Context, perSecond float64) error
	// Counters sums up what the viewers have seen.
	Counters() load.Counters
	// Latency is how long deliveries took since Measure, Connects what it took to join.
	Latency() *stats.Latency
	Connects() *stats.Latency
	// Measure times deliveries of events meant for from and later, on the run's clock.
	Measure(from int64)
	// Track counts completions from now on: news gets a word, never blocking,
	// when Done may have grown, the number of events that everybody has.
	Track(news chan<- struct{})
	Done() int64
	// Settle ends the accounts, see load.Fleet.Settle.
	Settle(books *load.Ledger, owed func(viewer int, open bool) bool)
	// Endings counts connections that ended against our will, by reason.
	Endings() map[string]int
	// CPU is the on-cpu time of the busiest loop.
	CPU() time.Duration
	// Hangup closes every connection; Close ends the loops as well, and may be
	// called more than once.
	Hangup()
	Close()
}

var (
	_ audience = (*load.Fleet)(nil)
	_ audience = (*agent.Fleet)(nil)
	_ audience = party(nil)
	_ remote   = (*agent.Fleet)(nil)
	_ remote   = party(nil)
)

// remote is an audience that may be lost: it lives in other processes. Err is why
// those can't be asked any more, nil while they can.
type remote interface{ Err() error }

const (
	// lookEvery is how often counters are looked at by who waits for them.
	lookEvery = 5 * time.Millisecond
	// weighEvery is the same where a distribution comes with them.
	weighEvery = 20 * time.Millisecond
)

// wait looks at the counters of an audience until ok says that they are reached.
func wait(ctx context.Context, a audience, ok func(load.Counters) (bool, error)) error {
	return await(ctx, a, lookEvery, func() (bool, error) { return ok(a.Counters()) })
}

// await asks ok from time to time until it says yes, or the audience is lost.
func await(ctx context.Context, a audience, every time.Duration, ok func() (bool, error)) error {
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		done, err := ok()
		if far, is := a.(remote); is && err == nil {
			err = far.Err()
		}
		if done || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-t.C:
		}
	}
}

// errElsewhere says that a scenario can't be spread.
var errElsewhere = errors.New("it moves single viewers from within their loops: --processes, --agents and several targets are not for it")
