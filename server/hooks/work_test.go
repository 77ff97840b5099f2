package hooks

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestBreaker opens, waits, lets one through, and closes.
func TestBreaker(t *testing.T) {
	var status atomic.Int64
	status.Store(500)
	a := newApp(t, func(w http.ResponseWriter, _ *http.Request, _ int) { w.WriteHeader(int(status.Load())) })
	cfg := testConfig(a.URL)
	cfg.Attempts, cfg.Breaker.Failures = 1, 3
	c := newFakeClock()
	h, out := openLogged(t, cfg, c)
	ask := func() error { _, err := h.Ask(t.Context(), Call{Hook: Join}); return err }
	step := func(what string, state State, requests int) {
		t.Helper()
		if s := h.Stats(); s.Breaker != state || len(a.requests()) != requests {
			t.Fatalf("%s: %v after %d requests, want %v after %d", what, s.Breaker, len(a.requests()), state, requests)
		}
	}
	ask()
	status.Store(404) // somebody is there
	ask()
	status.Store(500)
	ask()
	ask()
	step("two in a row", Closed, 4)
	ask()
	step("three", Open, 5)
	if err := ask(); !errors.Is(err, ErrOpen) {
		t.Errorf("open: %v, want %v", err, ErrOpen)
	}
	step("refused", Open, 5)
	c.tick(cfg.Breaker.Cooldown)
	ask()
	step("the one failed", Open, 6)
	c.tick(cfg.Breaker.Cooldown)
	status.Store(200)
	if err := ask(); err != nil {
		t.Error(err)
	}
	step("the one went well", Closed, 7)
	s := h.Stats()
	if s.Calls[Join][BreakerOpen] != 1 || s.Denied[Join] != 7 || s.Opened != 2 {
		t.Errorf("Stats = %+v", s)
	}
	if n := strings.Count(out.String(), "requests stop") + strings.Count(out.String(), "answers again"); n != 3 {
		t.Errorf("%d lines, want 3: %s", n, out)
	}
}

// TestBreakerHalfOpen lets one through, whatever comes from before.
func TestBreakerHalfOpen(t *testing.T) {
	c := newFakeClock()
	b := newBreaker(BreakerConfig{Failures: 1, Cooldown: time.Second}, c.Now)
	old, _ := b.allow()
	turn, _ := b.allow()
	b.done(turn, false)
	if _, ok := b.allow(); ok {
		t.Error("open, and lets one through")
	}
	c.tick(time.Second)
	turn, ok := b.allow()
	if _, second := b.allow(); !ok || second {
		t.Errorf("half-open: first %t, second %t", ok, second)
	}
	if to, changed := b.done(old, true); changed {
		t.Errorf("what began before turned it to %v", to)
	}
	if to, changed := b.done(turn, true); !changed || to != Closed {
		t.Errorf("done = %v, %t", to, changed)
	}
}

// TestTellWaits delivers a notice when the application is back.
func TestTellWaits(t *testing.T) {
	var up atomic.Bool
	a := newApp(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
		if !up.Load() {
			w.WriteHeader(500)
		}
	})
	cfg := testConfig(a.URL)
	cfg.Attempts, cfg.Breaker.Failures = 1, 1
	c := newFakeClock()
	c.auto = false
	h := open(t, cfg, c)
	h.Ask(t.Context(), Call{Hook: Join})
	told := make(chan error, 2)
	h.Tell(Call{Hook: Disconnect}, func(_ Answer, err error) { told <- err })
	wait(t, "the notice waits", func() bool { return len(c.waited()) == 1 })
	if _, err := h.Ask(t.Context(), Call{Hook: Join}); !errors.Is(err, ErrOpen) {
		t.Errorf("a call meanwhile: %v, want %v", err, ErrOpen)
	}
	up.Store(true)
	c.tick(cfg.Breaker.Cooldown)
	if err := receive(t, "the notice", told); err != nil {
		t.Error(err)
	}
	up.Store(false)
	h.Ask(t.Context(), Call{Hook: Join})
	h.Tell(Call{Hook: Disconnect}, func(a Answer, err error) {
		if a.Reject != nil {
			t.Errorf("a notice is rejected: %+v", a.Reject)
		}
		told <- err
	})
	wait(t, "it waits again", func() bool { return len(c.waited()) == 2 })
	c.tick(cfg.Deadline)
	if err := receive(t, "the second notice", told); !errors.Is(err, ErrLate) {
		t.Errorf("%v, want %v", err, ErrLate)
	}
}

// gate is an application whose answers wait to be let go.
func gate(t *testing.T) (a *app, at, most *atomic.Int64, release func()) {
	t.Helper()
	at, most = new(atomic.Int64), new(atomic.Int64)
	let := make(chan struct{})
	release = sync.OnceFunc(func() { close(let) })
	var mu sync.Mutex
	a = newApp(t, func(http.ResponseWriter, *http.Request, int) {
		mu.Lock()
		most.Store(max(most.Load(), at.Add(1)))
		mu.Unlock()
		<-let
		at.Add(-1)
	})
	t.Cleanup(release) // before the server is closed, which waits for it
	return a, at, most, release
}

