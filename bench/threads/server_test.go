package threads

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
	"unsafe"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"
)

// soon is how long anything may take that is about to happen.
const soon = 5 * time.Second

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve runs a server for the length of a test and returns it with a function
// that ends it and gives its counts.
func serve(t *testing.T, change func(*Config)) (*Server, func() Counts) {
	t.Helper()
	cfg := DefaultConfig()
	cfg.Threads = 4
	if change != nil {
		change(&cfg)
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

// client is a viewer.
type client struct {
	t *testing.T
	c net.Conn
	r *bufio.Reader
}

func dial(t *testing.T, s *Server) *client {
	t.Helper()
	c, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return &client{t: t, c: c, r: bufio.NewReader(c)}
}

// ask sends a poll without waiting for the answer.
func (c *client) ask(query string) {
	c.t.Helper()
	if _, err := fmt.Fprintf(c.c, "GET /live/poll?%s HTTP/1.1\r\nHost: x\r\n\r\n", query); err != nil {
		c.t.Fatal(err)
	}
}

// answer reads the answer to a poll.
func (c *client) answer() (status int, body string, closes bool) {
	c.t.Helper()
	_ = c.c.SetReadDeadline(time.Now().Add(soon))
	resp, err := http.ReadResponse(c.r, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return resp.StatusCode, string(b), resp.Close
}

// want reads an answer that must be 200 with this body.
func (c *client) want(body string) {
	c.t.Helper()
	if status, got, _ := c.answer(); status != 200 || got != body {
		c.t.Fatalf("answer %d %s, want %s", status, got, body)
	}
}

// publish posts a body to the control port.
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

// wait fails the test unless ok comes true.
func wait(t *testing.T, what string, ok func() bool) {
	t.Helper()
	end := time.After(soon)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-end:
			t.Fatalf("never came true: %s", what)
		case <-tick.C:
		}
	}
}

// osThreads is the number of threads that the kernel counts for the process.
func osThreads(t *testing.T) int {
	t.Helper()
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(b), "\nThreads:")
	line, _, _ := strings.Cut(rest, "\n")
	n, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// inCall is how many threads of the process sleep in a system call that the
// kernel describes with this beginning: its number and, in hex, its arguments.
func inCall(t *testing.T, call string) (n int) {
	t.Helper()
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range tasks {
		b, _ := os.ReadFile("/proc/self/task/" + task.Name() + "/syscall") // it may have ended
		if strings.HasPrefix(string(b), call) {
			n++
		}
	}
	return n
}

// reading is how many threads are in read(2); Go's own wait elsewhere.
func reading(t *testing.T) int { return inCall(t, fmt.Sprintf("%d ", unix.SYS_READ)) }

// parked is how many threads are in futex(2) at the word of a room. The address
// tells them from those that Go's scheduler has put to sleep.
func parked(t *testing.T, s *Server, name string) int {
	t.Helper()
	r, err := s.room(name)
	if err != nil {
		t.Fatal(err)
	}
	return inCall(t, fmt.Sprintf("%d %#x ", unix.SYS_FUTEX, uintptr(unsafe.Pointer(&r.news))))
}

func (s *Server) busy() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.serving)
}

func TestConfigSaysAllThatIsWrong(t *testing.T) {
	bad := Config{Threads: maxThreads + 1, Queue: 0, KeepAlive: -1}
	_, err := New(bad)
	for _, word := range []string{"threads: 9001", "queue: 0", "keepalive: -1ns"} {
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("New(%+v): %v, want %q in it", bad, err, word)
		}
	}
}

func TestPortInUse(t *testing.T) {
	s, _ := serve(t, nil)
	for _, tt := range []struct{ name, viewers, control string }{
		{name: "viewers", viewers: s.Addr().String(), control: "127.0.0.1:0"},
		{name: "control", viewers: "127.0.0.1:0", control: s.Control()},
	} {
		cfg := DefaultConfig()
		cfg.Listen, cfg.Control = netip.MustParseAddrPort(tt.viewers), netip.MustParseAddrPort(tt.control)
		if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), "in use") {
			t.Errorf("%s: second server: %v, want an address in use", tt.name, err)
		}
	}
}

func TestPublish(t *testing.T) {
	s, stop := serve(t, nil)
	for _, tt := range []struct {
		name, body string
		status     int
		want       string
	}{
		{name: "one", body: `{"room":"a","event":"e","data":1}`, status: 200, want: `{"id":"t0-1"}`},
		{name: "several, by room", body: `{"events":[{"room":"a","event":"e"},{"room":"b","event":"e"},{"room":"a"}]}`, status: 200, want: `{"ids":["t0-2","t0-1","t0-3"]}`},
		{name: "half a body", body: `{"room":`, status: 400, want: `{"error":{"code":"bad_message"`},
		{name: "no room", body: `{"event":"e"}`, status: 400, want: `an event needs a room`},
		{name: "one of two bad", body: `{"events":[{"room":"a"},{}]}`, status: 400, want: `an event needs a room`},
		{name: "none was logged", body: `{"room":"a"}`, status: 200, want: `{"id":"t0-4"}`},
	} {
		if status, got := publish(t, s, tt.body); status != tt.status || !strings.Contains(got, tt.want) {
			t.Errorf("%s: %d %s, want %d %s", tt.name, status, got, tt.status, tt.want)
		}
	}
	if c := stop(); c.Events != 5 || c.Refused != 3 {
		t.Errorf("counts %+v, want 5 events, 3 requests refused", c)
	}
}

// FuzzServe gives a thread any bytes as a connection: each answer must be whole,
// and JSON.
func FuzzServe(f *testing.F) {
	cfg := DefaultConfig()
	f.Fuzz(func(t *testing.T, p []byte) {
		s := &Server{cfg: cfg, rooms: map[string]*room{}}
		if _, err := s.log([]publication{{Room: "a", Event: "e", Data: []byte("1")}}); err != nil {
			t.Fatal(err)
		}
		s.stopping.Store(true) // no poll parks
		c := &tape{in: strings.NewReader(string(p))}
		newThread(s).serve(c)
		for r := bufio.NewReader(strings.NewReader(c.out.String())); ; {
			if _, err := r.Peek(1); err == io.EOF {
				return
			}
			resp, err := http.ReadResponse(r, nil)
			if err != nil {
				t.Fatalf("to %q: %q: %v", p, c.out.String(), err)
			}
			if b, err := io.ReadAll(resp.Body); err != nil || !json.Valid(b) {
				t.Fatalf("to %q: body %q, %v", p, b, err)
			}
		}
	})
}

// tape is a connection that has been recorded.
type tape struct {
	in  *strings.Reader
	out strings.Builder
}

func (c *tape) Read(p []byte) (int, error)  { return c.in.Read(p) }
func (c *tape) Write(p []byte) (int, error) { return c.out.Write(p) }
