package epoll

import (
	"net"
	"net/netip"
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// cpuTime returns what the process has used so far.
func cpuTime(t testing.TB) time.Duration {
	t.Helper()
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		t.Fatal(err)
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}

// dialRaw connects n sockets without any Go object behind them, so that memory
// and goroutines are the server's.
func dialRaw(t testing.TB, g *Group, n int) []int {
	t.Helper()
	addr := g.Addrs()[0].(*net.TCPAddr)
	to := &syscall.SockaddrInet4{Addr: netip.MustParseAddr(addr.IP.String()).As4(), Port: addr.Port}
	fds := make([]int, 0, n)
	t.Cleanup(func() {
		for _, fd := range fds {
			_ = syscall.Close(fd)
		}
	})
	for range n {
		fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		fds = append(fds, fd)
		if err := syscall.Connect(fd, to); err != nil {
			t.Fatal(err)
		}
	}
	return fds
}

// heapInUse is the live heap after everything unused has gone.
func heapInUse() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestIdleConns: an idle connection is no goroutine and little memory, and many
// of them use no CPU.
func TestIdleConns(t *testing.T) {
	const conns = 2000
	h := &hooks{}
	cfg := testConfig()
	g := openGroup(t, cfg, func(c *Conn) Handler {
		c.SetTimeout(time.Hour)
		return h
	})
	goroutines, heap := runtime.NumGoroutine(), heapInUse()
	dialRaw(t, g, conns)
	await(t, "all accepted", func() bool { return g.Stats().Open == conns })
	// nbio starts one for a moment to report closed connections, not for these.
	if got := runtime.NumGoroutine(); got > goroutines {
		t.Errorf("%d goroutines more than without connections", got-goroutines)
	}
	perConn := float64(heapInUse()-heap) / conns
	t.Logf("%.0f bytes of heap per idle connection", perConn)
	// nbio 208, Conn 96, two tables of pointers; 160 more if the addresses of
	// nbio were not dropped.
	if perConn > 400 {
		t.Errorf("%.0f bytes per connection, want at most 400", perConn)
	}
	used := cpuTime(t)
	wait := time.NewTimer(300 * time.Millisecond)
	<-wait.C
	if used = cpuTime(t) - used; used > 30*time.Millisecond {
		t.Errorf("%v of CPU in 300 ms of idling", used)
	}
}

// TestAddrsAreDropped pins the layout of nbio.Conn that saving the memory needs.
func TestAddrsAreDropped(t *testing.T) {
	if !findAddrs().found {
		t.Fatal("nbio.Conn has no lAddr and rAddr of type net.Addr any more: see addr.go")
	}
	_, c, _ := accepted(t, testConfig(), 0, &hooks{})
	if c.nc.RemoteAddr() != nil || c.nc.LocalAddr() != nil {
		t.Errorf("nbio keeps %v and %v, want nothing", c.nc.RemoteAddr(), c.nc.LocalAddr())
	}
}

// TestWriteAllocs: a write to a socket that takes it allocates nothing.
func TestWriteAllocs(t *testing.T) {
	var got atomic.Int64
	_, c, client := accepted(t, testConfig(), 0, &hooks{})
	go func() { // stops: the connection is closed
		n, _ := client.WriteTo(discard{})
		got.Add(n)
	}()
	record := pattern(128)
	cut := cutAtEnd(len(record))
	for _, tt := range []struct {
		name string
		call func()
	}{
		{"WriteShared", func() {
			if n, open := c.WriteShared(record, cut); n != len(record) || !open {
				t.Errorf("WriteShared = %d, %t, want %d, true", n, open, len(record))
			}
		}},
		{"Write", func() {
			if err := c.Write(record); err != nil {
				t.Error(err)
			}
		}},
		{"SetTimeout", func() { c.SetTimeout(time.Minute); c.SetTimeout(0) }},
	} {
		if got := testing.AllocsPerRun(200, tt.call); got != 0 {
			t.Errorf("%s: %v allocations, want 0", tt.name, got)
		}
	}
}

// TestOpenClose: a Group closed as soon as it is open, with clients still in the
// backlog, ends (nbio by itself would spin for ever now and then).
func TestOpenClose(t *testing.T) {
	for range 30 {
		g, err := Open(testConfig(), nil, httpServer)
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			conn, err := net.Dial("tcp", g.Addrs()[0].String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
		}
		done := make(chan struct{})
		go func() { g.Close(); close(done) }() // stops: checked below
		receive(t, "Close", done)
		g.Close()
		if s := g.Stats(); s.Open != 0 || s.Accepted != s.Closed {
			t.Fatalf("%d accepted, %d closed, %d open", s.Accepted, s.Closed, s.Open)
		}
	}
}

// TestCloseAll: Close ends every connection with ErrClosed, once each.
func TestCloseAll(t *testing.T) {
	const conns = 500
	var closed, wrong atomic.Int32
	g := openGroup(t, testConfig(), func(*Conn) Handler {
		return &hooks{closed: func(_ *Conn, err error) {
			closed.Add(1)
			if err != ErrClosed {
				wrong.Add(1)
			}
		}}
	})
	dialRaw(t, g, conns)
	await(t, "all accepted", func() bool { return g.Stats().Open == conns })
	g.Close()
	if closed.Load() != conns || wrong.Load() != 0 {
		t.Errorf("%d closed, %d of them with another error, want %d and 0", closed.Load(), wrong.Load(), conns)
	}
}
