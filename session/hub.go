package session

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"grandstand/session/broker"
	"grandstand/session/dispatch"
	"grandstand/session/room"
)

// Hub is the rooms of a node and the sessions in them.
//
// All methods may be called from any goroutine. Close ends it.
type Hub struct {
	cfg    Config
	broker broker.Broker
	epoch  string
	log    *slog.Logger
	clock  room.Clock

	head   atomic.Uint64 // of the log: every room holds what it covers
	rooms  registry
	shards []*shard
	counts counts

	stop chan struct{}
	done chan struct{}
}

// counts are the hub's counters.
type counts struct {
	events, bytes atomic.Int64 // published
	repeated      atomic.Int64 // publishes that an idempotency key caught
	unrouted      atomic.Int64 // events for which no room could be made
	joins, leaves atomic.Int64
	recovered     atomic.Int64 // joins with a since that were complete
	missed        atomic.Int64 // joins with a since that were not
	opened        atomic.Int64
	closed        atomic.Int64
}

// NewHub returns a hub with the given number of shards, which run on pool.
func NewHub(cfg Config, b broker.Broker, pool *dispatch.Pool, shards int, log *slog.Logger) (*Hub, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("session: %w", err)
	}
	h := &Hub{
		cfg: cfg, broker: b, epoch: b.Epoch(), log: log, clock: newClock(),
		stop: make(chan struct{}), done: make(chan struct{}),
	}
	inner := make([]*room.Shard, shards)
	for i := range shards {
		s := newShard(i, h, pool)
		h.shards = append(h.shards, s)
		inner[i] = s.Shard
	}
	h.rooms.init(&h.cfg, inner)
	if err := b.Subscribe(h); err != nil {
		return nil, fmt.Errorf("session: %w", err)
	}
	go h.sweep() // stops: h.stop
	return h, nil
}

// Close ends the sweep and the broker. Sessions are the transports' to end.
func (h *Hub) Close() error {
	close(h.stop)
	<-h.done
	return h.broker.Close()
}

// sweep trims old events and forgets rooms that are empty and expired.
func (h *Hub) sweep() {
	defer close(h.done)
	t := time.NewTicker(h.cfg.Sweep)
	defer t.Stop()
	for {
		select {
		case <-h.stop:
			return
		case now := <-t.C:
			h.rooms.sweep(now)
		}
	}
}

// Publish commits messages and returns their ids once they are in the log.
// The data of each is checked and compacted; the error is an *Error when a
// message cannot be used (then none is committed).
func (h *Hub) Publish(ctx context.Context, key string, batch []broker.Message) (ids []uint64, again bool, err error) {
	if len(batch) > h.cfg.MaxBatch {
		return nil, false, &Error{CodeTooMany, fmt.Sprintf("%d events in one request, the limit is %d", len(batch), h.cfg.MaxBatch)}
	}
	if len(key) > 128 {
		return nil, false, &Error{CodeBadKey, fmt.Sprintf("idempotency key of %d bytes, the limit is 128", len(key))}
	}
	var pinned []*room.Room
	defer func() {
		for _, r := range pinned {
			r.Unpin()
		}
	}()
	for i := range batch {
		m := &batch[i]
		if err := h.check(m); err != nil {
			return nil, false, err
		}
		for _, name := range m.Rooms {
			r, err := h.rooms.pin(name)
			if err != nil {
				return nil, false, err
			}
			pinned = append(pinned, r)
		}
	}
	ids, again, err = h.broker.Publish(ctx, key, batch)
	if err != nil {
		code := CodeUnavailable
		if errors.Is(err, broker.ErrClosed) {
			code = CodeStopping
		}
		return nil, false, &Error{code, err.Error()}
	}
	if again {
		h.counts.repeated.Add(int64(len(ids)))
	}
	return ids, again, nil
}

// check validates a message and puts its data in the form that is kept.
func (h *Hub) check(m *broker.Message) error {
	if len(m.Rooms) == 0 {
		return &Error{CodeBadRoom, "no room given"}
	}
	if len(m.Rooms) > h.cfg.MaxBatch {
		return &Error{CodeTooMany, fmt.Sprintf("%d rooms in one broadcast, the limit is %d", len(m.Rooms), h.cfg.MaxBatch)}
	}
	if err := h.checkEvent(m.Name); err != nil {
		return err
	}
	data, err := h.cleanData(m.Data)
	if err != nil {
		return err
	}
	m.Data = data
	return nil
}

// Commit takes events from the broker, in the order of the log.
func (h *Hub) Commit(events []broker.Event) {
	rooms := make([]*room.Room, 0, len(events))
	for i := range events {
		e := &events[i]
		re := room.Event{ID: e.ID, Time: e.Time, Name: e.Name, Data: e.Data, Except: e.Except}
		for k, name := range e.Rooms {
			r, err := h.rooms.pin(name)
			if err != nil {
				h.counts.unrouted.Add(1)
				continue
			}
			if repeated(e.Rooms[:k], name) {
				r.Unpin()
				continue
			}
			r.Append(re)
			rooms = append(rooms, r)
		}
		h.counts.events.Add(1)
		h.counts.bytes.Add(int64(len(e.Data)))
	}
	// Every room holds what head covers before anybody acts on head.
	h.head.Store(events[len(events)-1].ID)
	for _, r := range rooms {
		r.Announce()
		r.Unpin()
	}
}

// repeated reports whether name is among earlier ones.
func repeated(earlier []string, name string) bool {
	for _, e := range earlier {
		if e == name {
			return true
		}
	}
	return false
}
