package brokertest

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"grandstand/session/broker"
)

// deadline is how long the suite waits for a receiver to hear of an event.
const deadline = 10 * time.Second

// recorder is a Receiver that checks what it is told and remembers it.
type recorder struct {
	t    testing.TB
	busy atomic.Int32

	mu     sync.Mutex
	events []broker.Event
	more   chan struct{} // closed and replaced with every commit
}

var _ broker.Receiver = (*recorder)(nil)

// open makes a broker with a recorder.
func open(t *testing.T, factory func(t *testing.T) broker.Broker) (broker.Broker, *recorder) {
	t.Helper()
	b, r := factory(t), &recorder{t: t, more: make(chan struct{})}
	if err := b.Subscribe(r); err != nil {
		t.Fatalf("Subscribe: %v", err)
	}
	t.Cleanup(func() { _ = b.Close() }) // a second Close after a test's own is allowed
	return b, r
}

// Commit notes the events and fails the test when they are out of order.
func (r *recorder) Commit(events []broker.Event) {
	if r.busy.Add(1) != 1 {
		r.t.Error("Commit is called by two goroutines at once")
	}
	defer r.busy.Add(-1)
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range events {
		e := events[i]
		if n := len(r.events); n > 0 && (e.ID <= r.events[n-1].ID || e.Time.Before(r.events[n-1].Time)) {
			r.t.Errorf("event %d of %v comes after %d of %v", e.ID, e.Time, r.events[n-1].ID, r.events[n-1].Time)
		}
		if e.ID == 0 || e.Time.IsZero() {
			r.t.Errorf("event with id %d and time %v, want neither to be zero", e.ID, e.Time)
		}
		e.Rooms, e.Data = slices.Clone(e.Rooms), slices.Clone(e.Data)
		r.events = append(r.events, e)
	}
	close(r.more)
	r.more = make(chan struct{})
}

// wait returns all events once there are n of them.
func (r *recorder) wait(n int) []broker.Event {
	r.t.Helper()
	end := time.After(deadline)
	for {
		r.mu.Lock()
		events, more := slices.Clone(r.events), r.more
		r.mu.Unlock()
		if len(events) >= n {
			return events
		}
		select {
		case <-more:
		case <-end:
			r.t.Fatalf("the receiver got %d events in %v, want %d", len(events), deadline, n)
		}
	}
}
