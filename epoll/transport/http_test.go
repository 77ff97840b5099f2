package transport

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

const get = "GET %s HTTP/1.1\r\nHost: a\r\n%s\r\n"

// TestPage: what a browser is sent at /, and that it runs no foreign script.
func TestPage(t *testing.T) {
	h := openHouse(t, func(s *settings) { s.cfg.Prefix = "/ma&tch" })
	c := h.dial(0)
	r := bufio.NewReader(c)
	fmt.Fprintf(c, get, "/", "")
	a := receive(t, r, "GET")
	if a.StatusCode != 200 || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") {
		t.Errorf("%d %v", a.StatusCode, a.Header)
	}
	if csp := a.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'self'") {
		t.Errorf("policy %q", csp)
	}
	if len(a.body) > 16<<10 || strings.Contains(a.body, "innerHTML") {
		t.Errorf("page of %d bytes, or with innerHTML", len(a.body))
	}
	if !strings.Contains(a.body, `data-prefix="/ma&amp;tch"`) {
		t.Error("the page does not connect to the prefix of the configuration")
	}
	fmt.Fprintf(c, get, "/", "If-None-Match: x\r\n")
	if again := receive(t, r, "GET"); again.body != a.body {
		t.Error("another page the second time")
	}
}

func TestNoPage(t *testing.T) {
	h := openHouse(t, func(s *settings) { s.cfg.Page = false })
	c := h.dial(0)
	fmt.Fprintf(c, get, "/", "")
	if a := receive(t, bufio.NewReader(c), "GET"); a.StatusCode != 404 || a.code != "not_found" {
		t.Errorf("%d %s, want 404 not_found", a.StatusCode, a.code)
	}
}

// TestRequests: paths and methods, all on one connection.
func TestRequests(t *testing.T) {
	h := openHouse(t, nil)
	c := h.dial(0)
	r := bufio.NewReader(c)
	for _, tt := range []struct {
		method, target string
		status         int
		code, allow    string
	}{
		{method: "GET", target: "/", status: 200},
		{method: "HEAD", target: "/", status: 200},
		{method: "POST", target: "/", status: 405, code: "method_not_allowed", allow: "GET, HEAD"},
		{method: "GET", target: "/?room=a#", status: 400, code: "bad_target"},
		{method: "GET", target: "/?room=a", status: 200},
		{method: "GET", target: "/nothing", status: 404, code: "not_found"},
		{method: "HEAD", target: "/nothing", status: 404},
		{method: "DELETE", target: "/nothing", status: 404, code: "not_found"},
		{method: "GET", target: "/live", status: 404, code: "not_found"},
		{method: "GET", target: "/live/ws/", status: 404, code: "not_found"},
		{method: "GET", target: "/live/../", status: 200},
		{method: "GET", target: "/favicon.ico", status: 204},
		{method: "OPTIONS", target: "*", status: 404, code: "not_found"},
	} {
		fmt.Fprintf(c, "%s %s HTTP/1.1\r\nHost: a\r\n\r\n", tt.method, tt.target)
		a := receive(t, r, tt.method)
		if a.StatusCode != tt.status || a.code != tt.code || a.Header.Get("Allow") != tt.allow {
			t.Errorf("%s %s: %d %s, allow %q, want %d %s, %q", tt.method, tt.target,
				a.StatusCode, a.code, a.Header.Get("Allow"), tt.status, tt.code, tt.allow)
		}
		if a.Close { // the gate refused it
			c = h.dial(0)
			r = bufio.NewReader(c)
		}
	}
}

