package limit

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// serve runs a server for the length of a test and returns it with a function
// that ends it and gives its counts.
func serve(t *testing.T, batch int) (*Server, func() Counts) {
	t.Helper()
	any := netip.MustParseAddrPort("127.0.0.1:0")
	s, err := New(Config{Listen: any, Control: any, Batch: batch})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan Counts, 1)
	go func() { done <- s.Run(ctx) }() // stops: cancel
	stop := func() Counts {
		cancel()
		c := <-done
		done <- c
		return c
	}
	t.Cleanup(func() { stop() })
	return s, stop
}

// watch opens a viewer and reads past the upgrade and the joins.
func watch(t *testing.T, s *Server, rooms ...string) (net.Conn, *bufio.Reader) {
	t.Helper()
	c, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(5 * time.Second))
	_, _ = fmt.Fprintf(c, "GET /live/ws?room=%s HTTP/1.1\r\nHost: x\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", strings.Join(rooms, "&room="))
	r := bufio.NewReader(c)
	resp, err := http.ReadResponse(r, nil)
	if err != nil || resp.StatusCode != 101 {
		t.Fatalf("upgrade: %v, %v", resp, err)
	}
	// The example of RFC 6455 §1.3.
	if got := resp.Header.Get("Sec-WebSocket-Accept"); got != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
		t.Fatalf("accept key %q", got)
	}
	for _, room := range rooms {
		if _, p := frame(t, r); !strings.HasPrefix(p, `{"type":"joined","room":"`+room+`","cursor":"`+s.epoch+`-`) {
			t.Fatalf("after the upgrade: %s", p)
		}
	}
	return c, r
}

// frame reads one short or 16-bit frame.
func frame(t *testing.T, r *bufio.Reader) (op byte, payload string) {
	t.Helper()
	var h [2]byte
	if _, err := io.ReadFull(r, h[:]); err != nil {
		t.Fatal(err)
	}
	n := int(h[1])
	if n == 126 {
		var b [2]byte
		_, _ = io.ReadFull(r, b[:])
		n = int(b[0])<<8 | int(b[1])
	}
	p := make([]byte, n)
	if _, err := io.ReadFull(r, p); err != nil {
		t.Fatal(err)
	}
	return h[0] & 0x0F, string(p)
}

func post(t *testing.T, s *Server, body string) (status int, answer string) {
	t.Helper()
	resp, err := http.Post("http://"+s.Control().String()+"/v1/publish", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b)
}

func TestEventsReachEveryViewerInOrder(t *testing.T) {
	for _, batch := range []int{1, 4} {
		t.Run(fmt.Sprintf("batch=%d", batch), func(t *testing.T) {
			s, stop := serve(t, batch)
			_, a := watch(t, s, "a")
			_, b := watch(t, s, "a", "b")
			if code, got := post(t, s, `{"room":"a","event":"chat","data":{"n":1.50, "x":"\u0041"}}`); code != 200 || got != `{"id":"`+s.epoch+`-1"}` {
				t.Fatalf("publish: %d %s", code, got)
			}
			if _, got := post(t, s, `{"events":[{"room":"a","event":"e","data":2},{"room":"a","event":"e","data":3}]}`); got != `{"ids":["`+s.epoch+`-2","`+s.epoch+`-3"]}` {
				t.Fatalf("publish of two: %s", got)
			}
			for _, r := range []*bufio.Reader{a, b} {
				for i, data := range []string{`{"n":1.50, "x":"\u0041"}`, "2", "3"} {
					name := "e"
					if i == 0 {
						name = "chat"
					}
					want := fmt.Sprintf(`{"type":"event","room":"a","id":"%s-%d","event":"%s","data":%s}`, s.epoch, i+1, name, data)
					if op, got := frame(t, r); op != 1 || got != want {
						t.Errorf("frame %d: op %d %s, want %s", i, op, got, want)
					}
				}
			}
			if c := stop(); c.Events != 3 || c.Delivered != 6 || c.Dropped != 0 {
				t.Errorf("counts %+v", c)
			}
		})
	}
}

func TestBadRequests(t *testing.T) {
	s, _ := serve(t, 1)
	code, got := post(t, s, `{"room":`)
	var e struct{ Code string }
	if code != 400 || json.Unmarshal([]byte(got), &e) != nil || e.Code != "bad_json" {
		t.Errorf("half a body: %d %s", code, got)
	}
	c, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, _ = io.WriteString(c, "GET / HTTP/1.1\r\n\r\n")
	b, _ := io.ReadAll(c)
	if !bytes.HasPrefix(b, []byte("HTTP/1.1 400")) {
		t.Errorf("no key: %q", b)
	}
}

