package session

import (
	"errors"
	"testing"

	"grandstand/session/room"
)

// TestReset: a session is used again and again, for other rooms, from before
// where it was.
func TestReset(t *testing.T) {
	g := newRig(t, nil)
	v := g.view(1)
	if _, err := v.join("a", room0); err != nil {
		t.Fatal(err)
	}
	g.publish("1", "a")
	v.got(1)
	v.do(func() {
		v.Suspend()
		v.Reset()
		if v.Rooms() != 0 || v.Blocked() || v.Cursor() != 0 || v.Gone() {
			t.Errorf("after a reset in %d rooms, blocked %v, at %d, gone %v", v.Rooms(), v.Blocked(), v.Cursor(), v.Gone())
		}
	})
	g.publish("2", "a")
	g.publish("3", "b")
	for _, name := range []string{"b", "a"} {
		if j, err := v.join(name, room.Start{HasSince: true, Since: 2}); err != nil || !j.Recovered || j.Rejoined {
			t.Errorf("join of %s after a reset = %+v, %v, want recovered", name, j, err)
		}
	}
	if got, want := v.got(2), "a#1 1, b#3 3,"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	g.publish("4", "a")
	if got, want := v.got(3), "a#1 1, b#3 3, a#4 4,"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestSuspend: walks pass over a session until it is ready.
func TestSuspend(t *testing.T) {
	g := newRig(t, nil)
	v, w := g.view(0), g.view(0)
	for _, x := range []*viewer{v, w} {
		if _, err := x.join("a", room0); err != nil {
			t.Fatal(err)
		}
	}
	v.do(v.Suspend)
	g.publish("1", "a")
	w.got(1)
	if got := v.got(0); got != "" {
		t.Errorf("got %q while suspended", got)
	}
	if n := g.Stats().Shards[0].Blocked; n != 1 {
		t.Errorf("%d blocked, want 1", n)
	}
	v.Ready()
	if got := v.got(1); got != "a#1 1," {
		t.Errorf("got %q when ready, want a#1", got)
	}
}

// TestFind finds who is there, on any shard, and nobody else.
func TestFind(t *testing.T) {
	g := newRig(t, nil)
	v, w := g.view(0), g.view(1)
	for id, want := range map[string]*Session{v.ID(): &v.Session, w.ID(): &w.Session, "": nil, "nobody": nil, newID().String(): nil} {
		if got := g.Find(id); got != want {
			t.Errorf("Find(%q) = %p, want %p", id, got, want)
		}
	}
	w.Close()
	w.do(func() {})
	if got := g.Find(w.ID()); got != nil {
		t.Errorf("Find of one that closed = %p, want nil", got)
	}
}

// TestHubPost runs within the shard that is named, or says why not.
func TestHubPost(t *testing.T) {
	g := newRig(t, func(c *Config) { c.Shard.Mailbox = 64 })
	hold, held := make(chan struct{}), make(chan struct{})
	if err := g.Post(1, func() { close(held); <-hold }); err != nil {
		t.Fatal(err)
	}
	<-held
	var err error
	for i := 0; err == nil && i < 1000; i++ {
		err = g.Post(1, func() {})
	}
	if code(t, err) != CodeBusy {
		t.Errorf("post to a full shard: %v, want busy", err)
	}
	done := make(chan struct{})
	if err := errors.Join(g.Post(0, func() { close(done) })); err != nil {
		t.Errorf("post to another: %v", err)
	}
	<-done
	close(hold)
}
