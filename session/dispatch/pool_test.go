package dispatch

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/panjf2000/ants/v2"
)

// TestPoolOverload fills the only worker and the queue behind it.
func TestPoolOverload(t *testing.T) {
	p := pool(t, 1, 3)
	release, done := make(chan struct{}), make(chan struct{})
	var order []int
	for i := range 4 {
		job := func() { order = append(order, i) }
		if i == 0 {
			job = func() { <-release; order = append(order, 0) }
		}
		if err := p.Submit(job); err != nil {
			t.Fatalf("Submit %d: %v", i, err)
		}
	}
	if err := p.Submit(func() {}); !errors.Is(err, ants.ErrPoolOverload) {
		t.Errorf("Submit over the limit: %v, want ErrPoolOverload", err)
	}
	if st := p.Stats(); st.Workers != 1 || st.Waiting != 3 || st.Overrun != 3 {
		t.Errorf("Stats() = %+v, want 1 worker, 3 waiting, 3 overrun", st)
	}
	close(release)
	until(t, "the queue to drain", func() bool { return p.Stats().Waiting == 0 })
	for errors.Is(p.Submit(func() { close(done) }), ants.ErrPoolOverload) {
		t.Fatal("an empty queue refuses")
	}
	wait(t, "the last job", done)
	if fmt.Sprint(order) != "[0 1 2 3]" {
		t.Errorf("order %v, want that of submission", order)
	}
	until(t, "the worker to be free", func() bool { return p.Stats().Workers == 0 })
}

// TestPoolLosesNothing has more submitters than workers: every job runs, and
// never more at once than there are workers.
func TestPoolLosesNothing(t *testing.T) {
	for _, workers := range []int{1, 2, 3} {
		p := pool(t, workers, 1<<20)
		const submitters, each = 8, 5000
		var ran, now, most atomic.Int64
		var wg sync.WaitGroup
		for range submitters {
			wg.Go(func() {
				for range each {
					err := p.Submit(func() {
						n := now.Add(1)
						for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
							continue
						}
						ran.Add(1)
						now.Add(-1)
					})
					if err != nil {
						t.Errorf("Submit: %v", err)
					}
				}
			})
		}
		wg.Wait()
		until(t, "all jobs", func() bool { return ran.Load() == submitters*each })
		if most.Load() > int64(workers) {
			t.Errorf("%d jobs at once on %d workers", most.Load(), workers)
		}
	}
}

// TestPoolOneByOne submits each job when the last one has just ended: that is
// when a worker stops looking at the queue.
func TestPoolOneByOne(t *testing.T) {
	p := pool(t, 1, 16)
	for i := range 20000 {
		done := make(chan struct{})
		if err := p.Submit(func() { close(done) }); err != nil {
			t.Fatalf("Submit %d: %v", i, err)
		}
		wait(t, "a job", done)
	}
}

func TestPoolPanic(t *testing.T) {
	p := pool(t, 1, 16)
	done := make(chan struct{})
	for range 3 {
		if err := p.Submit(func() { panic("job") }); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Submit(func() { close(done) }); err != nil {
		t.Fatal(err)
	}
	wait(t, "the job after those that panic", done)
	if n := p.Stats().Panics; n != 3 {
		t.Errorf("%d panics counted, want 3", n)
	}
}

// TestPoolClose refuses what comes, drops what waits and waits for what runs.
func TestPoolClose(t *testing.T) {
	p, err := NewPool(Config{MaxWaiting: 16}, 1, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	started, release := make(chan struct{}), make(chan struct{})
	if err := p.Submit(func() { close(started); <-release }); err != nil {
		t.Fatal(err)
	}
	wait(t, "the job", started)
	if err := p.Submit(func() { t.Error("a job ran that waited at Close") }); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(10 * time.Millisecond); err == nil {
		t.Error("Close with a job running: no error after its time")
	}
	if err := p.Submit(func() {}); !errors.Is(err, ErrClosed) {
		t.Errorf("Submit after Close: %v, want ErrClosed", err)
	}
	woken := false
	NewLane(p, func() bool { woken = true; return false }).Wake()
	close(release)
	until(t, "the worker to end", func() bool { return p.ants.Running() == 0 })
	if woken {
		t.Error("a lane took a turn after Close")
	}
}

func TestConfigValidate(t *testing.T) {
	if err := DefaultConfig().Validate(); err != nil {
		t.Errorf("default: %v", err)
	}
	tests := []struct {
		cfg  Config
		want []string
	}{
		{Config{Workers: -1}, []string{"dispatch.workers: -1", "dispatch.max_waiting: 0"}},
		{Config{Workers: 4097, MaxWaiting: 1}, []string{"dispatch.workers: 4097"}},
	}
	for _, tt := range tests {
		err := tt.cfg.Validate()
		for _, want := range tt.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%+v: %v, want %q in it", tt.cfg, err, want)
			}
		}
	}
}
