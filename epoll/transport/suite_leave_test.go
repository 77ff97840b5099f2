package transport

import (
	"bufio"
	"context"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

	"grandstand/session"
)

// park has a poll wait; others wait anyway.
func (v *client) park(h *house) {
	h.t.Helper()
	want := 1
	if p, ok := v.link.(*pollLink); ok {
		if err := p.ask(); err != nil {
			h.t.Fatal(err)
		}
		if !v.parks {
			want = 0
		}
	}
	await(h.t, "the client to be known", func() bool { return h.hub.Stats().Sessions == want })
}

// TestSuiteLeave: a client that is gone, politely or not, is noticed at once,
// not when some time is over, and nothing is left of it.
func TestSuiteLeave(t *testing.T) {
	eachCarrier(t, func(t *testing.T, c carrier) {
		h := openHouse(t, func(s *settings) { // nothing else ends within this test
			s.cfg.PingInterval, s.cfg.Silence = 10*time.Minute, time.Hour
			s.cfg.IdleTimeout, s.cfg.HeadTimeout = time.Hour, time.Hour
		})
		for _, how := range []string{"closed", "reset", "closed with news on the way"} {
			v := c.open(h, query{rooms: []string{"a", "b"}})
			v.park(h)
			switch how {
			case "reset":
				v.kill()
			case "closed with news on the way":
				for i := range 100 {
					h.publish("a", "n", kibi(i))
				}
				fallthrough
			case "closed":
				v.socket().Close()
			}
			await(t, "a client that was "+how+" to be gone", func() bool {
				s := h.hub.Stats()
				return s.Sessions == 0 && s.Members == 0 && h.group.Stats().Open == 0
			})
		}
	})
}

// TestSuiteKicked: whoever is ended by the operator is told why, and whether to
// come back, and has what was sent before.
func TestSuiteKicked(t *testing.T) {
	kicked := session.AllReasons().Kicked
	eachCarrier(t, func(t *testing.T, c carrier) {
		if c.polls && !c.parks { // there is nobody to end
			return
		}
		h := openHouse(t, nil)
		v := c.open(h, query{rooms: []string{"a"}})
		if !c.polls {
			id := h.publish("a", "n", "1")
			v.park(h)
			v.wantEvent("a", id, "1")
		}
		v.park(h)
		if n, err := h.hub.Kick(context.Background(), "a"); n != 1 || err != nil {
			t.Fatalf("%d kicked, %v", n, err)
		}
		m := v.want("end")
		if string(m.Code) != strconv.Itoa(int(kicked.Code)) || m.Reason != kicked.Text || m.Retry && c.way != wayWebSocket {
			t.Errorf("ended with %v", m)
		}
		if c.way == waySSE && v.resume() != "end" {
			t.Errorf("an EventSource would come back with %s, want end", v.resume())
		}
		if !c.polls {
			v.wantEnd()
		}
		h.awaitEnded(kicked, 1)
	})
}

// drain sends everybody away, as a node that is stopped does.
func (h *house) drain(after time.Duration) {
	h.t.Helper()
	h.srv.Drain()
	err := h.hub.Spread(context.Background(), 0, func(s *session.Session) { s.Transport().Reconnect(after) })
	if err != nil {
		h.t.Fatal(err)
	}
}

// TestSuiteDrain: everybody is asked to come back, parked polls by an answer at
// once; who stays still gets the news, until it is closed; and what comes then
// goes on elsewhere where it was.
func TestSuiteDrain(t *testing.T) {
	eachCarrier(t, func(t *testing.T, c carrier) {
		h := openHouse(t, nil)
		v := c.open(h, query{rooms: []string{"a"}})
		v.park(h)
		h.drain(1500 * time.Millisecond)
		m := v.want("reconnect")
		if m.AfterMS == nil || *m.AfterMS != 1500 && v.parks || *m.AfterMS < 1 {
			t.Errorf("got %v after %v, want 1500 ms", m, m.AfterMS)
		}
		if s, ok := v.link.(*streamLink); ok && c.way == waySSE && s.retry != "1500" {
			t.Errorf("retry %s, want 1500", s.retry)
		}
		at := v.resume()
		id := h.publish("a", "n", "1")
		if c.polls {
			h.refusedPoll(t, v)
		} else {
			v.wantEvent("a", id, "1")
			h.closed(t, v)
			a := h.ask(c.opening(c.target(h, query{rooms: []string{"a"}})))
			if !a.turnedAway(c.way, 503, "stopping") || !a.last() {
				t.Errorf("who comes then: %d %v %s, want 503, stopping", a.status, a.field, a.body)
			}
			if c.way != wayWebSocket {
				h.headOnly(t, c.request(c.target(h, query{rooms: []string{"a"}})))
			}
		}
		h.srv.draining.Store(false) // that is another server now
		again := c.open(h, query{rooms: []string{"a"}, since: at})
		if !again.joined[0].Recovered {
			t.Errorf("joined %v", again.joined[0])
		}
		again.wantEvent("a", id, "1")
	})
}

// headOnly checks that a HEAD for the same has no body (RFC 9110 9.3.2).
func (h *house) headOnly(t *testing.T, get string) {
	t.Helper()
	conn := h.dial(0)
	io.WriteString(conn, "HEAD"+strings.TrimPrefix(get, "GET"))
	r := bufio.NewReader(conn)
	if _, err := readHead(r); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(r); err != nil || len(rest) > 0 {
		t.Errorf("HEAD has a body: %q, %v", rest, err)
	}
}

// refusedPoll: a poll that comes during a drain is sent away with its cursor as
// it is, and the connection ends.
func (h *house) refusedPoll(t *testing.T, v *client) {
	t.Helper()
	p := v.link.(*pollLink)
	if p.conn != nil {
		t.Error("the connection stays during a drain")
	}
	before := p.cursor()
	if m := v.want("reconnect"); *m.AfterMS < 1 || p.cursor() != before || p.conn != nil {
		t.Errorf("got %v with cursor %s after %s, still connected %t", m, p.cursor(), before, p.conn != nil)
	}
}

// closed ends who has stayed.
func (h *house) closed(t *testing.T, v *client) {
	t.Helper()
	err := h.hub.Spread(context.Background(), 0, func(s *session.Session) {
		s.Transport().End(session.AllReasons().Draining)
	})
	if err != nil {
		t.Fatal(err)
	}
	if m := v.want("end"); string(m.Code) != "1012" || m.Reason != "draining" || !m.Retry {
		t.Errorf("got %v", m)
	}
	v.wantEnd()
	h.awaitEnded(session.AllReasons().Draining, 1)
}
