package session

import (
	"testing"
	"time"

	"grandstand/session/broker"
)

// keptEvents is how many events a room keeps in these tests.
const keptEvents = 4

// comeback is a socket that was away, and whether it goes on where it was.
type comeback struct {
	name   string
	change func(c *Config)
	away   func(g *rig, p *plug)   // while it is away
	in     func(g *rig, in *Entry) // what it comes back with
	space  string                  // where; "" is where it was
	want   bool
}

func returns() []comeback {
	return []comeback{
		{name: "at once", want: true},
		{name: "after some events", away: func(g *rig, _ *plug) { g.publish("2", "x"); g.publish("3", "y") }, want: true},
		{name: "after too many", away: func(g *rig, _ *plug) {
			for range keptEvents + 1 {
				g.publish("2", "x")
			}
		}},
		{name: "too many in another room", away: func(g *rig, _ *plug) {
			for range keptEvents + 1 {
				g.publish("2", "y")
			}
		}, want: true},
		{name: "another secret", in: func(_ *rig, in *Entry) { in.PID = newPID() }},
		{name: "no offset", in: func(_ *rig, in *Entry) { in.Offset = "" }},
		{name: "a strange offset", in: func(_ *rig, in *Entry) { in.Offset = "0000000000000000-1" }},
		{name: "an offset ahead", in: func(g *rig, in *Entry) { in.Offset = g.Cursor(1000) }},
		{name: "another namespace", space: "/b"},
		{name: "without asking", in: func(_ *rig, in *Entry) { in.Recover = false }},
		{name: "none are kept", change: func(c *Config) { c.Recovery.MaxSockets = 0 }},
		{name: "another has taken its place", change: func(c *Config) { c.Recovery.MaxSockets = 1 }, away: func(g *rig, _ *plug) {
			g.connect(g.Of("/"), 1, Entry{Recover: true}).gone()
		}},
		{name: "too late", change: func(c *Config) { c.Recovery.MaxAge = time.Second }, away: func(g *rig, _ *plug) {
			g.saved.sweep(time.Now().Add(2 * time.Second))
		}},
	}
}

// TestRecoverable: who comes back as it was, and who as a new one.
func TestRecoverable(t *testing.T) {
	for _, tt := range returns() {
		t.Run(tt.name, func(t *testing.T) {
			g := newRig(t, func(c *Config) {
				c.Room.History = keptEvents
				if tt.change != nil {
					tt.change(c)
				}
			})
			g.Of("/b")
			p := g.connect(g.Of("/"), 0, Entry{Recover: true, Rooms: []string{"x"}})
			in := Entry{Recover: true, PID: p.socket.PID(), Offset: g.Cursor(g.publish("1", "x"))}
			p.want("an event", "x#1 1")
			p.gone()
			if tt.away != nil {
				tt.away(g, p)
			}
			if tt.in != nil {
				tt.in(g, &in)
			}
			space := tt.space
			if space == "" {
				space = "/"
			}
			q := g.connect(g.Of(space), 1, in)
			if got := q.socket.Recovered(); got != tt.want || (q.ID() == p.ID()) != tt.want {
				t.Errorf("recovered %t as %s, want %t, of %s", got, q.ID(), tt.want, p.ID())
			}
			if tt.want && q.socket.PID() != in.PID {
				t.Error("recovered with another secret")
			}
		})
	}
}

// TestRecoveredOnce: what was missed comes, once; the secret is good once at a
// time.
func TestRecoveredOnce(t *testing.T) {
	g := newRig(t, nil)
	ns := g.Of("/")
	p := g.connect(ns, 0, Entry{Recover: true, Rooms: []string{"x"}})
	in := Entry{Recover: true, PID: p.socket.PID(), Offset: g.Cursor(g.publish("1", "x"))}
	p.want("first", "x#1 1")
	p.gone()
	g.publish("2", "x")
	if err := ns.To(p.ID()).Emit("e", "own"); err != nil {
		t.Fatal(err)
	}
	q := g.connect(ns, 1, in)
	q.do(func() {})
	g.publish("4", "x")
	q.want("missed, and new", "x#2 2|"+ownRoom(p.ID())+`#3 ["own"]`, "x#4 4")
	if s := g.Stats().Apps; s.Resumed != 1 || s.Lapsed != 0 {
		t.Errorf("counted %d resumed, %d lapsed", s.Resumed, s.Lapsed)
	}
}

