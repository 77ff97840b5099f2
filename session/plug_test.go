package session

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"grandstand/session/room"
)

// plug is a socket's peer that writes down what it is told: a line each.
type plug struct {
	t      testing.TB
	g      *rig
	socket Socket
	shard  int

	mu    sync.Mutex
	lines []string
	full  bool // cannot take what is volatile
	holds int
}

var _ Peer = (*plug)(nil)

func (p *plug) say(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lines = append(p.lines, fmt.Sprintf(format, args...))
}

func (p *plug) ID() string              { return p.socket.Session().ID() }
func (p *plug) Socket() *Socket         { return &p.socket }
func (p *plug) Encoding() room.Encoding { return text{} }
func (p *plug) Send(k *Packet) bool {
	p.socket.Session().Resume() // as dialects do: what was published before comes before
	if p.mu.Lock(); p.full && k.Volatile {
		p.mu.Unlock()
		return false
	}
	p.mu.Unlock()
	array, _ := k.Args.JSON()
	switch {
	case k.Event == "":
		p.say("ack %d %s", k.ID, array)
	case k.HasID:
		p.say("ask %d %s %s", k.ID, k.Event, array)
	default:
		p.say("%s %s", k.Event, array)
	}
	return true
}
func (p *plug) Drop(all bool) {
	p.say("drop %t", all)
	p.socket.Gone("server namespace disconnect", false)
}
func (p *plug) Settle() { p.socket.Session().Visit() }
func (p *plug) Hold(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.holds--; on {
		p.holds += 2
	}
}
func (p *plug) WriteShared(records []byte, _ func(int) int) (int, bool) {
	p.say("%s", strings.TrimSuffix(strings.ReplaceAll(string(records), "\n", "|"), "|"))
	return len(records), true
}
func (p *plug) Gap(name string, from, to uint64)   { p.say("gap %s %d %d", name, from, to) }
func (p *plug) Evict(string)                       { p.End(AllReasons().Slow) }
func (p *plug) AppendMessage(dst, _ []byte) []byte { return dst }
func (p *plug) Write([]byte)                       {}
func (p *plug) Reconnect(time.Duration)            {}
func (p *plug) End(r Reason)                       { p.say("end %s", r.Text) }
func (p *plug) Info() (name, peer string)          { return "plug", "192.0.2.1:80" }
func (p *plug) holding() int                       { p.mu.Lock(); defer p.mu.Unlock(); return p.holds }
func (p *plug) fill(full bool)                     { p.mu.Lock(); p.full = full; p.mu.Unlock() }

// plugIn has a socket connect to a namespace; done is told how that went.
func (g *rig) plugIn(ns *Namespace, shard int, in Entry, done func(err error)) *plug {
	g.t.Helper()
	p := &plug{t: g.t, g: g, shard: shard}
	p.do(func() { ns.Connect(&p.socket, p, shard, in, done) })
	return p
}

// connect is plugIn for one that must be let in.
func (g *rig) connect(ns *Namespace, shard int, in Entry) *plug {
	g.t.Helper()
	done := make(chan error, 1)
	p := g.plugIn(ns, shard, in, func(err error) { done <- err })
	select {
	case err := <-done:
		if err != nil {
			g.t.Fatal(err)
		}
	case <-time.After(deadline):
		g.t.Fatal("not connected in time")
	}
	return p
}

// do runs f in the socket's shard, waits for it, and for all that f has posted.
func (p *plug) do(f func()) {
	p.t.Helper()
	for _, f := range []func(){f, func() {}} {
		done := make(chan struct{})
		p.g.Force(p.shard, func() { defer close(done); f() })
		select {
		case <-done:
		case <-time.After(deadline):
			p.t.Fatalf("waited %v for a shard", deadline)
		}
	}
}

// want waits for the lines that were said since the last time.
func (p *plug) want(what string, want ...string) {
	p.t.Helper()
	var got []string
	for end := time.Now().Add(deadline); time.Now().Before(end); {
		p.do(func() {})
		p.mu.Lock()
		got = append(got, p.lines...)
		p.lines = nil
		p.mu.Unlock()
		if len(got) >= len(want) {
			break
		}
	}
	if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
		p.t.Errorf("%s: said\n%s\nwant\n%s", what, g, w)
	}
}

// gone ends the socket as a lost connection does.
func (p *plug) gone() { p.do(func() { p.socket.Gone("transport close", true) }) }
