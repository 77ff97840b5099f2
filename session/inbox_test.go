package session

import (
	"fmt"
	"slices"
	"sync"
	"testing"
)

// appRig is a rig with a limit of waiting calls.
func appRig(t *testing.T, pending int, full Full) *rig {
	return newRig(t, func(c *Config) { c.Handlers.MaxPending, c.Handlers.Full = pending, full })
}

// blocked has the socket's first handler wait, and returns what ends that, and
// what the handlers have been called with so far.
func blocked(t *testing.T, ns *Namespace) (release func(), seen func() []int) {
	t.Helper()
	gate := make(chan struct{})
	var mu sync.Mutex
	var got []int
	ns.On("e", func(_ *Socket, args Args, _ Ack) {
		<-gate
		var n int
		if err := args.Decode(0, &n); err != nil {
			t.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		got = append(got, n)
	})
	return sync.OnceFunc(func() { close(gate) }), func() []int {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(got)
	}
}

// receive has a socket send an event and returns the code it is refused with.
func (p *plug) receive(n int) (c Code) {
	p.t.Helper()
	args, err := NewArgs(n)
	if err != nil {
		p.t.Fatal(err)
	}
	p.do(func() {
		handled, err := p.socket.Receive("e", false, args, nil)
		if c = code(p.t, err); !handled {
			p.t.Errorf("event %d: nobody's", n)
		}
	})
	return c
}

// TestInboxPause: above the limit the client is made to wait, once, and goes on
// when half is done; nothing is lost, and all is in order.
func TestInboxPause(t *testing.T) {
	g := appRig(t, 4, FullPause)
	release, seen := blocked(t, g.Of("/"))
	defer release()
	p := g.connect(g.Of("/"), 0, Entry{})
	var want []int
	for n := range 20 {
		if c := p.receive(n); c != "" {
			t.Fatalf("event %d: refused with %s", n, c)
		}
		want = append(want, n)
	}
	if got := p.holding(); got != 1 {
		t.Errorf("held %d times, want once", got)
	}
	if s := g.Stats().Apps; s.Paused != 1 || s.Full != 0 || s.Waiting < 18 {
		t.Errorf("counted %+v, want 1 pause, none refused, 19 waiting", s)
	}
	release()
	until(t, "the client to go on", func() bool { return p.holding() == 0 })
	until(t, "all handlers", func() bool { return len(seen()) == len(want) })
	if got := seen(); !slices.Equal(got, want) {
		t.Errorf("handled %v, want %v", got, want)
	}
	until(t, "nothing to wait", func() bool { return g.Stats().Apps.Waiting == 0 })
}

// TestInboxDisconnect: with the other policy what is above the limit is refused.
func TestInboxDisconnect(t *testing.T) {
	g := appRig(t, 4, FullDisconnect)
	release, seen := blocked(t, g.Of("/"))
	defer release()
	p := g.connect(g.Of("/"), 1, Entry{})
	refused := Code("")
	n := 0
	for ; refused == "" && n < 10; n++ {
		refused = p.receive(n)
	}
	if refused != CodeRate || n < 5 || n > 6 { // one may be with its handler already
		t.Errorf("event %d refused with %q, want the fifth or sixth with %s", n, refused, CodeRate)
	}
	if s := g.Stats().Apps; p.holding() != 0 || s.Full != 1 || s.Paused != 0 {
		t.Errorf("held %d times, counted %+v", p.holding(), s)
	}
	release()
	until(t, "the others", func() bool { return len(seen()) == n-1 })
}

// TestInboxLast: the end is told also when all places are taken.
func TestInboxLast(t *testing.T) {
	g := appRig(t, 2, FullDisconnect)
	ns := g.Of("/")
	release, _ := blocked(t, ns)
	defer release()
	why := make(chan string, 1)
	ns.OnDisconnect(func(_ *Socket, reason string) { why <- reason })
	p := g.connect(ns, 0, Entry{})
	for n := range 3 {
		p.receive(n)
	}
	p.gone()
	release()
	if got := <-why; got != "transport close" {
		t.Errorf("told %q", got)
	}
	if n := g.Stats().Apps.Untold; n != 0 {
		t.Errorf("%d untold, want 0", n)
	}
}

// TestInboxHeldAndGone: who goes while it is held is let go of, once.
func TestInboxHeldAndGone(t *testing.T) {
	g := appRig(t, 2, FullPause)
	release, _ := blocked(t, g.Of("/"))
	defer release()
	p := g.connect(g.Of("/"), 0, Entry{})
	for n := range 6 {
		p.receive(n)
	}
	p.gone()
	release()
	until(t, "the release", func() bool { return p.holding() == 0 })
	until(t, "all calls", func() bool { return g.Stats().Apps.Waiting == 0 })
	if got := p.holding(); got != 0 {
		t.Errorf("holds %d, want 0", got)
	}
}

// TestInboxPanic: a handler that panics ends its socket, and no other.
func TestInboxPanic(t *testing.T) {
	g := newRig(t, nil)
	ns := g.Of("/")
	ns.On("e", func(*Socket, Args, Ack) { panic("as asked") })
	p, other := g.connect(ns, 0, Entry{}), g.connect(ns, 1, Entry{})
	p.receive(1)
	p.want("the end", "drop true")
	other.want("nothing")
	if n := g.Stats().Apps.Panics; n != 1 {
		t.Errorf("%d panics, want 1", n)
	}
}

// TestInboxTurns: many sockets share few workers, and each keeps its order.
func TestInboxTurns(t *testing.T) {
	g := newRig(t, func(c *Config) { c.Handlers.Workers = 2 })
	ns := g.Of("/")
	var mu sync.Mutex
	next := make(map[string]int)
	ns.On("e", func(s *Socket, args Args, _ Ack) {
		mu.Lock()
		defer mu.Unlock()
		if want := fmt.Sprint(next[s.ID()]); string(args.Raw(0)) != want {
			t.Errorf("%s: event %s, want %s", s.ID(), args.Raw(0), want)
		}
		next[s.ID()]++
	})
	const sockets, events = 8, 100
	var all []*plug
	for i := range sockets {
		all = append(all, g.connect(ns, i%2, Entry{}))
	}
	for n := range events {
		for _, p := range all {
			if c := p.receive(n); c != "" {
				t.Fatalf("refused with %s", c)
			}
		}
	}
	until(t, "all events", func() bool {
		mu.Lock()
		defer mu.Unlock()
		sum := 0
		for _, n := range next {
			sum += n
		}
		return sum == sockets*events
	})
}
