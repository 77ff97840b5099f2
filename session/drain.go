package session

import (
	"context"
	"fmt"
	"time"
)

// Spread calls f once for every session there is now, within its shard and
// evenly over the given time: nobody's storm begins here. It returns when all
// were called, or ctx is done.
func (h *Hub) Spread(ctx context.Context, over time.Duration, f func(s *Session)) error {
	var all []*Session
	for _, sh := range h.shards {
		all = append(all, sh.all()...)
	}
	if len(all) == 0 {
		return nil
	}
	const step = 20 * time.Millisecond
	steps := max(int(over/step), 1)
	t := time.NewTicker(step)
	defer t.Stop()
	for i := range steps {
		for _, s := range all[len(all)*i/steps : len(all)*(i+1)/steps] {
			h.shards[s.shard].Force(func() { f(s) })
		}
		if i == steps-1 {
			break
		}
		select {
		case <-t.C:
		case <-ctx.Done():
			return fmt.Errorf("session: spread: %w", ctx.Err())
		}
	}
	return nil
}

// Sessions is how many there are.
func (h *Hub) Sessions() int {
	n := 0
	for _, sh := range h.shards {
		n += sh.len()
	}
	return n
}
