package epoll

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// logBuffer collects log lines.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// TestPanics: a panic anywhere ends its own connection, with a stack in the log,
// and nobody else's.
func TestPanics(t *testing.T) {
	end := newClosing()
	tests := []struct {
		name    string
		handler *hooks
		err     error // what Closed gets
	}{
		{name: "Data", err: ErrPanic, handler: &hooks{
			data: func(*Conn, []byte) { panic("ouch Data") }, closed: end.closed,
		}},
		{name: "Timeout", err: ErrPanic, handler: &hooks{
			data:    func(c *Conn, _ []byte) { c.SetTimeout(time.Millisecond) },
			timeout: func(*Conn) { panic("ouch Timeout") }, closed: end.closed,
		}},
		{name: "Writable", err: ErrPanic, handler: &hooks{
			data: func(c *Conn, _ []byte) {
				for open := true; open; {
					_, open = c.WriteShared(make([]byte, 4096), cutAtEnd(4096))
				}
			},
			writable: func(*Conn) { panic("ouch Writable") }, closed: end.closed,
		}},
		{name: "cut", err: ErrPanic, handler: &hooks{
			data: func(c *Conn, _ []byte) {
				c.WriteShared(make([]byte, 16<<20), func(int) int { panic("ouch cut") })
			}, closed: end.closed,
		}},
		{name: "Closed", err: errBye, handler: &hooks{
			data:   func(c *Conn, _ []byte) { c.Close(errBye) },
			closed: func(c *Conn, err error) { end.closed(c, err); panic("ouch Closed") },
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			end.times.Store(0)
			var log logBuffer
			g := openLogged(t, &log, tt.handler)
			client, other := dial(t, g), dial(t, g)
			send(t, client, "first")
			go func() { _, _ = client.WriteTo(discard{}) }() // stops: the server closes
			if err := end.once(t); !errors.Is(err, tt.err) {
				t.Errorf("Closed with %v, want %v", err, tt.err)
			}
			await(t, "the panic to be counted", func() bool { return g.Stats().Panics == 1 })
			// The loop still reads for the others, and their end is reported.
			send(t, other, "second")
			go func() { _, _ = other.WriteTo(discard{}) }() // stops: the server closes
			receive(t, "the other's Closed", end.err)
			await(t, "the second panic", func() bool { return g.Stats().Panics == 2 })
			for _, want := range []string{"handler panicked", "ouch " + tt.name, "panic_test.go"} {
				if !strings.Contains(log.String(), want) {
					t.Errorf("the log lacks %q: %s", want, log.String())
				}
			}
		})
	}
}

// discard hides ReadFrom, so that WriteTo copies in Go.
type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

// openLogged is openGroup with small buffers and a log of its own.
func openLogged(t *testing.T, log *logBuffer, h Handler) *Group {
	t.Helper()
	g, err := Open(slowConfig(), newTextLog(log), func(*Conn) Handler { return h })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	return g
}

// TestAcceptThatFails: accept may panic, return nothing, or close, all before the
// loop has the socket.
func TestAcceptThatFails(t *testing.T) {
	end := newClosing()
	tests := []struct {
		name   string
		accept func(c *Conn) Handler
		closed bool // there is a Handler to hear of it
	}{
		{name: "panics", accept: func(*Conn) Handler { panic("ouch") }},
		{name: "no handler", accept: func(*Conn) Handler { return nil }},
		{name: "closes", closed: true, accept: func(c *Conn) Handler {
			c.Close(errBye)
			// nbio would give the number to its poller although it may
			// belong to someone else by then.
			if gone, _ := c.nc.IsClosed(); gone {
				t.Error("closed before the poller had it")
			}
			return &hooks{closed: end.closed}
		}},
		{name: "closes after flush", closed: true, accept: func(c *Conn) Handler {
			c.CloseAfterFlush(errBye)
			return &hooks{closed: end.closed}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			end.times.Store(0)
			g, err := Open(testConfig(), nil, tt.accept)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(g.Close)
			client := dial(t, g)
			if n, err := client.Read(make([]byte, 1)); n != 0 || err == nil {
				t.Errorf("Read = %d, %v, want the end", n, err)
			}
			if tt.closed {
				if err := end.once(t); !errors.Is(err, errBye) {
					t.Errorf("Closed with %v, want %v", err, errBye)
				}
			}
			await(t, "it to be gone", func() bool { s := g.Stats(); return s.Closed == 1 && s.Open == 0 })
		})
	}
}

// TestWriteBeforeRegistered: what is written while accepting goes out as far as
// the socket takes it and never hangs, which is what nbio would do.
func TestWriteBeforeRegistered(t *testing.T) {
	end, woken := newClosing(), make(chan struct{}, 1)
	_, _, client := acceptedWith(t, &hooks{writable: func(*Conn) { woken <- struct{}{} }, closed: end.closed},
		func(c *Conn) {
			if n, open := c.WriteShared([]byte("early"), cutAtEnd(5)); n != 0 || open {
				t.Errorf("WriteShared while accepting = %d, %t, want 0, false", n, open)
			}
			if err := c.Write([]byte("hello")); err != nil {
				t.Errorf("Write while accepting: %v", err)
			}
		})
	expect(t, client, "hello")
	receive(t, "Writable", woken)

	_, _, client = acceptedWith(t, &hooks{closed: end.closed}, func(c *Conn) {
		if err := c.Write(make([]byte, 16<<20)); !errors.Is(err, ErrBacklog) {
			t.Errorf("Write of too much while accepting: %v, want ErrBacklog", err)
		}
	})
	go func() { _, _ = client.WriteTo(discard{}) }() // stops: the server closes
	if err := end.once(t); !errors.Is(err, ErrBacklog) {
		t.Errorf("Closed with %v, want ErrBacklog", err)
	}
}

// acceptedWith is accepted with something to do inside accept.
func acceptedWith(t *testing.T, h Handler, inside func(c *Conn)) (*Group, *Conn, *net.TCPConn) {
	t.Helper()
	conns := make(chan *Conn, 1)
	g := openGroup(t, slowConfig(), func(c *Conn) Handler {
		inside(c)
		conns <- c
		return h
	})
	client := dial(t, g)
	return g, receive(t, "accept", conns), client
}

// newTextLog logs into w.
func newTextLog(w io.Writer) *slog.Logger { return slog.New(slog.NewTextHandler(w, nil)) }
