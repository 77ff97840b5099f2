package dispatch

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/panjf2000/ants/v2"
)

// ErrClosed is what Submit reports once the pool is closed.
var ErrClosed = errors.New("dispatch: pool is closed")

// Config sizes a Pool.
type Config struct {
	// Workers is how many jobs run at once; 0 means one per loop and one
	// more. A waiting job waits for one of them, in the order of arrival.
	Workers int `yaml:"workers"`
	// MaxWaiting bounds the jobs waiting for a worker. Lanes do not count
	// against it: each waits at most once, and must not miss its wake-up.
	MaxWaiting int `yaml:"max_waiting"`
}

// DefaultConfig returns the values of configs/reference.yaml.
func DefaultConfig() Config { return Config{Workers: 0, MaxWaiting: 65536} }

// Validate reports every value that cannot be used.
func (c Config) Validate() error {
	var errs []error
	if c.Workers < 0 || c.Workers > 4096 {
		errs = append(errs, fmt.Errorf("dispatch.workers: %d, want 0 to 4096", c.Workers))
	}
	if c.MaxWaiting < 1 {
		errs = append(errs, fmt.Errorf("dispatch.max_waiting: %d, want at least 1", c.MaxWaiting))
	}
	return errors.Join(errs...)
}

// Pool is a fixed number of workers and a queue of jobs before them.
//
// Submit may be called from anywhere, also from a job. Close ends it.
type Pool struct {
	ants    *ants.Pool
	log     *slog.Logger
	workers int
	max     int
	panics  atomic.Int64
	overrun atomic.Int64

	mu      sync.Mutex
	running int // workers with a job
	waiting []func()
	closed  bool
}

// NewPool starts a pool of cfg.Workers workers, or of workers when that is 0.
func NewPool(cfg Config, workers int, log *slog.Logger) (*Pool, error) {
	n := cfg.Workers
	if n == 0 {
		n = max(workers, 1)
	}
	p := &Pool{log: log, workers: n, max: cfg.MaxWaiting}
	// Importing ants starts a pool of its own, with two goroutines that
	// nobody here needs.
	ants.Release()
	// The limit is ours, ants has none: between a worker's last look at the
	// queue and its return to ants, ants would call the pool full and the job
	// would wait for a worker that has stopped looking. No purge, because the
	// number of workers is small and fixed.
	pool, err := ants.NewPool(-1, ants.WithNonblocking(true), ants.WithDisablePurge(true))
	if err != nil {
		return nil, fmt.Errorf("dispatch: pool of %d: %w", n, err)
	}
	p.ants = pool
	return p, nil
}

// Submit runs job on a worker, now or as soon as one is free. The error is
// ErrClosed, or ants.ErrPoolOverload when MaxWaiting jobs wait already.
func (p *Pool) Submit(job func()) error { return p.submit(job, p.max) }

// submit is Submit with a limit of its own on the jobs that wait.
func (p *Pool) submit(job func(), limit int) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return ErrClosed
	}
	if p.running < p.workers {
		if err := p.ants.Submit(func() { p.work(job) }); err != nil {
			return fmt.Errorf("dispatch: submit: %w", err)
		}
		p.running++
		return nil
	}
	if len(p.waiting) >= limit {
		return ants.ErrPoolOverload
	}
	p.waiting = append(p.waiting, job)
	p.overrun.Add(1)
	return nil
}

// yield puts a job that is running, and has more to do, behind those that
// wait. It reports false if nobody does; then the job goes on.
func (p *Pool) yield(job func()) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.waiting) == 0 {
		return false
	}
	p.waiting = append(p.waiting, job)
	return true
}

// work runs job and then whatever waits, so that nothing is left behind when
// every worker was busy at its submission.
func (p *Pool) work(job func()) {
	for job != nil {
		p.guard(job)
		job = p.take()
	}
}

// take removes the oldest waiting job. With none left the worker counts as
// free from here on: a job submitted later starts another.
func (p *Pool) take() func() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.waiting) == 0 {
		p.running--
		return nil
	}
	job := p.waiting[0]
	p.waiting[0] = nil
	p.waiting = p.waiting[1:]
	return job
}

// guard keeps a panicking job from ending its worker: ants would recover, but
// the worker and what waits behind it would be gone.
func (p *Pool) guard(job func()) {
	defer func() {
		if v := recover(); v != nil {
			p.panics.Add(1)
			p.log.Error("job panicked", "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
		}
	}()
	job()
}

// Stats is a snapshot of a pool.
type Stats struct {
	Workers int   // with a job now
	Waiting int   // jobs that wait for a worker
	Overrun int64 // jobs that ever had to wait
	Panics  int64 // jobs ended by a panic
}

// Stats returns the pool's figures.
func (p *Pool) Stats() Stats {
	p.mu.Lock()
	running, waiting := p.running, len(p.waiting)
	p.mu.Unlock()
	return Stats{Workers: running, Waiting: waiting, Overrun: p.overrun.Load(), Panics: p.panics.Load()}
}

// Close refuses further jobs and waits at most the given time for running ones.
func (p *Pool) Close(wait time.Duration) error {
	p.mu.Lock()
	p.closed = true
	p.waiting = nil
	p.mu.Unlock()
	if err := p.ants.ReleaseTimeout(wait); err != nil {
		return fmt.Errorf("dispatch: close: %w", err)
	}
	return nil
}
