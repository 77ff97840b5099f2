package transport

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"grandstand/session"
)

// engineSocket opens a session on a WebSocket.
func (h *house) engineSocket(version int) *viewer {
	h.t.Helper()
	return h.engineSocketOn(h.dial(0), version)
}

// engineSocketOn opens it on a connection.
func (h *house) engineSocketOn(c *net.TCPConn, version int) *viewer {
	h.t.Helper()
	return h.engineSocketTo(c, version, "")
}

// engineSocketTo opens it with more in its query.
func (h *house) engineSocketTo(c *net.TCPConn, version int, query string) *viewer {
	h.t.Helper()
	v := &viewer{t: h.t, conn: c, r: bufio.NewReader(c)}
	v.send(opening(fmt.Sprintf("/socket.io/?transport=websocket&EIO=%d%s", version, query)))
	res, err := http.ReadResponse(v.r, nil)
	if err != nil || res.StatusCode != http.StatusSwitchingProtocols {
		h.t.Fatalf("handshake: %v, %v", res, err)
	}
	if hello := v.packet(); !strings.HasPrefix(hello, "0{") {
		h.t.Fatalf("first packet %q", hello)
	}
	return v
}

// packet reads one frame.
func (v *viewer) packet() string {
	v.t.Helper()
	_, p, err := v.frame()
	if err != nil {
		v.t.Fatal(err)
	}
	return string(p)
}

// TestHoldWebSocket: a client that is held is not read; it is shown that the
// server is there and nothing is asked of it, for as long as that takes; then
// all that it has sent comes, in order.
func TestHoldWebSocket(t *testing.T) {
	for version, beat := range map[int]string{4: "2", 3: "3"} {
		h, d := openEcho(t, func(_ *settings, p *EnginePath) {
			p.PingInterval, p.PingTimeout = 100*time.Millisecond, 100*time.Millisecond
		})
		v := h.engineSocket(version)
		v.say("4hold")
		await(t, "the pause", func() bool { return h.group.Stats().Pauses == 1 })
		before := h.group.Stats().BytesRead
		for i := range 5 {
			v.say("4%d", i)
		}
		for range 5 { // longer than silence is suffered
			if got := v.packet(); got != beat {
				t.Fatalf("version %d, held: got %q, want %q", version, got, beat)
			}
		}
		if n := h.group.Stats().BytesRead - before; n != 0 {
			t.Errorf("version %d: %d bytes read while held", version, n)
		}
		d.release(t)
		for i := 0; i < 5; {
			got := v.packet()
			if got == beat {
				continue
			}
			if want := fmt.Sprintf("4%d", i); got != want {
				t.Fatalf("version %d, released: got %q, want %q", version, got, want)
			}
			i++
		}
	}
}

// TestHoldEnd: what a client has sent before it closes comes before the close,
// held or not.
func TestHoldEnd(t *testing.T) {
	h, d := openEcho(t, nil)
	v := h.engineSocket(4)
	v.say("4hold")
	await(t, "the pause", func() bool { return h.group.Stats().Pauses == 1 })
	v.say("4refuse") // the end that this leads to is not that of the connection
	if err := v.conn.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	d.release(t)
	d.awaitReasons(t, "protocol error")
}

// exchange makes a request of a session by polls.
func (h *house) exchange(method, query, body string) (int, string) {
	h.t.Helper()
	req, err := http.NewRequest(method, "http://"+h.addr+"/socket.io/?EIO=4&transport=polling"+query, strings.NewReader(body))
	if err != nil {
		h.t.Error(err)
		return 0, ""
	}
	req.Close = true
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		h.t.Error(err)
		return 0, ""
	}
	defer res.Body.Close()
	p, err := io.ReadAll(res.Body)
	if err != nil {
		h.t.Error(err)
	}
	return res.StatusCode, string(p)
}

