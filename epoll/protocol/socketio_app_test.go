package protocol

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"grandstand/session"
)

// connect begins a conversation and connects to a namespace.
func (r *socketRig) connect(namespace, auth string) *fakeEngine {
	r.t.Helper()
	e := r.client(4, "")
	at := namespace + ","
	if namespace == "/" {
		at = ""
	}
	if err := e.say("0" + at + auth); err != nil {
		r.t.Fatal(err)
	}
	return e
}

// sid waits for the answer to CONNECT and returns what it says.
func (e *fakeEngine) connected() (sid, pid string) {
	e.rig.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); {
		e.rig.settle()
		for _, line := range e.heard() {
			if at := strings.Index(line, `{"sid"`); at >= 0 {
				var in struct{ SID, PID string }
				if err := json.Unmarshal([]byte(line[at:]), &in); err != nil {
					e.rig.t.Fatal(err)
				}
				return in.SID, in.PID
			}
		}
	}
	e.rig.t.Fatal("not connected")
	return "", ""
}

// TestApplication: handlers of every kind, and what they may do.
func TestApplication(t *testing.T) {
	r := newSocketRig(t, nil)
	ns := r.hub.Of("/")
	left := make(chan string, 1)
	ns.Use(func(s *session.Socket) error {
		var auth struct{ Token string }
		if json.Unmarshal(s.Handshake().Auth, &auth) != nil || auth.Token != "secret" {
			return &session.Refusal{Message: "not authorised", Data: map[string]string{"content": "token"}}
		}
		return nil
	})
	ns.OnConnect(func(s *session.Socket) {
		if err := errors.Join(s.Join("all"), s.Emit("welcome", len(s.ID()))); err != nil {
			t.Error(err)
		}
	})
	ns.OnDisconnect(func(_ *session.Socket, reason string) { left <- reason })
	ns.On("echo", func(_ *session.Socket, args session.Args, ack session.Ack) {
		if err := errors.Join(ack.ReplyArgs(args), ack.Reply("again")); err != nil {
			t.Error(err)
		}
	})
	ns.On("shout", func(s *session.Socket, args session.Args, _ session.Ack) {
		if err := s.To("all").Emit("shouted", args.Value(0)); err != nil {
			t.Error(err)
		}
	})
	ns.OnAny(func(s *session.Socket, event string, args session.Args, _ session.Ack) {
		if err := s.Emit("any", event, args.Len(), args.Bytes(0)); err != nil {
			t.Error(err)
		}
	})
	refused := r.connect("/", `{"token":"x"}`)
	refused.await("refused", `T 4{"message":"not authorised","data":{"content":"token"}}`)
	a, b := r.connect("/", `{"token":"secret"}`), r.connect("/", `{"token":"secret"}`)
	for _, e := range []*fakeEngine{a, b} {
		e.await("welcome", `T 0{"sid":"X"}`, `T 2["welcome",20]`)
	}
	if err := a.say(`21["echo",1,"x",{"y":null}]`, `51-2["echo",[{"_placeholder":true,"num":0}]]`, `B ff00`); err != nil {
		t.Fatal(err)
	}
	a.await("echo", `T 31[1,"x",{"y":null}]`, `T 61-2[[{"_placeholder":true,"num":0}]]`, `B ff00`)
	if err := a.say(`2["shout","hey"]`); err != nil {
		t.Fatal(err)
	}
	b.await("shouted", `T 2["shouted","hey"]`)
	if err := b.say(`51-["new",{"_placeholder":true,"num":0}]`, `B 07`); err != nil {
		t.Fatal(err)
	}
	b.await("any", `T 51-["any","new",1,{"_placeholder":true,"num":0}]`, `B 07`)
	a.want("not its own")
	a.close(session.AllReasons().Silent)
	if got := <-left; got != "ping timeout" {
		t.Errorf("disconnect: %q, want ping timeout", got)
	}
	if err := b.say(`1`); err != nil {
		t.Fatal(err)
	}
	if got := <-left; got != "client namespace disconnect" {
		t.Errorf("disconnect: %q, want client namespace disconnect", got)
	}
}

