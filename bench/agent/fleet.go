package agent

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"grandstand/bench/load"
	"grandstand/bench/stats"
)

// Fleet is a load.Fleet in another process. Its methods may be called from any
// goroutine. Those that can't say so by themselves give what was known last when
// the agent is lost: Err tells.
type Fleet struct {
	cfg  load.Config
	line *caller
	once sync.Once
	done atomic.Int64

	mu   sync.Mutex // leaf; guards what follows
	seen state
	news chan<- struct{}
}

// heard takes news of the agent, on the goroutine that reads them.
func (f *Fleet) heard(n frame) {
	var r reading
	if n.Verb != newsDone || strict(n.Body, &r) != nil {
		return // nothing we know of: a newer agent says more
	}
	f.done.Store(r.Now)
	f.mu.Lock()
	news := f.news
	f.mu.Unlock()
	select {
	case news <- struct{}{}:
	default: // a word is waiting already
	}
}

// Err is why the agent can't be asked any more, nil while it can.
func (f *Fleet) Err() error { return f.line.lost() }

// Open connects all viewers. One that fails ends it.
func (f *Fleet) Open(ctx context.Context, perSecond float64) error {
	return f.line.ask(ctx, verbOpen, opening{perSecond}, nil)
}

// state asks for the counters.
func (f *Fleet) state() state {
	var s state
	err := f.line.askSoon(verbCounters, nil, &s)
	f.mu.Lock()
	defer f.mu.Unlock()
	if err == nil {
		f.seen = s
	}
	return f.seen
}

// Counters sums up what the viewers have seen.
func (f *Fleet) Counters() load.Counters { return f.state().Counters }

// CPU is the on-cpu time of the busiest loop.
func (f *Fleet) CPU() time.Duration { return f.state().CPU }

// Latency is how long deliveries took.
func (f *Fleet) Latency() *stats.Latency { return f.times(verbLatency) }

// Connects is how long joining took.
func (f *Fleet) Connects() *stats.Latency { return f.times(verbConnects) }

func (f *Fleet) times(verb string) *stats.Latency {
	l := new(stats.Latency)
	if f.line.askSoon(verb, nil, l) != nil {
		l.Reset()
	}
	return l
}

// Measure times deliveries of events meant for the time from, on the
// coordinator's clock, and later.
func (f *Fleet) Measure(from int64) { f.tell(verbMeasure, reading{from}) }

// tell asks for something to be done. When the agent is lost, Err says so.
func (f *Fleet) tell(verb string, what any) { _ = f.line.askSoon(verb, what, nil) }

// Track has completions counted: news gets a word when there is another one.
func (f *Fleet) Track(news chan<- struct{}) {
	f.mu.Lock()
	f.news = news
	f.mu.Unlock()
	f.tell(verbTrack, nil)
}

// Done is the number of events that every viewer has, as heard last.
func (f *Fleet) Done() int64 { return f.done.Load() }

// Settle ends the accounts, see load.Fleet.Settle.
func (f *Fleet) Settle(ledger *load.Ledger, owed func(viewer int, open bool) bool) {
	c := closing{IDs: ledger.IDs(), Last: ledger.Last()}
	c.owe(f.cfg.First, f.cfg.Conns, owed)
	f.tell(verbSettle, c)
}

// Endings counts connections that ended against our will, by reason. An agent
// that is lost is one of them.
func (f *Fleet) Endings() map[string]int {
	var ends map[string]int
	if err := f.line.askSoon(verbEndings, nil, &ends); err != nil {
		return map[string]int{err.Error(): f.cfg.Conns}
	}
	return ends
}

// Storm cuts all viewers and lets them come back, see load.Fleet.Storm.
func (f *Fleet) Storm(s load.Storm) { f.tell(verbStorm, s) }

// Aftermath is how that goes.
func (f *Fleet) Aftermath() load.Aftermath {
	var a load.Aftermath
	if f.line.askSoon(verbAftermath, nil, &a) != nil || a.Back == nil {
		a.Back = new(stats.Latency)
	}
	return a
}

// Hangup closes every connection.
func (f *Fleet) Hangup() { f.tell(verbHangup, nil) }

// Close hangs up and ends the loops. It may be called more than once.
func (f *Fleet) Close() {
	f.once.Do(func() {
		if f.Err() == nil {
			f.Hangup() // and hear that it is done: the server may be ended next
		}
		f.line.close()
	})
}

// String names the fleet in errors.
func (f *Fleet) String() string {
	return fmt.Sprintf("%d viewers at %s", f.cfg.Conns, f.line.talk.conn.RemoteAddr())
}
