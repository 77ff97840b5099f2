package session

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// TestReach: whom an emit is for, by room, id and exception.
func TestReach(t *testing.T) {
	g := newRig(t, nil)
	ns, other := g.Of("/"), g.Of("/b")
	a := g.connect(ns, 0, Entry{Rooms: []string{"x"}})
	b := g.connect(ns, 1, Entry{Rooms: []string{"x", "y"}})
	c := g.connect(ns, 0, Entry{})
	d := g.connect(other, 1, Entry{Rooms: []string{"x"}})
	tests := []struct {
		name string
		to   Emitter
		want string
	}{
		{"all", ns.All(), "abc"},
		{"a room", ns.To("x"), "ab"},
		{"two rooms", ns.To("x", "y"), "ab"},
		{"but a room", ns.Except("y"), "ac"},
		{"an id", ns.To(c.ID()), "c"},
		{"but an id", ns.To("x").Except(a.ID()), "b"},
		{"others", c.socket.Broadcast(), "ab"},
		{"an id of another namespace", ns.To(d.ID()), ""},
		{"the other namespace", other.All(), "d"},
		{"nobody", ns.To("empty"), ""},
	}
	for _, tt := range tests {
		all, err := tt.to.Sockets()
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, s := range all {
			for i, p := range []*plug{a, b, c, d} {
				if p.ID() == s.ID {
					got = append(got, "abcd"[i:i+1])
				}
			}
		}
		slices.Sort(got)
		if strings.Join(got, "") != tt.want {
			t.Errorf("%s: %v, want %s", tt.name, got, tt.want)
		}
	}
}

// TestSocketsAnywhere: the hub describes the sockets of all namespaces.
func TestSocketsAnywhere(t *testing.T) {
	g := newRig(t, nil)
	a := g.connect(g.Of("/"), 0, Entry{Rooms: []string{"x"}, Handshake: &Handshake{Address: "somewhere"}})
	b := g.connect(g.Of("/other"), 1, Entry{})
	for _, tt := range []struct {
		rooms []string
		want  []string
	}{{nil, []string{a.ID(), b.ID()}}, {[]string{"x"}, []string{a.ID()}}, {[]string{b.ID(), "y"}, []string{b.ID()}}, {[]string{"y"}, nil}} {
		all, err := g.Sockets(tt.rooms...)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, i := range all {
			got = append(got, i.ID)
		}
		slices.Sort(got)
		slices.Sort(tt.want)
		if !slices.Equal(got, tt.want) {
			t.Errorf("%v: %v, want %v", tt.rooms, got, tt.want)
		}
	}
}

// TestReachMoves: sockets are moved between rooms and ended from outside.
func TestReachMoves(t *testing.T) {
	g := newRig(t, nil)
	ns := g.Of("/")
	a, b := g.connect(ns, 0, Entry{Rooms: []string{"x"}}), g.connect(ns, 1, Entry{})
	rooms := func(p *plug) string {
		names, err := p.socket.Rooms()
		if err != nil {
			t.Error(err)
		}
		slices.Sort(names)
		return strings.Join(names, " ")
	}
	if err := errors.Join(ns.To("x").Join("y", "z"), ns.Except("x").Join("w"), ns.To("z").Leave("x", "nowhere")); err != nil {
		t.Fatal(err)
	}
	if got := rooms(a) + "; " + rooms(b); got != "y z; w" {
		t.Errorf("rooms %s, want y z; w", got)
	}
	if err := ns.To("y").Join("a\nroom"); code(t, err) != CodeBadRoom {
		t.Errorf("a name with a line's end: %v, want %s", err, CodeBadRoom)
	}
	if n, err := ns.To("w").Disconnect(true); n != 1 || err != nil {
		t.Errorf("ended %d, %v, want 1", n, err)
	}
	b.want("the end", "drop true")
	a.want("nothing")
	if s := ns.Socket(b.ID()); s != nil {
		t.Error("found a socket that is gone")
	}
	if _, err := b.socket.Rooms(); code(t, err) != CodeEnded {
		t.Errorf("the rooms of one that is gone: %v, want %s", err, CodeEnded)
	}
}

