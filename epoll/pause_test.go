package epoll

import (
	"bytes"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// gatherer keeps what comes, and pauses its connection after a number of bytes.
type gatherer struct {
	mu    sync.Mutex
	got   bytes.Buffer
	after int
	conn  atomic.Pointer[Conn]
	ended chan error
}

func newGatherer(after int) *gatherer { return &gatherer{after: after, ended: make(chan error, 8)} }

func (h *gatherer) Data(c *Conn, p []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	before := h.got.Len()
	h.got.Write(p)
	if before < h.after && h.got.Len() >= h.after {
		c.Pause(PauseFull)
	}
	h.conn.Store(c)
}
func (h *gatherer) Timeout(*Conn)             {}
func (h *gatherer) Writable(*Conn)            {}
func (h *gatherer) Closed(_ *Conn, err error) { h.ended <- err }

func (h *gatherer) len() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.got.Len()
}

// TestPause: what is sent to a paused connection waits in the kernel, costs no
// turn of the loop, and comes once it is resumed, whatever is written meanwhile.
func TestPause(t *testing.T) {
	h := newGatherer(1)
	g := openGroup(t, testConfig(), func(*Conn) Handler { return h })
	if !g.poll.found {
		t.Fatal("nbio's fields were not found: nothing can be paused")
	}
	client := dial(t, g)
	send(t, client, "a")
	await(t, "the first byte", func() bool { return h.len() == 1 })
	c := h.conn.Load()
	c.Pause(PauseBehind) // two reasons: both have to go
	send(t, client, "bcd")
	before := cpuTime(t)
	for i := range 3 { // nbio arms reading again after what has waited for room
		_ = c.WriteWithin(make([]byte, 8<<20), 16<<20)
		if _, err := io.CopyN(io.Discard, client, 8<<20); err != nil {
			t.Fatal(i, err)
		}
	}
	c.Resume(PauseFull)
	other := dial(t, g)
	send(t, other, "1")
	await(t, "another connection's turn", func() bool { return h.len() == 2 })
	if used := cpuTime(t) - before; used > patience/4 {
		t.Errorf("%v of CPU while paused", used)
	}
	c.Resume(PauseBehind)
	await(t, "the rest", func() bool { return h.len() == 5 })
	if got := g.Stats().Pauses; got != 1 {
		t.Errorf("%d pauses, want 1", got)
	}
}

// TestPausedEnd: what was sent before the end comes before the end, and comes
// also if the end was seen while the connection was paused.
func TestPausedEnd(t *testing.T) {
	const size = 1 << 20
	for _, tt := range []struct {
		name  string
		after int // bytes after which it is paused
	}{{"at once", 1}, {"in the middle", size / 2}} {
		t.Run(tt.name, func(t *testing.T) {
			h := newGatherer(tt.after)
			g := openGroup(t, testConfig(), func(*Conn) Handler { return h })
			client := dial(t, g)
			wrote := make(chan error, 1)
			go func() {
				_, err := client.Write(bytes.Repeat([]byte{1}, size))
				wrote <- err
				_ = client.CloseWrite()
			}()
			await(t, "a pause, or all", func() bool { return h.len() >= tt.after })
			await(t, "all, with pauses taken back", func() bool {
				if c := h.conn.Load(); c != nil {
					c.Resume(PauseFull)
				}
				return h.len() == size
			})
			if err := receive(t, "writing", wrote); err != nil {
				t.Error(err)
			}
			if err := receive(t, "the end", h.ended); err != io.EOF {
				t.Errorf("ended by %v, want EOF", err)
			}
		})
	}
}

// TestPausedClose: a paused connection that is closed notices its peer's end.
func TestPausedClose(t *testing.T) {
	h := newGatherer(1)
	cfg := testConfig()
	cfg.Linger = time.Hour
	g := openGroup(t, cfg, func(*Conn) Handler { return h })
	client := dial(t, g)
	send(t, client, "a")
	await(t, "the first byte", func() bool { return h.len() == 1 })
	h.conn.Load().CloseAfterFlush(nil)
	if _, err := io.ReadAll(client); err != nil {
		t.Error(err)
	}
	if err := client.Close(); err != nil {
		t.Error(err)
	}
	receive(t, "Closed", h.ended)
	h.conn.Load().Pause(PauseFull) // does nothing
}
