package transport

import (
	"bufio"
	"io"
	"strings"
	"testing"
)

// TestSuiteHead: the head of the answer alone (RFC 9110 9.3.2), at once, and no
// viewer of it.
func TestSuiteHead(t *testing.T) {
	h := openHouse(t, nil)
	eachCarrier(t, func(t *testing.T, c carrier) {
		if c.way == wayWebSocket {
			return
		}
		h := h.in(t)
		get := c.request(c.target(h, query{rooms: []string{"a"}, since: h.hub.Cursor(0)}))
		conn := h.dial(0)
		r := bufio.NewReader(conn)
		a := exchange(t, conn, r, "HEAD"+strings.TrimPrefix(get, "GET"))
		_, counted := a.field["content-length"]
		if a.status != 200 || a.field["content-type"] != c.kind || a.field["x-content-type-options"] != "nosniff" || c.polls != counted {
			t.Errorf("%d %v", a.status, a.field)
		}
		if c.polls && !c.http10 {
			if a := exchange(t, conn, r, "HEAD /nothing HTTP/1.1\r\nHost: a\r\n\r\n"); a.status != 404 {
				t.Errorf("the next is answered %d, want 404", a.status)
			}
			return
		}
		if rest, err := io.ReadAll(r); err != nil || len(rest) > 0 || !a.last() {
			t.Errorf("then %q, %v, want the end", rest, err)
		}
	})
	if n := h.hub.Stats().Opened; n != 0 {
		t.Errorf("%d sessions", n)
	}
}

// TestSuitePreflight: what a browser asks before it lets a page at it (Fetch,
// 3.2.2), for every way in and for sending.
func TestSuitePreflight(t *testing.T) {
	for _, list := range [][]string{{"*"}, {"https://page.example"}} {
		h := openHouse(t, func(s *settings) { s.cfg.Origins = list })
		c := h.dial(0)
		r := bufio.NewReader(c)
		for _, path := range []string{"ws", "sse", "stream", "poll", "iframe", "jsonp", "multipart", "send", "info"} {
			a := exchange(t, c, r, "OPTIONS /live/"+path+" HTTP/1.1\r\nHost: a\r\nOrigin: https://page.example\r\n"+
				"Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: content-type\r\n\r\n")
			methods := a.field["access-control-allow-methods"]
			if a.status != 204 || a.field["allow"] != methods || strings.Contains(methods, "POST") != (path == "send") || !strings.Contains(methods, "OPTIONS") {
				t.Errorf("%s: %d %v", path, a.status, a.field)
			}
			if !strings.Contains(a.field["access-control-allow-headers"], "Content-Type") || a.field["access-control-max-age"] != "600" {
				t.Errorf("%s: %v", path, a.field)
			}
			if got := a.field["access-control-allow-origin"]; got != list[0] {
				t.Errorf("%s: allows %q, want %q", path, got, list[0])
			}
			if (a.field["vary"] == "Origin") != (list[0] != "*") {
				t.Errorf("%s: varies by %q", path, a.field["vary"])
			}
		}
	}
}

// TestSuiteAnybody: with "*" every answer may be read by any page, and is the
// same for all: shared caches keep one.
func TestSuiteAnybody(t *testing.T) {
	h := openHouse(t, nil)
	eachCarrier(t, func(t *testing.T, c carrier) {
		if c.way == wayWebSocket {
			return
		}
		for _, since := range []string{"", "garbage"} {
			for _, lines := range [][]string{nil, {"Origin: https://page.example"}} {
				conn := h.in(t).dial(0)
				io.WriteString(conn, c.request(c.target(h, query{rooms: []string{"a"}, since: since}), lines...))
				a, err := readHead(bufio.NewReader(conn))
				if err != nil || a.field["access-control-allow-origin"] != "*" || a.field["vary"] != "" {
					t.Errorf("since %q, %v: %d %v, %v", since, lines, a.status, a.field, err)
				}
				conn.Close()
			}
		}
	})
}

// TestSuiteHTTP10: a client of HTTP/1.0 that asks for it keeps its connection
// from poll to poll (RFC 9112 9.3); streams end with it all the same.
func TestSuiteHTTP10(t *testing.T) {
	h := openHouse(t, nil)
	for _, c := range carriers() {
		if !c.polls {
			continue
		}
		conn := h.dial(0)
		r := bufio.NewReader(conn)
		for i := range 2 {
			get := c.request(c.target(h, query{rooms: []string{"a"}}), "Connection: keep-alive")
			get = strings.Replace(get, "HTTP/1.1", "HTTP/1.0", 1)
			a := exchange(t, conn, r, get)
			if a.status != 200 || a.field["connection"] != "keep-alive" {
				t.Errorf("%s, poll %d: %d %v", c.name, i, a.status, a.field)
			}
		}
	}
}

// TestSuiteEndOfPolls: a poll that asks for it is the last of its connection,
// parked or not.
func TestSuiteEndOfPolls(t *testing.T) {
	h := openHouse(t, nil)
	for _, c := range carriers() {
		if !c.polls {
			continue
		}
		since := h.hub.Cursor(h.hub.Stats().Head)
		conn := h.dial(0)
		r := bufio.NewReader(conn)
		io.WriteString(conn, c.request(c.target(h, query{rooms: []string{"a"}, since: since}), "Connection: close"))
		if c.parks {
			await(t, "it to be parked", func() bool { return h.hub.Stats().Sessions == 1 })
			h.publish("a", "n", "1")
		}
		a, err := readReply(r, "GET")
		if err != nil || a.status != 200 || !a.last() {
			t.Errorf("%s: %d %v, %v, want the last answer", c.name, a.status, a.field, err)
		}
		if rest, err := io.ReadAll(r); err != nil || len(rest) > 0 {
			t.Errorf("%s: then %q, %v, want the end", c.name, rest, err)
		}
		conn.Close()
		await(t, "it to be gone", func() bool { return h.hub.Stats().Sessions == 0 })
	}
}

// TestSuiteRenewal: a response that is long enough ends itself with where to go
// on, and whoever does misses nothing.
func TestSuiteRenewal(t *testing.T) {
	eachCarrier(t, func(t *testing.T, c carrier) {
		if c.polls || c.way == wayWebSocket {
			return
		}
		h := openHouse(t, func(s *settings) { s.cfg.Stream.MaxBytes = 64 << 10 })
		v := c.open(h, query{rooms: []string{"a", "b"}})
		last, renewed := uint64(0), 0
		for i := 0; i < 200; {
			last = h.publish([]string{"a", "b"}[i%2], "n", kibi(i))
			for next := i + 1; i < next; {
				m, err := v.read()
				switch {
				case err != nil:
					t.Fatal(err)
				case m.Type == "event" && string(m.Data) == kibi(i):
					i++
				case m.Type == "reconnect" && m.AfterMS != nil && *m.AfterMS == 0 && m.Cursor == v.at():
					v.wantEnd()
					renewed++
					v = c.open(h, query{rooms: []string{"a", "b"}, since: v.resume()})
				default:
					t.Fatalf("got %v, want event %d", m, i)
				}
			}
		}
		// Between three quarters and all of 64 KiB each.
		if number(t, v.resume()) != last || renewed < 2 || renewed > 6 {
			t.Errorf("at %s after %d renewals, want %d after 2 to 6", v.resume(), renewed, last)
		}
	})
}
