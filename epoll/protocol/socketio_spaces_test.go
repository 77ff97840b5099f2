package protocol

import (
	"errors"
	"runtime"
	"testing"
	"time"

	"grandstand/session"
)

// TestFirstEmits: of several emits to all that begin at once, none overtakes
// the seating of those who are there.
func TestFirstEmits(t *testing.T) {
	r := newSocketRig(t, nil)
	ns := r.hub.Of("/")
	a := r.connect("/", "")
	a.connected()
	busy, free := make(chan struct{}), make(chan struct{})
	if err := r.hub.Post(0, func() { close(busy); <-free }); err != nil {
		t.Fatal(err)
	}
	<-busy
	const emits = 8
	begun, done := make(chan struct{}, emits), make(chan error, emits)
	for range emits {
		go func() {
			begun <- struct{}{}
			done <- ns.Emit("e")
		}()
	}
	for range emits {
		<-begun
	}
	for range 1000 { // time to overtake
		runtime.Gosched()
	}
	close(free)
	for range emits {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	r.settle()
	if got := len(a.heard()); got != emits {
		t.Errorf("%d events, want %d", got, emits)
	}
}

// TestOfPattern: who looks up a namespace that a pattern stands for gets one
// with the pattern's handlers.
func TestOfPattern(t *testing.T) {
	r := newSocketRig(t, func(c *SocketIOConfig, _ *session.Config) { c.Namespaces = []string{"/", "/chat-*"} })
	r.hub.Of("/chat-*").Use(func(*session.Socket) error { return errors.New("no") })
	if err := r.hub.Of("/chat-1").Emit("e"); err != nil {
		t.Fatal(err)
	}
	a := r.connect("/chat-1", "")
	a.await("refused", `T 4/chat-1,{"message":"no"}`)
}

// TestNamespaceSwept: a namespace of a pattern is forgotten when it is empty,
// and what was emitted by it is not.
func TestNamespaceSwept(t *testing.T) {
	r := newSocketRig(t, func(c *SocketIOConfig, s *session.Config) {
		c.Recovery, c.Meta, c.Namespaces = true, false, []string{"/", "/d-*"}
		s.Sweep = 100 * time.Millisecond
	})
	a := r.connect("/d-1", `{"rooms":["x"]}`)
	_, pid := a.connected()
	a.close(session.AllReasons().Gone)
	ns, err := r.hub.Namespace("/d-1")
	if err != nil {
		t.Fatal(err)
	}
	if err := ns.Emit("missed"); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(patience); time.Now().Before(end); runtime.Gosched() {
		if again, err := r.hub.Namespace("/d-1"); err != nil || again != ns {
			break
		}
	}
	b := r.connect("/d-1", `{"pid":"`+pid+`","offset":"`+r.hub.Cursor(0)+`"}`)
	b.await("recovered", `T 0/d-1,{"sid":"X","pid":"X"}`, `T 2/d-1,["missed","E-1"]`)
	if err := ns.Emit("later"); err != nil {
		t.Fatal(err)
	}
	b.await("later", `T 2/d-1,["later","E-2"]`)
	c := r.connect("/d-1", "")
	c.connected()
	if err := ns.Emit("more"); err != nil {
		t.Fatal(err)
	}
	c.await("more", `T 2/d-1,["more","E-3"]`)
}