// TestKeepAlive: who keeps the connection and who ends it.
func TestKeepAlive(t *testing.T) {
	h := openHouse(t, nil)
	for _, tt := range []struct {
		name, in string
		keep     bool
	}{
		{"HTTP/1.1", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", true},
		{"close", "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", false},
		{"close among others", "GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n", false},
		{"HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", false},
		{"HTTP/1.0 that stays", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true},
		{"refused and closed", "GET /no HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := h.in(t).dial(0)
			r := bufio.NewReader(c)
			io.WriteString(c, tt.in+"GET /second HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
			if a := receive(t, r, "GET"); a.Close == tt.keep {
				t.Errorf("close: %t, want %t", a.Close, !tt.keep)
			}
			if tt.keep {
				receive(t, r, "GET")
			}
			if rest, err := io.ReadAll(r); err != nil || len(rest) > 0 {
				t.Errorf("then %q, %v, want the end", rest, err)
			}
		})
	}
}

// TestPipeline: a hundred requests in one piece, and the same cut anywhere, are
// answered in order.
func TestPipeline(t *testing.T) {
	h := openHouse(t, nil)
	targets := []struct {
		in     string
		status int
	}{
		{fmt.Sprintf(get, "/", ""), 200}, {fmt.Sprintf(get, "/x", ""), 404}, {fmt.Sprintf(get, "/favicon.ico", ""), 204},
		{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", 405},
		{"POST /y HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 404},
	}
	for _, piece := range []int{1 << 20, 7} {
		var all strings.Builder
		for i := range 100 {
			all.WriteString(targets[i%len(targets)].in)
		}
		c := h.dial(0)
		go func() { // stops: all is written, or the connection closed
			for text := all.String(); text != ""; {
				n := min(piece, len(text))
				if _, err := io.WriteString(c, text[:n]); err != nil {
					return
				}
				text = text[n:]
			}
		}()
		r := bufio.NewReader(c)
		for i := range 100 {
			if a := receive(t, r, "GET"); a.StatusCode != targets[i%len(targets)].status {
				t.Fatalf("pieces of %d: answer %d is %d, want %d", piece, i, a.StatusCode, targets[i%len(targets)].status)
			}
		}
	}
	if n := h.srv.Requests(); n != 200 {
		t.Errorf("counted %d requests, want 200", n)
	}
}

func TestContinue(t *testing.T) {
	h := openHouse(t, nil)
	c := h.dial(0)
	r := bufio.NewReader(c)
	io.WriteString(c, "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
	if line, err := r.ReadString('\n'); err != nil || line != "HTTP/1.1 100 Continue\r\n" {
		t.Fatalf("%q, %v", line, err)
	}
	r.ReadString('\n')
	io.WriteString(c, "abc")
	if a := receive(t, r, "POST"); a.StatusCode != 404 {
		t.Errorf("%d, want 404", a.StatusCode)
	}
}

// TestDeadlines: a request that does not come to its end is answered with 408,
// however it trickles; a connection without one is closed without a word.
func TestDeadlines(t *testing.T) {
	h := openHouse(t, func(s *settings) {
		s.cfg.HeadTimeout, s.cfg.BodyTimeout, s.cfg.IdleTimeout = 150*time.Millisecond, 200*time.Millisecond, 250*time.Millisecond
	})
	head := "GET / HTTP/1.1\r\nHost: a\r\nX: " + strings.Repeat("x", 4000)
	body := "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4000\r\n\r\n" + strings.Repeat("x", 3000)
	for _, tt := range []struct {
		name, in string
		drip     int // bytes sent before the rest comes one by one; -1: all at once
		status   int // 0: closed without an answer
		before   int // answers before that
	}{
		{name: "nothing at all", drip: -1},
		{name: "half a head", in: "GET / HT", drip: -1, status: 408},
		{name: "a head that drips", in: head, drip: 0, status: 408},
		{name: "half a body", in: body, drip: -1, status: 408},
		{name: "a body that drips", in: body, drip: 1000, status: 408},
		{name: "nothing more", in: fmt.Sprintf(get, "/", ""), drip: -1, before: 1},
		{name: "half a second head", in: fmt.Sprintf(get, "/", "") + "G", drip: -1, status: 408, before: 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := h.in(t).dial(0)
			start := time.Now()
			if tt.drip < 0 {
				tt.drip = len(tt.in)
			}
			io.WriteString(c, tt.in[:tt.drip])
			go drip(c, tt.in[tt.drip:])
			r := bufio.NewReader(c)
			for range tt.before {
				receive(t, r, "GET")
			}
			if tt.status != 0 {
				if a := receive(t, r, "GET"); a.StatusCode != tt.status || a.code != "request_timeout" || !a.Close {
					t.Errorf("%d %s, want %d and close", a.StatusCode, a.code, tt.status)
				}
			}
			if rest, _ := io.ReadAll(r); len(rest) > 0 {
				t.Errorf("then %q, want the end", rest)
			}
			if took := time.Since(start); took < 140*time.Millisecond || took > 5*time.Second {
				t.Errorf("ended after %v", took)
			}
		})
	}
}

// drip writes byte by byte until the connection ends.
func drip(c net.Conn, s string) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for i := range len(s) {
		<-tick.C
		if _, err := c.Write([]byte{s[i]}); err != nil {
			return
		}
	}
}

// TestSlowHeads: a thousand heads that never end hurt nobody else and are gone
// when their time is over.
func TestSlowHeads(t *testing.T) {
	h := openHouse(t, func(s *settings) { s.cfg.HeadTimeout, s.cfg.Silence = time.Second, patience*2 })
	other := h.watch("?room=a")
	other.want("joined")
	conns := make([]net.Conn, 1000)
	for i := range conns {
		conns[i] = h.dial(0)
		io.WriteString(conns[i], opening("/live/ws?room=a")[:20+i%100])
	}
	for i := range 20 {
		h.publish("a", "n", fmt.Sprint(i))
	}
	other.wantEvents("a", 0, 19)
	for i, c := range conns {
		if a := receive(t, bufio.NewReader(c), "GET"); a.StatusCode != 408 {
			t.Fatalf("connection %d: %d, want 408", i, a.StatusCode)
		}
		c.Close()
	}
	other.alive()
	await(t, "all but one to be closed", func() bool { return h.group.Stats().Open == 1 })
	if n := h.srv.Rejected()["request_timeout"]; n != int64(len(conns)) {
		t.Errorf("counted %d, want %d", n, len(conns))
	}
}

// TestMaxConns: one too many is told so.
func TestMaxConns(t *testing.T) {
	h := openHouse(t, func(s *settings) { s.loop.MaxConns = 3 })
	for range 3 {
		h.watch("?room=a").want("joined")
	}
	c := h.dial(0)
	io.WriteString(c, opening("/live/ws?room=a"))
	if a := receive(t, bufio.NewReader(c), "GET"); a.StatusCode != 503 || a.code != "too_many_connections" || !a.Close {
		t.Errorf("%d %s, want 503 too_many_connections", a.StatusCode, a.code)
	}
	if s := h.group.Stats(); s.RejectedMaxConns != 1 {
		t.Errorf("counted %d, want 1", s.RejectedMaxConns)
	}
}
