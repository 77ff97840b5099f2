package brokertest

import (
	"context"
	"slices"
	"sync"
	"testing"

	"grandstand/session/broker"
)

// testKey: the second publish with a key commits nothing and returns the ids
// of the first, whatever it holds.
func testKey(t *testing.T, factory func(t *testing.T) broker.Broker) {
	b, r := open(t, factory)
	first, again := publish(t, b, "k", batch("a", "first", 3))
	if again {
		t.Error("a new key is said to have been used")
	}
	want := slices.Clone(first)
	clear(first) // the caller's own
	for _, m := range [][]broker.Message{batch("a", "first", 3), batch("b", "other", 1)} {
		ids, again := publish(t, b, "k", m)
		if !again || !slices.Equal(ids, want) {
			t.Errorf("Publish with a used key = %v, %v, want %v, true", ids, again, want)
		}
		clear(ids)
	}
	other, again := publish(t, b, "K", batch("a", "second", 1))
	if again || other[0] <= want[2] {
		t.Errorf("Publish with another key = %v, %v, want a new id above %d", other, again, want[2])
	}
	for range 2 {
		if _, again := publish(t, b, "", batch("a", "no key", 1)); again {
			t.Error("no key is taken for one that was used")
		}
	}
	if events := r.wait(6); len(events) != 6 {
		t.Errorf("%d events, want 6", len(events))
	}
}

// testKeyAtOnce: of many that publish with the same key at the same time, one
// commits and all learn its ids.
func testKeyAtOnce(t *testing.T, factory func(t *testing.T) broker.Broker) {
	b, r := open(t, factory)
	const publishers = 16
	var mu sync.Mutex
	var all [][]uint64
	committed := 0
	var wg sync.WaitGroup
	for range publishers {
		wg.Go(func() {
			ids, again, err := b.Publish(context.Background(), "same", batch("a", "x", 2))
			if err != nil {
				t.Errorf("Publish: %v", err)
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, ids)
			if !again {
				committed++
			}
		})
	}
	wg.Wait()
	if committed != 1 {
		t.Errorf("%d of %d publishers committed, want 1", committed, publishers)
	}
	for _, ids := range all {
		if !slices.Equal(ids, all[0]) || len(ids) != 2 {
			t.Errorf("ids %v and %v, want the same two", ids, all[0])
		}
	}
	publish(t, b, "", batch("a", "last", 1))
	if events := r.wait(3); len(events) != 3 {
		t.Errorf("%d events, want 3", len(events))
	}
}

// testClose: what comes after it is refused and not committed, a used key
// too.
func testClose(t *testing.T, factory func(t *testing.T) broker.Broker) {
	b, r := open(t, factory)
	publish(t, b, "k", batch("a", "x", 2))
	r.wait(2)
	if err := b.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
	for _, key := range []string{"", "k", "new"} {
		if !closed(t, b, key) {
			t.Errorf("Publish with key %q after Close is not refused", key)
		}
	}
	if events := r.wait(2); len(events) != 2 {
		t.Errorf("%d events, want the 2 from before Close", len(events))
	}
	if err := b.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
}

// testCloseWhilePublishing: each batch is either refused, or it is in the log
// whole.
func testCloseWhilePublishing(t *testing.T, factory func(t *testing.T) broker.Broker) {
	b, r := open(t, factory)
	const publishers = 8
	var mu sync.Mutex
	var told []uint64
	started := make(chan struct{}, publishers)
	var wg sync.WaitGroup
	for range publishers {
		wg.Go(func() {
			for i := 0; ; i++ {
				ids, _, err := b.Publish(context.Background(), "", batch("a", "x", 3))
				if i == 0 {
					started <- struct{}{}
				}
				if err != nil {
					return
				}
				mu.Lock()
				told = append(told, ids...)
				mu.Unlock()
			}
		})
	}
	for range publishers {
		<-started
	}
	if err := b.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	wg.Wait()
	slices.Sort(told)
	events := r.wait(len(told))
	if len(events) != len(told) {
		t.Fatalf("%d events in the log, publishers know of %d", len(events), len(told))
	}
	for i, e := range events {
		if e.ID != told[i] {
			t.Fatalf("event %d of the log has the id %d, want %d", i, e.ID, told[i])
		}
	}
}
