package broker

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Config bounds what the in-memory broker remembers.
type Config struct {
	// Keys is how many idempotency keys are remembered; above it the oldest
	// is forgotten.
	Keys int `yaml:"idempotency_keys"`
	// KeyAge is for how long.
	KeyAge time.Duration `yaml:"idempotency_age"`
}

// DefaultConfig returns the values of configs/reference.yaml.
func DefaultConfig() Config { return Config{Keys: 10000, KeyAge: 5 * time.Minute} }

// Validate reports every value that cannot be used.
func (c Config) Validate() error {
	var errs []error
	if c.Keys < 0 {
		errs = append(errs, fmt.Errorf("idempotency_keys: %d, want at least 0", c.Keys))
	}
	if c.KeyAge < 0 {
		errs = append(errs, fmt.Errorf("idempotency_age: %v, want at least 0s", c.KeyAge))
	}
	return errors.Join(errs...)
}

// Memory is the broker of a node that stands alone. It keeps no events: the
// rooms do. Its epoch ends with the process.
type Memory struct {
	cfg   Config
	epoch string
	now   func() time.Time

	mu       sync.Mutex // held while the receiver commits: that is the order
	receiver Receiver
	next     uint64
	closed   bool
	keys     map[string]*used
	order    []*used // keys by age
}

// used is an idempotency key and what it published.
type used struct {
	key string
	at  time.Time
	ids []uint64
}

var _ Broker = (*Memory)(nil)

// NewMemory returns a broker with an epoch of its own.
func NewMemory(cfg Config, now func() time.Time) *Memory {
	return &Memory{cfg: cfg, epoch: newEpoch(now()), now: now, keys: make(map[string]*used)}
}

// newEpoch makes a name that no earlier process had: the time, for people who
// compare two of them, and chance.
func newEpoch(now time.Time) string {
	var b [2]byte
	rand.Read(b[:]) // never fails, see crypto/rand
	n := uint64(now.Unix())<<16 | uint64(b[0])<<8 | uint64(b[1])
	return strconv.FormatUint(n, 36)
}

// Epoch is the name of this broker's ids.
func (m *Memory) Epoch() string { return m.epoch }

// Subscribe names the receiver.
func (m *Memory) Subscribe(r Receiver) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.receiver != nil {
		return errors.New("broker: subscribed twice")
	}
	m.receiver = r
	return nil
}

// Publish commits a batch.
func (m *Memory) Publish(_ context.Context, key string, batch []Message) ([]uint64, bool, error) {
	if len(batch) == 0 {
		return nil, false, nil
	}
	events := make([]Event, len(batch))
	ids := make([]uint64, len(batch))
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil, false, ErrClosed
	}
	now := m.now()
	if key != "" {
		m.forget(now)
		if u, ok := m.keys[key]; ok {
			return slices.Clone(u.ids), true, nil
		}
	}
	for i := range batch {
		m.next++
		ids[i] = m.next
		events[i] = Event{ID: m.next, Time: now, Message: batch[i]}
	}
	if m.receiver != nil {
		m.receiver.Commit(events)
	}
	if key != "" && m.cfg.Keys > 0 {
		m.remember(&used{key: key, at: now, ids: slices.Clone(ids)})
	}
	return ids, false, nil
}

func (m *Memory) remember(u *used) {
	if len(m.order) >= m.cfg.Keys {
		delete(m.keys, m.order[0].key)
		m.order = m.order[1:]
	}
	m.keys[u.key] = u
	m.order = append(m.order, u)
}

// forget drops the keys that are too old.
func (m *Memory) forget(now time.Time) {
	for len(m.order) > 0 && now.Sub(m.order[0].at) > m.cfg.KeyAge {
		delete(m.keys, m.order[0].key)
		m.order = m.order[1:]
	}
}

// Close ends the broker.
func (m *Memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	return nil
}
