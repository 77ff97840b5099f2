package transport

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"grandstand/epoll/wire/ws"
)

// answer is an HTTP answer and the code in its body, if it is JSON.
type answer struct {
	*http.Response
	body, code string
}

// receive reads an answer to a request with that method.
func receive(t testing.TB, r *bufio.Reader, method string) answer {
	t.Helper()
	resp, err := http.ReadResponse(r, &http.Request{Method: method})
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := answer{Response: resp, body: string(body)}
	if resp.Header.Get("Content-Type") == "application/json" && method != "HEAD" {
		var e struct {
			Error struct{ Code, Message string }
		}
		if err := json.Unmarshal(body, &e); err != nil || e.Error.Code == "" || e.Error.Message == "" {
			t.Errorf("error body %q: %v", body, err)
		}
		a.code = e.Error.Code
	}
	return a
}

// TestHandshake: what is let in.
func TestHandshake(t *testing.T) {
	h := openHouse(t, func(s *settings) { s.cfg.Origins = []string{"https://live.example", "https://*.club.example:8443"} })
	for _, tt := range []struct {
		name, query string
		lines       []string
		protocol    string
	}{
		{name: "no subprotocol"},
		{name: "ours", lines: []string{"Sec-WebSocket-Protocol: grandstand.v1"}, protocol: "grandstand.v1"},
		{name: "ours among others", lines: []string{"Sec-WebSocket-Protocol: chat, grandstand.v1"}, protocol: "grandstand.v1"},
		{name: "only others", lines: []string{"Sec-WebSocket-Protocol: chat"}},
		{name: "compression is off", lines: []string{"Sec-WebSocket-Extensions: permessage-deflate"}},
		{name: "allowed origin", lines: []string{"Origin: https://live.example"}},
		{name: "allowed origin in capitals", lines: []string{"Origin: HTTPS://Live.Example"}},
		{name: "origin below a domain", lines: []string{"Origin: https://a.b.club.example:8443"}},
		{name: "rooms", query: "?room=match%3A1&room=chat:1&history=2&since="},
		{name: "unknown argument", query: "?token=x"},
		{name: "no rooms", query: "?"},
		{name: "since of another epoch", query: "?room=a&since=zz9-4"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := h.in(t)
			v := h.watch(tt.query, tt.lines...)
			got := ""
			for line := range strings.Lines(v.header) {
				if p, ok := strings.CutPrefix(line, "Sec-WebSocket-Protocol: "); ok {
					got = strings.TrimSpace(p)
				}
				if strings.HasPrefix(line, "Sec-WebSocket-Extensions") {
					t.Errorf("extensions where none are on: %q", line)
				}
			}
			if got != tt.protocol {
				t.Errorf("subprotocol %q, want %q", got, tt.protocol)
			}
			v.alive()
		})
	}
}

// refusal is a request and how it is refused.
type refusal struct {
	name, in string
	status   int
	code     string
	header   string // that is in the answer
}

