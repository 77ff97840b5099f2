package transport

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"grandstand/session"
)

// many is how many packets the payloads of these tests have, few how many of them
// others may have to wait for.
const many, few = 60000, 1000

// payloadOf makes a payload of packets for a version.
func payloadOf(version int, packets ...string) string {
	if version == 4 {
		return strings.Join(packets, "\x1e")
	}
	var b strings.Builder
	for _, p := range packets {
		fmt.Fprintf(&b, "%d:%s", len(p), p)
	}
	return b.String()
}

// TestPostInTurns: a payload of very many packets is taken a part at a time, and
// what others have to do in the shard comes between; the POST is answered when
// all of it is taken, so that what is posted then comes behind it.
func TestPostInTurns(t *testing.T) {
	for _, version := range []int{4, 3} {
		h, d := openEcho(t, nil)
		p := h.pollAs(fmt.Sprint(version))
		body := payloadOf(version, append([]string{"4mark"}, repeated("4drop", many)...)...)
		if got := p.body(p.web.Post(p.url, "text/plain", strings.NewReader(body))); got != "ok" {
			t.Fatalf("version %d: POST: %q", version, got)
		}
		e := d.begun(t, 1)[0]
		if n := e.held.Load(); n != 0 {
			t.Errorf("version %d: answered while %d bytes wait", version, n)
		}
		e.within(t, func() {
			talk := d.newest()
			if len(talk.marks) != 1 || talk.marks[0] > few {
				t.Errorf("version %d: %d packets were taken before others had their turn, want at most %d", version, talk.marks, few)
			}
			if talk.got != many+1 {
				t.Errorf("version %d: %d packets were taken when the POST was answered, want %d", version, talk.got, many+1)
			}
		})
		if got := p.body(p.web.Post(p.url, "text/plain", strings.NewReader(payloadOf(version, "4last")))); got != "ok" {
			t.Fatalf("version %d: second POST: %q", version, got)
		}
		if got, want := p.poll(), payloadOf(version, "4last"); got != want {
			t.Errorf("version %d: polled %q, want %q", version, got, want)
		}
	}
}

// repeated is n of a packet.
func repeated(packet string, n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = packet
	}
	return all
}

// blocked has the session's shard wait until release, so that what is sent
// meanwhile is there when it goes on.
func (e *engine) blocked(t *testing.T) (release func()) {
	t.Helper()
	gate, in := make(chan struct{}), make(chan struct{})
	if err := e.Post(func() { close(in); <-gate }); err != nil {
		t.Fatal(err)
	}
	<-in
	return func() { close(gate) }
}

// TestPostInTurnsEnds: what ends a session while its payload is taken ends the
// taking, whoever it is; the POST is answered all the same, if it can be.
func TestPostInTurnsEnds(t *testing.T) {
	tests := []struct {
		name, first, last string
		meanwhile         func(h *house, e *engine, sid string, c io.Closer)
		reason            string
		taken             int // at most
		unanswered        bool
	}{
		{name: "a packet of the client", first: "1", reason: "left", taken: 0},
		{name: "a packet that is none", last: "x", reason: "protocol error", taken: many},
		{name: "the talk", first: "4refuse", reason: "protocol error", taken: 1},
		{name: "the server", reason: "draining", taken: few, meanwhile: func(_ *house, e *engine, _ string, _ io.Closer) {
			e.force(func() { e.End(session.AllReasons().Draining) })
		}},
		{name: "another POST", reason: "protocol error", taken: few, meanwhile: func(h *house, _ *engine, sid string, _ io.Closer) {
			if status, _ := h.exchange("POST", sid, "4x"); status != 200 {
				h.t.Errorf("another POST: %d", status)
			}
		}},
		{name: "another one as large", reason: "protocol error", taken: few, meanwhile: func(h *house, e *engine, sid string, _ io.Closer) {
			before := e.held.Load()
			h.postTo(h.dial(0), sid, payloadOf(4, repeated("4drop", postAtOnce)...))
			await(h.t, "the second POST", func() bool { return e.held.Load() > before })
		}},
		{name: "its connection", reason: "connection lost", taken: many, unanswered: true, meanwhile: func(h *house, _ *engine, _ string, c io.Closer) {
			_ = c.Close()
			await(h.t, "the end of the connection", func() bool { return h.group.Stats().Open == 0 })
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h, d := openEcho(t, nil)
			h = h.in(t)
			sid := h.enginePoll()
			e := d.begun(t, 1)[0]
			packets := append(append([]string{tt.first}, repeated("4drop", many)...), tt.last)
			release := e.blocked(t)
			c := h.dial(0)
			h.postTo(c, sid, strings.Trim(strings.Join(packets, "\x1e"), "\x1e"))
			await(t, "the POST", func() bool { return e.held.Load() > 0 })
			if tt.meanwhile != nil {
				tt.meanwhile(h, e, sid, c)
			}
			release()
			d.awaitReasons(t, tt.reason)
			if !tt.unanswered {
				if line, err := bufio.NewReader(c).ReadString('\n'); err != nil || !strings.HasPrefix(line, "HTTP/1.1 200 ") {
					t.Errorf("the POST: %q, %v", line, err)
				}
			}
			await(t, "the rest to be let go of", func() bool { return e.held.Load() == 0 })
			e.within(t, func() {
				if n := d.newest().got; n > tt.taken {
					t.Errorf("%d packets were taken, want at most %d", n, tt.taken)
				}
			})
		})
	}
}

