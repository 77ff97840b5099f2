package hooks

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Hooks asks the application.
//
// Its methods may be called from any goroutine. A nil *Hooks wants nothing and
// may be closed. Close ends it.
type Hooks struct {
	cfg     Config
	log     *slog.Logger
	clock   clock
	client  *client // nil: hooks are off
	breaker *breaker
	tally   tally
	quiet   atomic.Int64 // until then, in Unix nanoseconds, no complaint is logged
	wants   [Kinds]bool

	mu      sync.Mutex
	waiting waiting
	closed  bool
	idle    chan struct{} // closed: closed, and nothing is under way
	stop    chan struct{} // closed: nothing is waited for any more
	stopped sync.Once
}

// New returns the client of the application that cfg, which is valid, names.
func New(cfg Config, log *slog.Logger) (*Hooks, error) { return newHooks(cfg, log, wallClock{}) }

func newHooks(cfg Config, log *slog.Logger, clock clock) (*Hooks, error) {
	h := &Hooks{
		cfg: cfg, log: log, clock: clock,
		breaker: newBreaker(cfg.Breaker, clock.Now),
		waiting: waiting{workers: cfg.Concurrency},
		idle:    make(chan struct{}), stop: make(chan struct{}),
	}
	if cfg.URL == "" {
		return h, nil
	}
	to, err := parseURL(cfg.URL)
	if err != nil {
		return nil, fmt.Errorf("hooks.url: %w", err)
	}
	h.client = newClient(cfg, to)
	for k := range h.wants {
		h.wants[k] = slices.Contains(cfg.Events, Kind(k).String())
	}
	return h, nil
}

// Wants reports whether the application is to be asked; event is the event's
// name for Publish and Event. What nobody asks for need not be put together.
func (h *Hooks) Wants(kind Kind, event string) bool {
	if h == nil || int(kind) >= Kinds || !h.wants[kind] {
		return false
	}
	return kind != Publish && kind != Event || matches(h.cfg.Names, event)
}

// Ask returns the application's answer. It ends within the deadline of the
// configuration, or with ctx.
//
// Without an answer the error says why, and the Answer is what when_down makes
// of it: an empty one, or a rejection with CodeDown. So the Answer alone says
// what to do.
func (h *Hooks) Ask(ctx context.Context, call Call) (Answer, error) {
	type result struct {
		answer Answer
		err    error
	}
	ch := make(chan result, 1) // so that who answers never waits
	h.AskThen(call, func(a Answer, err error) { ch <- result{a, err} })
	select {
	case r := <-ch:
		return r.answer, r.err
	case <-ctx.Done():
		return h.instead(), ctx.Err() // the call goes on and is counted
	}
}

// AskThen is Ask for who cannot wait: done is called once, from another
// goroutine or, if the call is turned away at once, from within. It must not
// block: it has one of the workers.
func (h *Hooks) AskThen(call Call, done func(Answer, error)) {
	h.start(&job{call: call, done: done})
}

// Tell passes on what cannot be changed any more, a Disconnect: it is not
// turned away while the application is down, but waits for it to come back, as
// long as the deadline allows. done is called as by AskThen, or nil; without an
// answer it gets an empty one.
func (h *Hooks) Tell(call Call, done func(Answer, error)) {
	h.start(&job{call: call, done: done, notice: true})
}

// start queues a job, and starts a worker if there may be one more.
func (h *Hooks) start(j *job) {
	now := h.clock.Now()
	j.until = now.Add(h.cfg.Deadline)
	if j.call.ID == "" {
		j.call.ID = rand.Text()
	}
	if j.call.Time.IsZero() {
		j.call.Time = now
	}
	if err := h.queue(j); err != nil {
		h.finish(j, Answer{}, Dropped, err)
	}
}

// queue puts a job into its queue, and says why not.
func (h *Hooks) queue(j *job) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed || h.client == nil {
		return ErrClosed
	}
	q := &h.waiting.calls
	if j.notice {
		q = &h.waiting.notices
	}
	q.push(j)
	switch {
	case h.waiting.wanted():
		h.waiting.running++
		go h.work(h.waiting.next()) // stops: when nothing waits; Close waits for it
	case q.len() > h.cfg.Queue:
		q.dropNewest()
		return ErrFull
	}
	return nil
}

// Stats returns the counters as they are.
func (h *Hooks) Stats() Stats {
	var s Stats
	if h == nil {
		return s
	}
	h.tally.snapshot(&s)
	s.Breaker, s.Opened = h.breaker.snapshot()
	h.mu.Lock()
	defer h.mu.Unlock()
	s.Waiting = h.waiting.calls.len() + h.waiting.notices.len()
	s.Running = h.waiting.running
	return s
}

// Close takes no more calls and waits for those there are. When ctx ends, they
// end without an answer; so does Close, with ctx's error.
func (h *Hooks) Close(ctx context.Context) error {
	if h == nil {
		return nil
	}
	h.mu.Lock()
	if !h.closed {
		h.closed = true
		if h.waiting.running == 0 {
			close(h.idle)
		}
	}
	h.mu.Unlock()
	var err error
	select {
	case <-h.idle:
	case <-ctx.Done():
		err = ctx.Err()
	}
	h.stopped.Do(func() {
		close(h.stop)
		if h.client != nil {
			h.client.close()
		}
	})
	<-h.idle // soon: nothing waits any more
	return err
}

// Unsent counts an event of an answer that could not be sent, and says why.
func (h *Hooks) Unsent(event string, err error) {
	h.tally.unsent.Add(1)
	h.complain("an event of a hook's answer was not sent", slog.String("event", event), slog.String("error", err.Error()))
}

// complain logs that the application answers as it should not, now and then:
// it may do so thousands of times a second.
func (h *Hooks) complain(what string, attrs ...slog.Attr) {
	now := h.clock.Now()
	until := h.quiet.Load()
	if now.UnixNano() < until || !h.quiet.CompareAndSwap(until, now.Add(complaints).UnixNano()) {
		return
	}
	h.log.LogAttrs(context.Background(), slog.LevelWarn, what, attrs...)
}

// complaints is the time between two of them.
const complaints = time.Minute
