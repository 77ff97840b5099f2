package epoll

import (
	"io"
	"net"
	"net/netip"
	"os"
	"syscall"
	"testing"

	"github.com/lesismal/nbio"
)

// busyLoop is a Group of one loop that a test can stop inside Data.
type busyLoop struct {
	*Group
	conns   chan *Conn
	entered chan struct{} // the loop is in Data
	resume  chan struct{} // one value lets it go on
}

// newBusyLoop opens one. Its connections echo, but for a "b", which keeps the loop.
func newBusyLoop(t *testing.T, closed func(c *Conn, err error)) *busyLoop {
	t.Helper()
	cfg := slowConfig()
	cfg.Loops = 1
	b := &busyLoop{conns: make(chan *Conn, 8), entered: make(chan struct{}, 8), resume: make(chan struct{}, 8)}
	b.Group = openGroup(t, cfg, func(c *Conn) Handler {
		b.conns <- c
		return &hooks{closed: closed, data: func(c *Conn, p []byte) {
			if string(p) != "b" {
				_ = c.Write(p)
				return
			}
			b.entered <- struct{}{}
			<-b.resume
		}}
	})
	t.Cleanup(func() { close(b.resume) }) // a test that failed does not keep it
	return b
}

// conn returns the connection accepted next.
func (b *busyLoop) conn(t *testing.T) *Conn {
	t.Helper()
	c := receive(t, "accept", b.conns)
	await(t, "the poller to have the socket", func() bool { return c.state.Load()&registered != 0 })
	return c
}

// fillBelow takes every free descriptor below fd.
func fillBelow(t *testing.T, fd int) {
	t.Helper()
	for {
		f, err := os.Open(os.DevNull)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Close() })
		if int(f.Fd()) > fd {
			return
		}
	}
}

// isClosed reports whether nc has closed its descriptor.
func isClosed(nc *nbio.Conn) bool {
	nc.Lock()
	defer nc.Unlock()
	gone, _ := nc.IsClosed()
	return gone
}

// shortWrite begins a write to c that its socket takes a part of. What is left is
// queued once goOn is closed; then done is.
func shortWrite(t *testing.T, c *Conn) (goOn chan<- struct{}, done <-chan struct{}) {
	t.Helper()
	short, rest, wrote := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() { // stops: rest
		defer close(wrote)
		body := pattern(4 << 20)
		c.WriteShared(body, func(int) int {
			close(short)
			<-rest
			return len(body)
		})
	}()
	receive(t, "a short write", short)
	return rest, wrote
}

// TestOnlyTheLoopCloses: a connection ends between a short write and the queueing
// of the rest, while the loop is on its way to that event. Were the descriptor
// closed by the writer, the next connection would get its number, and the event.
func TestOnlyTheLoopCloses(t *testing.T) {
	for _, tt := range []struct {
		name string
		end  func(c *Conn, client *net.TCPConn)
	}{
		{"reset by the peer", func(_ *Conn, client *net.TCPConn) {
			_ = client.SetLinger(0)
			_ = client.Close()
		}},
		{"closed by another goroutine", func(c *Conn, _ *net.TCPConn) { c.Close(errBye) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			hole := openSpare() // accept(2) uses a number and gives it back
			ended := newClosing()
			b := newBusyLoop(t, ended.closed)
			blocker := dial(t, b.Group)
			b.conn(t)
			client := dialAddr(t, b.Addrs()[0].String(), slowRcvbuf)
			victim := b.conn(t)
			fd := victim.nc.Hash()
			if hole < 0 || hole > fd {
				t.Fatalf("descriptor %d is not below %d", hole, fd)
			}
			next := newSocket(t)
			send(t, blocker, "b")
			receive(t, "the loop to be busy", b.entered)
			goOn, wrote := shortWrite(t, victim)

			// What the loop finds next: first the blocker, then the victim's end.
			send(t, blocker, "b")
			tt.end(victim, client)
			await(t, "the end to arrive", func() bool { return hungUp(fd) })
			fillBelow(t, fd) // or the number would not be the next
			b.resume <- struct{}{}
			receive(t, "the loop to have both events", b.entered)
			close(goOn)
			receive(t, "the write", wrote)
			if isClosed(victim.nc) {
				t.Error("the writer has closed the descriptor")
			}

			_ = syscall.Close(hole)
			next.connect(t, b.Group)
			newcomer := b.conn(t)
			b.resume <- struct{}{}
			await(t, "the loop to close", func() bool { return isClosed(victim.nc) })
			send(t, next, "echo")
			expect(t, next, "echo")
			if isClosed(newcomer.nc) {
				t.Error("a new connection was ended by the event of an old one")
			}
			_ = ended.once(t)
		})
	}
}

// TestProbesAreClosedByTheLoop: the sockets that Open makes for itself are no
// exception.
func TestProbesAreClosedByTheLoop(t *testing.T) {
	b := newBusyLoop(t, nil)
	blocker := dial(t, b.Group)
	b.conn(t)
	send(t, blocker, "b")
	receive(t, "the loop to be busy", b.entered)
	pair, err := b.addPair(make(chan int, 2))
	if err != nil {
		t.Fatal(err)
	}
	endProbes(pair)
	for _, nc := range pair {
		if isClosed(nc) {
			t.Error("closed while the loop was busy")
		}
	}
	b.resume <- struct{}{}
	for _, nc := range pair {
		await(t, "the loop to close", func() bool { return isClosed(nc) })
	}
}

// TestResidues pins the layout of nbio.Conn that queueing needs, and that it works
// without.
func TestResidues(t *testing.T) {
	if !findOut(findPoll()).found {
		t.Fatal("nbio.Conn keeps what it has to write in another way: see residue.go")
	}
	for _, out := range []outFields{findOut(findPoll()), {}} {
		g, c, client := accepted(t, slowConfig(), slowRcvbuf, &hooks{})
		g.out = out
		body := pattern(256 << 10)
		for part := body; len(part) > 0; {
			n := min(len(part), 3000)
			if err := c.Write(part[:n]); err != nil {
				t.Fatal(err)
			}
			part = part[n:]
		}
		if c.Pending() == 0 {
			t.Error("nothing was queued")
		}
		expect(t, client, string(body))
		await(t, "nothing to be pending", func() bool { return c.Pending() == 0 })
	}
}

// rawSocket is a blocking socket, whose number is taken before it connects.
type rawSocket int

func newSocket(t *testing.T) rawSocket {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(fd) })
	wait := syscall.NsecToTimeval(patience.Nanoseconds())
	if err := syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &wait); err != nil {
		t.Fatal(err)
	}
	return rawSocket(fd)
}

func (s rawSocket) connect(t *testing.T, g *Group) {
	t.Helper()
	to := netip.MustParseAddrPort(g.Addrs()[0].String())
	if err := syscall.Connect(int(s), &syscall.SockaddrInet4{Addr: to.Addr().As4(), Port: int(to.Port())}); err != nil {
		t.Fatal(err)
	}
}

func (s rawSocket) Write(p []byte) (int, error) { return syscall.Write(int(s), p) }

func (s rawSocket) Read(p []byte) (int, error) {
	n, err := syscall.Read(int(s), p)
	if n == 0 && err == nil {
		err = io.EOF
	}
	return max(n, 0), err
}
