package goroutines

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"grandstand/epoll/wire/ws"
)

// soon is how long anything may take that is about to happen.
const soon = 5 * time.Second

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve runs a server for the length of a test and returns it with a function
// that ends it and gives its counts.
func serve(t *testing.T, queue int) (*Server, func() Counts) {
	t.Helper()
	cfg := DefaultConfig()
	if queue > 0 {
		cfg.Queue = queue
	}
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan Counts, 1)
	go func() { // stops: cancel
		c, err := s.Run(ctx)
		if err != nil {
			t.Errorf("run: %v", err)
		}
		done <- c
	}()
	stop := func() Counts {
		cancel()
		select {
		case c := <-done:
			done <- c
			return c
		case <-time.After(soon):
			t.Fatal("the server didn't end")
			return Counts{}
		}
	}
	t.Cleanup(func() { stop() })
	return s, stop
}

// dial opens a connection and says something.
func dial(t *testing.T, s *Server, say string) (net.Conn, *bufio.Reader) {
	t.Helper()
	c, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(soon))
	_, _ = io.WriteString(c, say)
	return c, bufio.NewReader(c)
}

// watch opens a viewer by WebSocket and reads past the upgrade.
func watch(t *testing.T, s *Server, query string) (net.Conn, *bufio.Reader) {
	t.Helper()
	c, r := dial(t, s, "GET /live/ws?"+query+" HTTP/1.1\r\nHost: x\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: a, b\r\n\r\n")
	resp, err := http.ReadResponse(r, nil)
	if err != nil || resp.StatusCode != 101 || resp.Header.Get("Sec-WebSocket-Protocol") != "a" {
		t.Fatalf("upgrade: %v, %v", resp, err)
	}
	// The example of RFC 6455 §1.3.
	if got := resp.Header.Get("Sec-WebSocket-Accept"); got != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
		t.Fatalf("accept key %q", got)
	}
	return c, r
}

// want reads frames that must be these texts.
func want(t *testing.T, r *bufio.Reader, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if op, got, err := next(r); err != nil || op != ws.OpText || got != text {
			t.Fatalf("frame %d %s, %v, want %s", op, got, err, text)
		}
	}
}

// next reads one frame of the server.
func next(r *bufio.Reader) (op ws.Opcode, payload string, err error) {
	var h [2]byte
	if _, err := io.ReadFull(r, h[:]); err != nil {
		return 0, "", err
	}
	n := int(h[1])
	if n == 126 {
		var b [2]byte
		_, _ = io.ReadFull(r, b[:])
		n = int(binary.BigEndian.Uint16(b[:]))
	}
	p := make([]byte, n)
	_, err = io.ReadFull(r, p)
	return ws.Opcode(h[0] & 0x0F), string(p), err
}

// masked is a frame as a viewer sends it.
func masked(op ws.Opcode, text string) []byte {
	p := []byte{0x80 | byte(op), 0x80 | byte(len(text)), 1, 2, 3, 4}
	for i := range text {
		p = append(p, text[i]^p[2+i%4])
	}
	return p
}

