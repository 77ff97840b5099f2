package transport

import (
	"bytes"
	"errors"
	"sync"
	"testing"
	"time"

	"grandstand/epoll/protocol"
	"grandstand/session"
)

// echo is a dialect that sends back what it gets. Some texts are orders.
type echo struct {
	mu      sync.Mutex
	asked   []*protocol.Handshake
	reasons []string
	ready   int
	moved   int
	talks   []*echoTalk
	shared  int // what WriteShared took within Begin
	open    bool
}

type echoTalk struct {
	d      *echo
	e      protocol.Engine
	bursts bool // Closed panics
	got    int  // messages; the shard's
	marks  []int
}

var errRefused = errors.New("refused")

func (d *echo) Begin(e protocol.Engine) protocol.Talk {
	h := e.Handshake()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked = append(d.asked, h)
	t := &echoTalk{d: d, e: e}
	d.talks = append(d.talks, t)
	switch h.Query.Get("do") {
	case "greet":
		t.text("welcome")
	case "end":
		e.End(session.AllReasons().Kicked)
	case "panic":
		panic("as asked")
	case "share":
		p := e.Form().AppendText(nil, []byte("shared"), false)
		d.shared, d.open = e.WriteShared(p, wholly(p))
	}
	return t
}

// wholly is the cut of one record.
func wholly(p []byte) func(int) int { return func(int) int { return len(p) } }

func (t *echoTalk) text(s string) {
	t.e.Send(t.e.Form().AppendText(nil, []byte(s), true))
}

func (t *echoTalk) Receive(p []byte, binary bool) error {
	t.got++
	if binary {
		t.e.Send(t.e.Form().AppendBinary(nil, p, true))
		return nil
	}
	switch order, rest, _ := bytes.Cut(p, []byte(" ")); string(order) {
	case "end":
		t.text("bye")
		t.e.End(session.AllReasons().Kicked)
		t.text("never")
	case "end-within":
		t.e.EndWithin(session.AllReasons().Draining, 200*time.Millisecond)
	case "refuse":
		return errRefused
	case "panic":
		panic("as asked")
	case "hold":
		t.e.Hold(true)
	case "drop": // takes it without a word
	case "mark": // notes what has come by the time that others have their turn
		if err := t.e.Post(func() { t.marks = append(t.marks, t.got) }); err != nil {
			return err
		}
	case "two":
		t.text("one")
		t.text("two")
	case "big":
		t.text(string(bytes.Repeat(rest, 100000)))
	default:
		t.text(string(p))
	}
	return nil
}

func (t *echoTalk) Ready() {
	t.d.mu.Lock()
	defer t.d.mu.Unlock()
	t.d.ready++
}

func (t *echoTalk) Moved() {
	t.d.mu.Lock()
	defer t.d.mu.Unlock()
	t.d.moved++
}

func (t *echoTalk) Closed(r session.Reason) {
	t.d.mu.Lock()
	defer t.d.mu.Unlock()
	t.d.reasons = append(t.d.reasons, r.Text)
	if t.bursts {
		panic("as asked")
	}
}

// openEcho opens a house with an echo on its Engine.IO path.
func openEcho(t testing.TB, change func(s *settings, p *EnginePath)) (*house, *echo) {
	t.Helper()
	d := new(echo)
	h := openHouse(t, func(s *settings) {
		s.speak = func(*Server) protocol.Dialect { return d }
		if change != nil {
			change(s, &s.cfg.EngineIO[0])
		}
	})
	return h, d
}

// newest is the talk that was begun last.
func (d *echo) newest() *echoTalk {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.talks[len(d.talks)-1]
}

// release has the client of the newest talk go on.
func (d *echo) release(t testing.TB) {
	t.Helper()
	talk := d.newest()
	if err := talk.e.Post(func() { talk.e.Hold(false) }); err != nil {
		t.Fatal(err)
	}
}

// begun waits until n talks have begun, and returns them as sessions.
func (d *echo) begun(t testing.TB, n int) (out []*engine) {
	t.Helper()
	await(t, "talks to begin", func() bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		return len(d.talks) == n
	})
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, talk := range d.talks {
		e, ok := talk.e.(*engine)
		if !ok {
			t.Fatal("a talk by something else than an engine")
		}
		out = append(out, e)
	}
	return out
}

// within runs f in the session's shard, once all that was posted before has run.
func (e *engine) within(t testing.TB, f func()) {
	t.Helper()
	done := make(chan struct{})
	if err := e.Post(func() { defer close(done); f() }); err != nil {
		t.Fatal(err)
	}
	<-done
}

// awaitReason waits until the newest talk to end did so for a reason.
func (d *echo) awaitReasons(t testing.TB, want ...string) {
	t.Helper()
	var got []string
	await(t, "talks to be closed", func() bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		got = d.reasons
		return len(got) >= len(want)
	})
	if len(got) != len(want) {
		t.Fatalf("ended by %q, want %q", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("ended by %q, want %q", got, want)
		}
	}
}