// postTo sends a POST on a connection, and does not wait for its answer.
func (h *house) postTo(c io.Writer, sid, body string) {
	h.t.Helper()
	if _, err := fmt.Fprintf(c, "POST /socket.io/?EIO=4&transport=polling%s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", sid, len(body), body); err != nil {
		h.t.Error(err)
	}
}

// TestPostInTurnsHeld: a client that may go on before all of its payload is taken
// is told so when it is.
func TestPostInTurnsHeld(t *testing.T) {
	h, d := openEcho(t, nil)
	sid := h.enginePoll()
	e := d.begun(t, 1)[0]
	release := e.blocked(t)
	c := h.dial(0)
	h.postTo(c, sid, "4hold\x1e"+strings.Repeat("4drop\x1e", many)+"4last")
	await(t, "the POST", func() bool { return e.held.Load() > 0 })
	early := false
	e.force(func() { // after the first turn
		d.newest().e.Hold(false)
		early = e.more.poster == nil
	})
	release()
	if line, err := bufio.NewReader(c).ReadString('\n'); err != nil || !strings.HasPrefix(line, "HTTP/1.1 200 ") {
		t.Fatalf("the POST: %q, %v", line, err)
	}
	e.within(t, func() {
		if n := d.newest().got; n != many+2 || early {
			t.Errorf("answered with %d packets taken, want %d", n, many+2)
		}
	})
	if status, body := h.exchange("GET", sid, ""); status != 200 || body != "4last" {
		t.Errorf("poll: %d %q", status, body)
	}
}

// TestPostInTurnsUpgraded: of a client that changes its carrier before its POST is
// answered, everything is taken all the same.
func TestPostInTurnsUpgraded(t *testing.T) {
	h, d := openEcho(t, nil)
	sid := h.enginePoll()
	e := d.begun(t, 1)[0]
	c := h.dial(0)
	v := &viewer{t: t, conn: c, r: bufio.NewReader(c)}
	v.send(opening("/socket.io/?transport=websocket&EIO=4" + sid))
	if res, err := http.ReadResponse(v.r, nil); err != nil || res.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("handshake: %v, %v", res, err)
	}
	v.say("2probe")
	if got := v.packet(); got != "3probe" {
		t.Fatalf("got %q", got)
	}
	release := e.blocked(t)
	poster := h.dial(0)
	h.postTo(poster, sid, strings.Repeat("4drop\x1e", many)+"4last")
	await(t, "the POST", func() bool { return e.held.Load() > 0 })
	read := h.group.Stats().BytesRead
	v.say("5")
	await(t, "the change", func() bool { return h.group.Stats().BytesRead > read })
	release()
	if line, err := bufio.NewReader(poster).ReadString('\n'); err != nil || !strings.HasPrefix(line, "HTTP/1.1 200 ") {
		t.Fatalf("the POST: %q, %v", line, err)
	}
	if got := v.packet(); got != "4last" {
		t.Errorf("on the WebSocket: %q, want 4last", got)
	}
	e.within(t, func() {
		if n := d.newest().got; n != many+1 {
			t.Errorf("%d packets were taken, want %d", n, many+1)
		}
	})
}
