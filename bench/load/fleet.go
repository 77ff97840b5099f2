package load

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"grandstand/bench/stats"
)

// Config says what a fleet of viewers connects to and joins. As JSON it can be
// sent to another process; what is a function stays behind.
type Config struct {
	Target    Target
	Transport Transport
	Rooms     []string // every room of the run; an event of another is foreign
	Conns     int
	First     int    // number of viewer 0 of this fleet among all of the run
	Loops     int    // threads that hold viewers, at least 1
	Sources   int    // source addresses 127.0.0.2.. for a loopback target; 0: leave it to the kernel
	Protocol  string // subprotocol to ask for, empty for none
	Header    string // further header lines of the upgrade request, each ended by CRLF
	Seed      uint64
	Namespace string // of Socket.IO; empty is "/"
	Dialect   Dialect

	// Shift is what the publisher's clock is ahead of this machine's. It is 0
	// unless that is another machine.
	Shift time.Duration

	// Join names the rooms that viewer conn has in its URL; nil means all.
	Join func(conn int) []string `json:"-"`
	// RecvBuffer is the SO_RCVBUF of viewer conn, 0 for the kernel's choice.
	RecvBuffer func(conn int) int `json:"-"`
	// Late says that viewers join while events flow: the first event of a room
	// is held against the cursor it was joined at instead of number 0.
	Late bool
}

// answerWithin is how long a target may say nothing before any viewer has joined.
const answerWithin = 10 * time.Second

// Fleet is all viewers of a run. Its methods may be called from any goroutine.
type Fleet struct {
	Clock Clock
	Loops []*Loop
	cfg   Config
	wg    sync.WaitGroup
	once  sync.Once
}

// NewFleet starts the loops. Close ends them.
func NewFleet(cfg Config) (*Fleet, error) {
	if err := EnoughFiles(cfg.Conns); err != nil {
		return nil, err
	}
	clock, err := NewClock()
	if err != nil {
		return nil, err
	}
	clock.mono += int64(cfg.Shift)
	accept := acceptKey()
	f := &Fleet{Clock: clock, cfg: cfg}
	loops := max(min(cfg.Loops, cfg.Conns), 1) // one without viewers would never have all events
	for i, first := 0, cfg.First; i < loops; i++ {
		n := cfg.Conns / loops
		if i < cfg.Conns%loops {
			n++
		}
		l, err := newLoop(&f.cfg, clock, first, n, accept)
		if err != nil {
			f.Close()
			return nil, err
		}
		first += n
		f.Loops = append(f.Loops, l)
		f.wg.Add(1)
		go func() { // stops: Close
			defer f.wg.Done()
			l.run()
		}()
	}
	return f, nil
}

// EnoughFiles raises the limit on open files and says how many are wanting. It is
// for who starts more than one fleet in this process: a fleet only sees to itself.
func EnoughFiles(conns int) error {
	const spare = 64 // loops, publisher, runtime
	var r unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &r); err != nil {
		return fmt.Errorf("load: limit on open files: %w", err)
	}
	need := uint64(conns + spare)
	if r.Cur < need && r.Cur < r.Max {
		r.Cur = min(max(need, r.Cur), r.Max)
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &r); err != nil {
			return fmt.Errorf("load: limit on open files: %w", err)
		}
	}
	if r.Cur < need {
		return fmt.Errorf("load: %d viewers need %d open files, the limit is %d: raise it with ulimit -n %d in a root shell, or LimitNOFILE= of the unit; or hold them by more --processes", conns, need, r.Cur, need)
	}
	return nil
}

// Open ramps all viewers up, perSecond of them a second in all, and returns
// when each has joined its rooms. A connection that fails ends the ramp.
func (f *Fleet) Open(ctx context.Context, perSecond float64) error {
	for _, l := range f.Loops {
		share := perSecond * float64(l.Conns()) / float64(max(f.cfg.Conns, 1))
		l.Do(func() { l.Ramp(0, l.Conns(), share) })
	}
	heard, since := int64(0), time.Now()
	err := f.Wait(ctx, func(c Counters) (bool, error) {
		if c.Failed+c.Ended > 0 {
			return false, fmt.Errorf("%d viewers failed while connecting: %w", c.Failed+c.Ended, f.why())
		}
		if c.Bytes != heard || c.Joined > 0 {
			heard, since = c.Bytes, time.Now()
		}
		if time.Since(since) > answerWithin {
			return false, fmt.Errorf("want %s, and nothing came for %s", f.cfg.awaited(c.Opened > 0), answerWithin)
		}
		return c.Joined >= int64(f.cfg.Conns), nil
	})
	if err != nil {
		c := f.Counters()
		return fmt.Errorf("open %d viewers at %s: %d upgraded, %d joined: %w", f.cfg.Conns, f.cfg.Target.Addr, c.Opened, c.Joined, err)
	}
	return nil
}

