package load

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"grandstand/bench/stats"
)

const (
	// readBuffer is shared by all connections of a loop. A server that joins
	// messages may have 64 KiB of them in one write; more than that and the
	// next read follows at once.
	readBuffer = 256 << 10

	// ringSize bounds how many events may be on their way at once when their
	// completion is counted. Windows are far smaller.
	ringSize = 1 << 16

	tickEvery = 5 * time.Millisecond
)

// Loop owns a share of the viewers and one thread.
//
// Its methods may be called from its Script and from functions given to Do,
// both of which run on that thread; Do, Counters and Done may be called from anywhere.
type Loop struct {
	cfg   *Config
	clock Clock
	first int // number of this loop's connection 0 in the fleet
	ep    int
	bell  int // eventfd: rings for Do
	conns []Conn
	dec   *decoder
	k     *checker
	buf   []byte
	out   []byte // scratch for what is sent
	whole []byte // scratch for a body in chunks
	pool  [][]byte
	late  map[int][]byte // bytes the socket didn't take yet
	parts map[int][]byte // fragments of a message that isn't complete
	rng   *rand.Rand
	ramp  ramp

	poller poller
	sio    sio
	tongue *tongue // nil: the native one
	sides  map[int32]side

	now         int64
	measureFrom int64
	latency     stats.Latency
	connect     stats.Latency
	script      Script
	ponger      Ponger
	endings     map[string]int
	accept      string

	ring []uint32 // deliveries of each event on its way
	done atomic.Int64
	news chan<- struct{} // told when done grows
	cpu  atomic.Int64    // on-cpu nanoseconds of the thread

	mu     sync.Mutex // leaf; guards what follows
	inbox  []func()
	shared Counters
	stop   bool
}

func newLoop(cfg *Config, clock Clock, first, conns int, accept string) (*Loop, error) {
	ep, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("load: epoll: %w", err)
	}
	bell, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	if err != nil {
		_ = unix.Close(ep)
		return nil, fmt.Errorf("load: eventfd: %w", err)
	}
	if err := unix.EpollCtl(ep, unix.EPOLL_CTL_ADD, bell, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: -1}); err != nil {
		_, _ = unix.Close(ep), unix.Close(bell)
		return nil, fmt.Errorf("load: epoll: %w", err)
	}
	t, err := newTongue(cfg, conns)
	if err == nil {
		err = cfg.Target.checkHoles(len(cfg.Rooms))
	}
	if err != nil {
		_, _ = unix.Close(ep), unix.Close(bell)
		return nil, err
	}
	return &Loop{
		tongue: t, sides: make(map[int32]side),
		poller: newPoller(cfg), sio: newSio(cfg, conns), cfg: cfg, clock: clock, first: first, ep: ep, bell: bell, accept: accept,
		conns: make([]Conn, conns), dec: newDecoder(cfg.Rooms), k: newChecker(conns, len(cfg.Rooms)),
		buf: make([]byte, readBuffer), late: make(map[int][]byte), parts: make(map[int][]byte),
		rng: rand.New(rand.NewPCG(cfg.Seed, uint64(first))), script: Idle{},
		endings: make(map[string]int), measureFrom: 1<<63 - 1,
	}, nil
}

// run is the body of the loop's thread. It returns when halt was called.
func (l *Loop) run() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	events := make([]unix.EpollEvent, 1024)
	var tick int64
	for halt := false; !halt; halt = l.turned() {
		n := poll(l.ep, events, l.patience())
		l.now = l.clock.Now()
		for _, ev := range events[:n] {
			switch {
			case ev.Fd >= 0:
				l.ready(int(ev.Fd), ev.Events)
			case ev.Fd < -1:
				l.sideReady(-ev.Fd-sideBase, ev.Events)
			}
		}
		if l.ring != nil {
			l.complete()
		}
		if now := l.now; now-tick >= int64(tickEvery) || l.ramp.left > 0 {
			tick = now
			l.dialDue(now)
			l.pollDue(now)
			l.sweep(now)
			l.script.Tick(l, now)
			l.account()
		}
	}
}

// patience is how long, in milliseconds, the poll may sleep.
func (l *Loop) patience() int {
	if l.ramp.left > 0 {
		return 1
	}
	return int(tickEvery / time.Millisecond)
}

// ready handles what epoll says about connection ci.
func (l *Loop) ready(ci int, what uint32) {
	c := &l.conns[ci]
	if c.state == stateConnects && what&(unix.EPOLLOUT|unix.EPOLLERR|unix.EPOLLHUP) != 0 {
		l.connected(ci, c)
	}
	if c.state == stateIdle {
		return
	}
	if what&unix.EPOLLOUT != 0 && len(l.late) > 0 {
		l.flush(ci, c)
	}
	if c.state < stateUpgrades || what&(unix.EPOLLIN|unix.EPOLLRDHUP|unix.EPOLLHUP|unix.EPOLLERR) == 0 {
		return
	}
	l.receive(ci, c, what&(unix.EPOLLRDHUP|unix.EPOLLHUP|unix.EPOLLERR) != 0)
}

// complete moves done over the events that every live connection has received.
func (l *Loop) complete() {
	live := uint32(l.k.n.Live)
	done := l.done.Load()
	before := done
	for n := &l.ring[done%ringSize]; *n >= live && live > 0; n = &l.ring[done%ringSize] {
		*n = 0
		done++
	}
	if done == before {
		return
	}
	l.done.Store(done)
	select {
	case l.news <- struct{}{}:
	default: // a word is waiting already
	}
}

// Do runs f on the loop's thread and waits for it.
func (l *Loop) Do(f func()) {
	done := make(chan struct{})
	l.mu.Lock()
	l.inbox = append(l.inbox, func() { f(); close(done) })
	l.mu.Unlock()
	l.wakeUp()
	<-done
}

// wakeUp wakes the poll.
func (l *Loop) wakeUp() {
	// The counter of the eventfd can't overflow before it is read.
	_, _ = unix.Write(l.bell, []byte{1, 0, 0, 0, 0, 0, 0, 0})
}

// turned ends a turn: it shows what was counted and does what was asked of the
// loop meanwhile, under one lock, for at full load there are a hundred thousand
// turns a second. It says whether the loop is to end.
func (l *Loop) turned() (halt bool) {
	l.mu.Lock()
	todo := l.inbox
	l.inbox, l.shared, halt = nil, l.k.n, l.stop
	l.mu.Unlock()
	if len(todo) == 0 {
		return halt
	}
	var b [8]byte
	_, _ = unix.Read(l.bell, b[:]) // level-triggered: an unread ring comes again
	for _, f := range todo {
		f()
	}
	l.share()
	return halt
}

func (l *Loop) share() {
	l.mu.Lock()
	l.shared = l.k.n
	l.mu.Unlock()
}

// account reads the thread's CPU time.
func (l *Loop) account() {
	var ts unix.Timespec
	if unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts) == nil {
		l.cpu.Store(ts.Nano())
	}
}

// Counters is what this loop had seen at the end of its last turn.
func (l *Loop) Counters() Counters {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.shared
}

// Done is the number of events that all viewers of this loop have received.
func (l *Loop) Done() int64 { return l.done.Load() }

// CPU is the on-cpu time of the loop's thread, at most a tick old.
func (l *Loop) CPU() time.Duration { return time.Duration(l.cpu.Load()) }
