package transport

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"grandstand/epoll/protocol"
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