func TestPingPongAndClose(t *testing.T) {
	s, _ := serve(t, 1)
	c, r := watch(t, s, "a")
	send := func(op byte, p string) {
		f := []byte{0x80 | op, 0x80 | byte(len(p)), 1, 2, 3, 4}
		for i := range len(p) {
			f = append(f, p[i]^byte(1+i%4))
		}
		for i := range f { // in pieces: a frame may be cut anywhere
			_, _ = c.Write(f[i : i+1])
		}
	}
	for _, tt := range []struct {
		op     byte
		in     string
		wantOp byte
		want   string
	}{
		{1, `{"type":"ping","ack":4}`, 1, `{"type":"pong","ack":4}`},
		{9, "hello", 10, "hello"},
		{8, "\x03\xe8", 8, "\x03\xe8"},
	} {
		send(tt.op, tt.in)
		if op, got := frame(t, r); op != tt.wantOp || got != tt.want {
			t.Errorf("%q: op %d %q, want %d %q", tt.in, op, got, tt.wantOp, tt.want)
		}
	}
	if _, err := r.ReadByte(); err != io.EOF {
		t.Errorf("after close: %v, want EOF", err)
	}
}

func TestSlowViewerIsDroppedAndCounted(t *testing.T) {
	s, stop := serve(t, 1)
	_, _ = watch(t, s, "a") // never reads
	_, good := watch(t, s, "a")
	data := strings.Repeat("x", 32<<10)
	read := make(chan int, 1)
	go func() { // stops: the server ends
		n := 0
		for {
			var b [64 << 10]byte
			k, err := good.Read(b[:])
			if n += k; err != nil {
				read <- n
				return
			}
		}
	}()
	const events = 400 // 12.8 MB: more than the kernel buffers for one connection
	for range events {
		post(t, s, `{"room":"a","event":"e","data":"`+data+`"}`)
	}
	c := stop()
	if c.Dropped != 1 || c.Events != events {
		t.Errorf("counts %+v, want one viewer dropped", c)
	}
	if n := <-read; n < events*len(data) {
		t.Errorf("the other viewer read %d bytes, want over %d", n, events*len(data))
	}
}

func TestPortInUse(t *testing.T) {
	s, _ := serve(t, 1)
	_, err := New(Config{Listen: s.Addr(), Control: netip.MustParseAddrPort("127.0.0.1:0"), Batch: 1})
	if err == nil || !strings.Contains(err.Error(), s.Addr().String()) {
		t.Errorf("second server on %s: %v", s.Addr(), err)
	}
}

// FuzzReceive feeds the server's readers bytes in two pieces: they must neither
// panic nor use more than they were given.
func FuzzReceive(f *testing.F) {
	f.Add([]byte("GET /?room=a HTTP/1.1\r\nSec-WebSocket-Key: k\r\n\r\n"))
	f.Add([]byte("\x89\x80\x00\x00\x00\x00\x88\x82\x00\x00\x00\x00\x03\xe8"))
	f.Add([]byte("POST /socket.io/?EIO=4&transport=polling&sid=A HTTP/1.1\r\nContent-Length: 9\r\n\r\n40/chat,{"))
	// Nothing can be written to it: every answer fails, as to a peer that has gone.
	fd, err := unix.Open(os.DevNull, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = unix.Close(fd) })
	s := &Server{partial: map[int32][]byte{}, place: make([]int32, fd+1), kind: make([]uint8, fd+1), epoch: "e", cfg: Config{Batch: 1}}
	f.Fuzz(func(t *testing.T, p []byte) {
		try := func(name string, parse func(int32, []byte) (int, bool)) {
			for _, piece := range [][]byte{p[:len(p)/2], p} {
				if used, _ := parse(int32(fd), bytes.Clone(piece)); used < 0 || used > len(piece) {
					t.Fatalf("%s(%q) used %d of %d", name, piece, used, len(piece))
				}
			}
		}
		try("frames", s.frames)
		try("calls", s.calls)
		for _, kind := range []uint8{kindRequest, kindGreeted, kindConnected, kindPolls, kindParked} {
			s.kind[fd], s.polls.fds = kind, nil
			try("polled", s.polled)
		}
	})
}
