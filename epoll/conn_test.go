package epoll

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"
)

func TestEcho(t *testing.T) {
	end := newClosing()
	_, c, client := accepted(t, testConfig(), 0, &hooks{
		data: func(c *Conn, p []byte) {
			// p may be modified.
			if err := c.Write(bytes.ToUpper(append(p[:0], p...))); err != nil {
				t.Errorf("Write: %v", err)
			}
		},
		closed: end.closed,
	})
	for range 3 {
		send(t, client, "hello")
		expect(t, client, "HELLO")
	}
	want := client.LocalAddr().(*net.TCPAddr).AddrPort()
	if got := c.Peer(); got != want {
		t.Errorf("Peer() = %v, want %v", got, want)
	}
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	if err := end.once(t); !errors.Is(err, io.EOF) {
		t.Errorf("Closed with %v, want io.EOF", err)
	}
	if err := c.Write([]byte("x")); !errors.Is(err, ErrClosed) {
		t.Errorf("Write after Closed: %v, want ErrClosed", err)
	}
	if n, open := c.WriteShared([]byte("x"), cutAtEnd(1)); n != 0 || open {
		t.Errorf("WriteShared after Closed = %d, %t, want 0, false", n, open)
	}
	if !c.Closed() {
		t.Error("Closed() = false after Closed")
	}
	c.SetTimeout(time.Millisecond) // does nothing
	c.Close(nil)
	c.CloseAfterFlush(nil)
}

// TestLoopOfConn checks that a Conn says the loop that really reads it: the same
// goroutine must call Data of all of them, which shows as never two at once.
func TestLoopOfConn(t *testing.T) {
	cfg := testConfig()
	cfg.Loops = 3
	var running [3]atomic.Int32
	var total atomic.Int32
	g := openGroup(t, cfg, func(c *Conn) Handler {
		return &hooks{data: func(c *Conn, p []byte) {
			i := c.Loop().Index()
			if running[i].Add(1) != 1 {
				t.Errorf("loop %d: two Data at once", i)
			}
			for range 100 { // leave the others time to get in
				total.Add(1)
			}
			running[i].Add(-1)
		}}
	})
	const conns = 30
	for range conns {
		send(t, dial(t, g), "x")
	}
	await(t, "all Data", func() bool { return total.Load() == 100*conns })
	sum := 0
	for i, l := range g.Loops() {
		n := 0
		l.Each(func(c *Conn) {
			if c.Loop() != l {
				t.Errorf("loop %d has a Conn of another one", i)
			}
			n++
		})
		if n != l.Conns() || n == 0 {
			t.Errorf("loop %d: Each saw %d, Conns() = %d, want the same and not 0", i, n, l.Conns())
		}
		sum += n
	}
	if sum != conns {
		t.Errorf("%d Conns, want %d", sum, conns)
	}
}

func TestSetHandler(t *testing.T) {
	second := &hooks{data: func(c *Conn, p []byte) { _ = c.Write([]byte("second")) }}
	_, _, client := accepted(t, testConfig(), 0, &hooks{data: func(c *Conn, p []byte) {
		c.SetHandler(second)
		if c.Handler() != Handler(second) {
			t.Error("Handler() is not what was set")
		}
		_ = c.Write([]byte("first"))
	}})
	send(t, client, "x")
	expect(t, client, "first")
	send(t, client, "x")
	expect(t, client, "second")
}

func TestTimeouts(t *testing.T) {
	fired := make(chan time.Time, 8)
	h := &hooks{timeout: func(*Conn) { fired <- time.Now() }}
	_, c, _ := accepted(t, testConfig(), 0, h)
	start := time.Now()
	c.SetTimeout(time.Hour)
	c.SetTimeout(100 * time.Millisecond) // replaces
	if took := receive(t, "Timeout", fired).Sub(start); took < 100*time.Millisecond || took > 5*time.Second {
		t.Errorf("Timeout after %v, want 100ms and little more", took)
	}
	c.SetTimeout(60 * time.Millisecond)
	c.SetTimeout(0) // cancels
	c.SetTimeout(60 * time.Millisecond)
	c.SetTimeout(200 * time.Millisecond) // moves away
	start = time.Now()
	if took := receive(t, "Timeout", fired).Sub(start); took < 190*time.Millisecond {
		t.Errorf("Timeout after %v, want 200ms", took)
	}
	if len(fired) != 0 {
		t.Errorf("%d more Timeouts, want none", len(fired))
	}
}

