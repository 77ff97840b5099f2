package epoll

import (
	"bytes"
	"errors"
	"io"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

var errBye = errors.New("bye")

// TestHalfClosedPeer: a client that ends its half right after the request gets
// an answer written synchronously in Data.
func TestHalfClosedPeer(t *testing.T) {
	g := openGroup(t, testConfig(), func(*Conn) Handler {
		return &hooks{data: func(c *Conn, p []byte) {
			if err := c.Write([]byte("answer to " + string(p))); err != nil {
				t.Errorf("Write: %v", err)
			}
		}}
	})
	for range 50 {
		client := dial(t, g)
		send(t, client, "request")
		if err := client.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(client)
		if err != nil || string(got) != "answer to request" {
			t.Fatalf("read %q, %v, want the answer", got, err)
		}
	}
}

// TestUploadThenFIN: everything sent before the half-close reaches Data, however
// much has queued up while the loop was busy.
func TestUploadThenFIN(t *testing.T) {
	const size = 2 << 20
	var got atomic.Int64
	busy, end := make(chan struct{}), newClosing()
	_, _, client := accepted(t, testConfig(), 0, &hooks{
		data: func(c *Conn, p []byte) {
			if got.Add(int64(len(p))) == 1 {
				<-busy
			}
		},
		closed: end.closed,
	})
	send(t, client, "x")
	await(t, "the loop to be busy", func() bool { return got.Load() == 1 })
	wrote := make(chan error, 1)
	go func() {
		_, err := client.Write(pattern(size))
		wrote <- errors.Join(err, client.CloseWrite())
	}()
	select {
	case err := <-wrote: // all of it, and the FIN, wait in the kernel
		wrote <- err
	case <-time.After(100 * time.Millisecond): // the kernel's buffers are smaller
	}
	close(busy)
	if err := receive(t, "upload", wrote); err != nil {
		t.Fatal(err)
	}
	if err := end.once(t); !errors.Is(err, io.EOF) {
		t.Errorf("Closed with %v, want io.EOF", err)
	}
	if got.Load() != size+1 {
		t.Errorf("Data got %d bytes, want %d", got.Load(), size+1)
	}
}

// TestCloseAfterFlush: 8 MiB arrive complete although the client reads slowly and
// has sent input nobody reads, which would turn a plain close into a reset.
func TestCloseAfterFlush(t *testing.T) {
	const size = 8 << 20
	cfg := testConfig()
	cfg.MaxPending, cfg.Linger = 16<<20, patience
	body, end := pattern(size), newClosing()
	_, c, client := accepted(t, cfg, 32<<10, &hooks{
		data: func(c *Conn, p []byte) {
			if c.Closed() {
				t.Error("Data after CloseAfterFlush")
				return
			}
			if err := c.Write(body); err != nil {
				t.Errorf("Write: %v", err)
			}
			c.CloseAfterFlush(errBye)
			if err := c.Write(body); !errors.Is(err, ErrClosed) {
				t.Errorf("Write after CloseAfterFlush: %v, want ErrClosed", err)
			}
			if n, open := c.WriteShared(body, cutAtEnd(size)); n != 0 || open {
				t.Errorf("WriteShared after CloseAfterFlush = %d, %t, want 0, false", n, open)
			}
			c.SetTimeout(0) // must not stop the clock
		},
		timeout:  func(*Conn) { t.Error("Timeout after CloseAfterFlush") },
		writable: func(*Conn) { t.Error("Writable after CloseAfterFlush") },
		closed:   end.closed,
	})
	send(t, client, "request")
	await(t, "CloseAfterFlush", c.Closed)
	send(t, client, "unread")
	var got bytes.Buffer
	for {
		n, err := io.CopyN(&got, client, 64<<10)
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("after %d+%d bytes: %v", got.Len(), n, err)
		}
		send(t, client, "more")
	}
	if !bytes.Equal(got.Bytes(), body) {
		t.Fatalf("got %d bytes, want the %d written", got.Len(), size)
	}
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	if err := end.once(t); !errors.Is(err, errBye) {
		t.Errorf("Closed with %v, want the error of CloseAfterFlush", err)
	}
}

// TestCloseAfterFlushOfNothing: with nothing pending the client sees the end at
// once, and Closed comes when the client has closed too.
func TestCloseAfterFlushOfNothing(t *testing.T) {
	end := newClosing()
	_, c, client := accepted(t, testConfig(), 0, &hooks{closed: end.closed})
	c.CloseAfterFlush(errBye)
	c.CloseAfterFlush(nil)
	if n, err := client.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Errorf("Read = %d, %v, want 0, io.EOF", n, err)
	}
	_ = client.Close()
	if err := end.once(t); !errors.Is(err, errBye) {
		t.Errorf("Closed with %v, want %v", err, errBye)
	}
}