// TestAnyLeavesRooms: the events of the configuration are not any, but an
// application may have handlers of their names.
func TestAnyLeavesRooms(t *testing.T) {
	r := newSocketRig(t, func(c *SocketIOConfig, _ *session.Config) {
		c.HandshakeRooms, c.Leave, c.Publish = "always", "leave", "publish"
	})
	ns := r.hub.Of("/")
	answer := func(text string, ack session.Ack) {
		if err := ack.Reply(text); err != nil {
			t.Error(err)
		}
	}
	ns.OnAny(func(_ *session.Socket, event string, _ session.Args, ack session.Ack) { answer("any "+event, ack) })
	ns.On("publish", func(_ *session.Socket, _ session.Args, ack session.Ack) { answer("own", ack) })
	a := r.connect("/", `{"rooms":["x"]}`)
	a.connected()
	if err := a.say(`20["leave","x"]`, `21["publish","x","e"]`, `22["other"]`); err != nil {
		t.Fatal(err)
	}
	a.await("answers", `T 30[{"room":"x"}]`, `T 31["own"]`, `T 32["any other"]`)
}

// TestEmitters: whom an emit is for.
func TestEmitters(t *testing.T) {
	r := newSocketRig(t, func(c *SocketIOConfig, _ *session.Config) { c.Namespaces = []string{"/", "/b"} })
	ns := r.hub.Of("/")
	a, b, c := r.connect("/", `{"rooms":["x"]}`), r.connect("/", `{"rooms":["x","y"]}`), r.connect("/", "")
	other := r.connect("/b", `{"rooms":["x"]}`)
	id, _ := c.connected()
	for _, e := range []*fakeEngine{a, b, other} {
		e.connected()
	}
	all := []*fakeEngine{a, b, c, other}
	tests := []struct {
		name string
		emit func() error
		want string // who gets it
	}{
		{"everybody", func() error { return ns.Emit("e") }, "abc"},
		{"a room", func() error { return ns.To("x").Emit("e") }, "ab"},
		{"two rooms, once", func() error { return ns.To("x", "y").Emit("e") }, "ab"},
		{"except a room", func() error { return ns.To("x").Except("y").Emit("e") }, "a"},
		{"everybody except a room", func() error { return ns.Except("y").Emit("e") }, "ac"},
		{"an id", func() error { return ns.To(id).Emit("e") }, "c"},
		{"an id and a room", func() error { return ns.To(id, "y").Emit("e") }, "bc"},
		{"except an id", func() error { return ns.Except(id).Emit("e") }, "ab"},
		{"volatile", func() error { return ns.To("x").Volatile().Emit("e") }, "ab"},
		{"a socket's broadcast", func() error { return ns.Socket(id).Broadcast().Emit("e") }, "ab"},
		{"another namespace", func() error { return r.hub.Of("/b").Emit("e") }, "o"},
		{"an empty room", func() error { return ns.To("nobody").Emit("e") }, ""},
	}
	for _, tt := range tests {
		if err := tt.emit(); err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		r.settle()
		for i, e := range all {
			var want []string
			if strings.Contains(tt.want, "abco"[i:i+1]) {
				want = []string{`T 2["e"]`}
				if e == other {
					want = []string{`T 2/b,["e"]`}
				}
			}
			e.want(tt.name+", socket "+"abco"[i:i+1], want...)
		}
	}
}

