package load

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
)

const firstPage = `{"room":"a","cursor":"e-0","recovered":false,"events":[],"next_ms":0}`

// pageOf has the event seq alone.
func pageOf(seq uint32) string {
	return fmt.Sprintf(`{"room":"a","cursor":"e-%d","recovered":true,"events":[%s],"next_ms":0}`, seq+1, text(seq))
}

// hurdle is what a server does before the second event.
type hurdle struct {
	name     string
	between  string // what answers the poll for the second event; empty: the event does
	closes   bool   // and the connection ends with it
	first    bool   // the very first poll is answered so, too
	reopened int64
	refused  int64
}

// hurdles are what a poll has to survive.
func hurdles() []hurdle {
	const busy, full = "HTTP/1.1 503 Service Unavailable\r\n", "HTTP/1.1 429 Too Many Requests\r\n"
	return []hurdle{
		{name: "nothing special"},
		{name: "an empty answer", between: string(ok200(`{"room":"a","cursor":"e-1","recovered":true,"events":[],"next_ms":0}`))},
		{name: "members in another order", between: string(ok200(`{"next_ms":0, "events":[], "recovered":true, "room":"a", "cursor":"e-1"}`))},
		{name: "draining", between: string(ok200(`{"room":"a","cursor":"e-1","recovered":true,"events":[],"next_ms":0,"reconnect":{"after_ms":5}}`))},
		{name: "busy", between: busy + "Content-Length: 2\r\n\r\n{}", refused: 1},
		{name: "full", between: full + "Content-Length: 0\r\n\r\n", refused: 1},
		{name: "busy and closed", between: busy + "Connection: close\r\nContent-Length: 0\r\n\r\n", closes: true, refused: 1, reopened: 1},
		{name: "busy at first", between: busy + "Content-Length: 2\r\n\r\n{}", first: true, refused: 2},
		{name: "busy and closed at first", between: busy + "Connection: Close\r\nContent-Length: 2\r\n\r\n{}", closes: true, first: true, refused: 2, reopened: 2},
		{name: "closed behind the answer", closes: true, reopened: 1,
			between: strings.Replace(string(ok200(`{"room":"a","cursor":"e-1","recovered":true,"events":[],"next_ms":1000}`)), "ETag: \"x\"", "Connection: close", 1)},
	}
}

func TestPollsGoOn(t *testing.T) {
	for _, tt := range hurdles() {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()      // some wait for a second
			var mu sync.Mutex // guards what follows
			var asked []string
			hold := make(chan struct{})
			defer close(hold)
			spoiled, first := tt.between == "", !tt.first
			p := newPeerAs(t, "", nil, func(_ int, c net.Conn, r *bufio.Reader, req *http.Request) {
				for ; req != nil; req, _ = http.ReadRequest(r) {
					mu.Lock()
					asked = append(asked, echoed(req))
					mu.Unlock()
					since := req.URL.Query().Get("since")
					switch {
					case since == "" && first:
						_, _ = c.Write(ok200(firstPage))
					case since == "":
						first = true
						if _, _ = io.WriteString(c, tt.between); tt.closes {
							return
						}
					case since == "e-0":
						_, _ = c.Write(ok200(pageOf(0)))
					case since == "e-1" && !spoiled:
						spoiled = true
						if _, _ = io.WriteString(c, tt.between); tt.closes {
							return
						}
					case since == "e-1":
						_, _ = c.Write(ok200(pageOf(1)))
					default:
						<-hold
					}
				}
			})
			f := p.fleet(Config{Conns: 1, Transport: LongPoll})
			until(t, f, func(c Counters) bool { return c.Delivered == 2 || c.Ended == 1 })
			f.Settle(published(2), Everyone)
			c := f.Counters()
			mu.Lock()
			defer mu.Unlock()
			if c.Lost != 0 || c.Faults != (Faults{}) || c.Ended+c.Failed != 0 || c.Live != 1 || c.Joined != 1 || c.Reopened != tt.reopened || c.Refused != tt.refused {
				t.Errorf("counters %+v, endings %v, asked %q", c, f.Endings(), asked)
			}
			if asked[0] != "GET /live/poll?room=a HTTP/1.1" || !strings.Contains(strings.Join(asked, "\n"), "GET /live/poll?room=a&since=e-1&wait=25s HTTP/1.1") {
				t.Errorf("asked %q", asked)
			}
		})
	}
}

func TestPollsThatEnd(t *testing.T) {
	for _, tt := range []struct {
		name, answer, want string
		broken             int64
	}{
		{name: "refused for good", answer: "HTTP/1.1 404 Not Found\r\nContent-Length: 11\r\n\r\n{\"error\":1}", want: `poll answered 404: {"error":1}`},
		{name: "no length", answer: "HTTP/1.1 200 OK\r\n\r\n", want: "without Content-Length", broken: 1},
		{name: "not JSON", answer: string(ok200(`{"room":"a","cursor":"e-1","events":[{]}`)), want: "poll answer", broken: 1},
		{name: "no cursor", answer: string(ok200(`{"room":"a","events":[]}`)), want: "with the cursor", broken: 1},
		{name: "closed", want: "closed with a poll waiting"},
		{name: "closed inside", answer: string(ok200(firstPage)[:90]), want: "closed inside an answer"},
		{name: "told", answer: string(ok200(`{"room":"a","cursor":"e-1","recovered":true,"events":[],"end":{"type":"end","code":4002,"reason":"slow consumer","retry":true},"next_ms":0}`)), want: "4002 slow consumer"},
		{name: "too long", answer: "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", want: "limit 16777216", broken: 1},
	} {
		begin := make(chan struct{})
		p := newPeerAs(t, "", nil, func(_ int, c net.Conn, r *bufio.Reader, _ *http.Request) {
			_, _ = c.Write(ok200(firstPage))
			_, _ = http.ReadRequest(r)
			<-begin
			_, _ = io.WriteString(c, tt.answer)
		})
		f := p.fleet(Config{Conns: 1, Transport: LongPoll})
		close(begin)
		c := until(t, f, func(c Counters) bool { return c.Ended == 1 })
		if ends := fmt.Sprint(f.Endings()); !strings.Contains(ends, tt.want) || c.Broken != tt.broken {
			t.Errorf("%s: ended %s, %d broken, want %q, %d", tt.name, ends, c.Broken, tt.want, tt.broken)
		}
	}
}

// TestPollsOfSeveralRooms has two rooms joined by one answer, and an unknown one.
func TestPollsOfSeveralRooms(t *testing.T) {
	l := testLoop(t, 1, "a", "b")
	l.cfg.Transport = LongPoll
	c := &l.conns[0]
	c.awaits = 2
	body := []byte(`{"rooms":["a","b","c"],"cursor":"e-4","recovered":false,"events":[],"next_ms":0}`)
	if err := l.poller.page.parse(body); err != nil {
		t.Fatal(err)
	}
	if err := l.turn(0, c, &l.poller.page, body); err != nil {
		t.Fatal(err)
	}
	if c.cursor != 4 || c.lastID != 4 || c.awaits != 0 || l.k.n.Foreign != 1 || l.Since(0) != "e-4" {
		t.Errorf("connection %+v, since %q, counters %+v", c, l.Since(0), l.k.n)
	}
	if got := string(l.appendPoll(nil, 0, c)); !strings.HasPrefix(got, "GET ") || !strings.Contains(got, "since=e-4&wait=25s HTTP/1.1\r\n") {
		t.Errorf("next poll %q", got)
	}
}
