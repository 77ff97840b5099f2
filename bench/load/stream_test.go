package load

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

func TestHowStreamsEnd(t *testing.T) {
	const lastChunk = "0\r\n\r\n"
	chunk := func(s string) string { return string(cutter{}.chunked(s)) }
	for _, tt := range []struct {
		name, sent, want string
		broken           int64
	}{
		{name: "told", sent: chunk(`{"type":"end","code":4002,"reason":"slow consumer","retry":true}` + "\n"), want: "ended with 4002 slow consumer"},
		{name: "without a word", sent: lastChunk, want: "the stream ended"},
		{name: "in the middle of a message", sent: chunk(text(0)[:50]) + lastChunk, want: "closed inside an answer"},
		{name: "closed", sent: "", want: "closed without a last chunk"},
		{name: "closed in a chunk", sent: "ff\r\n{", want: "closed inside an answer"},
		{name: "closed in a size", sent: "ff", want: "closed inside an answer"},
		{name: "no chunk", sent: "hello", want: "broken chunked body", broken: 1},
		{name: "a chunk over the limit", sent: "ffffffff\r\n", want: "chunk of more than", broken: 1},
		{name: "something behind it", sent: lastChunk + "x", want: "behind the last chunk", broken: 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			begin := make(chan struct{})
			p := newPeerAs(t, "", nil, func(_ int, c net.Conn, _ *bufio.Reader, _ *http.Request) {
				_, _ = io.WriteString(c, streamHead+chunk(joinedText+"\n"))
				<-begin
				_, _ = io.WriteString(c, tt.sent)
			})
			f := p.fleet(Config{Conns: 1, Transport: Stream})
			close(begin)
			c := until(t, f, func(c Counters) bool { return c.Ended == 1 })
			if ends := fmt.Sprint(f.Endings()); !strings.Contains(ends, tt.want) || c.Broken != tt.broken {
				t.Errorf("ended %s, %d broken, want %q, %d", ends, c.Broken, tt.want, tt.broken)
			}
		})
	}
}

func TestRefusedStreams(t *testing.T) {
	for _, tt := range []struct{ name, head, want string }{
		{name: "another status", head: "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n", want: "HTTP/1.1 429 Too Many"},
		{name: "not chunked", head: "HTTP/1.1 200 OK\r\n\r\n", want: "want a stream without end"},
		{name: "not HTTP", head: "SSH-2.0-OpenSSH_9.6 and some more\r\n\r\n", want: "want HTTP/1.1"},
		{name: "nothing", head: "", want: "closed without a last chunk"},
	} {
		got := mustFail(t, SSE, func(_ int, c net.Conn, _ *bufio.Reader, _ *http.Request) { _, _ = io.WriteString(c, tt.head) })
		if !strings.Contains(got, tt.want) {
			t.Errorf("%s: %s, want %q", tt.name, got, tt.want)
		}
	}
}

// TestStreamsAreRenewed has a server end each stream behind its share of
// events; a viewer goes on at the cursor it was told.
func TestStreamsAreRenewed(t *testing.T) {
	for _, way := range []Transport{SSE, Stream} {
		t.Run(way.String(), func(t *testing.T) {
			lines := make(chan string, 3)
			begin, hold := make(chan struct{}), make(chan struct{})
			defer close(hold)
			p := newPeerAs(t, "", nil, func(n int, c net.Conn, _ *bufio.Reader, req *http.Request) {
				lines <- echoed(req)
				say := func(s string) { _, _ = c.Write(cutter{}.chunked(wrap(way, s))) }
				_, _ = io.WriteString(c, streamHead)
				say(fmt.Sprintf(`{"type":"joined","room":"a","cursor":"e-%d","recovered":%t}`, n, n > 0))
				<-begin
				say(text(uint32(n)))
				if n == 2 {
					<-hold
				}
				say(fmt.Sprintf(`{"type":"reconnect","after_ms":0,"cursor":"e-%d"}`, n+1))
				_, _ = io.WriteString(c, "0\r\nX-Trailer: 1\r\n\r\n")
			})
			f := p.fleet(Config{Conns: 1, Transport: way})
			close(begin)
			until(t, f, func(c Counters) bool { return c.Delivered == 3 })
			f.Settle(published(3), Everyone)
			if c := f.Counters(); c.Lost != 0 || c.Faults != (Faults{}) || c.Ended != 0 || c.Reopened != 2 || c.Live != 1 {
				t.Errorf("counters %+v, endings %v", c, f.Endings())
			}
			<-lines
			if second := <-lines; !strings.Contains(second, "room=a") || !strings.Contains(second, "since=e-1 ") {
				t.Errorf("second request %s, want since=e-1", second)
			}
		})
	}
}

func TestEventStreamFields(t *testing.T) {
	one := text(0)
	cut := strings.Index(one, `,"id"`)
	for _, tt := range []struct {
		name, sent string
		broken     int64
		delivered  int64
	}{
		{name: "CRLF", sent: "id: e-1\r\ndata: " + one + "\r\n\r\n", delivered: 1},
		{name: "no space behind the colon", sent: "id:e-1\ndata:" + one + "\n\n", delivered: 1},
		{name: "data first", sent: "data: " + one + "\nid: e-1\n\n", delivered: 1},
		{name: "other fields", sent: "event: message\nretry: 5\nx\ndata: " + one + "\n: c\n\n", delivered: 1},
		{name: "two lines of data", sent: "data: " + `{"type":"keepalive",` + "\ndata: \"x\":1}\n\n", delivered: 0},
		{name: "an event in two lines", sent: "data: " + one[:cut] + "\ndata:" + one[cut:] + "\n\n", broken: 1},
		{name: "no data", sent: "id: e-1\n\nevent: x\n\ndata\n\ndata:\n\n"},
		{name: "another's id", sent: "id: e-2\ndata: " + one + "\n\n", delivered: 1, broken: 1},
		{name: "an id without a number", sent: "id: end\ndata: " + one + "\n\n", delivered: 1, broken: 1},
		{name: "not ended", sent: "id: e-1\ndata: " + one + "\n"},
	} {
		l := testLoop(t, 1, "a")
		l.cfg.Transport = SSE
		c := &l.conns[0]
		if err := l.piece(0, c, []byte(tt.sent)); err != nil {
			t.Fatal(err)
		}
		if l.k.n.Broken != tt.broken || l.k.n.Delivered != tt.delivered {
			t.Errorf("%s: %+v, want %d delivered, %d broken", tt.name, l.k.n, tt.delivered, tt.broken)
		}
		if rest := strings.HasSuffix(tt.name, "not ended"); rest != (len(c.rest) > 0) {
			t.Errorf("%s: %q is kept", tt.name, c.rest)
		}
	}
}

func TestEndlessMessage(t *testing.T) {
	l := testLoop(t, 1, "a")
	l.cfg.Transport = Stream
	p := []byte(strings.Repeat("x", 1<<20))
	var err error
	for n := 0; err == nil && n <= maxFrame; n += len(p) {
		err = l.piece(0, &l.conns[0], p)
	}
	if err == nil || !strings.Contains(err.Error(), "message of more than") {
		t.Errorf("%d bytes without an end: %v", len(l.conns[0].rest), err)
	}
}
