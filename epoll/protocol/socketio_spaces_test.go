package protocol

import (
	"runtime"
	"testing"
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
