package node

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"grandstand/session"
)

// Drain sends the viewers away: each is asked to come back at a random time
// within the configured spread, and those that have not gone by themselves a
// while later are closed in paced steps. It returns nil when nobody is left,
// at the latest after the configured time.
func (n *Node) Drain(ctx context.Context) error {
	began := time.Now()
	d := n.cfg.Drain
	ctx, cancel := context.WithTimeout(ctx, d.Timeout)
	defer cancel()
	n.ready.Store(false)
	n.viewers.Drain()
	n.group.StopAccepting()
	all := n.hub.Sessions()
	n.log.Info("draining", "sessions", all, "timeout", d.Timeout)
	err := n.hub.Spread(ctx, min(d.Timeout/10, time.Second), func(s *session.Session) {
		s.Transport().Reconnect(rand.N(d.Spread + 1))
	})
	if err == nil {
		// Most go by themselves, each at its time. A third of what there is
		// stays for closing the others, so a long spread does not end in
		// everybody being cut off at once.
		n.leave(ctx, min(d.Pause+d.Spread, d.Timeout/3))
		err = n.hub.Spread(ctx, min(d.Spread, d.Timeout/3), func(s *session.Session) {
			s.Transport().End(session.AllReasons().Draining)
		})
	}
	if err != nil {
		return fmt.Errorf("node: drain: %w", err)
	}
	n.leave(ctx, d.Timeout)
	left := n.hub.Sessions()
	n.log.Info("drained", "sessions", all, "left", left, "took", time.Since(began).Round(time.Millisecond))
	return nil
}

// leave waits until nobody is there, at most the given time.
func (n *Node) leave(ctx context.Context, atMost time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, atMost)
	defer cancel()
	t := time.NewTicker(20 * time.Millisecond)
	defer t.Stop()
	for n.hub.Sessions() > 0 {
		select {
		case <-t.C:
		case <-ctx.Done():
			return
		}
	}
}