// TestRecoveredWhileCommitting: whatever a client was shown it may come back
// with, also while the event is on its way into the log; it gets it once.
func TestRecoveredWhileCommitting(t *testing.T) {
	g := newRig(t, nil)
	p := g.connect(g.Of("/"), 0, Entry{Recover: true, Rooms: []string{"x"}})
	in := Entry{Recover: true, PID: p.socket.PID(), Offset: g.Cursor(g.publish("1", "x"))}
	p.want("first", "x#1 1")
	e := broker.Event{ID: 2, Time: g.time(), Message: broker.Message{Rooms: []string{"x"}, Name: "say", Data: []byte("2")}}
	rooms := g.append(nil, &e) // and the head does not cover it yet
	shown := false
	p.do(func() {
		p.socket.Session().Visit()
		shown = p.socket.Session().Cursor() == e.ID
		p.socket.Gone("transport close", true)
	})
	want := []string{"x#2 2"}
	if shown {
		in.Offset, want = g.Cursor(e.ID), nil
	}
	q := g.connect(g.Of("/"), 1, in)
	if q.ID() != p.ID() || !q.socket.Recovered() {
		t.Errorf("shown the event: %t; came back as %s, recovered %t, want %s", shown, q.ID(), q.socket.Recovered(), p.ID())
	}
	g.head.Store(e.ID)
	for _, r := range rooms {
		r.Announce()
		r.Unpin()
	}
	q.want("the event, once", want...)
}

// TestTakeover: a client that is back before anybody knows that it was gone goes
// on with its id, on whichever shard; the old socket ends first.
func TestTakeover(t *testing.T) {
	for _, shard := range []int{0, 1} {
		g := newRig(t, nil)
		ns := g.Of("/")
		why := make(chan string, 4)
		ns.OnDisconnect(func(s *Socket, reason string) { why <- reason })
		p := g.connect(ns, 0, Entry{Recover: true, Rooms: []string{"x"}})
		in := Entry{Recover: true, PID: p.socket.PID(), Offset: g.Cursor(g.publish("1", "x"))}
		p.want("first", "x#1 1")
		q := g.connect(ns, shard, in)
		if q.ID() != p.ID() || !q.socket.Recovered() {
			t.Errorf("shard %d: is %s, recovered %t, want %s", shard, q.ID(), q.socket.Recovered(), p.ID())
		}
		if got := <-why; got != "transport error" {
			t.Errorf("shard %d: the old one ended by %s", shard, got)
		}
		p.want("the old one", "end connection lost")
		g.publish("2", "x")
		q.want("the new one", "x#2 2")
		if ns.Len() != 1 || ns.Socket(p.ID()) != &q.socket {
			t.Errorf("shard %d: %d sockets, want the new one alone", shard, ns.Len())
		}
	}
}

// TestTakeoverOfGoing: of two that come with one secret at once, one at most is
// the old one.
func TestTakeoverOfGoing(t *testing.T) {
	g := newRig(t, nil)
	ns := g.Of("/")
	p := g.connect(ns, 0, Entry{Recover: true})
	in := Entry{Recover: true, PID: p.socket.PID(), Offset: g.Cursor(0)}
	p.gone()
	done := make(chan *plug, 2)
	for shard := range 2 {
		q := &plug{t: t, g: g, shard: shard}
		g.Force(shard, func() { ns.Connect(&q.socket, q, shard, in, func(err error) { done <- q }) })
	}
	same := 0
	for range 2 {
		if q := <-done; q.ID() == p.ID() {
			same++
		}
	}
	// Both, if the second came when the first was there already: it took over.
	if same == 0 || ns.Len() > 2 {
		t.Errorf("%d have the old id, of %d sockets", same, ns.Len())
	}
	if n := ns.Len(); same == 2 && n != 1 {
		t.Errorf("%d sockets of one id", n)
	}
}

// TestRecoveryOfMany: a client that comes and goes all the time leaves nothing
// behind each time.
func TestRecoveryOfMany(t *testing.T) {
	g := newRig(t, nil)
	ns := g.Of("/")
	in := Entry{Recover: true, Offset: g.Cursor(0)}
	for range 1000 {
		p := g.connect(ns, 0, in)
		in.PID = p.socket.PID()
		p.gone()
	}
	g.saved.mu.Lock()
	defer g.saved.mu.Unlock()
	if len(g.saved.all) != 1 || len(g.saved.order) > 100 {
		t.Errorf("%d kept in order, of %d", len(g.saved.order), len(g.saved.all))
	}
}
