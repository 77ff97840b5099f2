package session

import (
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"grandstand/session/dispatch"
)

// inbox is what waits for the handlers of one viewer, which run one at a time.
type inbox struct {
	hub   *Hub
	owner owner

	mu      sync.Mutex
	queue   []func()
	running bool
	full    bool // the client waits
}

// owner is the viewer of an inbox.
type owner interface {
	// force has f run within the viewer's shard.
	force(f func())
	// panicked ends the viewer, whose handler did.
	panicked()
	// hold has the client wait, or go on. Within the shard.
	hold(on bool)
}

// call has f run by the application's workers, after what was given before. An
// error is an *Error: too much waits. Within the viewer's shard.
func (in *inbox) call(f func()) error {
	return in.put(f, in.hub.cfg.Handlers.Full == FullDisconnect)
}

// last is call for the end of the viewer, which is not refused because of what
// waits before it.
func (in *inbox) last(f func()) error { return in.put(f, false) }

// put is call. strict says that there may not be more than the limit; otherwise
// the client waits, and what it has sent already is still taken: that is
// bounded where it is read.
func (in *inbox) put(f func(), strict bool) error {
	counts := &in.hub.counts.apps
	in.mu.Lock()
	defer in.mu.Unlock()
	if most := in.hub.cfg.Handlers.MaxPending; len(in.queue) >= most {
		if strict {
			counts.full.Add(1)
			return &Error{CodeRate, fmt.Sprintf("%d events wait for the application, the limit", most)}
		}
		if !in.full {
			in.full = true
			counts.paused.Add(1)
			in.owner.hold(true) // before the release that drain posts: that comes in a later turn
		}
	}
	if !in.running {
		if err := in.hub.Work(in.drain); err != nil {
			return err
		}
		in.running = true
	}
	in.queue = append(in.queue, f) // drain waits for the lock
	counts.waiting.Add(1)
	return nil
}

// drain runs what waits. A turn is bounded, so that a viewer that sends without
// end does not keep a worker to itself.
func (in *inbox) drain() {
	const turn = 16
	for n := 0; ; n++ {
		in.mu.Lock()
		if len(in.queue) == 0 {
			in.queue, in.running = nil, false
			in.mu.Unlock()
			return
		}
		if n >= turn {
			if pool, err := in.hub.workers(); err == nil && pool.Submit(in.drain) == nil {
				in.mu.Unlock()
				return
			}
		}
		f := in.queue[0]
		in.queue[0] = nil
		in.queue = in.queue[1:]
		if in.full && len(in.queue) <= in.hub.cfg.Handlers.MaxPending/2 {
			in.full = false
			in.owner.force(func() { in.owner.hold(false) })
		}
		in.mu.Unlock()
		in.hub.counts.apps.waiting.Add(-1)
		in.guard(f)
	}
}

// guard runs a handler. A panic in it ends the viewer.
func (in *inbox) guard(f func()) {
	in.hub.counts.apps.calls.Add(1)
	defer func() {
		if v := recover(); v != nil {
			in.hub.counts.apps.panics.Add(1)
			in.hub.log.Error("handler panicked", "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
			in.owner.panicked()
		}
	}()
	f()
}

// apps is the workers of an application.
type apps struct {
	mu     sync.Mutex
	pool   *dispatch.Pool
	closed bool
}

// workers is the pool of the application's handlers, made when there is first
// something to do for it.
func (h *Hub) workers() (*dispatch.Pool, error) {
	h.apps.mu.Lock()
	defer h.apps.mu.Unlock()
	if h.apps.closed {
		return nil, &Error{CodeStopping, "the server is going away"}
	}
	if h.apps.pool == nil {
		c := h.cfg.Handlers
		pool, err := dispatch.NewPool(dispatch.Config{Workers: c.Workers, MaxWaiting: c.MaxWaiting}, c.Workers, h.log)
		if err != nil {
			return nil, fmt.Errorf("session: %w", err)
		}
		h.apps.pool = pool
	}
	return h.apps.pool, nil
}

// Work has f run by the workers of handlers, for what an application has to do
// besides: like a handler it may wait. The error is an *Error: too much waits. It
// may be called from any goroutine.
func (h *Hub) Work(f func()) error {
	pool, err := h.workers()
	if err == nil {
		err = pool.Submit(f)
	}
	if err != nil {
		h.counts.apps.busy.Add(1)
		return &Error{CodeBusy, "the application has too much to do, try again"}
	}
	return nil
}

// close ends the workers; handlers that run are given a second.
func (a *apps) close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closed = true
	if a.pool == nil {
		return nil
	}
	return a.pool.Close(time.Second)
}
