package brokertest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"grandstand/session/broker"
)

// Run checks a broker. The factory returns a new one, without a receiver,
// that is nobody else's; it may end what it needs with t.Cleanup.
func Run(t *testing.T, factory func(t *testing.T) broker.Broker) {
	tests := []struct {
		name string
		test func(t *testing.T, factory func(t *testing.T) broker.Broker)
	}{
		{"Order", testOrder},
		{"Content", testContent},
		{"Publishers", testPublishers},
		{"EmptyBatch", testEmptyBatch},
		{"Key", testKey},
		{"KeyAtOnce", testKeyAtOnce},
		{"Close", testClose},
		{"CloseWhilePublishing", testCloseWhilePublishing},
		{"SubscribeTwice", testSubscribeTwice},
		{"Epoch", testEpoch},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { tt.test(t, factory) })
	}
}

// batch makes messages of one room that can be told apart by their data.
func batch(room, tag string, n int) []broker.Message {
	out := make([]broker.Message, n)
	for i := range out {
		out[i] = broker.Message{Rooms: []string{room}, Name: "say", Data: fmt.Appendf(nil, `"%s %d"`, tag, i)}
	}
	return out
}

// publish commits a batch that must not be refused.
func publish(t *testing.T, b broker.Broker, key string, m []broker.Message) (ids []uint64, again bool) {
	t.Helper()
	ids, again, err := b.Publish(context.Background(), key, m)
	if err != nil {
		t.Fatalf("Publish of %d messages: %v", len(m), err)
	}
	if !again && len(ids) != len(m) {
		t.Fatalf("Publish of %d messages returned %d ids", len(m), len(ids))
	}
	return ids, again
}

// testOrder: ids grow over batches and rooms, and the receiver gets them so.
func testOrder(t *testing.T, factory func(t *testing.T) broker.Broker) {
	b, r := open(t, factory)
	var ids []uint64
	for i := range 50 {
		got, again := publish(t, b, "", batch(fmt.Sprint("room", i%3), fmt.Sprint("b", i), 1+i%4))
		if again {
			t.Fatal("a batch without a key is said to be one again")
		}
		ids = append(ids, got...)
	}
	for i, e := range r.wait(len(ids)) {
		if e.ID != ids[i] || i > 0 && ids[i] <= ids[i-1] {
			t.Fatalf("event %d has the id %d, its publisher got %v", i, e.ID, ids[:i+1])
		}
	}
}

// testContent: what was published arrives as it was.
func testContent(t *testing.T, factory func(t *testing.T) broker.Broker) {
	b, r := open(t, factory)
	want := []broker.Message{
		{Rooms: []string{"a"}, Name: "say", Data: []byte(`{"b":1,"a":0.10,"a":1e400}`)},
		{Rooms: []string{"a", "b", "c:d/e"}, Name: "Tor für Österreich", Data: []byte(`"\u00e9\/"`), Except: "AAAAAAAAAAAAAAAAAAAA"},
		{Rooms: []string{"z"}, Name: "e", Data: []byte(`null`)},
	}
	publish(t, b, "k", slices.Clone(want))
	for i, e := range r.wait(len(want)) {
		if w := want[i]; !slices.Equal(e.Rooms, w.Rooms) || e.Name != w.Name || string(e.Data) != string(w.Data) || e.Except != w.Except {
			t.Errorf("event %d = %+v, want %+v", i, e.Message, w)
		}
	}
}

// testPublishers: many at once. Every batch arrives whole and in its order,
// each event once and with the id its publisher was told.
func testPublishers(t *testing.T, factory func(t *testing.T) broker.Broker) {
	b, r := open(t, factory)
	const publishers, each, size = 8, 40, 3
	told := ledger{t: t, data: map[uint64]string{}}
	var wg sync.WaitGroup
	for p := range publishers {
		wg.Go(func() {
			last := uint64(0)
			for i := range each {
				m := batch(fmt.Sprint("room", p%3), fmt.Sprint(p, "-", i), size)
				ids, _, err := b.Publish(context.Background(), "", m)
				if err != nil || len(ids) != size {
					t.Errorf("Publish: %d ids, %v", len(ids), err)
					return
				}
				last = told.note(p, last, ids, m)
			}
		})
	}
	wg.Wait()
	events := r.wait(publishers * each * size)
	if len(told.data) != len(events) {
		t.Errorf("%d different ids for %d events", len(told.data), len(events))
	}
	for _, e := range events {
		if told.data[e.ID] != string(e.Data) {
			t.Errorf("event %d is %s, its publisher knows it as %q", e.ID, e.Data, told.data[e.ID])
		}
	}
}

// ledger is what publishers were told: the data of each id.
type ledger struct {
	t    *testing.T
	mu   sync.Mutex
	data map[uint64]string
}

// note enters a batch and returns its last id, all above last.
func (l *ledger) note(publisher int, last uint64, ids []uint64, m []broker.Message) uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	for k, id := range ids {
		if id <= last {
			l.t.Errorf("publisher %d got the id %d after %d", publisher, id, last)
		}
		last, l.data[id] = id, string(m[k].Data)
	}
	return last
}

// testEmptyBatch: nothing is committed, and nothing breaks.
func testEmptyBatch(t *testing.T, factory func(t *testing.T) broker.Broker) {
	b, r := open(t, factory)
	if ids, again, err := b.Publish(context.Background(), "", nil); err != nil || len(ids) != 0 || again {
		t.Errorf("Publish of nothing = %v, %v, %v, want no ids and no error", ids, again, err)
	}
	publish(t, b, "", batch("a", "one", 1))
	if events := r.wait(1); len(events) != 1 {
		t.Errorf("%d events, want 1", len(events))
	}
}

// testSubscribeTwice: the order is one receiver's.
func testSubscribeTwice(t *testing.T, factory func(t *testing.T) broker.Broker) {
	b, _ := open(t, factory)
	if err := b.Subscribe(&recorder{t: t, more: make(chan struct{})}); err == nil {
		t.Error("a second Subscribe is not refused")
	}
}

// testEpoch: a name of letters and digits that is each broker's own.
func testEpoch(t *testing.T, factory func(t *testing.T) broker.Broker) {
	seen := map[string]bool{}
	for range 3 {
		b, _ := open(t, factory)
		epoch := b.Epoch()
		if epoch == "" || len(epoch) > 16 {
			t.Errorf("epoch %q, want 1 to 16 characters", epoch)
		}
		for _, c := range epoch {
			if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
				t.Errorf("epoch %q holds %q", epoch, c)
			}
		}
		if seen[epoch] || b.Epoch() != epoch {
			t.Errorf("epoch %q is not this broker's alone, or changes", epoch)
		}
		seen[epoch] = true
	}
}

// closed reports whether a publish is refused because the broker is closed.
func closed(t *testing.T, b broker.Broker, key string) bool {
	t.Helper()
	ids, _, err := b.Publish(context.Background(), key, batch("a", "late", 2))
	if err == nil {
		return false
	}
	if !errors.Is(err, broker.ErrClosed) || len(ids) > 0 {
		t.Errorf("Publish after Close: %v, %v, want no ids and ErrClosed", ids, err)
	}
	return true
}