// enginePoll opens a session by polls and returns its part of a query.
func (h *house) enginePoll() string {
	h.t.Helper()
	_, hello := h.exchange("GET", "", "")
	_, rest, _ := strings.Cut(hello, `"sid":"`)
	sid, _, ok := strings.Cut(rest, `"`)
	if !ok {
		h.t.Fatalf("handshake: %q", hello)
	}
	return "&sid=" + sid
}

// holdPolls has the client of the newest talk, which polls, wait. Its own POST is
// answered before the shard has seen what is in it.
func (h *house) holdPolls(d *echo, sid string) {
	h.t.Helper()
	if status, body := h.exchange("POST", sid, "4hold"); status != 200 || body != "ok" {
		h.t.Fatalf("POST: %d %q", status, body)
	}
	e := d.begun(h.t, 1)[0]
	await(h.t, "the client to be held", func() bool { return e.on(engineHeld) })
}

// TestHoldPolling: the POST of a client that is held is answered when it may go
// on, and its packets are taken at once; its polls are answered meanwhile.
func TestHoldPolling(t *testing.T) {
	h, d := openEcho(t, nil)
	sid := h.enginePoll()
	h.holdPolls(d, sid)
	answer := make(chan string, 1)
	go func() { // stops: with its answer
		status, body := h.exchange("POST", sid, "4a\x1e4b")
		answer <- fmt.Sprint(status, " ", body)
	}()
	got := ""
	for len(got) < len("4a\x1e4b") {
		_, body := h.exchange("GET", sid, "")
		if got != "" {
			got += "\x1e"
		}
		got += body
	}
	if got != "4a\x1e4b" {
		t.Errorf("polled %q", got)
	}
	select {
	case early := <-answer:
		t.Errorf("answered %s before it may go on", early)
	default:
	}
	d.release(t)
	if got := <-answer; got != "200 ok" {
		t.Errorf("POST: %s, want 200 ok", got)
	}
	if status, _ := h.exchange("POST", sid, "1"); status != 200 {
		t.Errorf("close: %d", status)
	}
	d.awaitReasons(t, "left")
}

// TestHoldPollingEnds: how sessions end with a POST that waits: by a second one,
// by its connection's end, and by the server's.
func TestHoldPollingEnds(t *testing.T) {
	tests := []struct {
		name   string
		end    func(h *house, d *echo, sid string, first io.Closer)
		reason string
		answer string // to the first
	}{
		{"a second POST", func(h *house, _ *echo, sid string, _ io.Closer) {
			if status, _ := h.exchange("POST", sid, "4x"); status != 400 {
				h.t.Errorf("second POST: %d, want 400", status)
			}
		}, "protocol error", "HTTP/1.1 200 "},
		{"its connection", func(_ *house, _ *echo, _ string, first io.Closer) { _ = first.Close() }, "connection lost", ""},
		{"the server", func(h *house, d *echo, _ string, _ io.Closer) {
			talk := d.newest()
			if err := talk.e.Post(func() { talk.text("bye"); talk.e.End(session.AllReasons().Draining) }); err != nil {
				h.t.Error(err)
			}
		}, "draining", "HTTP/1.1 200 "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h, d := openEcho(t, nil)
			sid := h.enginePoll()
			h.holdPolls(d, sid)
			c := h.dial(0)
			fmt.Fprintf(c, "POST /socket.io/?EIO=4&transport=polling%s HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n4a", sid)
			if status, body := h.exchange("GET", sid, ""); status != 200 || body != "4a" {
				t.Fatalf("poll: %d %q", status, body)
			}
			tt.end(h, d, sid, c)
			d.awaitReasons(t, tt.reason)
			if tt.answer != "" {
				line, err := bufio.NewReader(c).ReadString('\n')
				if err != nil || !strings.HasPrefix(line, tt.answer) {
					t.Errorf("the POST that waited: %q, %v, want %s", line, err, tt.answer)
				}
			}
		})
	}
}
