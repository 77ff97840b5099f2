package limit

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// poller is a viewer by polls of Socket.IO.
type poller struct {
	t *testing.T
	c net.Conn
	r *bufio.Reader
}

// poll opens a session in a namespace, up to its first poll.
func poll(t *testing.T, s *Server, space string) *poller {
	t.Helper()
	c, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	p := &poller{t: t, c: c, r: bufio.NewReader(c)}
	p.send("GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\n\r\n")
	if got := p.answer(); got != pollHello {
		t.Fatalf("first answer: %s", got)
	}
	connect := "40" + space + `{"rooms":["a"]}`
	post := fmt.Sprintf("POST /socket.io/?EIO=4&transport=polling&sid=A HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s", len(connect), connect)
	p.send(post[:len(post)-3]) // a request may be cut anywhere
	p.send(post[len(post)-3:])
	if got := p.answer(); got != "ok" {
		t.Fatalf("POST: %s", got)
	}
	p.ask()
	if got := p.answer(); !strings.HasPrefix(got, "40"+space+"{") {
		t.Fatalf("CONNECT: %s", got)
	}
	return p
}

func (p *poller) send(text string) {
	p.t.Helper()
	if _, err := io.WriteString(p.c, text); err != nil {
		p.t.Fatal(err)
	}
}

func (p *poller) ask() {
	p.send("GET /socket.io/?EIO=4&transport=polling&sid=A HTTP/1.1\r\nHost: x\r\n\r\n")
}

func (p *poller) answer() string {
	p.t.Helper()
	resp, err := http.ReadResponse(p.r, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 {
		p.t.Fatalf("%s: %v", resp.Status, err)
	}
	return string(b)
}

func TestPollsGetEachEventOnce(t *testing.T) {
	for _, batch := range []int{1, 2} {
		t.Run(fmt.Sprintf("batch=%d", batch), func(t *testing.T) {
			s, stop := serve(t, batch)
			_, beside := watch(t, s, "a") // by WebSocket, of the same events
			polls := []*poller{poll(t, s, "/chat,"), poll(t, s, "/chat,")}
			for round := range 3 {
				for _, p := range polls {
					p.ask()
				}
				var events, want []string
				for i := range batch {
					events = append(events, fmt.Sprintf(`{"room":"a","event":"e","data":%d}`, round*batch+i))
					want = append(want, fmt.Sprintf(`42/chat,["e",%d]`, round*batch+i))
				}
				// In one request: a batch that does not fill up goes out in parts.
				post(t, s, `{"events":[`+strings.Join(events, ",")+`]}`)
				for _, p := range polls {
					if got := p.answer(); got != strings.Join(want, "\x1e") {
						t.Fatalf("round %d: %q, want %q", round, got, want)
					}
				}
				for range batch {
					frame(t, beside)
				}
			}
			if c := stop(); c.Delivered != int64(3*batch*3) || c.Dropped != 0 {
				t.Errorf("counts %+v", c)
			}
		})
	}
}

func TestEventsWaitForPollsOnTheirWay(t *testing.T) {
	s, _ := serve(t, 1)
	here, away := poll(t, s, ""), poll(t, s, "")
	here.ask()
	post(t, s, `{"events":[{"room":"a","event":"e","data":1},{"room":"a","event":"e","data":2}]}`)
	away.ask()
	for _, p := range []*poller{here, away} {
		if got := p.answer(); got != "42[\"e\",1]\x1e42[\"e\",2]" {
			t.Errorf("%q", got)
		}
	}
}

func TestWhoStopsPollingIsDroppedAndCounted(t *testing.T) {
	s, stop := serve(t, 1)
	here, gone := poll(t, s, ""), poll(t, s, "")
	here.ask()
	post(t, s, `{"room":"a","event":"e","data":1}`)
	if got := here.answer(); got != `42["e",1]` {
		t.Errorf("%q", got)
	}
	if _, err := gone.r.ReadByte(); err != io.EOF {
		t.Errorf("who does not poll: %v, want EOF", err)
	}
	if c := stop(); c.Dropped != 1 || c.Delivered != 1 {
		t.Errorf("counts %+v", c)
	}
}

func TestTwoPollsAtOnceEndTheSession(t *testing.T) {
	s, _ := serve(t, 1)
	p := poll(t, s, "")
	p.ask()
	p.ask()
	if _, err := p.r.ReadByte(); err != io.EOF {
		t.Errorf("second poll: %v, want EOF", err)
	}
}
