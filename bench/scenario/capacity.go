package scenario

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strconv"
	"time"

	"grandstand/bench/load"
	"grandstand/bench/stats"
)

// Capacity finds how many viewers by long-poll each of several servers serves
// in time: pools of threads that it spawns itself, and the server of --spawn.
type Capacity struct {
	Common   `embed:""`
	Threads  []int         `help:"Pools of threads to measure, each this large; 0 for none." default:"300" group:"Load"`
	Steps    []int         `help:"Numbers of viewers to try, up to --viewers." default:"100,200,300,400,600,1000,2000,4000,8000,12000,16000,19000" group:"Load"`
	Within   time.Duration `help:"Served is who has 99 of 100 events by then." default:"1s" group:"Load"`
	Duration time.Duration `short:"d" help:"How long to publish at each step." default:"5s" group:"Load"`
	Rate     float64       `short:"r" help:"Events published a second." default:"1" group:"Load"`
	Size     int           `short:"s" help:"Bytes of data in each event, at least 26." default:"128" group:"Load"`
}

const (
	// opensWithin is how long all viewers of a step have, beyond the ramp, to
	// get their first answer: it is given without waiting.
	opensWithin = 10 * time.Second
	// nearly is where the search ends: the number is known to one in fifty.
	nearly = 50
)

// rival is a server to be measured.
type rival struct {
	name    string
	key     string // in the figures of the report
	command string
}

// Run carries the scenario out.
func (s *Capacity) Run(ctx context.Context, env Env) (*stats.Report, error) {
	if s.Within <= 0 || !positive(s.Rate) || s.Duration <= 0 || s.Size < load.MinData || len(s.Steps) == 0 {
		return nil, fmt.Errorf("within %s, rate %g, duration %s, size %d, %d steps: want some of each", s.Within, s.Rate, s.Duration, s.Size, len(s.Steps))
	}
	rivals, err := s.rivals()
	if err != nil {
		return nil, err
	}
	s.Transport = load.LongPoll.String()
	report := &stats.Report{Scenario: "capacity", Target: RedactText(s.URL), Started: time.Now(), Command: env.Command,
		Machine: describe(), Seed: s.Seed, Commit: stats.Commit()}
	report.Note("%s", tableHead)
	for _, v := range rivals {
		most, err := s.search(ctx, func(n int) (*served, error) {
			got, err := s.probe(ctx, env, v, n)
			if err == nil && !s.Quiet {
				fmt.Fprintf(env.Err, "%s: %s\n", v.name, RedactText(got.progress()))
			}
			return got, err
		})
		interrupted := ctx.Err() != nil
		if err != nil && !interrupted {
			return nil, fmt.Errorf("%s: %w", v.name, err)
		}
		if most.viewers > 0 || !interrupted {
			most.add(report, v)
		}
		if interrupted {
			report.Note("interrupted: %s may serve more viewers than were tried", v.name)
			break
		}
	}
	s.Limits.Check(report)
	return report, nil
}

// rivals are the servers of the flags, pools first.
func (s *Capacity) rivals() ([]rival, error) {
	target, err := load.ParseTarget(s.URL)
	if err != nil {
		return nil, err
	}
	control, err := url.Parse(s.Publish)
	if err != nil {
		return nil, fmt.Errorf("publish address: %w", err)
	}
	own, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("own program: %w", err)
	}
	var all []rival
	for _, n := range s.Threads {
		if n > 0 {
			all = append(all, rival{
				name: "pool of " + strconv.Itoa(n) + " threads", key: "pool" + strconv.Itoa(n),
				command: fmt.Sprintf("'%s' threads --threads %d --listen %s --control %s", own, n, target.Addr, control.Host),
			})
		}
	}
	if s.Spawn != "" {
		all = append(all, rival{name: "grandstand", key: "grandstand", command: s.Spawn})
	}
	if len(all) == 0 {
		return nil, errors.New("nothing to measure: give --threads or --spawn")
	}
	return all, nil
}

// search goes up the steps to the first that isn't served, and then halves
// what lies between that and the last one that was. When nobody was served because
// something could not be carried out, that is an error: there is no server there
// to measure, or nobody who publishes. With an error comes what is known so far.
func (s *Capacity) search(ctx context.Context, probe func(n int) (*served, error)) (best *served, err error) {
	best = &served{}
	bad := 0
	steps := slices.DeleteFunc(slices.Clone(s.Steps), func(n int) bool { return n >= s.Viewers })
	steps = append(steps, s.Viewers)
	slices.Sort(steps)
	for _, n := range steps {
		got, err := probe(n)
		if err != nil {
			return best, err
		}
		if got.why != "" {
			bad, best.why, best.err = n, got.why, got.err
			break
		}
		best = got
	}
	best.bad = bad
	// One probe more halves what is unknown, and costs a start of the server.
	for bad > 0 && bad-best.viewers > max(best.viewers/nearly, 1) && ctx.Err() == nil {
		n := (bad + best.viewers) / 2
		got, err := probe(n)
		if err != nil {
			return best, err
		}
		if got.why != "" {
			bad, best.why, best.err = n, got.why, got.err
		} else {
			got.why = best.why
			best = got
		}
		best.bad = bad
	}
	if best.viewers == 0 && best.err != nil && ctx.Err() == nil {
		return best, best.err
	}
	return best, context.Cause(ctx)
}

// probe publishes to n viewers of a server that was started for them.
func (s *Capacity) probe(ctx context.Context, env Env, v rival, n int) (*served, error) {
	// A fresh server each time: what the step before left waiting in a pool
	// must not count against this one.
	c := s.Common
	c.Viewers, c.Spawn, c.Quiet = n, v.command, true
	p := Paced{Rooms: 1, Rate: s.Rate, Size: s.Size, Warmup: time.Second, Duration: s.Duration, Drain: 2 * s.Within, Event: "capacity"}
	r, err := start(ctx, "capacity", &c, env, load.Config{Rooms: []string{s.Room}})
	if err != nil {
		return nil, err
	}
	defer r.close()
	r.within = opensWithin
	got := &served{viewers: n}
	if err := r.open(ctx); err != nil {
		got.why, got.err = err.Error(), err
		return got, context.Cause(ctx)
	}
	w, err := r.paced(ctx, &p, load.Everyone)
	if err != nil {
		got.why, got.err = err.Error(), err
		return got, context.Cause(ctx)
	}
	got.judge(w, s.Within)
	return got, context.Cause(ctx)
}
