package protocol

import (
	"fmt"
	"testing"

	"grandstand/session"
)

// begin is client without the turn of its own: within the shard.
func (r *socketRig) begin(text string) *fakeEngine {
	r.sid++
	e := &fakeEngine{rig: r, form: &fakeForm{4}, sid: fmt.Sprintf("engine-sid-%09d", r.sid), hs: Handshake{Version: 4}}
	e.talk = r.io.Begin(e)
	if err := e.talk.Receive([]byte(text), false); err != nil {
		r.t.Error(err)
	}
	return e
}

// TestRecoveryInOneTurn: a client that is back in the turn in which its old
// connection ends can be found by its id.
func TestRecoveryInOneTurn(t *testing.T) {
	r := newSocketRig(t, func(c *SocketIOConfig, _ *session.Config) { c.Recovery, c.Meta = true, false })
	ns := r.hub.Of("/")
	a := r.connect("/", `{"rooms":["x"]}`)
	id, pid := a.connected()
	var b *fakeEngine
	r.within(func() {
		a.talk.Closed(session.AllReasons().Gone)
		b = r.begin(`0{"pid":"` + pid + `","offset":"` + r.hub.Cursor(0) + `"}`)
	})
	if again, _ := b.connected(); again != id {
		t.Fatalf("id %s, want %s again", again, id)
	}
	if ns.Socket(id) == nil {
		t.Error("the socket is not found by its id")
	}
	if err := ns.Volatile().Emit("e"); err != nil {
		t.Fatal(err)
	}
	b.want("everybody", `T 2["e"]`)
}

// TestReadyMeanwhile: a connection may take more again, and change, while one
// of its sockets waits for its predecessor to end.
func TestReadyMeanwhile(t *testing.T) {
	r := newSocketRig(t, func(c *SocketIOConfig, _ *session.Config) { c.Recovery, c.Meta = true, false })
	a := r.connect("/", `{"rooms":["x"]}`)
	id, pid := a.connected()
	r.publish("x", "one", `1`)
	r.settle()
	var b *fakeEngine
	r.within(func() {
		b = r.begin(`0{"pid":"` + pid + `","offset":"` + r.hub.Cursor(1) + `"}`)
		b.form = &fakeForm{4}
		b.talk.Moved()
		b.talk.Ready()
	})
	if again, _ := b.connected(); again != id {
		t.Fatalf("id %s, want %s again", again, id)
	}
	r.publish("x", "two", `2`)
	r.settle()
	b.want("goes on", `T 2["two",2,"E-2"]`)
}

// TestRecoveryPastTheLog: what is too large for a log is sent all the same; who
// was cut off before it surely had it is not told that it has missed nothing.
func TestRecoveryPastTheLog(t *testing.T) {
	r := newSocketRig(t, func(c *SocketIOConfig, s *session.Config) { c.Recovery, c.Meta, s.MaxEmit = true, false, 16 })
	ns := r.hub.Of("/")
	for _, later := range []bool{false, true} {
		a := r.connect("/", `{"rooms":["x"]}`)
		id, pid := a.connected()
		seen := r.publish("x", "one", `1`)
		r.settle()
		a.heard()
		if err := ns.Socket(id).Emit("large", "more than the log takes"); err != nil {
			t.Fatal(err)
		}
		a.await("sent", `T 2["large","more than the log takes"]`)
		if later {
			seen = r.publish("x", "two", `2`)
			r.settle()
		}
		a.close(session.AllReasons().Gone)
		b := r.connect("/", `{"pid":"`+pid+`","offset":"`+r.hub.Cursor(seen)+`"}`)
		if again, _ := b.connected(); (again == id) != later {
			t.Errorf("recovered: %t, want %t", again == id, later)
		}
		b.close(session.AllReasons().Left)
	}
}

// TestChosenNameEscaped: an application's rooms may have any name, also in what
// the server says of them.
func TestChosenNameEscaped(t *testing.T) {
	r := newSocketRig(t, func(_ *SocketIOConfig, s *session.Config) { s.Room.History = 1 })
	ns := r.hub.Of("/")
	a := r.connect("/", "")
	id, _ := a.connected()
	const name = `"fun" \ räume`
	if err := ns.To(id).Join(name); err != nil {
		t.Fatal(err)
	}
	a.mu.Lock()
	a.shut = true
	a.mu.Unlock()
	for i := range 3 {
		if err := ns.To(name).Emit("e", i); err != nil {
			t.Fatal(err)
		}
		r.settle()
	}
	a.mu.Lock()
	a.shut = false
	a.mu.Unlock()
	r.within(a.talk.Ready)
	a.want("behind", `T 2["grandstand:gap",{"room":"\"fun\" \\ räume","from":"E-0","to":"E-2"}]`, `T 2["e",2]`)
}
