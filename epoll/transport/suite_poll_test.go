package transport

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"
)

// rawPolls is a connection that polls as the test says.
type rawPolls struct {
	h *house
	c io.ReadWriteCloser
	r *bufio.Reader
}

func (h *house) rawPolls() *rawPolls {
	c := h.dial(0)
	return &rawPolls{h: h, c: c, r: bufio.NewReader(c)}
}

// send writes requests for paths below the prefix in one piece.
func (p *rawPolls) send(targets ...string) {
	p.h.t.Helper()
	all := ""
	for _, target := range targets {
		all += "GET /live/" + target + " HTTP/1.1\r\nHost: a\r\n\r\n"
	}
	if _, err := io.WriteString(p.c, all); err != nil {
		p.h.t.Fatal(err)
	}
}

// want reads an answer and checks that it is a 200 with these in its body.
func (p *rawPolls) want(parts ...string) reply {
	p.h.t.Helper()
	a, err := readReply(p.r, "GET")
	if err != nil || a.status != 200 {
		p.h.t.Fatalf("%d %s, %v, want 200 with %q", a.status, a.body, err, parts)
	}
	for _, part := range parts {
		if !strings.Contains(a.body, part) {
			p.h.t.Errorf("%s without %s", a.body, part)
		}
	}
	return a
}

// wantRefused reads an answer that is an error.
func (p *rawPolls) wantRefused(status int, code string) reply {
	p.h.t.Helper()
	a, err := readReply(p.r, "GET")
	if err != nil || a.status != status || a.code() != code {
		p.h.t.Errorf("%d %s, %v, want %d %s", a.status, a.body, err, status, code)
	}
	return a
}

// parked waits until so many polls are parked.
func (h *house) parked(n int) {
	h.t.Helper()
	await(h.t, strconv.Itoa(n)+" polls to be parked", func() bool { return h.hub.Stats().Sessions == n })
}

// cursorData is how the answer with that event names its place, and ends its list.
func cursorData(h *house, id uint64, data string) (string, string) {
	return `"cursor":"` + h.hub.Cursor(id) + `"`, `"data":` + data + `}]`
}

// TestSuitePollAgain: fifty long-polls on one connection are one viewer, which
// joins once; and one that repeats an old cursor gets the same again.
func TestSuitePollAgain(t *testing.T) {
	h := openHouse(t, nil)
	p := h.rawPolls()
	at := uint64(0)
	for i := range 50 {
		target := "poll?room=a&room=b&wait=20&since=" + h.hub.Cursor(at)
		p.send(target)
		if i == 0 {
			h.parked(1)
		}
		at = h.publish([]string{"a", "b"}[i%2], "n", strconv.Itoa(i))
		cursor, data := cursorData(h, at, strconv.Itoa(i))
		first := p.want(cursor, data, `"rooms":["a","b"]`, `"recovered":true`, `"next_ms":0`)
		if i%10 == 5 {
			p.send(target)
			if again := p.want(); again.body != first.body {
				t.Errorf("%s the second time, %s the first", again.body, first.body)
			}
		}
	}
	if s := h.hub.Stats(); s.Opened != 1 || s.Sessions != 1 || s.Joins > 20 {
		t.Errorf("%d sessions for one connection, %d joins", s.Opened, s.Joins)
	}
	// Now to another room, and from where nothing is new.
	p.send("poll?room=c&wait=20&since=" + h.hub.Cursor(at))
	await(t, "it to be in one room", func() bool { return h.hub.Stats().Members == 1 })
	h.publish("a", "n", `"not for it"`)
	at = h.publish("c", "n", `"c"`)
	cursor, data := cursorData(h, at, `"c"`)
	p.want(cursor, data, `"room":"c"`)
}

// TestSuiteWait: how long a poll waits, and what it is told when that is over.
func TestSuiteWait(t *testing.T) {
	h := openHouse(t, nil)
	at := h.publish("a", "n", "0")
	since := "&since=" + h.hub.Cursor(at)
	for _, wait := range []string{"150ms", "0.15s"} {
		p, start := h.rawPolls(), time.Now()
		p.send("poll?room=a&wait=" + wait + since)
		a := p.want(`"events":[]`, `"recovered":true`, h.hub.Cursor(at), `"next_ms":0`)
		if took := time.Since(start); took < 140*time.Millisecond || took > 5*time.Second || a.field["cache-control"] != "no-store" {
			t.Errorf("wait=%s took %v, %v", wait, took, a.field)
		}
		p.send("poll?room=a&wait=" + wait + since) // and it goes on
		p.want(`"events":[]`)
		p.c.Close()
	}
	for _, now := range []string{"poll?room=a&wait=0" + since, "poll?room=a&wait=-3s" + since, "poll?room=a&wait=" + since,
		"poll?room=a" + since, "poll?room=a&wait=20", "poll?room=a&wait=20&history=1", "jsonp?callback=f&room=a" + since} {
		p, start := h.rawPolls(), time.Now()
		p.send(now)
		p.want(h.hub.Cursor(at))
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%s took %v, want an answer at once", now, took)
		}
		p.c.Close()
	}
}