func refusedHandshakes() []refusal {
	ok := opening("/live/ws")
	change := func(old, new string) string { return strings.Replace(ok, old, new, 1) }
	query := func(q string) string { return opening("/live/ws?" + q) }
	return []refusal{
		{"plain request", "GET /live/ws HTTP/1.1\r\nHost: a\r\n\r\n", 426, "not_websocket", "Upgrade"},
		{"other upgrade", change("Upgrade: websocket", "Upgrade: h2c"), 426, "not_websocket", "Upgrade"},
		{"connection without upgrade", change("Connection: Upgrade", "Connection: keep-alive"), 400, "bad_connection", ""},
		{"version 8", change("Version: 13", "Version: 8"), 426, "bad_version", "Sec-WebSocket-Version"},
		{"no version", change("Sec-WebSocket-Version: 13\r\n", ""), 426, "bad_version", "Sec-WebSocket-Version"},
		{"no key", change("Sec-WebSocket-Key", "X-Key"), 400, "bad_key", ""},
		{"short key", change("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZQ=="), 400, "bad_key", ""},
		{"two keys", change("Host:", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nHost:"), 400, "bad_key", ""},
		{"method", change("GET", "POST"), 405, "bad_method", "Allow"},
		{"HTTP/1.0", change("HTTP/1.1", "HTTP/1.0"), 400, "bad_version", ""},
		{"subprotocol list", opening("/live/ws", "Sec-WebSocket-Protocol: a b"), 400, "bad_protocol", ""},
		{"extension list", opening("/live/ws", "Sec-WebSocket-Extensions: ;"), 400, "bad_extensions", ""},
		{"other origin", opening("/live/ws", "Origin: https://evil.example"), 403, "bad_origin", ""},
		{"other scheme", opening("/live/ws", "Origin: http://live.example"), 403, "bad_origin", ""},
		{"other port", opening("/live/ws", "Origin: https://live.example:444"), 403, "bad_origin", ""},
		{"domain itself", opening("/live/ws", "Origin: https://club.example"), 403, "bad_origin", ""},
		{"end of a domain", opening("/live/ws", "Origin: https://evilclub.example"), 403, "bad_origin", ""},
		{"origin null", opening("/live/ws", "Origin: null"), 403, "bad_origin", ""},
		{"bad room", query("room=a%20b"), 400, "bad_room", ""},
		{"second room bad", query("room=a&room=%3Cb%3E"), 400, "bad_room", ""},
		{"empty room", query("room="), 400, "bad_room", ""},
		{"too many rooms", query("room=a&room=b&room=c&room=d"), 400, "too_many", ""},
		{"since", query("room=a&since=17"), 400, "bad_cursor", ""},
		{"history is no number", query("room=a&history=many"), 400, "bad_message", ""},
		{"history below 0", query("room=a&history=-1"), 400, "bad_message", ""},
		{"history too large for a number", query("room=a&history=99999999999999999999"), 400, "bad_message", ""},
	}
}

// TestHandshakeRefused: what is not, and that the connection can be used for
// another request after most refusals.
func TestHandshakeRefused(t *testing.T) {
	h := openHouse(t, func(s *settings) {
		s.cfg.Origins = []string{"https://live.example", "https://*.club.example"}
		s.cfg.MaxURLRooms = 3
	})
	refused := refusedHandshakes()
	for _, tt := range refused {
		t.Run(tt.name, func(t *testing.T) {
			h := h.in(t)
			c := h.dial(0)
			io.WriteString(c, tt.in)
			r := bufio.NewReader(c)
			a := receive(t, r, "GET")
			if a.StatusCode != tt.status || a.code != tt.code {
				t.Errorf("got %d %s, want %d %s", a.StatusCode, a.code, tt.status, tt.code)
			}
			if tt.header != "" && a.Header.Get(tt.header) == "" {
				t.Errorf("no %s in the answer: %v", tt.header, a.Header)
			}
			if a.Close {
				return
			}
			io.WriteString(c, "GET /favicon.ico HTTP/1.1\r\nHost: a\r\n\r\n")
			if again := receive(t, r, "GET"); again.StatusCode != 204 {
				t.Errorf("next request: %d, want 204", again.StatusCode)
			}
		})
	}
	total := int64(0)
	for _, n := range h.srv.Rejected() {
		total += n
	}
	if total != int64(len(refused)) || h.srv.Rejected()["bad_origin"] != 6 {
		t.Errorf("counted %v, want %d in all", h.srv.Rejected(), len(refused))
	}
	if s := h.hub.Stats(); s.Opened != 0 || s.Rooms != 0 {
		t.Errorf("%d sessions and %d rooms came of it", s.Opened, s.Rooms)
	}
}

// TestDraining: nobody new is let in, requests are answered with the end of
// their connection, and viewers who are here stay.
func TestDraining(t *testing.T) {
	h := openHouse(t, nil)
	old := h.watch("?room=a")
	old.want("joined")
	h.srv.Drain()
	for target, status := range map[string]int{"/live/ws": 503, "/": 200} {
		c := h.dial(0)
		io.WriteString(c, opening(target))
		r := bufio.NewReader(c)
		a := receive(t, r, "GET")
		if a.StatusCode != status || !a.Close {
			t.Errorf("%s: %d, close %t, want %d and close", target, a.StatusCode, a.Close, status)
		}
		if status == 503 && (a.code != "stopping" || a.Header.Get("Retry-After") == "") {
			t.Errorf("%s: code %s, header %v", target, a.code, a.Header)
		}
		if _, err := r.ReadByte(); err != io.EOF {
			t.Errorf("%s: %v after the answer, want the end", target, err)
		}
	}
	h.publish("a", "n", "1")
	old.wantEvents("a", 1, 1)
}

// TestEager: a client that does not wait for the answer breaks RFC 6455 4.1,
// but what it gets is in order: first the answer, then pongs and messages.
func TestEager(t *testing.T) {
	h := openHouse(t, nil)
	for i := range 20 {
		c := h.dial(0)
		io.WriteString(c, opening("/live/ws?room=a")+frame(ws.OpPing, true, "early")+
			frame(ws.OpText, true, `{"type":"ping","ack":`+strconv.Itoa(i+1)+`}`)+frame(ws.OpClose, true, "\x03\xe8"))
		r := bufio.NewReader(c)
		if a := receive(t, r, "GET"); a.StatusCode != 101 {
			t.Fatalf("got %d first, want 101", a.StatusCode)
		}
		v := &viewer{t: t, conn: c, r: r}
		v.wantEnd(1000, "")
		if len(v.pongs) != 1 || v.pongs[0] != "early" {
			t.Errorf("pongs %q", v.pongs)
		}
	}
}
