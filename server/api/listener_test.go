package api

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// flaky is a listener whose accepts fail a few times, as without descriptors.
type flaky struct {
	net.Listener
	fails, calls atomic.Int64
}

func (f *flaky) Accept() (net.Conn, error) {
	f.calls.Add(1)
	if f.fails.Add(-1) >= 0 {
		return nil, &net.OpError{Op: "accept", Err: syscall.EMFILE}
	}
	return f.Listener.Accept()
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	return ln
}

// TestAcceptErrors: a port that is out of descriptors comes back, and does
// not spin meanwhile.
func TestAcceptErrors(t *testing.T) {
	inner := &flaky{Listener: listen(t)}
	inner.fails.Store(2)
	log := &journal{}
	l := newListener(inner, 1, slog.New(slog.NewTextHandler(log, nil)))
	began := time.Now()
	go net.Dial("tcp", inner.Addr().String())
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	if took := time.Since(began); took < 2*acceptPause {
		t.Errorf("accepted after %v, want two pauses of %v before", took, acceptPause)
	}
	if n := inner.calls.Load(); n != 3 {
		t.Errorf("%d accepts, want 3", n)
	}
	// Close ends a pause.
	inner.fails.Store(1 << 40)
	ended := make(chan error, 1)
	go func() { _, err := l.Accept(); ended <- err }()
	l.Close()
	select {
	case err := <-ended:
		if !errors.Is(err, net.ErrClosed) {
			t.Errorf("Accept after Close = %v, want %v", err, net.ErrClosed)
		}
	case <-time.After(patience):
		t.Error("Close does not end Accept")
	}
}

// TestLinger: what was written last arrives although more was being sent, and
// a connection counts once however often it is closed.
func TestLinger(t *testing.T) {
	l := newListener(listen(t), 1, slog.New(slog.DiscardHandler))
	client, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	server, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	sent := make(chan struct{})
	go func() {
		client.Write(make([]byte, 4<<20))
		close(sent)
	}()
	one := make([]byte, 1)
	io.ReadFull(server, one) // more than that is on its way
	io.WriteString(server, "no")
	linger(server)
	closed := make(chan struct{})
	go func() { server.Close(); server.Close(); close(closed) }()
	client.SetReadDeadline(time.Now().Add(patience))
	if got, err := io.ReadAll(client); string(got) != "no" || err != nil {
		t.Errorf("the client read %q, %v, want \"no\" and the end", got, err)
	}
	<-sent
	client.Close()
	<-closed
	if n := l.open(); n != 0 {
		t.Errorf("%d connections are open, want 0", n)
	}
}

// TestLingerEnds: nobody is waited for long.
func TestLingerEnds(t *testing.T) {
	l := newListener(listen(t), 1, slog.New(slog.DiscardHandler))
	client, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	server, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	linger(server)
	began := time.Now()
	server.Close()
	if took := time.Since(began); took < lingerTime/2 || took > 5*lingerTime {
		t.Errorf("Close took %v, want about %v", took, lingerTime)
	}
}
