package protocol

import (
	"fmt"
	"testing"
	"time"

	"grandstand/session"
)

// TestRoomsOfItsOwn: the rooms by which the server reaches sockets are not of
// those that a viewer may be in, nor of those there may be.
func TestRoomsOfItsOwn(t *testing.T) {
	r := newSocketRig(t, func(c *SocketIOConfig, s *session.Config) {
		c.Recovery, c.Meta = true, false
		s.MaxRooms, s.MaxRoomsPerSession, s.MaxRoomsPerSocket, s.Sweep = 4, 2, 2, 100*time.Millisecond
	})
	ns := r.hub.Of("/")
	ns.OnConnect(func(s *session.Socket) {
		if err := s.Emit("welcome"); err != nil {
			t.Error(err)
		}
	})
	for i := range 10 {
		a := r.connect("/", "")
		a.await("welcome", `T 0{"sid":"X","pid":"X"}`, fmt.Sprintf(`T 2["welcome","E-%d"]`, i+1))
		a.close(session.AllReasons().Gone)
	}
	a := r.connect("/", `{"rooms":["x","y"]}`)
	a.await("let in", `T 0{"sid":"X","pid":"X"}`, `T 2["welcome","E-11"]`)
	if err := ns.Emit("all"); err != nil {
		t.Fatal(err)
	}
	a.await("all", `T 2["all","E-12"]`)
}

// TestRoomsOfItsOwnEnd: the room of a socket ends when that cannot come back,
// with all that it holds, and not before.
func TestRoomsOfItsOwnEnd(t *testing.T) {
	r := newSocketRig(t, func(c *SocketIOConfig, s *session.Config) {
		c.Recovery, c.Meta = true, false
		s.Sweep, s.Recovery.MaxSockets = 100*time.Millisecond, 1
	})
	ns := r.hub.Of("/")
	a := r.connect("/", "")
	id, pid := a.connected()
	if err := ns.To(id).Emit("one"); err != nil {
		t.Fatal(err)
	}
	a.await("one", `T 2["one","E-1"]`)
	a.close(session.AllReasons().Gone)
	if err := ns.To(id).Emit("two"); err != nil {
		t.Fatal(err)
	}
	swept := func() {
		for end := time.Now().Add(300 * time.Millisecond); time.Now().Before(end); {
			r.settle()
		}
	}
	swept()
	a = r.connect("/", `{"pid":"`+pid+`","offset":"`+r.hub.Cursor(1)+`"}`)
	a.await("two", `T 0{"sid":"X","pid":"X"}`, `T 2["two","E-2"]`)
	a.close(session.AllReasons().Gone)
	b := r.connect("/", "")
	b.connected()
	b.close(session.AllReasons().Gone) // takes the one place of those who may come back
	swept()
	if n := r.hub.Stats().Rooms; n != 0 {
		t.Errorf("%d rooms, want none", n)
	}
}
