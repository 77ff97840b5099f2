package transport

import (
	"bufio"
	"io"
	"strings"
	"testing"
)

// TestSuiteBadInput: what cannot be done is refused with a status and a code
// that say what is wrong, and nothing of the request comes back.
func TestSuiteBadInput(t *testing.T) {
	h := openHouse(t, func(s *settings) { s.cfg.MaxURLRooms = 3 })
	eachCarrier(t, func(t *testing.T, c carrier) {
		h := h.in(t)
		for _, tt := range []struct {
			name, args string
			code       string
			sockets    bool // also refused by the WebSocket
		}{
			{name: "no room", args: "", code: "bad_room"},
			{name: "empty room", args: "room=", code: "bad_room", sockets: true},
			{name: "space in a room", args: "room=%3Cevil%20", code: "bad_room", sockets: true},
			{name: "line end in a room", args: "room=a%0Ab", code: "bad_room", sockets: true},
			{name: "NUL in a room", args: "room=a%00", code: "bad_room", sockets: true},
			{name: "bad room behind a good one", args: "room=a&room=%22", code: "bad_room", sockets: true},
			{name: "long room", args: "room=" + strings.Repeat("x", 257), code: "bad_room", sockets: true},
			{name: "too many rooms", args: "room=a&room=b&room=c&room=d", code: "too_many", sockets: true},
			{name: "history that is no number", args: "room=a&history=x", code: "bad_message", sockets: true},
			{name: "history below nothing", args: "room=a&history=-1", code: "bad_message", sockets: true},
		} {
			if c.way == wayWebSocket && !tt.sockets {
				continue
			}
			a := h.ask(c.opening(h.srv.cfg.Prefix + "/" + c.path + tt.args))
			if a.status != 400 || a.code() != tt.code || a.last() != c.http10 {
				t.Errorf("%s: %d %s, want 400 %s on a connection that stays", tt.name, a.status, a.code(), tt.code)
			}
			if strings.ContainsAny(a.body, "<%") || strings.Contains(a.body, "evil") {
				t.Errorf("%s: the answer quotes the request: %s", tt.name, a.body)
			}
		}
	})
}

// TestSuiteArguments: those that only some ways in have.
func TestSuiteArguments(t *testing.T) {
	h := openHouse(t, func(s *settings) { s.cfg.Origins = []string{"https://page.example", "https://*.club.example"} })
	for _, tt := range []struct {
		target string
		status int
		code   string
	}{
		{"poll?room=a&wait=x", 400, "bad_message"},
		{"poll?room=a&wait=10y", 400, "bad_message"},
		{"poll?room=a&session=a%20b", 400, "bad_message"},
		{"poll?room=a&session=" + strings.Repeat("x", 65), 400, "bad_message"},
		{"jsonp?room=a", 400, "bad_callback"},
		{"jsonp?room=a&callback=", 400, "bad_callback"},
		{"jsonp?room=a&callback=a%28b", 400, "bad_callback"},
		{"jsonp?room=a&callback=1a", 400, "bad_callback"},
		{"jsonp?room=a&callback=.a", 400, "bad_callback"},
		{"jsonp?room=a&callback=a%0A", 400, "bad_callback"},
		{"jsonp?room=a&callback=%C3%A9", 400, "bad_callback"},
		{"jsonp?room=a&callback=" + strings.Repeat("x", 65), 400, "bad_callback"},
		{"iframe?room=a", 400, "bad_callback"},
		{"iframe?room=a&callback=alert(1)//", 400, "bad_callback"},
		{"iframe?room=a&origin=*", 400, "bad_message"},
		{"iframe?room=a&origin=null", 400, "bad_message"},
		{"iframe?room=a&origin=https://page.example/x", 400, "bad_message"},
		{"iframe?room=a&origin=https://page.example%22,%22", 400, "bad_message"},
		{"iframe?room=a&origin=https://*.club.example", 400, "bad_message"},
		{"iframe?room=a&origin=javascript:alert(1)", 400, "bad_message"},
		{"iframe?room=a&origin=https://other.example", 403, "bad_origin"},
		{"sse?room=a&format=xml", 400, "bad_message"},
		{"sse?room=a&keepalive=x", 400, "bad_message"},
		{"stream?room=a&padding=x", 400, "bad_message"},
		{"multipart?room=a&keepalive=-1", 400, "bad_message"},
		{"nothing?room=a", 404, "not_found"},
		{"poll/?room=a", 404, "not_found"},
	} {
		a := h.ask("GET /live/" + tt.target + " HTTP/1.1\r\nHost: a\r\n\r\n")
		if a.status != tt.status || a.code() != tt.code {
			t.Errorf("%s: %d %s, want %d %s", tt.target, a.status, a.code(), tt.status, tt.code)
		}
	}
}

// TestSuiteMethods: all but reading is refused with what is allowed.
func TestSuiteMethods(t *testing.T) {
	h := openHouse(t, nil)
	eachCarrier(t, func(t *testing.T, c carrier) {
		h := h.in(t)
		for _, method := range []string{"POST", "PUT", "DELETE", "PATCH"} {
			raw := method + strings.TrimPrefix(c.opening(c.target(h, query{rooms: []string{"a"}})), "GET")
			a := h.ask(raw)
			allow := a.field["allow"]
			wantCode, wantAllow := "method_not_allowed", "GET, HEAD, OPTIONS"
			if c.way == wayWebSocket { // as the handshake says it
				wantCode, wantAllow = "bad_method", "GET"
			}
			if a.status != 405 || a.code() != wantCode || allow != wantAllow {
				t.Errorf("%s: %d %s, allow %q, want 405 %s, %q", method, a.status, a.code(), allow, wantCode, wantAllow)
			}
		}
	})
}

