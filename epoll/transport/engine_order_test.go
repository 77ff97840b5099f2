package transport

import (
	"strings"
	"testing"
	"time"

	"grandstand/epoll"
	"grandstand/session"
)

// TestGatherPolling: what was shared before it comes before what is for one
// client alone, though a poll waits, which the first slice answers.
func TestGatherPolling(t *testing.T) {
	h, d := openEcho(t, nil)
	sid := h.enginePoll()
	e := d.begun(t, 1)[0]
	first := make(chan string, 1)
	go func() { // stops: with its answer
		_, body := h.exchange("GET", sid, "")
		first <- body
	}()
	parked := false
	await(t, "a poll", func() bool {
		e.within(t, func() { parked = e.more.getter != nil })
		return parked
	})
	e.within(t, func() {
		e.Gather(func() {
			for _, text := range []string{"one", "two"} {
				p := e.Form().AppendText(nil, []byte(text), false)
				if n, open := e.WriteShared(p, wholly(p)); n != len(p) || !open {
					t.Errorf("%s: %d of %d taken, %v", text, n, len(p), open)
				}
			}
		})
		e.Send(e.Form().AppendText(nil, []byte("alone"), false))
	})
	got := []string{<-first}
	_, body := h.exchange("GET", sid, "")
	if got = append(got, body); strings.Join(got, "|") != "4one|4two\x1e4alone" {
		t.Errorf("polls %q, want one, then two and alone", got)
	}
}

// TestGatherWebSocket: the same while the socket is full.
func TestGatherWebSocket(t *testing.T) {
	h, d := openEcho(t, func(_ *settings, p *EnginePath) { p.MaxBacklog = 64 << 20 })
	v := h.engineSocketOn(h.dial(4096), 4)
	e := d.begun(t, 1)[0]
	const records = 200
	text := strings.Repeat("x", 64<<10)
	e.within(t, func() {
		full := false
		e.Gather(func() {
			for range records {
				p := e.Form().AppendText(nil, []byte(text), false)
				n, _ := e.WriteShared(p, wholly(p))
				full = full || e.conn.Pending() > 0
				if n != len(p) {
					t.Errorf("%d of %d taken", n, len(p))
				}
			}
		})
		if !full {
			t.Error("the socket was never full")
		}
		e.Send(e.Form().AppendText(nil, []byte("alone"), false))
	})
	for i := range records {
		if got := v.packet(); got != "4"+text {
			t.Fatalf("packet %d: %.20q, of %d bytes", i, got, len(got))
		}
	}
	if got := v.packet(); got != "4alone" {
		t.Errorf("last: %.20q", got)
	}
}

// TestShareWithinBegin: what a dialect shares before it has returned waits until
// it has: nobody could be told that there is room again.
func TestShareWithinBegin(t *testing.T) {
	h, d := openEcho(t, nil)
	v := h.engineSocketTo(h.dial(0), 4, "&do=share")
	d.begun(t, 1)[0].within(t, func() {
		if d.shared != 0 || d.open {
			t.Errorf("%d bytes taken, open %v, want 0 and false", d.shared, d.open)
		}
		if d.ready != 1 {
			t.Errorf("told %d times that it may go on, want once", d.ready)
		}
	})
	v.say("4x")
	if got := v.packet(); got != "4x" {
		t.Errorf("got %q", got)
	}
}

// TestBeatPanics: a talk that panics takes nobody else's heartbeat along.
func TestBeatPanics(t *testing.T) {
	h, d := openEcho(t, func(s *settings, _ *EnginePath) { s.loop.Loops = 1 })
	h.enginePoll()
	h.enginePoll()
	all := d.begun(t, 2)
	d.talks[0].bursts = true
	b := &h.srv.engines.beats
	all[0].within(t, func() { // as if the first had been silent for too long
		for _, e := range all {
			b.remove(e)
		}
		now := h.srv.now()
		all[0].asked = max(now-ms(time.Hour), 1)
		all[0].heard.Store(all[0].asked - 1)
	})
	c := b.command()
	c.list = append(c.list, all...)
	if err := all[0].Post(c.run); err != nil {
		t.Fatal(err)
	}
	d.awaitReasons(t, session.AllReasons().Silent.Text)
	all[1].within(t, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if all[1].when == 0 {
			t.Error("nobody will look at the second session")
		}
	})
	h.log.reset()
}

// TestPingFlood: packets without data count too: a client that sends more of
// them than its shard can answer is not read meanwhile, and loses none.
func TestPingFlood(t *testing.T) {
	h, d := openEcho(t, nil)
	v := h.engineSocket(3)
	e := d.begun(t, 1)[0]
	free := make(chan struct{})
	if err := e.Post(func() { <-free }); err != nil {
		t.Fatal(err)
	}
	const pings = 20000
	ping := frame(1, true, "2")
	go v.send(strings.Repeat(ping, pings)) // stops: once it is read
	await(t, "the pause", func() bool { return h.group.Stats().Pauses > 0 })
	// What one read has brought is taken whole.
	most := int64(behind + epoll.DefaultConfig().ReadBuffer/len(ping)*packetCost)
	if n := int64(e.held.Load()); n <= behind/2 || n > most {
		t.Errorf("%d bytes are held, want %d at most", n, most)
	}
	close(free)
	for i := range pings {
		if got := v.packet(); got != "3" {
			t.Fatalf("answer %d: %q", i, got)
		}
	}
}