// awaited is what viewers wait for at first, or once their request was granted.
func (c *Config) awaited(granted bool) string {
	d := &c.Dialect
	switch {
	case !granted && c.Transport.framed():
		return "the 101 of a WebSocket"
	case !granted && d.Driver == DriverLongPoll:
		return "an answer to the first poll (where that waits for news, viewers are ready once it is sent)"
	case !granted:
		return "an answer to the first request"
	case d.Ready == readyAck:
		return "an acknowledgement of what viewers said"
	case d.Ready != "":
		return fmt.Sprintf("a message with %q", d.Ready)
	case c.Transport.SocketIO():
		return "the answer to CONNECT"
	case d.Driver == DriverCentrifugo:
		return "the replies to connect and subscribe"
	}
	return "a joined message for each room"
}

// Wait looks at the counters every 5 ms until ok says that they are reached.
func (f *Fleet) Wait(ctx context.Context, ok func(Counters) (bool, error)) error {
	t := time.NewTicker(tickEvery)
	defer t.Stop()
	for {
		if done, err := ok(f.Counters()); done || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-t.C:
		}
	}
}

// why is the most frequent ending.
func (f *Fleet) why() error {
	most, text := 0, "no reason known"
	for what, n := range f.Endings() {
		if n > most {
			most, text = n, what
		}
	}
	return errors.New(text)
}

// Counters sums up what the loops have seen.
func (f *Fleet) Counters() Counters {
	var c Counters
	for _, l := range f.Loops {
		c.Add(l.Counters())
	}
	return c
}

// Endings counts connections that ended against our will, by reason.
func (f *Fleet) Endings() map[string]int {
	all := make(map[string]int)
	f.Each(func(l *Loop) {
		for what, n := range l.endings {
			all[what] += n
		}
	})
	return all
}

// Measure starts the latency figures: deliveries of events meant for the time
// from on and later are timed. Figures so far are dropped.
func (f *Fleet) Measure(from int64) {
	f.Each(func(l *Loop) {
		l.latency.Reset()
		l.k.n.Measured = 0
		l.measureFrom = from
	})
}

// Latency adds up the delivery times of all loops.
func (f *Fleet) Latency() *stats.Latency {
	sum := new(stats.Latency)
	f.Each(func(l *Loop) { sum.Merge(&l.latency) })
	return sum
}

// Connects adds up the times from connect(2) to the last room joined.
func (f *Fleet) Connects() *stats.Latency {
	sum := new(stats.Latency)
	f.Each(func(l *Loop) { sum.Merge(&l.connect) })
	return sum
}

// Track starts to count the completion of each event. news gets a word, never
// blocking, when all viewers of a loop have received another one.
func (f *Fleet) Track(news chan<- struct{}) {
	f.Each(func(l *Loop) { l.ring, l.news = make([]uint32, ringSize), news })
}

// Done is the number of events that every viewer has received.
func (f *Fleet) Done() int64 {
	done := int64(1<<63 - 1)
	for _, l := range f.Loops {
		done = min(done, l.Done())
	}
	return done
}

// Settle ends the accounts: what was published and has not come is lost to the
// viewers that owed says are owed everything. open tells it whether the viewer
// is still connected. The notes are held against the ledger. Viewers that came
// late, and to a server that doesn't say where a room begins for them, are owed an
// unknown number; those that got none at all are counted.
func (f *Fleet) Settle(ledger *Ledger, owed func(viewer int, open bool) bool) {
	published, last := ledger.Published(), ledger.Last()
	f.Each(func(l *Loop) {
		l.k.n.Silent += l.silentOf(last, owed)
		l.k.settle(published, func(ci int) bool { return owed(l.first+ci, l.conns[ci].state == stateOpen) })
		l.k.audit(ledger)
	})
}

// Everyone is owed all events, connected or not: for runs in which nobody leaves.
func Everyone(int, bool) bool { return true }

// Connected viewers are owed all events: for runs in which viewers come and go.
func Connected(_ int, open bool) bool { return open }

// CPU is the on-cpu time of the busiest loop.
func (f *Fleet) CPU() time.Duration {
	var most time.Duration
	for _, l := range f.Loops {
		most = max(most, l.CPU())
	}
	return most
}

// Hangup closes every connection with a close frame.
func (f *Fleet) Hangup() {
	f.Each(func(l *Loop) {
		l.ramp.left = 0
		for ci := range l.conns {
			l.Hangup(ci, false)
		}
	})
}

// Close hangs up and ends the loops. It may be called more than once.
func (f *Fleet) Close() {
	f.once.Do(func() {
		f.Hangup()
		for _, l := range f.Loops {
			l.mu.Lock()
			l.stop = true
			l.mu.Unlock()
			l.wakeUp()
		}
		f.wg.Wait()
		for _, l := range f.Loops {
			_, _ = unix.Close(l.ep), unix.Close(l.bell)
			for fd := range l.sides {
				_ = unix.Close(int(fd))
			}
		}
	})
}

// Each runs a function on the thread of each loop in turn.
func (f *Fleet) Each(do func(*Loop)) {
	for _, l := range f.Loops {
		l.Do(func() { do(l); l.share() })
	}
}
