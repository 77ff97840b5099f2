package session

import (
	"sync"
	"sync/atomic"
	"time"
)

// Ack answers an event of a socket.
type Ack struct {
	s    *Socket
	done *atomic.Bool
	send func(args Args)
}

func newAck(s *Socket, send func(args Args)) Ack {
	if send == nil {
		return Ack{}
	}
	return Ack{s: s, done: new(atomic.Bool), send: send}
}

// Wanted reports whether the client waits for an answer.
func (a Ack) Wanted() bool { return a.send != nil }

// Reply answers with values as NewArgs takes them. It does nothing if no answer
// is wanted, or one was given. It may be called from any goroutine, at any time.
func (a Ack) Reply(values ...any) error {
	args, err := NewArgs(values...)
	if err != nil {
		return err
	}
	return a.ReplyArgs(args)
}

// ReplyArgs is Reply with arguments that are there already.
func (a Ack) ReplyArgs(args Args) error {
	if a.send == nil || a.done.Swap(true) {
		return nil
	}
	return a.s.inOrder(a.s.viewer.Post, func() {
		if a.s.phase == phaseConnected {
			a.send(args)
		}
	})
}

// Reply is one socket's answer.
type Reply struct {
	Socket string // its id
	Args   Args
}

// acks is the answers that a namespace's sockets owe.
type acks struct {
	mu   sync.Mutex
	next uint64
	open map[uint64]*collection
}

// collection is the answers to one emit on their way.
type collection struct {
	id      uint64
	waits   map[*Socket]bool
	replies []Reply
	done    chan struct{} // closed when nobody is waited for
	lost    int           // sockets that have gone
}

// begin opens a collection of the answers of some sockets.
func (a *acks) begin(asked []*Socket) *collection {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.open == nil {
		a.open = make(map[uint64]*collection)
	}
	c := &collection{id: a.next, waits: make(map[*Socket]bool, len(asked)), done: make(chan struct{})}
	for _, s := range asked {
		c.waits[s] = true
	}
	if len(asked) == 0 {
		close(c.done)
	}
	a.next++
	a.open[c.id] = c
	return c
}

// Acked takes a socket's answer to something that it was sent. One that nobody
// waits for is dropped.
func (s *Socket) Acked(id uint64, args Args) {
	a := &s.ns.acks
	a.mu.Lock()
	defer a.mu.Unlock()
	c := a.open[id]
	if c == nil || !c.waits[s] {
		return
	}
	delete(c.waits, s)
	c.replies = append(c.replies, Reply{Socket: s.ID(), Args: args})
	s.ns.hub.counts.apps.answered.Add(1)
	if len(c.waits) == 0 {
		close(c.done)
	}
}

// lose waits for a socket no more.
func (a *acks) lose(s *Socket) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, c := range a.open {
		if !c.waits[s] {
			continue
		}
		delete(c.waits, s)
		c.lost++
		s.ns.hub.counts.apps.lost.Add(1)
		if len(c.waits) == 0 {
			close(c.done)
		}
	}
}

// wait returns the answers once all are there, or those that are when the time
// is over, with an *Error that has CodeTimeout.
func (a *acks) wait(c *collection, d time.Duration, stop <-chan struct{}) ([]Reply, error) {
	late := time.NewTimer(d)
	defer late.Stop()
	select {
	case <-c.done:
	case <-late.C:
	case <-stop:
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.open, c.id)
	for s := range c.waits { // nobody takes their answers any more
		s.ns.hub.counts.apps.timedOut.Add(1)
	}
	if len(c.waits) > 0 || c.lost > 0 {
		return c.replies, &Error{CodeTimeout, "not everybody has answered"}
	}
	return c.replies, nil
}