// TestSuiteBodies: a body of a GET means nothing (RFC 9110 9.3.1), and what
// follows it is found.
func TestSuiteBodies(t *testing.T) {
	h := openHouse(t, nil)
	eachCarrier(t, func(t *testing.T, c carrier) {
		h := h.in(t)
		q := query{rooms: []string{"a"}, lines: []string{"Content-Length: 18"}}
		raw := c.opening(c.target(h, q), q.lines...) + "GET / HTTP/1.1\r\n\r\n"
		switch conn := h.dial(0); {
		case c.polls:
			r := bufio.NewReader(conn)
			next := "GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n"
			if a := exchange(t, conn, r, raw+next); a.status != 200 {
				t.Errorf("%d %s, want 200", a.status, a.body)
			}
			if c.http10 {
				return
			}
			if a, err := readReply(r, "GET"); err != nil || a.status != 404 {
				t.Errorf("the next is answered %d, %v", a.status, err)
			}
		default:
			io.WriteString(conn, raw)
			a, err := readHead(bufio.NewReader(conn))
			if err != nil || a.status != 200 && a.status != 101 && c.way != wayWebSocket {
				t.Errorf("%d, %v, want 200", a.status, err)
			}
		}
	})
}

// TestSuiteOrigins: pages that are not in the list get nothing; those that are,
// are named in every answer.
func TestSuiteOrigins(t *testing.T) {
	h := openHouse(t, func(s *settings) {
		s.cfg.Origins, s.cfg.CORS.Credentials = []string{"https://page.example", "https://*.club.example"}, true
	})
	eachCarrier(t, func(t *testing.T, c carrier) {
		h := h.in(t)
		for _, origin := range []string{"https://other.example", "http://page.example", "https://page.example.evil", "https://club.example", "null"} {
			a := h.ask(c.opening(c.target(h, query{rooms: []string{"a"}}), "Origin: "+origin))
			if a.status != 403 || a.code() != "bad_origin" || a.field["access-control-allow-origin"] != "" {
				t.Errorf("%s: %d %v, want 403 bad_origin", origin, a.status, a.field)
			}
		}
		if c.way == wayWebSocket { // has no CORS
			return
		}
		for _, origin := range []string{"https://page.example", "https://a.b.club.example"} {
			for _, since := range []string{"", "garbage"} {
				conn := h.dial(0)
				io.WriteString(conn, c.request(c.target(h, query{rooms: []string{"a"}, since: since}), "Origin: "+origin))
				a, err := readHead(bufio.NewReader(conn))
				if err != nil || a.field["access-control-allow-origin"] != origin || a.field["vary"] != "Origin" ||
					a.field["access-control-allow-credentials"] != "true" {
					t.Errorf("%s, since %q: %d %v, %v", origin, since, a.status, a.field, err)
				}
			}
		}
	})
}

// TestSuiteClosedWays: what the operator has closed is not there, and what is
// open is in the info.
func TestSuiteClosedWays(t *testing.T) {
	for _, open := range ways() {
		h := openHouse(t, func(s *settings) { s.cfg.Transports = []string{open} })
		for _, c := range carriers() {
			q := query{rooms: []string{"a"}}
			switch {
			case c.way == open && c.way != wayJSONP:
				c.open(h, q).kill()
				continue
			case c.way == open, strings.HasPrefix(c.path, "poll?") && (open == wayPoll || open == wayLongPoll):
				// The other kind of poll: it is answered, but at once.
				q.since = h.hub.Cursor(0)
				if a := h.ask(c.opening(c.target(h, q))); a.status != 200 {
					t.Errorf("%s with only %s open: %d %s, want 200", c.name, open, a.status, a.body)
				}
				continue
			}
			if a := h.ask(c.opening(c.target(h, q))); a.status != 404 || a.code() != "transport_off" {
				t.Errorf("%s with only %s open: %d %s, want 404 transport_off", c.name, open, a.status, a.code())
			}
		}
		a := h.ask("GET /live/info HTTP/1.1\r\nHost: a\r\n\r\n")
		if a.status != 200 || strings.Count(a.body, `{"name":`) != 1 || !strings.Contains(a.body, `{"name":"`+open+`","path":"/live/`) {
			t.Errorf("info with only %s open: %d %s", open, a.status, a.body)
		}
	}
}

// TestSuiteNoWays: with all ways closed there is none to send by either.
func TestSuiteNoWays(t *testing.T) {
	h := openHouse(t, func(s *settings) { s.cfg.Transports = nil })
	asks := []string{"GET /live/info HTTP/1.1\r\nHost: a\r\n\r\n", "POST /live/send HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}"}
	for _, c := range carriers() {
		asks = append(asks, c.opening(c.target(h, query{rooms: []string{"a"}})))
	}
	for _, ask := range asks {
		if a := h.ask(ask); a.status != 404 || a.code() != "transport_off" {
			t.Errorf("%q: %d %s, want 404 transport_off", ask, a.status, a.code())
		}
	}
}