// TestEmitterKinds: what is sent, and to whom it is not.
func TestEmitterKinds(t *testing.T) {
	g := newRig(t, nil)
	ns := g.Of("/")
	a, b := g.connect(ns, 0, Entry{Rooms: []string{"x"}}), g.connect(ns, 1, Entry{})
	b.fill(true)
	if err := ns.Volatile().Emit("v", 1); err != nil {
		t.Fatal(err)
	}
	a.want("volatile", "v [1]")
	b.want("volatile, but it is full")
	if err := errors.Join(ns.To("x").Emit("e", 1), a.socket.Emit("own", "x"), b.socket.EmitVolatile("v")); err != nil {
		t.Fatal(err)
	}
	a.want("a room's, then its own", "x#1 [1]", `own ["x"]`)
	b.want("nothing")
	for name, err := range map[string]error{
		"a reserved name": ns.Emit("disconnect"), "no name": a.socket.Emit(""), "no JSON": ns.Emit("e", make(chan int)), "a long name": ns.Emit(strings.Repeat("n", 257)),
	} {
		if c := code(t, err); c != CodeBadEvent && c != CodeBadData {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := ns.To("x\ny").Emit("e"); code(t, err) != CodeBadRoom {
		t.Errorf("a room that is none: %v, want %s", err, CodeBadRoom)
	}
}

// TestEmitterOrder: what is published reaches a socket in order, what is its own
// too, and what was published before something of its own before that.
func TestEmitterOrder(t *testing.T) {
	g := newRig(t, nil)
	ns := g.Of("/")
	p := g.connect(ns, 0, Entry{Recover: true})
	const events = 200
	for i := range events {
		var err error
		if i%2 == 0 {
			err = ns.Emit("e", i)
		} else {
			err = p.socket.Emit("e", i)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	until(t, "all", func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		got = strings.Split(strings.Join(p.lines, "|"), "|")
		return len(got) == events
	})
	published, own := 0, 1
	for _, line := range got {
		_, data, _ := strings.Cut(line, " ")
		switch data {
		case fmt.Sprintf("[%d]", published):
			published += 2
		case fmt.Sprintf("[%d]", own):
			if own += 2; own > published+1 {
				t.Fatalf("%q came before what was published before it", line)
			}
		default:
			t.Fatalf("%q, where %d or %d should be", line, published, own)
		}
	}
}

// TestReachLeaving: an emit to the id of a socket that goes and comes back all
// the time reaches it exactly once, in order.
func TestReachLeaving(t *testing.T) {
	g := newRig(t, nil)
	ns := g.Of("/")
	p := g.connect(ns, 0, Entry{Recover: true})
	id, pid := p.ID(), p.socket.PID()
	const events = 300
	var over atomic.Bool
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := 0; i < events && !over.Load(); i++ {
			if err := ns.To(id).Emit("e", i); err != nil {
				t.Error(err)
				return
			}
		}
	})
	defer func() { // also when the test fails: nobody speaks of a test that is over
		over.Store(true)
		wg.Wait()
	}()
	var got []string
	offset := "" // of the newest event that the client has seen
	until(t, "all events", func() bool {
		var lines []string
		p.do(func() {
			p.socket.Gone("transport close", true)
			p.mu.Lock()
			defer p.mu.Unlock()
			lines = p.lines
		})
		for _, line := range lines {
			for record := range strings.SplitSeq(line, "|") {
				n, data, _ := strings.Cut(record[strings.LastIndexByte(record, '#')+1:], " ")
				var seq uint64
				if _, err := fmt.Sscan(n, &seq); err != nil {
					t.Fatalf("a record %q", record)
				}
				got, offset = append(got, data), g.Cursor(seq)
			}
		}
		if offset == "" { // has seen nothing: from the log's beginning on, of which nothing is gone
			offset = g.Cursor(0)
		}
		p = g.connect(ns, len(got)%2, Entry{Recover: true, PID: pid, Offset: offset})
		if p.ID() != id {
			t.Fatalf("came back as %s with %s, want %s", p.ID(), offset, id)
		}
		return len(got) >= events
	})
	wg.Wait()
	for i, data := range got {
		if data != fmt.Sprintf("[%d]", i) {
			t.Fatalf("event %d is %s, of %d", i, data, len(got))
		}
	}
}

// TestSocketJoin: all rooms or none.
func TestSocketJoin(t *testing.T) {
	g := newRig(t, func(c *Config) { c.MaxRoomsPerSession, c.MaxRoomsPerSocket = 1, 2 })
	p := g.connect(g.Of("/"), 0, Entry{Rooms: []string{"a"}})
	if err := g.Of("/").Emit("seats all"); err != nil {
		t.Fatal(err)
	}
	p.want("a room of the server's own", ownMark+"/#1 []")
	if err := p.socket.Join("b", "c"); code(t, err) != CodeRoomLimit || !strings.Contains(err.Error(), "already in 2 rooms, the limit is 2") {
		t.Errorf("one too many: %v, want %s", err, CodeRoomLimit)
	}
	p.do(func() {
		if _, err := p.socket.Session().Join("b", text{}, room0); code(t, err) != CodeRoomLimit || !strings.Contains(err.Error(), "in 1 rooms, the limit is 1") {
			t.Errorf("by itself: %v, want %s", err, CodeRoomLimit)
		}
	})
	if err := p.socket.Join("a", "b"); err != nil {
		t.Error(err)
	}
	if names, err := p.socket.Rooms(); err != nil || len(names) != 2 {
		t.Errorf("in %v, %v, want a and b", names, err)
	}
	// The server's own rooms do not count.
	if err := g.Of("/").To(p.ID()).Emit("e"); err != nil {
		t.Errorf("by its id, in as many rooms as it may be: %v", err)
	}
	p.want("by its id", ownRoom(p.ID())+"#2 []")
	if err := p.socket.Join("a"); err != nil {
		t.Error(err)
	}
	if err := p.socket.Join(ownRoom(p.ID())); code(t, err) != CodeBadRoom {
		t.Errorf("a room of the server's own: %v, want %s", err, CodeBadRoom)
	}
}
