package session

import (
	"errors"
	"fmt"
	"testing"
)

// TestNamespaces: which there are, which come of patterns, and how many.
func TestNamespaces(t *testing.T) {
	g := newRig(t, func(c *Config) { c.MaxNamespaces = 2 })
	g.Of("/")
	g.Of("chat")
	g.Of("/m-*").On("e", func(*Socket, Args, Ack) {})
	tests := []struct {
		name string
		want Code
	}{
		{"/", ""}, {"/chat", ""}, {"/nope", CodeBadNamespace}, {"", CodeBadNamespace}, {"/m-", CodeBadNamespace},
		{"/m-1", ""}, {"/m-1", ""}, {"/m-2", ""}, {"/m-3", CodeTooMany}, {"/m-\n", CodeBadNamespace}, {"/m-" + string(make([]byte, 200)), CodeBadNamespace},
	}
	for _, tt := range tests {
		ns, err := g.Namespace(tt.name)
		if got := code(t, err); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.name, got, tt.want)
		}
		if err == nil && ns.Name() != tt.name {
			t.Errorf("%q is called %q", tt.name, ns.Name())
		}
	}
	if pattern := g.Of("/m-*"); g.Of("m-*") != pattern || g.Of("/chat") != g.Of("chat") {
		t.Error("the same name is another namespace")
	}
	if !g.Applied() {
		t.Error("not Applied, with a handler")
	}
	ns, err := g.Namespace("/m-1")
	if err != nil {
		t.Fatal(err)
	}
	if ns.handler("e", false) == nil || g.Of("/").handler("e", false) != nil {
		t.Error("a handler of a pattern is not that of its namespaces, or is another's")
	}
	for range 2 { // nobody came in between
		g.spaces.sweep()
	}
	if _, err := g.Namespace("/m-3"); err != nil {
		t.Errorf("after the sweep: %v", err)
	}
}

// TestRefusals: why a socket is not let in, and how that is counted.
func TestRefusals(t *testing.T) {
	tests := []struct {
		name  string
		set   func(ns *Namespace)
		rooms []string
		want  string
		label string
	}{
		{"let in", func(*Namespace) {}, []string{"x"}, "<nil>", ""},
		{"by an error", func(ns *Namespace) { ns.Use(func(*Socket) error { return errors.New("no") }) }, nil, "no", refusedByApp},
		{"by a refusal", func(ns *Namespace) { ns.Use(func(*Socket) error { return &Refusal{Message: "no", Data: 1} }) }, nil, "no", refusedByApp},
		{"by the second", func(ns *Namespace) {
			ns.Use(func(*Socket) error { return nil })
			ns.Use(func(*Socket) error { return errors.New("second") })
		}, nil, "second", refusedByApp},
		{"for its room", func(ns *Namespace) {
			ns.OnJoin(func(_ *Socket, room string) error { return errors.New("not " + room) })
		}, []string{"x"}, "not x", refusedByApp},
		{"a room that is none", func(*Namespace) {}, []string{"a b"}, "bad_room: a room's name is made of A-Z a-z 0-9 and _ - . : / @ = , + ~", "bad_room"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := newRig(t, nil)
			ns := g.Of("/")
			tt.set(ns)
			done := make(chan error, 1)
			p := g.plugIn(ns, 0, Entry{Rooms: tt.rooms}, func(err error) { done <- err })
			err := <-done
			p.do(func() {}) // its session ends a turn later
			if got := fmt.Sprint(err); got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
			if err == nil {
				return
			}
			if ns.Len() != 0 || g.Stats().Sessions != 0 {
				t.Errorf("%d sockets and %d sessions are left", ns.Len(), g.Stats().Sessions)
			}
			g.Refused(err) // as dialects do
			if got := g.Stats().Apps.Refused[tt.label]; got != 1 {
				t.Errorf("counted %v, want one %s", g.Stats().Apps.Refused, tt.label)
			}
		})
	}
}

// TestLife: the handlers of a socket's life, in order.
func TestLife(t *testing.T) {
	g := newRig(t, nil)
	ns := g.Of("/")
	told := make(chan string, 8)
	ns.Use(func(s *Socket) error {
		s.Then(func() { told <- "then" })
		s.SetData([]byte(`{"n":1}`))
		return nil
	})
	ns.OnConnect(func(s *Socket) { told <- "connect " + string(s.Data()) })
	ns.OnDisconnect(func(s *Socket, why string) {
		rooms, err := s.Rooms()
		told <- fmt.Sprint("disconnect ", why, " ", rooms, err != nil)
	})
	p := g.connect(ns, 0, Entry{Rooms: []string{"x"}})
	p.gone()
	p.do(func() { p.socket.Gone("again", true) })
	for _, want := range []string{"then", `connect {"n":1}`, "disconnect transport close [x] false"} {
		if got := <-told; got != want {
			t.Errorf("told %q, want %q", got, want)
		}
	}
	if len(told) != 0 {
		t.Errorf("told %q besides", <-told)
	}
}

// TestLeftWithoutShard: of a socket that is gone an application is told where it
// was without waiting for the shard.
func TestLeftWithoutShard(t *testing.T) {
	g := newRig(t, nil)
	ns := g.Of("/")
	gate := make(chan struct{})
	told := make(chan string, 1)
	ns.OnDisconnect(func(s *Socket, _ string) {
		rooms, err := s.Rooms()
		name, peer := s.Info()
		told <- fmt.Sprint(rooms, err, name, peer)
	})
	p := g.connect(ns, 0, Entry{Rooms: []string{"x"}})
	g.Force(0, func() {
		p.socket.Gone("transport close", true)
		<-gate
	})
	got := <-told
	close(gate)
	if want := "[x] <nil>plug192.0.2.1:80"; got != want {
		t.Errorf("told %s, want %s", got, want)
	}
}

// TestWork: what an application has to do besides is done by its workers, and
// refused when too much waits for them.
func TestWork(t *testing.T) {
	g := newRig(t, func(c *Config) { c.Handlers.Workers, c.Handlers.MaxWaiting = 1, 1 })
	gate, done := make(chan struct{}), make(chan bool, 2)
	for range 2 {
		if err := g.Work(func() { <-gate; done <- true }); err != nil {
			t.Fatal(err)
		}
	}
	if err := g.Work(func() { t.Error("done, beyond the limit") }); code(t, err) != CodeBusy {
		t.Errorf("beyond the limit: %v, want %s", err, CodeBusy)
	}
	close(gate)
	<-done
	<-done
	if n := g.Stats().Apps.Busy; n != 1 {
		t.Errorf("counted %d, want 1", n)
	}
}

// TestAskedWhileGoing: who goes while it is asked about is let in nowhere.
func TestAskedWhileGoing(t *testing.T) {
	g := newRig(t, nil)
	ns := g.Of("/")
	asked, answer := make(chan bool), make(chan bool)
	ns.Use(func(*Socket) error { asked <- true; <-answer; return nil })
	ns.OnConnect(func(*Socket) { t.Error("connected") })
	p := g.plugIn(ns, 0, Entry{Rooms: []string{"x"}}, func(error) { t.Error("told") })
	<-asked
	p.gone()
	answer <- true
	p.do(func() {})
	if ns.Len() != 0 || g.Stats().Members != 0 {
		t.Errorf("%d sockets, %d members are left", ns.Len(), g.Stats().Members)
	}
}
