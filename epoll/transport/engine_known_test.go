package transport

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"grandstand/epoll/protocol"
	"grandstand/epoll/wire/ws"
	"grandstand/session"
)

// exchanger makes requests of sessions on one connection.
type exchanger struct {
	t testing.TB
	c io.Writer
	r *bufio.Reader
}

// do makes a request and returns what was answered.
func (x *exchanger) do(method, path, query, body string) (int, string) {
	x.t.Helper()
	fmt.Fprintf(x.c, "%s %s?EIO=4&transport=polling%s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", method, path, query, len(body), body)
	res, err := http.ReadResponse(x.r, nil)
	if err != nil {
		x.t.Fatal(err)
	}
	defer res.Body.Close()
	p, err := io.ReadAll(res.Body)
	if err != nil {
		x.t.Fatal(err)
	}
	return res.StatusCode, string(p)
}

// open begins a session and returns its part of a query.
func (x *exchanger) open(path string) string {
	x.t.Helper()
	_, hello := x.do("GET", path, "", "")
	_, rest, _ := strings.Cut(hello, `"sid":"`)
	sid, _, ok := strings.Cut(rest, `"`)
	if !ok {
		x.t.Fatalf("handshake: %q", hello)
	}
	return "&sid=" + sid
}

// TestKnownSession: a connection remembers whose polls it carried, which is no
// way to a session that is over, nor to one of another path.
func TestKnownSession(t *testing.T) {
	d := new(echo)
	h := openHouse(t, func(s *settings) {
		s.speak = func(srv *Server) protocol.Dialect {
			if err := srv.Dialect("/other/", d); err != nil {
				t.Error(err)
			}
			return d
		}
		second := s.cfg.EngineIO[0]
		second.Path = "/other/"
		s.cfg.EngineIO = append(s.cfg.EngineIO, second)
	})
	const path, unknown = "/socket.io/", `{"code":1,"message":"Session ID unknown"}`
	c := h.dial(0)
	x := &exchanger{t: t, c: c, r: bufio.NewReader(c)}
	one, two := x.open(path), x.open(path)
	for i, sid := range []string{one, two, two, one} { // by turns, and twice in a row
		text := fmt.Sprintf("4%d", i)
		if status, body := x.do("POST", path, sid, text); status != 200 || body != "ok" {
			t.Fatalf("POST: %d %q", status, body)
		}
		if _, body := x.do("GET", path, sid, ""); body != text {
			t.Fatalf("poll %d: %q, want %q", i, body, text)
		}
	}
	if status, body := x.do("GET", "/other/", one, ""); status != 400 || body != unknown {
		t.Errorf("the session of another path: %d %q", status, body)
	}
	if status, _ := x.do("POST", path, one, "1"); status != 200 {
		t.Errorf("close: %d", status)
	}
	d.awaitReasons(t, "left")
	if status, body := x.do("GET", path, one, ""); status != 400 || body != unknown {
		t.Errorf("a session that is over: %d %q", status, body)
	}
	x.do("POST", path, two, "4last")
	if _, body := x.do("GET", path, two, ""); body != "4last" {
		t.Errorf("the other session: %q", body)
	}
}

// TestSessionsPerAddress: sessions that poll are counted by address, until they
// end or change to a WebSocket.
func TestSessionsPerAddress(t *testing.T) {
	h, d := openEcho(t, func(_ *settings, p *EnginePath) { p.MaxPerIP = 2 })
	c := h.dial(0)
	x := &exchanger{t: t, c: c, r: bufio.NewReader(c)}
	one, _ := x.open("/socket.io/"), x.open("/socket.io/")
	full := func() {
		t.Helper()
		if status, body := x.do("GET", "/socket.io/", "", ""); status != 429 || !strings.Contains(body, `"too_many_sessions"`) {
			t.Errorf("a third: %d %q", status, body)
		}
	}
	full()
	h.engineSocket(4) // which is a connection
	if status, _ := x.do("POST", "/socket.io/", one, "1"); status != 200 {
		t.Errorf("close: %d", status)
	}
	d.awaitReasons(t, "left")
	three := x.open("/socket.io/")
	full()
	v := &viewer{t: t, conn: h.dial(0)}
	v.r = bufio.NewReader(v.conn)
	v.send(opening("/socket.io/?transport=websocket&EIO=4" + three))
	if res, err := http.ReadResponse(v.r, nil); err != nil || res.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("handshake: %v, %v", res, err)
	}
	v.say("2probe")
	if got := v.packet(); got != "3probe" {
		t.Fatalf("got %q", got)
	}
	v.say("5")
	v.say("4x")
	if got := v.packet(); got != "4x" {
		t.Fatalf("got %q", got)
	}
	x.open("/socket.io/")
	full()
}