func publish(t *testing.T, s *Server, body string) (status int, answer string) {
	t.Helper()
	// One connection each: no goroutine of the client outlives the test.
	web := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := web.Post("http://"+s.Control()+"/v1/publish", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, strings.TrimSpace(string(b))
}

func joined(room, cursor string, recovered bool) string {
	return fmt.Sprintf(`{"type":"joined","room":"%s","cursor":"%s","recovered":%t,"viewers":1}`, room, cursor, recovered)
}

func told(room string, id int, data string) string {
	return fmt.Sprintf(`{"type":"event","room":"%s","id":"g0-%d","event":"e","data":%s}`, room, id, data)
}

func TestEventsReachViewersOfTheirRoom(t *testing.T) {
	s, stop := serve(t, 0)
	_, a := watch(t, s, "room=a")
	want(t, a, joined("a", "g0-0", false))
	c, both := watch(t, s, "room=b&room=c")
	want(t, both, joined("b", "g0-0", false), joined("c", "g0-0", false))
	if code, got := publish(t, s, `{"room":"a","event":"e","data":{"n":1}}`); code != 200 || got != `{"id":"g0-1"}` {
		t.Fatalf("publish: %d %s", code, got)
	}
	if _, got := publish(t, s, `{"events":[{"room":"b","event":"e","data":2},{"room":"c","event":"e"},{"room":"a","event":"e","data":4}]}`); got != `{"ids":["g0-2","g0-3","g0-4"]}` {
		t.Fatalf("publish of three: %s", got)
	}
	want(t, a, told("a", 1, `{"n":1}`), told("a", 4, "4"))
	want(t, both, told("b", 2, "2"), told("c", 3, "null"))

	_, _ = c.Write(masked(ws.OpText, `{"type":"ping","ack":4}`))
	want(t, both, `{"type":"pong","ack":4}`)
	_, _ = c.Write(masked(ws.OpPing, "x"))
	if op, p, err := next(both); err != nil || op != ws.OpPong || p != "x" {
		t.Errorf("after a ping: %d %q, %v", op, p, err)
	}
	_, _ = c.Write(masked(ws.OpClose, "\x03\xe8"))
	if op, p, err := next(both); err != nil || op != ws.OpClose || p != "\x03\xe8" {
		t.Errorf("after a close: %d %q, %v", op, p, err)
	}
	if _, _, err := next(both); err == nil {
		t.Error("the connection goes on behind the close")
	}
	_ = c.Close()
	if n := stop(); n.Accepted != 2 || n.Events != 4 || n.Delivered != 4 || n.Dropped != 0 {
		t.Errorf("counts %+v", n)
	}
}

func TestBackFromACursor(t *testing.T) {
	s, _ := serve(t, 0)
	publish(t, s, `{"events":[{"room":"a","event":"e","data":1},{"room":"b","event":"e","data":2},{"room":"a","event":"e","data":3}]}`)
	_, r := watch(t, s, "room=a&since=g0-1")
	want(t, r, joined("a", "g0-1", true), told("a", 3, "3"))
	for i, cursor := range []string{"g0-9", "x-1", "g0-", "g0-x"} {
		room := string(rune('p' + i))
		_, r := watch(t, s, "room="+room+"&since="+cursor)
		want(t, r, joined(room, "g0-3", false))
	}
}

func TestPolls(t *testing.T) {
	s, _ := serve(t, 0)
	_, r := dial(t, s, "GET /live/poll?room=a HTTP/1.1\r\nHost: x\r\n\r\nGET /live/poll?room=a&since=g0-0&wait=20s HTTP/1.1\r\nHost: x\r\n\r\n")
	answer := func() string {
		t.Helper()
		resp, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, _ := io.ReadAll(resp.Body)
		return string(b)
	}
	if got := answer(); got != `{"room":"a","cursor":"g0-0","recovered":false,"events":[],"next_ms":0}` {
		t.Errorf("first poll: %s", got)
	}
	publish(t, s, `{"room":"b","event":"e","data":0}`)
	publish(t, s, `{"room":"a","event":"e","data":1}`)
	if got := answer(); got != `{"room":"a","cursor":"g0-2","recovered":true,"events":[`+told("a", 2, "1")+`],"next_ms":0}` {
		t.Errorf("second poll: %s", got)
	}
}

func TestASlowViewerIsDropped(t *testing.T) {
	s, stop := serve(t, 2)
	c, _ := watch(t, s, "room=a")
	_ = c.(*net.TCPConn).SetReadBuffer(4 << 10)
	event := `{"room":"a","event":"e","data":"` + strings.Repeat("x", 1<<20) + `"}`
	for end := time.Now().Add(soon); s.dropped.Load() == 0; {
		if time.Now().After(end) {
			t.Fatal("a viewer that doesn't read is never dropped")
		}
		publish(t, s, event)
	}
	if n := stop(); n.Dropped != 1 {
		t.Errorf("counts %+v, want one dropped", n)
	}
}

func TestWhatIsNotServed(t *testing.T) {
	s, _ := serve(t, 0)
	for _, say := range []string{
		"POST /live/ws?room=a HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET /live/ws?room=a HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET /live/poll HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET /live/poll?room=a&wait=-1s HTTP/1.1\r\nHost: x\r\n\r\n",
	} {
		_, r := dial(t, s, say)
		resp, err := http.ReadResponse(r, nil)
		if err != nil || resp.StatusCode != 400 {
			t.Errorf("%q: %v, %v, want 400", say, resp, err)
			continue
		}
		_ = resp.Body.Close()
	}
	for _, body := range []string{"", "[]", `{"event":"e"}`, `{"events":[{"room":""}]}`} {
		if code, got := publish(t, s, body); code != 400 {
			t.Errorf("publish %q: %d %s, want 400", body, code, got)
		}
	}
	c, r := watch(t, s, "room=a")
	want(t, r, joined("a", "g0-0", false))
	_, _ = c.Write([]byte{0x81, 1, 'x'}) // not masked
	if _, _, err := next(r); err == nil {
		t.Error("a frame without a mask doesn't end the connection")
	}
	if _, err := New(Config{Listen: DefaultConfig().Listen, Control: DefaultConfig().Control, Queue: 1}); err == nil {
		t.Error("a queue of one frame")
	}
}

func FuzzReadFrame(f *testing.F) {
	f.Add(masked(ws.OpText, "hello"))
	f.Add(masked(ws.OpClose, ""))
	f.Add([]byte{0x81, 0xFE, 0xFF, 0xFF})
	f.Add([]byte{0x01, 0x80, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, p []byte) {
		r := bufio.NewReader(bytes.NewReader(p))
		op, text, err := readFrame(r)
		if err != nil {
			return
		}
		if len(text) > maxSaid {
			t.Fatalf("%d bytes said", len(text))
		}
		if again := ws.AppendFrame(nil, op, false, text); ws.Opcode(again[0]&0x0F) != op || !bytes.HasSuffix(again, text) {
			t.Errorf("%d %q became %q", op, text, again)
		}
	})
}