// TestSuitePipelined: requests in one piece, behind one that waits, are
// answered in their order: not before it, and all after it.
func TestSuitePipelined(t *testing.T) {
	h := openHouse(t, nil)
	since := "&since=" + h.hub.Cursor(0)
	p := h.rawPolls()
	p.send("poll?room=a&wait=20"+since, "poll?room=b&wait=20"+since, "poll?room=a&history=1", "nothing",
		"jsonp?callback=f&room=b&wait=20"+since, "info")
	h.parked(1)
	two := h.publish("b", "n", `"two"`) // ready, but not its turn
	one := h.publish("a", "n", `"one"`)
	cursor, data := cursorData(h, one, `"one"`)
	p.want(cursor, data)
	cursor, data = cursorData(h, two, `"two"`)
	p.want(cursor, data)
	p.want(`"one"`, `"next_ms":1000`)
	p.wantRefused(404, "not_found")
	p.want("/**/f({", `"two"`)
	p.want(`{"transports":[`)

	// Both parked, one after the other, with a message for the room behind.
	since = "&since=" + h.hub.Cursor(one)
	body := `{"type":"publish","room":"a","event":"n","data":4}`
	p.send("poll?room=a&wait=20"+since, "poll?room=b&wait=20"+since)
	fmt.Fprintf(p.c, "POST /live/send?token=none HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	p.send("poll?room=a&history=1")
	await(t, "the first to be in its room", func() bool { return h.hub.Stats().Members == 1 })
	id := h.publish("a", "n", "3")
	cursor, data = cursorData(h, id, "3")
	p.want(cursor, data)
	if p.r.Buffered() > 0 {
		t.Error("the next is answered, too")
	}
	id = h.publish("b", "n", "5")
	cursor, data = cursorData(h, id, "5")
	p.want(cursor, data)
	p.wantRefused(403, "forbidden")
	p.want(`"data":3}]`)
}

// TestSuiteFlood: behind a poll that waits only so much may wait.
func TestSuiteFlood(t *testing.T) {
	h := openHouse(t, func(s *settings) { s.cfg.Poll.MaxPipelined = 4 << 10 })
	p := h.rawPolls()
	p.send("poll?room=a&wait=20&since=" + h.hub.Cursor(0))
	h.parked(1)
	line := "GET /live/poll?room=a HTTP/1.1\r\nHost: a\r\n\r\n"
	io.WriteString(p.c, strings.Repeat(line, 5<<10/len(line)))
	a := p.wantRefused(400, "too_much_pipelined")
	if rest, err := io.ReadAll(p.r); err != nil || len(rest) > 0 || !a.last() {
		t.Errorf("then %q, %v, want the end", rest, err)
	}
	h.parked(0)
}

// TestSuiteParkedLimits: only so many connections of a session or an address
// may carry long-polls; what is answered at once is not refused, and whoever
// goes makes room.
func TestSuiteParkedLimits(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(s *settings)
		mine   string
		others string // not counted with mine
	}{
		{"session", func(s *settings) { s.cfg.Poll.MaxPerSession = 2 }, "&session=me_-1", "&session=you"},
		{"address", func(s *settings) { s.cfg.Poll.MaxPerIP, s.cfg.Poll.MaxPerSession = 2, 0 }, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := openHouse(t, tt.change)
			target := "poll?room=a&wait=20&since=" + h.hub.Cursor(0)
			var parked []*rawPolls
			for i := range 2 {
				p := h.rawPolls()
				p.send(target + tt.mine)
				h.parked(i + 1)
				parked = append(parked, p)
			}
			p := h.rawPolls()
			for range 2 {
				p.send(target + tt.mine)
				if a := p.wantRefused(429, "too_many_polls"); !digits.MatchString(a.field["retry-after"]) || a.last() {
					t.Errorf("429 with %v", a.field)
				}
			}
			p.send("poll?room=a" + tt.mine)
			p.want(`"events":[]`)
			n := 2
			if tt.others != "" {
				p.send(target + tt.others)
				n++
			}
			h.parked(n)
			parked[0].c.Close()
			h.parked(n - 1)
			last := h.rawPolls()
			last.send(target + tt.mine)
			h.parked(n)
			h.publish("a", "n", "1")
			last.want(`"data":1}]`)
			// Between two polls it still counts: the connection carries them.
			p = h.rawPolls()
			p.send("poll?room=b&wait=20&since=" + h.hub.Cursor(1) + tt.mine)
			p.wantRefused(429, "too_many_polls")
		})
	}
}

// TestSuiteStreamLimit: the same for streams.
func TestSuiteStreamLimit(t *testing.T) {
	h := openHouse(t, func(s *settings) { s.cfg.Stream.MaxPerIP = 2 })
	for _, c := range carriers() {
		if c.polls || c.way == wayWebSocket {
			continue
		}
		q := query{rooms: []string{"a"}}
		one, two := c.open(h, q), c.open(h, q)
		a := h.ask(c.request(c.target(h, q)))
		if !a.turnedAway(c.way, 429, "too_many_streams") {
			t.Errorf("%s: %d %v %s, want 429 too_many_streams", c.name, a.status, a.field, a.body)
		}
		one.kill()
		await(t, "one to be gone", func() bool { return h.hub.Stats().Sessions == 1 })
		three := c.open(h, q)
		two.kill()
		three.kill()
		await(t, "all to be gone", func() bool { return h.hub.Stats().Sessions == 0 })
	}
}
