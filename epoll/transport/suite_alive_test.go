package transport

import (
	"bufio"
	"io"
	"strings"
	"testing"
	"time"
)

// TestSuiteKeepalive: a stream on which nothing comes says that it lives, in
// its own words, which change nothing about where to resume.
func TestSuiteKeepalive(t *testing.T) {
	eachCarrier(t, func(t *testing.T, c carrier) {
		if c.decode == nil {
			return
		}
		h := openHouse(t, func(s *settings) { s.cfg.PingInterval = 100 * time.Millisecond })
		v := c.open(h, query{rooms: []string{"a"}})
		at := v.resume()
		for range 2 {
			if s := v.link.(*streamLink); c.plain { // a comment, which no script sees
				if line, err := s.line(); err != nil || line != ":" {
					t.Fatalf("got %q, %v, want a comment", line, err)
				}
				continue
			}
			if m, err := v.next(); err != nil || m.Type != "keepalive" {
				t.Fatalf("got %v, %v, want a keepalive", m, err)
			}
		}
		if v.resume() != at {
			t.Errorf("resumes from %s, want %s", v.resume(), at)
		}
		v.wantEvent("a", h.publish("a", "n", "1"), "1")
	})
}

// TestSuitePages: what does not fit into one answer comes with the next, also
// when one of two rooms has lost something between; and it is not waited for.
func TestSuitePages(t *testing.T) {
	eachCarrier(t, func(t *testing.T, c carrier) {
		h := openHouse(t, func(s *settings) {
			s.cfg.Poll.MaxEvents, s.cfg.Poll.MaxBytes, s.rooms.Room.History = 5, 3<<10, kept
		})
		l := &ledger{house: h, v: c.open(h, query{rooms: []string{"a", "b"}}), ids: map[string][]uint64{}}
		since := l.v.resume()
		l.v.kill()
		for _, burst := range []struct {
			room   string
			events int
		}{{"b", 8}, {"a", 40}, {"b", 4}, {"a", 3}, {"b", 2}} {
			for range burst.events {
				l.ids[burst.room] = append(l.ids[burst.room], h.publish(burst.room, "n", kibi(l.n)))
				l.n++
			}
		}
		l.v = c.open(h, query{rooms: []string{"a", "b"}, since: since})
		l.catchUp()
		if l.account() == 0 {
			t.Error("no gap")
		}
		if p, ok := l.v.link.(*pollLink); ok && p.answers < 10 {
			t.Errorf("all in %d answers of 5 events or 3 KiB", p.answers)
		}
	})
}

// TestSuiteUnchanged: a plain poll with nothing new is told so in a head.
func TestSuiteUnchanged(t *testing.T) {
	h := openHouse(t, nil)
	c := carriers()[1]
	v := c.open(h, query{rooms: []string{"a"}})
	p := v.link.(*pollLink)
	for range 3 {
		if err := p.poll(); err != nil {
			t.Fatal(err)
		}
	}
	if p.same != 3 || p.answers != 1 {
		t.Errorf("%d unchanged and %d answers, want 3 and 1", p.same, p.answers)
	}
	v.wantEvent("a", h.publish("a", "n", "1"), "1")
	// RFC 9110 13.1.2: a list, of which nginx weakens the tags when it compresses.
	for _, tag := range []string{`"` + p.at + `"`, `W/"` + p.at + `"`, `"x", "` + p.at + `"`} {
		a := h.ask(c.request(c.target(h, query{rooms: []string{"a"}, since: p.at}), "If-None-Match: "+tag))
		if a.status != 304 || a.body != "" || a.field["etag"] != `"`+p.at+`"` {
			t.Errorf("If-None-Match: %s: %d %v, want 304", tag, a.status, a.field)
		}
	}
}

// TestSuiteIframeOrigin: an iframe may talk to the page of an origin that is
// allowed, and to no other.
func TestSuiteIframeOrigin(t *testing.T) {
	h := openHouse(t, func(s *settings) { s.cfg.Origins = []string{"https://page.example", "https://*.club.example:8443"} })
	for _, origin := range []string{"https://page.example", "https://a.club.example:8443"} {
		conn := h.dial(0)
		io.WriteString(conn, "GET /live/iframe?room=a&origin="+origin+" HTTP/1.0\r\n\r\n")
		r := bufio.NewReader(conn)
		a, err := readHead(r)
		if err != nil || a.status != 200 {
			t.Fatalf("%s: %d, %v", origin, a.status, err)
		}
		line, err := r.ReadString('\n')
		if err != nil || !strings.HasSuffix(line, `<script>function g(m){parent.postMessage(m,"`+origin+`")}</script>`+"\n") {
			t.Errorf("%s: the page begins with %q, %v", origin, line, err)
		}
		policy := a.field["content-security-policy"]
		if !strings.HasPrefix(policy, "default-src 'none';") || !strings.Contains(policy, "frame-ancestors 'self' https://page.example https://*.club.example:8443") {
			t.Errorf("policy %q", policy)
		}
	}
}