// TestTimeoutMovedByData: a timeout that is due while Data runs, and that Data
// moves, comes at its new time only.
func TestTimeoutMovedByData(t *testing.T) {
	const later = 150 * time.Millisecond
	moved, fired := make(chan time.Time, 8), make(chan time.Time, 8)
	_, _, client := accepted(t, testConfig(), 0, &hooks{
		timeout: func(*Conn) { fired <- time.Now() },
		data: func(c *Conn, p []byte) {
			c.SetTimeout(time.Millisecond)
			await(t, "the timer to be due", func() bool {
				c.loop.wheel.mu.Lock()
				defer c.loop.wheel.mu.Unlock()
				return c.timerStatus == timerDue
			})
			moved <- time.Now()
			c.SetTimeout(0)
			c.SetTimeout(later)
		},
	})
	send(t, client, "x")
	start := receive(t, "Data", moved)
	if took := receive(t, "Timeout", fired).Sub(start); took < later || len(fired) != 0 {
		t.Errorf("Timeout after %v and %d more, want after %v and none", took, len(fired), later)
	}
}

// TestTimeoutsOfMany: every one of many comes, once.
func TestTimeoutsOfMany(t *testing.T) {
	const conns = 200
	var fired atomic.Int32
	g := openGroup(t, testConfig(), func(c *Conn) Handler {
		c.SetTimeout(time.Duration(1+c.Peer().Port()%300) * time.Millisecond)
		return &hooks{timeout: func(*Conn) { fired.Add(1) }}
	})
	for range conns {
		dial(t, g)
	}
	await(t, "all timeouts", func() bool { return fired.Load() >= conns })
	if s := g.Stats(); fired.Load() != conns || s.Timeouts != conns {
		t.Errorf("%d timeouts, %d counted, want %d", fired.Load(), s.Timeouts, conns)
	}
}

func TestPeerForms(t *testing.T) {
	tests := []struct {
		name string
		addr net.Addr
		want string
	}{
		{name: "IPv4", addr: &net.TCPAddr{IP: net.IPv4(10, 1, 2, 3).To4(), Port: 65535}, want: "10.1.2.3:65535"},
		{name: "mapped", addr: &net.TCPAddr{IP: net.IPv4(10, 1, 2, 3), Port: 80}, want: "10.1.2.3:80"},
		{name: "IPv6", addr: &net.TCPAddr{IP: net.ParseIP("2001:db8::7"), Port: 1}, want: "[2001:db8::7]:1"},
		{name: "zone", addr: &net.TCPAddr{IP: net.ParseIP("fe80::1"), Port: 1, Zone: "eth0"}, want: "[fe80::1]:1"},
		{name: "not TCP", addr: &net.UnixAddr{Name: "x"}, want: "[::]:0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := &Conn{}
			c.ip, c.port = peerOf(tt.addr)
			if got := c.Peer(); got != netip.MustParseAddrPort(tt.want) {
				t.Errorf("Peer() = %v, want %s", got, tt.want)
			}
		})
	}
}

func TestConnSize(t *testing.T) {
	// 96 is a size class of the allocator; one byte more costs 16.
	if got := unsafe.Sizeof(Conn{}); got != 96 {
		t.Errorf("Conn is %d bytes, want 96", got)
	}
	// What a write touches has to stay in one cache line.
	if got := unsafe.Offsetof(Conn{}.run); got > 64 {
		t.Errorf("the write path of Conn ends at %d, want at most 64", got)
	}
}
