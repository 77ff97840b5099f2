package epoll

import (
	"fmt"
	"io"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

// viewer is a Conn with a cursor into a feed, flushed by workers.
type viewer struct {
	hooks
	conn     *Conn
	mu       sync.Mutex // Writable may come before WriteShared has returned
	cursor   int
	queue    chan<- *viewer
	blocked  atomic.Int32 // calls of WriteShared that reported open=false
	woken    atomic.Int32
	finished atomic.Bool
}

func (v *viewer) Writable(*Conn) {
	v.woken.Add(1)
	v.queue <- v // has room for every viewer
}

// flush writes until the socket is full or the feed at its end. Only one worker
// has a viewer at a time: it is queued once at the start and once per wake-up.
func (v *viewer) flush(f *feed) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for v.cursor < len(f.bytes) {
		// Small pieces of the feed make many rounds.
		to := min(v.cursor+8<<10, len(f.bytes))
		if to < len(f.bytes) {
			to = v.cursor + f.cut(v.cursor)(to-v.cursor)
		}
		n, open := v.conn.WriteShared(f.bytes[v.cursor:to], f.cut(v.cursor))
		v.cursor += n
		if !open {
			v.blocked.Add(1)
			return
		}
	}
	v.finished.Store(true)
}

// TestLostWakeups: viewers that block and wake again and again, on both loops and
// two workers at once, with pongs in between. One lost wake-up and its viewer
// sleeps for ever; one too many and two workers have the same viewer.
func TestLostWakeups(t *testing.T) {
	const viewers = 60
	f := newFeed(700, 1200)
	queue := make(chan *viewer, 2*viewers)
	opened := make(chan *viewer, viewers)
	g := openGroup(t, slowConfig(), func(c *Conn) Handler {
		v := &viewer{conn: c, queue: queue}
		opened <- v
		return v
	})
	var clients, workers sync.WaitGroup
	for range viewers {
		client := dialAddr(t, g.Addrs()[0].String(), slowRcvbuf)
		clients.Go(func() {
			if err := readFeed(client, len(f.ends)); err != nil {
				t.Error(err)
			}
		})
	}
	all := make([]*viewer, viewers)
	for i := range all {
		all[i] = receive(t, "accept", opened)
	}
	for range 2 {
		workers.Go(func() {
			for v := range queue {
				v.flush(f)
				// A pong may find bytes pending or not; either is a chance
				// to take the wake-up away from someone.
				if err := v.conn.Write(appendRecord(nil, 'p', 0, nil)); err != nil {
					t.Errorf("pong: %v", err)
				}
			}
		})
	}
	for _, v := range all {
		queue <- v
	}
	done := make(chan struct{})
	go func() { clients.Wait(); close(done) }()
	receive(t, "all viewers to get everything", done)
	await(t, "flushes to end", func() bool {
		for _, v := range all {
			if !v.finished.Load() || v.woken.Load() != v.blocked.Load() {
				return false
			}
		}
		return true
	})
	rounds := int32(0)
	for _, v := range all {
		rounds += v.blocked.Load()
	}
	close(queue)
	workers.Wait()
	t.Logf("%d rounds of blocked and woken", rounds)
	if rounds < 20*viewers {
		t.Errorf("%d rounds, want many more: nothing was tested", rounds)
	}
}

// readFeed reads records until it has n of the feed, in order; pongs may come
// between them.
func readFeed(r io.Reader, n int) error {
	for next := uint32(0); int(next) < n; {
		kind, seq, err := readRecord(r)
		switch {
		case err != nil:
			return fmt.Errorf("after %d records: %w", next, err)
		case kind != 'r':
		case seq != next:
			return fmt.Errorf("record %d, want %d", seq, next)
		default:
			next++
		}
	}
	return nil
}

// TestWritableOnceForManyWaits: however often WriteShared reports open=false
// before the socket drains, and whoever writes meanwhile, Writable comes once.
func TestWritableOnceForManyWaits(t *testing.T) {
	var woken atomic.Int32
	_, c, client := accepted(t, slowConfig(), slowRcvbuf, &hooks{writable: func(*Conn) { woken.Add(1) }})
	body := pattern(4 << 10)
	for round := int32(1); round <= 10; round++ {
		total := 0
		for open := true; open; {
			var n int
			n, open = c.WriteShared(body, cutAtEnd(len(body)))
			total += n
		}
		for range 5 {
			if n, open := c.WriteShared(body, nil); n != 0 || open {
				t.Fatalf("WriteShared = %d, %t, want 0, false", n, open)
			}
			if err := c.Write(body[:100]); err != nil {
				t.Fatal(err)
			}
			total += 100
		}
		if n, err := io.CopyN(io.Discard, client, int64(total)); err != nil {
			t.Fatalf("after %d of %d: %v", n, total, err)
		}
		await(t, "Writable", func() bool { return woken.Load() == round })
		if n, open := c.WriteShared(nil, nil); n != 0 || !open {
			t.Fatalf("WriteShared after Writable = %d, %t, want 0, true", n, open)
		}
	}
}

// TestWaitsAreNotedAtomically is the race of park against written, without a
// socket: of one that waits and one that reports the last byte as written,
// exactly one acts, every time.
func TestWaitsAreNotedAtomically(t *testing.T) {
	const rounds = 200000
	c := &Conn{}
	c.state.Or(registered)
	var begun, ended, woke atomic.Int32
	done := make(chan struct{})
	go func() { // stops: after rounds
		defer close(done)
		for i := int32(1); i <= rounds; i++ {
			for begun.Load() < i {
				runtime.Gosched()
			}
			for spin := i % 64; spin > 0; spin-- {
				_ = c.Pending() // somewhere else in the other's steps each time
			}
			if c.pending.Add(-1) == 0 && c.state.Load()&blocked != 0 && c.unpark() {
				woke.Add(1)
			}
			ended.Store(i)
		}
	}()
	waited := int32(0)
	for i := int32(1); i <= rounds; i++ {
		c.pending.Store(1)
		begun.Store(i)
		for spin := i / 64 % 64; spin > 0; spin-- {
			_ = c.Pending()
		}
		if c.busy() && c.park() {
			waited++
		}
		for ended.Load() < i {
			runtime.Gosched()
		}
		if got := woke.Load(); got != waited {
			t.Fatalf("round %d: %d waits and %d wake-ups, want the same", i, waited, got)
		}
	}
	<-done
}
