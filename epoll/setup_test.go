package epoll

import (
	"fmt"
	"io"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// patience bounds every wait of the tests. Nothing waits that long when it works.
const patience = 20 * time.Second

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		starvedServer() // the test binary as a server with few descriptors
		return
	}
	os.Exit(m.Run())
}

// hooks is a Handler made of functions; a nil one does nothing.
type hooks struct {
	data     func(c *Conn, p []byte)
	timeout  func(c *Conn)
	writable func(c *Conn)
	closed   func(c *Conn, err error)
}

func (h *hooks) Data(c *Conn, p []byte) {
	if h.data != nil {
		h.data(c, p)
	}
}

func (h *hooks) Timeout(c *Conn) {
	if h.timeout != nil {
		h.timeout(c)
	}
}

func (h *hooks) Writable(c *Conn) {
	if h.writable != nil {
		h.writable(c)
	}
}

func (h *hooks) Closed(c *Conn, err error) {
	if h.closed != nil {
		h.closed(c, err)
	}
}

// testConfig listens on a free port of the loopback.
func testConfig() Config {
	cfg := DefaultConfig()
	cfg.Listen = []string{"127.0.0.1:0"}
	cfg.Loops = 2
	return cfg
}

// openGroup opens a Group that is closed at the end of the test, after which no
// goroutine may be left.
func openGroup(t testing.TB, cfg Config, accept func(c *Conn) Handler) *Group {
	t.Helper()
	before := goleak.IgnoreCurrent()
	// What a test does not expect to be logged, it shows.
	g, err := Open(cfg, newTextLog(t.Output()), accept)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		g.Close()
		if err := goleak.Find(before); err != nil {
			t.Error(err)
		}
		if s := g.Stats(); s.Open != 0 || s.Accepted != s.Closed {
			t.Errorf("after Close: %d accepted, %d closed, %d open", s.Accepted, s.Closed, s.Open)
		}
	})
	return g
}

// dial connects to the first address of g; the connection ends with the test.
func dial(t testing.TB, g *Group) *net.TCPConn {
	t.Helper()
	return dialAddr(t, g.Addrs()[0].String(), 0)
}

// dialAddr connects to addr with a receive buffer of rcvbuf bytes (0: default).
func dialAddr(t testing.TB, addr string, rcvbuf int) *net.TCPConn {
	t.Helper()
	d := net.Dialer{Timeout: patience, Control: func(_, _ string, rc syscall.RawConn) error {
		if rcvbuf == 0 {
			return nil
		}
		return controlFD(rc, func(fd int) error {
			return syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_RCVBUF, rcvbuf)
		})
	}}
	conn, err := d.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		t.Fatalf("dial %s: got a %T", addr, conn)
	}
	return tcp
}

// send writes s or ends the test.
func send(t testing.TB, w io.Writer, s string) {
	t.Helper()
	if _, err := io.WriteString(w, s); err != nil {
		t.Fatal(err)
	}
}

// expect reads len(want) bytes.
func expect(t testing.TB, r io.Reader, want string) {
	t.Helper()
	p := make([]byte, len(want))
	if n, err := io.ReadFull(r, p); err != nil || string(p) != want {
		t.Fatalf("read %q, %v, want %q", p[:n], err, want)
	}
}

// await polls until ok.
func await(t testing.TB, what string, ok func() bool) {
	t.Helper()
	if !holds(ok) {
		t.Fatalf("waited %v for %s", patience, what)
	}
}

func holds(ok func() bool) bool {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); time.Now().Before(end); <-tick.C {
		if ok() {
			return true
		}
	}
	return false
}

// receive takes one value from ch.
func receive[T any](t testing.TB, what string, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(patience):
		t.Fatalf("waited %v for %s", patience, what)
		panic("unreachable")
	}
}

// accepted opens a Group for one connection with h and returns both ends of it.
func accepted(t testing.TB, cfg Config, rcvbuf int, h Handler) (*Group, *Conn, *net.TCPConn) {
	t.Helper()
	conns := make(chan *Conn, 1)
	g := openGroup(t, cfg, func(c *Conn) Handler {
		conns <- c
		return h
	})
	client := dialAddr(t, g.Addrs()[0].String(), rcvbuf)
	c := receive(t, "accept", conns)
	await(t, "the poller to have the socket", func() bool { return c.state.Load()&registered != 0 })
	return g, c, client
}

// counted makes a Handler's Closed count and report.
type closing struct {
	times atomic.Int32
	err   chan error
}

func newClosing() *closing { return &closing{err: make(chan error, 8)} }

func (e *closing) closed(_ *Conn, err error) {
	e.times.Add(1)
	e.err <- err
}

// once waits for the end and checks that it came once.
func (e *closing) once(t testing.TB) error {
	t.Helper()
	err := receive(t, "Closed", e.err)
	if n := e.times.Load(); n != 1 {
		t.Errorf("Closed was called %d times, want 1", n)
	}
	return err
}

// pattern returns n bytes that differ at every place a mistake could shift to.
func pattern(n int) []byte {
	p := make([]byte, 0, n+8)
	for i := 0; len(p) < n; i++ {
		p = fmt.Appendf(p, "%07d,", i)
	}
	return p[:n]
}