// TestConcurrency bounds requests at once and calls that wait; the queue that
// is full counts as unanswered.
func TestConcurrency(t *testing.T) {
	a, at, most, release := gate(t)
	cfg := testConfig(a.URL)
	cfg.Concurrency, cfg.Queue = 4, 10
	h := open(t, cfg, wallClock{})
	results := make(chan error, 100)
	done := func(_ Answer, err error) { results <- err }
	for range 20 {
		h.AskThen(Call{Hook: Join}, done)
	}
	wait(t, "four at once", func() bool { return at.Load() == 4 })
	for range 6 {
		if err := receive(t, "the refused", results); !errors.Is(err, ErrFull) {
			t.Errorf("%v, want %v", err, ErrFull)
		}
	}
	for range 12 {
		h.Tell(Call{Hook: Disconnect}, nil)
	}
	if s := h.Stats(); s.Waiting != 20 || s.Running != 4 || s.Calls[Join][Dropped] != 6 || s.Calls[Disconnect][Dropped] != 2 || s.Denied[Join] != 6 {
		t.Errorf("Stats = %+v", s)
	}
	release()
	for range 14 {
		if err := receive(t, "the others", results); err != nil {
			t.Error(err)
		}
	}
	wait(t, "the end", func() bool { return h.Stats().Running == 0 })
	if s := h.Stats(); s.Calls[Join][OK] != 14 || s.Calls[Disconnect][OK] != 10 || most.Load() != 4 || s.Waiting != 0 {
		t.Errorf("most at once %d, Stats = %+v", most.Load(), s)
	}
}

// TestNoticesHalf leaves half of the workers to calls.
func TestNoticesHalf(t *testing.T) {
	a, at, _, release := gate(t)
	cfg := testConfig(a.URL)
	cfg.Concurrency = 4
	h := open(t, cfg, wallClock{})
	for range 50 {
		h.Tell(Call{Hook: Disconnect}, nil)
	}
	wait(t, "two notices", func() bool { return at.Load() == 2 })
	if s := h.Stats(); s.Running != 2 || s.Waiting != 48 {
		t.Errorf("Running %d, Waiting %d", s.Running, s.Waiting)
	}
	h.AskThen(Call{Hook: Join}, nil)
	wait(t, "the call", func() bool { return at.Load() == 3 })
	release()
	wait(t, "the end", func() bool { return h.Stats().Calls[Disconnect][OK] == 50 })
}

// TestDeadlineInQueue ends what waited too long without asking.
func TestDeadlineInQueue(t *testing.T) {
	a, at, _, release := gate(t)
	cfg := testConfig(a.URL)
	cfg.Concurrency = 2
	c := newFakeClock()
	h := open(t, cfg, c)
	late := make(chan error, 1)
	h.AskThen(Call{Hook: Join}, nil)
	h.AskThen(Call{Hook: Join}, nil)
	wait(t, "both", func() bool { return at.Load() == 2 })
	h.AskThen(Call{Hook: Join}, func(_ Answer, err error) { late <- err })
	c.tick(cfg.Deadline)
	release()
	if err := receive(t, "the third", late); !errors.Is(err, ErrLate) || len(a.requests()) != 2 {
		t.Errorf("%v after %d requests", err, len(a.requests()))
	}
}

// TestCloseDrains answers what was asked, and takes no more.
func TestCloseDrains(t *testing.T) {
	a, at, _, release := gate(t)
	cfg := testConfig(a.URL)
	cfg.Concurrency = 2
	h := open(t, cfg, wallClock{})
	for range 6 {
		h.AskThen(Call{Hook: Join}, nil)
	}
	wait(t, "two at once", func() bool { return at.Load() == 2 })
	closed := make(chan error, 1)
	go func() { closed <- h.Close(context.Background()) }()
	wait(t, "closed", func() bool { h.mu.Lock(); defer h.mu.Unlock(); return h.closed })
	if _, err := h.Ask(t.Context(), Call{Hook: Publish}); !errors.Is(err, ErrClosed) {
		t.Errorf("a call after Close: %v, want %v", err, ErrClosed)
	}
	release()
	if err := receive(t, "Close", closed); err != nil || h.Stats().Calls[Join][OK] != 6 {
		t.Errorf("%v, %v", err, h.Stats().Calls[Join])
	}
}

// TestCloseCuts ends requests, pauses and queues when there is no more time.
func TestCloseCuts(t *testing.T) {
	a, at, _, release := gate(t)
	defer release()
	cfg := testConfig(a.URL)
	cfg.Concurrency, cfg.Timeout, cfg.Deadline = 2, time.Minute, time.Minute
	h := open(t, cfg, wallClock{})
	results := make(chan error, 6)
	for range 6 {
		h.AskThen(Call{Hook: Join}, func(_ Answer, err error) { results <- err })
	}
	wait(t, "two at once", func() bool { return at.Load() == 2 })
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := h.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Close: %v", err)
	}
	for range 6 {
		if err := receive(t, "the calls", results); err == nil {
			t.Error("answered")
		}
	}
}

// TestPanic survives who cannot take an answer.
func TestPanic(t *testing.T) {
	a := newApp(t, always(200, ""))
	h, out := openLogged(t, testConfig(a.URL), newFakeClock())
	h.AskThen(Call{Hook: Join}, func(Answer, error) { panic("mine") })
	wait(t, "the panic", func() bool { return h.Stats().Panics == 1 })
	if _, err := h.Ask(t.Context(), Call{Hook: Join}); err != nil || !strings.Contains(out.String(), "mine") {
		t.Errorf("%v, log %s", err, out)
	}
}
