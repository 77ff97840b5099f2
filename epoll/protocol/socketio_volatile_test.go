package protocol

import (
	"strings"
	"testing"
)

// gathering counts what is kept for who does not take it.
type gathering struct {
	*fakeEngine
	n int
}

func (e *gathering) Gather(f func()) { e.n++; f() }

// TestVolatileKeepsNothing: what is dropped has nothing kept before it.
func TestVolatileKeepsNothing(t *testing.T) {
	r := newSocketRig(t, nil)
	a := &gathering{fakeEngine: &fakeEngine{rig: r, form: &fakeForm{4}, sid: strings.Repeat("s", 20), hs: Handshake{Version: 4}, shut: true}}
	r.within(func() { a.talk = r.io.Begin(a) })
	if err := a.say("0"); err != nil {
		t.Fatal(err)
	}
	a.connected()
	if err := r.hub.Of("/").Volatile().Emit("e"); err != nil {
		t.Fatal(err)
	}
	a.want("dropped")
	if a.n != 0 {
		t.Errorf("gathered %d times, want none", a.n)
	}
}