// TestCloseAfterFlushWithin: a client that reads on later than Linger, but within
// the time given, has everything to the last byte.
func TestCloseAfterFlushWithin(t *testing.T) {
	const size = 4 << 20
	cfg := testConfig()
	cfg.MaxPending, cfg.Linger = 8<<20, 50*time.Millisecond
	body, end := pattern(size), newClosing()
	_, c, client := accepted(t, cfg, 4<<10, &hooks{closed: end.closed})
	if err := c.Write(body); err != nil {
		t.Fatal(err)
	}
	c.CloseAfterFlushWithin(errBye, patience)
	select {
	case err := <-end.err:
		t.Fatalf("closed with %v while there was time", err)
	case <-time.After(4 * cfg.Linger):
	}
	got, err := io.ReadAll(client)
	if err != nil || !bytes.Equal(got, body) {
		t.Errorf("got %d bytes, %v, want the %d written", len(got), err, size)
	}
	_ = client.Close()
	if err := end.once(t); !errors.Is(err, errBye) {
		t.Errorf("Closed with %v, want %v", err, errBye)
	}
}

// TestLinger: a client that neither reads nor closes holds the Conn for no longer
// than Linger.
func TestLinger(t *testing.T) {
	for _, tt := range []struct {
		name    string
		pending int
	}{{"nothing pending", 0}, {"a lot pending", 4 << 20}} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := testConfig()
			cfg.MaxPending, cfg.Linger = 8<<20, 200*time.Millisecond
			end := newClosing()
			_, c, _ := accepted(t, cfg, 4<<10, &hooks{closed: end.closed})
			if err := c.Write(pattern(tt.pending)); err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			c.CloseAfterFlush(errBye)
			if err := end.once(t); !errors.Is(err, errBye) {
				t.Errorf("Closed with %v, want %v", err, errBye)
			}
			if took := time.Since(start); took < cfg.Linger || took > 10*time.Second {
				t.Errorf("it took %v, want %v and little more", took, cfg.Linger)
			}
		})
	}
}

// TestCloseDiscards: Close does not wait for anything.
func TestCloseDiscards(t *testing.T) {
	cfg := testConfig()
	cfg.MaxPending = 16 << 20
	end := newClosing()
	_, c, client := accepted(t, cfg, 4<<10, &hooks{closed: end.closed})
	if err := c.Write(pattern(8 << 20)); err != nil {
		t.Fatal(err)
	}
	if c.Pending() == 0 {
		t.Error("Pending() = 0, want most of 8 MiB")
	}
	c.Close(errBye)
	c.Close(nil)
	if err := end.once(t); !errors.Is(err, errBye) {
		t.Errorf("Closed with %v, want %v", err, errBye)
	}
	if n, err := io.Copy(io.Discard, client); n >= 8<<20 {
		t.Errorf("client got %d bytes, %v: nothing was pending", n, err)
	}
}

// TestBacklog: a Write above MaxPending ends the connection with ErrBacklog.
func TestBacklog(t *testing.T) {
	cfg := testConfig()
	cfg.MaxPending = 64 << 10
	end := newClosing()
	g, c, _ := accepted(t, cfg, 4<<10, &hooks{closed: end.closed})
	frame := pattern(4 << 10)
	var err error
	for wrote := 0; err == nil && wrote < 64<<20; wrote += len(frame) {
		err = c.Write(frame)
		if p := c.Pending(); p > cfg.MaxPending {
			t.Fatalf("%d bytes pending, want at most %d", p, cfg.MaxPending)
		}
	}
	if !errors.Is(err, ErrBacklog) {
		t.Fatalf("Write: %v, want ErrBacklog", err)
	}
	if err := end.once(t); !errors.Is(err, ErrBacklog) {
		t.Errorf("Closed with %v, want ErrBacklog", err)
	}
	if s := g.Stats(); s.PendingOverflow != 1 {
		t.Errorf("PendingOverflow = %d, want 1", s.PendingOverflow)
	}
}

// TestReset: a peer's reset is reported as such.
func TestReset(t *testing.T) {
	end := newClosing()
	_, _, client := accepted(t, testConfig(), 0, &hooks{closed: end.closed})
	if err := client.SetLinger(0); err != nil {
		t.Fatal(err)
	}
	_ = client.Close()
	if err := end.once(t); !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, io.EOF) {
		t.Errorf("Closed with %v, want ECONNRESET or io.EOF", err)
	}
}
