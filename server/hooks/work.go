package hooks

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"
)

// work carries out jobs until there are none.
func (h *Hooks) work(j *job) {
	for j != nil {
		h.carryOut(j)
		j = h.after(j)
	}
}

// after takes the next job after j. With nil the worker is gone.
func (h *Hooks) after(j *job) *job {
	h.mu.Lock()
	defer h.mu.Unlock()
	if j.notice {
		h.waiting.telling--
	}
	next := h.waiting.next()
	if next == nil {
		h.waiting.running--
		if h.closed && h.waiting.running == 0 {
			close(h.idle)
		}
	}
	return next
}

// carryOut sends a job until it is answered or there is no use in it.
func (h *Hooks) carryOut(j *job) {
	body, err := j.call.encode()
	if err != nil {
		h.finish(j, Answer{}, Failed, err)
		return
	}
	var last reply
	for attempt := 1; attempt <= h.cfg.Attempts; attempt++ {
		turn, outcome, err := h.admit(j)
		if err != nil {
			if attempt > 1 {
				break // what went wrong first says more
			}
			h.finish(j, Answer{}, outcome, err)
			return
		}
		last = h.request(j, body, attempt, turn)
		if last.err == nil || last.final {
			break
		}
		pause := max(h.backoff(attempt), last.notNext)
		if attempt < h.cfg.Attempts && !h.pause(j, pause) {
			break
		}
	}
	h.conclude(j, last)
}

// conclude ends a job by how its last request went.
func (h *Hooks) conclude(j *job, last reply) {
	switch {
	case last.late:
		h.finish(j, Answer{}, TimedOut, fmt.Errorf("%w: %w", ErrLate, last.err))
	case last.err != nil:
		if last.bad {
			h.tally.bad.Add(1)
		}
		if last.final {
			h.complain("hook refused or answered badly",
				slog.String("hook", j.call.Hook.String()), slog.String("id", j.call.ID), slog.String("error", last.err.Error()))
		}
		h.finish(j, Answer{}, Failed, last.err)
	case last.answer.Reject != nil:
		h.finish(j, last.answer, Rejected, nil)
	default:
		h.finish(j, last.answer, OK, nil)
	}
}

// admit waits for leave to make a request. If there is none it says how the
// job ends.
func (h *Hooks) admit(j *job) (turn int, outcome Outcome, err error) {
	for {
		select {
		case <-h.stop:
			return 0, Dropped, ErrClosed
		default:
		}
		if !h.clock.Now().Before(j.until) {
			return 0, TimedOut, ErrLate
		}
		changed, left := h.breaker.next() // before allow, or a change is missed
		turn, ok := h.breaker.allow()
		if ok {
			return turn, OK, nil
		}
		if !j.notice {
			return 0, BreakerOpen, ErrOpen
		}
		h.wait(min(left, j.until.Sub(h.clock.Now())), changed)
	}
}

// request makes one and takes note of how it went.
func (h *Hooks) request(j *job, body []byte, attempt, turn int) reply {
	begin := h.clock.Now()
	r := h.client.post(&j.call, body, attempt, begin, min(h.cfg.Timeout, j.until.Sub(begin)))
	h.tally.request(attempt, h.clock.Now().Sub(begin))
	to, changed := h.breaker.done(turn, r.up)
	switch {
	case changed && to == Open:
		h.log.LogAttrs(context.Background(), slog.LevelWarn, "hooks: the application does not answer, requests stop",
			slog.Duration("for", h.cfg.Breaker.Cooldown), slog.String("error", r.err.Error()))
	case changed:
		h.log.LogAttrs(context.Background(), slog.LevelInfo, "hooks: the application answers again")
	}
	return r
}

// backoff draws the pause after an attempt, from nothing to a bound that
// doubles: so calls that failed together do not come back together.
func (h *Hooks) backoff(attempt int) time.Duration {
	bound := h.cfg.Backoff
	for range attempt - 1 {
		bound = min(2*bound, h.cfg.MaxBackoff)
	}
	return h.clock.Jitter(bound)
}

// pause waits between two requests. false: there will be no other.
func (h *Hooks) pause(j *job, d time.Duration) bool {
	if d >= j.until.Sub(h.clock.Now()) {
		return false // it would end with the job
	}
	return h.wait(d, nil)
}

// wait waits until d has passed or something is changed. false: Close.
func (h *Hooks) wait(d time.Duration, changed <-chan struct{}) bool {
	over, done := h.clock.After(d)
	defer done()
	select {
	case <-over:
	case <-changed:
	case <-h.stop:
		return false
	}
	return true
}

// finish counts how a job ended and hands the answer over.
func (h *Hooks) finish(j *job, a Answer, outcome Outcome, err error) {
	kind := j.call.Hook
	if int(kind) < Kinds {
		h.tally.calls[kind][outcome].Add(1)
		switch {
		case err == nil || j.notice:
		case h.cfg.WhenDown == Deny:
			h.tally.denied[kind].Add(1)
		default:
			h.tally.allowed[kind].Add(1)
		}
	}
	if err != nil && !j.notice {
		a = h.instead()
	}
	if j.done == nil {
		return
	}
	defer func() {
		if r := recover(); r != nil { // one viewer's answer, not all viewers' server
			h.tally.panics.Add(1)
			h.log.LogAttrs(context.Background(), slog.LevelError, "panic with a hook's answer",
				slog.Any("panic", r), slog.String("stack", string(debug.Stack())))
		}
	}()
	j.done(a, err)
}

// instead is the answer where there is none.
func (h *Hooks) instead() Answer {
	if h.cfg.WhenDown != Deny {
		return Answer{}
	}
	return Answer{Reject: &Rejection{Code: CodeDown, Message: "the application cannot be asked now"}}
}
