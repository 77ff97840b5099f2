package load

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// maxBatch bounds the events in one request when publishing is behind.
	maxBatch = 64

	// patience is how long the publisher waits for a window to open. A server
	// that hasn't delivered for so long has lost something.
	patience = 10 * time.Second
)

// ErrStalled says that a full window did not open for 10 s.
var ErrStalled = errors.New("no event completed for 10 s")

// Source gives the drafts of a run in order of their due times, then false.
type Source func() (Draft, bool)

// Pace publishes the drafts of a source when they are due, whatever the server
// does (an open loop): a draft whose time has passed goes out late with its
// intended time as its stamp. Drafts that are all overdue share a request.
func (p *Publisher) Pace(ctx context.Context, next Source) error {
	batch := make([]Draft, 0, maxBatch)
	d, more := next()
	for more {
		for now := p.clock.Now(); now < d.Due; now = p.clock.Now() {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			p.clock.until(d.Due, 50*time.Millisecond)
		}
		batch = append(batch[:0], d)
		now := p.clock.Now()
		for d, more = next(); more && d.Due <= now && len(batch) < maxBatch; d, more = next() {
			batch = append(batch, d)
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := p.Publish(batch); err != nil {
			return err
		}
	}
	return nil
}

// Tracker knows how many events every viewer has received.
type Tracker interface{ Done() int64 }

// Saturate keeps window events on their way, that is published and not yet
// received by every viewer, until ctx ends. All places that are free at a
// moment are filled with one request. news is the channel given to Track.
func (p *Publisher) Saturate(ctx context.Context, f Tracker, news <-chan struct{}, window int, draft func() Draft) error {
	batch := make([]Draft, 0, window)
	stall := time.NewTimer(patience)
	defer stall.Stop()
	for ctx.Err() == nil {
		free := min(window-int(p.Published()-f.Done()), maxBatch)
		if free <= 0 {
			stall.Reset(patience)
			select {
			case <-ctx.Done():
			case <-news:
			case <-stall.C:
				return fmt.Errorf("window of %d, %d published, %d completed: %w", window, p.Published(), f.Done(), ErrStalled)
			}
			continue
		}
		batch = batch[:0]
		for now := p.clock.Now(); len(batch) < free; {
			d := draft()
			d.Due = now
			batch = append(batch, d)
		}
		if err := p.Publish(batch); err != nil {
			return err
		}
	}
	return nil
}
