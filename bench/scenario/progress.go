package scenario

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"

	"grandstand/bench/load"
	"grandstand/bench/stats"
)

// plainEvery is how often, in seconds, progress is told where nobody watches.
const plainEvery = 10

// teller says how a run is going.
type teller interface {
	say(text string)
	show(s *stats.Series)
	end() // there is nothing more to tell
}

// newTeller is the one for the place that progress goes to.
func newTeller(o *Common, env Env, title string, ending func() bool) teller {
	switch {
	case o.Quiet:
		return silent{}
	case env.Screen != nil:
		return &live{out: env.Err, screen: *env.Screen, title: title, ending: ending}
	}
	return &plain{out: env.Err}
}

// silent says nothing.
type silent struct{}

func (silent) say(string)         {}
func (silent) show(*stats.Series) {}
func (silent) end()               {}

// plain writes lines, for files and pipes.
type plain struct {
	mu  sync.Mutex // leaf; guards out
	out io.Writer
}

func (p *plain) say(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintln(p.out, text)
}

func (p *plain) end() {}

// show writes every tenth row; the first is the state before the run.
func (p *plain) show(s *stats.Series) {
	if n := len(s.At) - 1; n == 0 || n%plainEvery != 0 {
		return
	}
	p.say(summary(s))
}

// summary is the newest row on one line.
func summary(s *stats.Series) string {
	last := len(s.At) - 1
	var b strings.Builder
	fmt.Fprintf(&b, "%4.0fs", s.At[last])
	for _, c := range []struct{ key, before, behind string }{
		{"connected", "", " viewers"}, {"events_per_s", "events ", ""}, {"deliveries_per_s", "deliveries ", ""},
		{"p50_ms", "p50 ", ""}, {"p99_ms", "p99 ", ""}, {"lost", "lost ", ""},
		{"server_cpu_percent", "server CPU ", ""}, {"server_rss_bytes", "RSS ", ""},
	} {
		if col := s.Column(c.key); col != nil {
			b.WriteString("  " + c.before + reading(col.Values[last], col.Unit) + c.behind)
		}
	}
	return b.String()
}

// watch starts to read and show how the run is going. ctx ends when the run is
// interrupted.
func (r *run) watch(ctx context.Context) {
	r.tell = newTeller(r.o, r.env, r.report.Scenario+"  "+r.report.Target, func() bool { return ctx.Err() != nil })
	if _, lines := r.tell.(*plain); lines {
		r.hush = context.AfterFunc(ctx, func() {
			r.tell.say("interrupted: ending with what was seen so far; once more to end at once, without a report")
		})
	}
	r.sampler = sample(gauges{
		viewers: r.fleet, published: r.pub.Published, late: r.pub.Behind, cpus: allowed(),
		own: func() (stats.Usage, error) {
			own, _, err := r.harnessUsage()
			return own, err
		},
		server: func() (stats.Usage, int) {
			goroutines := -1
			if r.scrape != nil {
				var said stats.Usage
				if said, goroutines, _ = r.scrape.read(); len(r.pids) == 0 {
					return said, goroutines // without a moment when it could not be read
				}
			}
			u, known, err := r.serverUsage()
			if !known || err != nil {
				return stats.Usage{}, goroutines
			}
			return u, goroutines
		},
	}, r.tell.show)
}

// publish paces a source until it ends or the run is interrupted.
func (r *run) publish(ctx context.Context, src load.Source) error {
	return r.pub.Pace(ctx, src)
}