// TestAcks: answers of several sockets, and those that do not come.
func TestAcks(t *testing.T) {
	r := newSocketRig(t, nil)
	ns := r.hub.Of("/")
	a, b := r.connect("/", ""), r.connect("/", "")
	first, _ := a.connected()
	b.connected()
	type outcome struct {
		replies []session.Reply
		err     error
	}
	ask := func(d time.Duration) <-chan outcome {
		done := make(chan outcome, 1)
		go func() {
			replies, err := ns.Timeout(d).EmitWithAck("q", 1)
			done <- outcome{replies, err}
		}()
		return done
	}
	done := ask(patience)
	a.await("question", `T 20["q",1]`)
	b.await("question", `T 20["q",1]`)
	if err := errors.Join(a.say(`30["a"]`, `30["again"]`, `399["nobody"]`), b.say(`30[]`)); err != nil {
		t.Fatal(err)
	}
	if got := <-done; got.err != nil || len(got.replies) != 2 || got.replies[0].Socket != first || got.replies[0].Args.String(0) != "a" {
		t.Errorf("replies %v, %v", got.replies, got.err)
	}
	done = ask(50 * time.Millisecond)
	b.await("question", `T 21["q",1]`)
	if err := b.say(`31[2]`); err != nil {
		t.Fatal(err)
	}
	var e *session.Error
	if got := <-done; !errors.As(got.err, &e) || e.Code != session.CodeTimeout || len(got.replies) != 1 {
		t.Errorf("partial: %v, %v, want one and timeout", got.replies, got.err)
	}
	done = ask(patience)
	b.await("question", `T 22["q",1]`)
	if err := b.say(`32[2]`); err != nil {
		t.Fatal(err)
	}
	a.close(session.AllReasons().Gone) // nobody waits for it any more
	if got := <-done; !errors.As(got.err, &e) || len(got.replies) != 1 {
		t.Errorf("gone: %v, %v, want one and an error", got.replies, got.err)
	}
}

// TestRecovery: a socket goes on where it was cut off, or is told that it cannot.
func TestRecovery(t *testing.T) {
	history := 4
	r := newSocketRig(t, func(c *SocketIOConfig, s *session.Config) {
		c.Recovery, c.Meta, c.HandshakeRooms = true, false, "always"
		s.Rules = []session.Rule{{Match: "short", History: &history}}
	})
	ns := r.hub.Of("/")
	recovered := make(chan bool, 8)
	ns.OnConnect(func(s *session.Socket) { recovered <- s.Recovered() })
	a := r.connect("/", `{"rooms":["x","short"]}`)
	id, pid := a.connected()
	<-recovered
	r.publish("x", "one", `1`)
	r.settle()
	a.want("offset", `T 2["one",1,"E-1"]`)
	a.close(session.AllReasons().Gone)
	r.publish("x", "two", `2`)
	if err := errors.Join(ns.Emit("all"), ns.To(id).Emit("own"), ns.To("x").Except(id).Emit("others")); err != nil {
		t.Fatal(err)
	}
	back := func(offset string) *fakeEngine {
		epoch, _, _ := strings.Cut(r.hub.Cursor(0), "-")
		return r.connect("/", `{"pid":"`+pid+`","offset":"`+strings.Replace(offset, "E-", epoch+"-", 1)+`"}`)
	}
	b := back("E-1")
	b.await("recovered", `T 0{"sid":"X","pid":"X"}`, `T 2["two",2,"E-2"]`, `T 2["all","E-3"]`, `T 2["own","E-4"]`)
	if !<-recovered {
		t.Error("not recovered")
	}
	if s := ns.Socket(id); s == nil || !s.Recovered() {
		t.Errorf("no recovered socket has the id %s", id)
	}
	b.close(session.AllReasons().Left)
	for range 9 {
		r.publish("short", "e", `0`)
	}
	c := back("E-3")
	sid, newPID := c.connected()
	if sid == id || newPID == pid || <-recovered {
		t.Error("recovered with events that are gone")
	}
	d := back("E-4") // a secret is good once
	if sid, _ := d.connected(); sid == id || <-recovered {
		t.Error("recovered twice")
	}
}

// TestRecoveryTakesOver: a client is back before we know that it was gone.
func TestRecoveryTakesOver(t *testing.T) {
	r := newSocketRig(t, func(c *SocketIOConfig, _ *session.Config) { c.Recovery, c.Meta = true, false })
	a := r.connect("/", `{"rooms":["x"]}`)
	id, pid := a.connected()
	r.publish("x", "one", `1`)
	r.settle()
	a.heard()
	b := r.connect("/", `{"pid":"`+pid+`","offset":"`+r.hub.Cursor(1)+`"}`)
	if again, _ := b.connected(); again != id {
		t.Errorf("id %s, want %s again", again, id)
	}
	r.publish("x", "two", `2`)
	r.settle()
	b.want("goes on", `T 2["two",2,"E-2"]`)
	a.want("is over", "ended: connection lost")
	if n := r.hub.Of("/").Len(); n != 1 {
		t.Errorf("%d sockets, want 1", n)
	}
}
