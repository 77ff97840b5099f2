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
	hub *Hub
	end func() // ends the viewer, when a handler panics

	mu      sync.Mutex
	queue   []func()
	running bool
}

// call has f run by the application's workers, after what was given before. An
// error is an *Error: too much waits.
func (in *inbox) call(f func()) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	if len(in.queue) >= in.hub.cfg.Handlers.MaxPending {
		return &Error{CodeRate, fmt.Sprintf("%d events wait for the application, the limit", len(in.queue))}
	}
	in.queue = append(in.queue, f)
	if in.running {
		return nil
	}
	pool, err := in.hub.workers()
	if err == nil {
		err = pool.Submit(in.drain)
	}
	if err != nil {
		in.queue = in.queue[:len(in.queue)-1]
		return &Error{CodeBusy, "the application has too much to do, try again"}
	}
	in.running = true
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
		in.mu.Unlock()
		in.guard(f)
	}
}

// guard runs a handler. A panic in it ends the viewer.
func (in *inbox) guard(f func()) {
	defer func() {
		if v := recover(); v != nil {
			in.hub.counts.panics.Add(1)
			in.hub.log.Error("handler panicked", "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
			in.end()
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
