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

	allowances allowances
	spaces     spaces
	saved      savings
	apps       apps

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
	apps          tally
}

// maxShards is how many fit the number a Session keeps.
const maxShards = 256

// NewHub returns a hub with the given number of shards, which run on pool.
func NewHub(cfg Config, b broker.Broker, pool *dispatch.Pool, shards int, log *slog.Logger) (*Hub, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("session: %w", err)
	}
	if shards < 1 || shards > maxShards {
		return nil, fmt.Errorf("session: %d shards, want 1 to %d", shards, maxShards)
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
	h.rooms.stray = h.stray
	h.allowances.limit = maxSubjects
	h.saved.hub = h
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
	return errors.Join(h.apps.close(), h.broker.Close())
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
			h.spaces.sweep()
			h.saved.sweep(now)
		}
	}
}

// Publish commits messages and returns their ids once they are in the log.
// The data of each is checked and compacted; the error is an *Error when a
// message cannot be used (then none is committed).
func (h *Hub) Publish(ctx context.Context, key string, batch []broker.Message) (ids []uint64, again bool, err error) {
	if len(batch) == 0 {
		return nil, false, &Error{CodeBadMessage, "no event given"}
	}
	if len(batch) > h.cfg.MaxBatch {
		return nil, false, &Error{CodeTooMany, fmt.Sprintf("%d events in one request, the limit is %d", len(batch), h.cfg.MaxBatch)}
	}
	if len(key) > 128 {
		return nil, false, &Error{CodeBadKey, fmt.Sprintf("idempotency key of %d bytes, the limit is 128", len(key))}
	}
	// All of the batch first: one that is refused makes no rooms.
	for i := range batch {
		if err := h.check(&batch[i]); err != nil {
			return nil, false, err
		}
	}
	unpin, err := h.pinAll(batch)
	defer unpin()
	if err != nil {
		return nil, false, err
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

// Post has f run within a shard. The error is an *Error with CodeBusy.
func (h *Hub) Post(shard int, f func()) error {
	if err := h.shards[shard].Post(f); err != nil {
		return &Error{CodeBusy, "the server has too much to do, try again"}
	}
	return nil
}

// Force is Post for what must not be lost, the end of something that lives in
// the shard: there are no more of these than such things.
func (h *Hub) Force(shard int, f func()) { h.shards[shard].Force(f) }

// pinAll makes the rooms of a batch and keeps them until unpin, which is to be
// called whatever the error.
func (h *Hub) pinAll(batch []broker.Message) (unpin func(), err error) {
	var pinned []*room.Room
	unpin = func() {
		for _, r := range pinned {
			r.Unpin()
		}
	}
	for i := range batch {
		for _, name := range batch[i].Rooms {
			r, err := h.rooms.pin(name)
			if err != nil {
				return unpin, err
			}
			pinned = append(pinned, r)
		}
	}
	return unpin, nil
}

// check validates a message and puts its data in the form that is kept.
func (h *Hub) check(m *broker.Message) error {
	if len(m.Rooms) == 0 {
		return &Error{CodeBadRoom, "no room given"}
	}
	if len(m.Rooms) > h.cfg.MaxBatch {
		return &Error{CodeTooMany, fmt.Sprintf("%d rooms in one broadcast, the limit is %d", len(m.Rooms), h.cfg.MaxBatch)}
	}
	for _, name := range m.Rooms {
		check := h.CheckRoom
		if m.Emit != nil { // made by us alone
			if internal(name) {
				continue
			}
			check = h.checkChosen
		}
		if err := check(name); err != nil {
			return err
		}
	}
	if err := h.checkEvent(m.Name); err != nil {
		return err
	}
	if err := h.checkSize(m); err != nil {
		return err
	}
	data, err := h.cleanData(m.Data, m.Parsed)
	if err != nil {
		return err
	}
	m.Data = data
	return nil
}

// Commit takes events from the broker, in the order of the log.
func (h *Hub) Commit(events []broker.Event) {
	if len(events) == 0 {
		return
	}
	rooms := make([]*room.Room, 0, len(events))
	for i := range events {
		e := &events[i]
		rooms = h.append(rooms, e)
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

// append puts an event into the rooms it is for and adds these, pinned, to
// rooms.
func (h *Hub) append(rooms []*room.Room, e *broker.Event) []*room.Room {
	unrouted := false
	for _, name := range e.Rooms {
		r, err := h.rooms.pin(name)
		if err != nil {
			unrouted = true
			h.counts.unrouted.Add(1)
			continue
		}
		if r.Head() == e.ID { // named twice
			r.Unpin()
			continue
		}
		r.Append(room.Event{ID: e.ID, Time: e.Time, Name: e.Name, Data: e.Data, Except: e.Except, Emit: (*room.Emit)(e.Emit)})
		rooms = append(rooms, r)
	}
	if unrouted {
		h.rooms.lost(e.ID)
	}
	return rooms
}
