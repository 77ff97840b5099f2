package scenario

import (
	"context"
	"errors"
	"math"
	"sync"
	"time"

	"grandstand/bench/load"
	"grandstand/bench/stats"
)

// guests is a share of a party: an audience and its size.
type guests struct {
	audience
	viewers int
}

// party is several audiences as one. All are asked at the same time: some may be far away.
type party []guests

// each asks everybody at once and waits.
func (p party) each(do func(i int, g guests)) {
	var wg sync.WaitGroup
	for i, g := range p {
		wg.Go(func() { do(i, g) }) // stops: do returns
	}
	wg.Wait()
}

// Open shares the rate out by size. The first failure ends the others' ramps.
func (p party) Open(ctx context.Context, perSecond float64) error {
	all := 0
	for _, g := range p {
		all += g.viewers
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	p.each(func(_ int, g guests) {
		if err := g.Open(ctx, perSecond*float64(g.viewers)/float64(max(all, 1))); err != nil {
			cancel(err) // only the first one counts
		}
	})
	return context.Cause(ctx)
}

// Counters adds up.
func (p party) Counters() load.Counters {
	each := make([]load.Counters, len(p))
	p.each(func(i int, g guests) { each[i] = g.Counters() })
	var sum load.Counters
	for _, c := range each {
		sum.Add(c)
	}
	return sum
}

// Latency adds up.
func (p party) Latency() *stats.Latency { return p.merge(guests.Latency) }

// Connects adds up.
func (p party) Connects() *stats.Latency { return p.merge(guests.Connects) }

func (p party) merge(of func(guests) *stats.Latency) *stats.Latency {
	each := make([]*stats.Latency, len(p))
	p.each(func(i int, g guests) { each[i] = of(g) })
	sum := new(stats.Latency)
	for _, l := range each {
		sum.Merge(l)
	}
	return sum
}

// Measure tells everybody.
func (p party) Measure(from int64) { p.each(func(_ int, g guests) { g.Measure(from) }) }

// Track tells everybody; they share the channel.
func (p party) Track(news chan<- struct{}) { p.each(func(_ int, g guests) { g.Track(news) }) }

// Done is that of the one furthest behind.
func (p party) Done() int64 {
	done := int64(math.MaxInt64)
	for _, g := range p {
		done = min(done, g.Done())
	}
	return done
}

// Settle tells everybody. Viewers are numbered over the whole party, see load.Config.First.
func (p party) Settle(books *load.Ledger, owed func(viewer int, open bool) bool) {
	p.each(func(_ int, g guests) { g.Settle(books, owed) })
}

// Endings adds up.
func (p party) Endings() map[string]int {
	each := make([]map[string]int, len(p))
	p.each(func(i int, g guests) { each[i] = g.Endings() })
	sum := make(map[string]int)
	for _, ends := range each {
		for what, n := range ends {
			sum[what] += n
		}
	}
	return sum
}

// CPU is that of the busiest loop of all.
func (p party) CPU() time.Duration {
	var most time.Duration
	for _, g := range p {
		most = max(most, g.CPU())
	}
	return most
}

// Hangup tells everybody.
func (p party) Hangup() { p.each(func(_ int, g guests) { g.Hangup() }) }

// Close ends everybody.
func (p party) Close() { p.each(func(_ int, g guests) { g.Close() }) }

// Err is what is wrong with any of them.
func (p party) Err() error {
	var all []error
	for _, g := range p {
		if h, ok := g.audience.(remote); ok {
			all = append(all, h.Err())
		}
	}
	return errors.Join(all...)
}
