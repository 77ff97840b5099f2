package broker_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"grandstand/session/broker"
	"grandstand/session/broker/brokertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestMemory(t *testing.T) {
	brokertest.Run(t, func(*testing.T) broker.Broker {
		return broker.NewMemory(broker.DefaultConfig(), time.Now)
	})
}

// used publishes with a key and reports whether it was known.
func used(t *testing.T, m *broker.Memory, key string) bool {
	t.Helper()
	_, again, err := m.Publish(context.Background(), key, []broker.Message{{Rooms: []string{"a"}}})
	if err != nil {
		t.Fatal(err)
	}
	return again
}

// TestMemoryKeyAge: a key is remembered for its time from first use; being
// used again does not prolong it.
func TestMemoryKeyAge(t *testing.T) {
	now := time.Unix(1e9, 0)
	m := broker.NewMemory(broker.Config{Keys: 10, KeyAge: time.Minute}, func() time.Time { return now })
	steps := []struct {
		after time.Duration
		key   string
		known bool
	}{
		{0, "a", false}, {30 * time.Second, "a", true}, {0, "b", false}, {30 * time.Second, "a", true},
		{time.Nanosecond, "a", false}, {0, "b", true}, {30 * time.Second, "b", false}, {0, "a", true},
	}
	for i, s := range steps {
		now = now.Add(s.after)
		if got := used(t, m, s.key); got != s.known {
			t.Errorf("step %d: key %q known: %v, want %v", i, s.key, got, s.known)
		}
	}
}

// TestMemoryKeyBound: the oldest key goes first, and none is kept at 0.
func TestMemoryKeyBound(t *testing.T) {
	m := broker.NewMemory(broker.Config{Keys: 3, KeyAge: time.Hour}, time.Now)
	for _, key := range []string{"a", "b", "c", "d"} {
		if used(t, m, key) {
			t.Errorf("new key %q is known", key)
		}
	}
	for _, tt := range []struct {
		key   string
		known bool
	}{{"b", true}, {"c", true}, {"d", true}, {"a", false}, {"b", false}, {"d", true}} {
		if got := used(t, m, tt.key); got != tt.known {
			t.Errorf("key %q known: %v, want %v", tt.key, got, tt.known)
		}
	}
	none := broker.NewMemory(broker.Config{Keys: 0, KeyAge: time.Hour}, time.Now)
	for range 2 {
		if used(t, none, "a") {
			t.Error("a key is known though none is to be remembered")
		}
	}
}

func TestConfigValidate(t *testing.T) {
	if err := broker.DefaultConfig().Validate(); err != nil {
		t.Errorf("default: %v", err)
	}
	err := broker.Config{Keys: -1, KeyAge: -1}.Validate()
	for _, want := range []string{"idempotency_keys: -1", "idempotency_age: -1ns"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Validate() = %v, want %q in it", err, want)
		}
	}
}

// nobody receives and forgets.
type nobody struct{}

func (nobody) Commit([]broker.Event) {}

func BenchmarkMemory(b *testing.B) {
	for _, key := range []bool{false, true} {
		b.Run(fmt.Sprint("key=", key), func(b *testing.B) {
			m := broker.NewMemory(broker.DefaultConfig(), time.Now)
			if err := m.Subscribe(nobody{}); err != nil {
				b.Fatal(err)
			}
			batch := []broker.Message{{Rooms: []string{"a"}}}
			k, i := "", 0
			for b.Loop() {
				if i++; key {
					k = fmt.Sprint(i)
				}
				if _, _, err := m.Publish(context.Background(), k, batch); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