// TestPostBesideWebSocket: what is posted for a session on a WebSocket would have
// no order with what comes there.
func TestPostBesideWebSocket(t *testing.T) {
	h, d := openEcho(t, nil)
	v := h.engineSocket(4)
	sid := d.begun(t, 1)[0].SID()
	for _, transport := range []string{"websocket", "polling"} {
		res, err := http.Post("http://"+h.addr+"/socket.io/?EIO=4&transport="+transport+"&sid="+sid, "text/plain", strings.NewReader("4beside"))
		if err != nil {
			t.Fatal(err)
		}
		p, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != 400 || string(p) != `{"code":3,"message":"Bad request"}` {
			t.Errorf("%s: %d %q, %v", transport, res.StatusCode, p, err)
		}
	}
	v.say("4x")
	if got := v.packet(); got != "4x" {
		t.Errorf("got %q", got)
	}
}

// TestUpgradedTooLate: a WebSocket that was tried by a session that has ended
// meanwhile is closed, and the session stays forgotten.
func TestUpgradedTooLate(t *testing.T) {
	h, d := openEcho(t, nil)
	sid := h.enginePoll()
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
	e := d.begun(t, 1)[0]
	e.within(t, func() {
		b := e.more.probe
		e.abort(session.AllReasons().Silent)
		e.upgraded(b) // the loop had taken the client's word before that
	})
	if d.moved > 0 || !e.on(engineForgotten) {
		t.Errorf("moved %d times, forgotten %v", d.moved, e.on(engineForgotten))
	}
	if op, _, err := v.frame(); err != nil || op != ws.OpClose {
		t.Errorf("the WebSocket: %v, %v, want a close frame", op, err)
	}
}

// TestEngineArgs: of a query each argument counts once, wherever it stands.
func TestEngineArgs(t *testing.T) {
	h, _ := openEcho(t, nil)
	tests := []struct {
		query  string
		status int
		body   string // its begin
	}{
		{"EIO=4&transport=polling", 200, `0{"sid":"`},
		{"transport=polling&x=1&&EIO=4&", 200, `0{"sid":"`},
		{"EIO=4&transport=p%6flling", 200, `0{"sid":"`},
		{"E%49O=4&transport=polling", 200, `0{"sid":"`},
		{"EIO=4&transport=polling&transport=carrier-pigeon", 200, `0{"sid":"`},
		{"EIO=4&transport=carrier-pigeon&transport=polling", 400, `{"code":0,`},
		{"EIO=4", 400, `{"code":0,`},
		{"EIO=5&EIO=4&transport=polling", 200, `118:0{"sid":"`}, // as version 3, as servers of it do
		{"EIO=4&transport=polling&sid=", 200, `0{"sid":"`},
		{"EIO=4&transport=polling&sid=x&sid=", 400, `{"code":1,`},
		{"EIO=4&transport=polling&j=0", 200, `___eio[0]("0{`},
		{"EIO=4&transport=polling&j", 200, `___eio[]("0{`},
	}
	for _, tt := range tests {
		res, err := http.Get("http://" + h.addr + "/socket.io/?" + tt.query)
		if err != nil {
			t.Fatal(err)
		}
		p, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != tt.status || !strings.HasPrefix(string(p), tt.body) {
			t.Errorf("%s: %d %.40q, want %d %q", tt.query, res.StatusCode, p, tt.status, tt.body)
		}
	}
}
