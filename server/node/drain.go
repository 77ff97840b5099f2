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
	// A fifth of the time to tell everybody, up to the spread to let them go,
	// the rest to close.
	err := n.hub.Spread(ctx, min(d.Timeout/5, d.Spread), func(s *session.Session) {
		t := s.Transport()
		after := rand.N(d.Spread + 1)
		t.Write(t.AppendMessage(nil, n.viewers.AppendReconnect(nil, after)))
	})
	if err == nil {
		n.leave(ctx, min(d.Timeout/5, d.Spread))
		err = n.hub.Spread(ctx, min(d.Timeout/5, d.Spread), func(s *session.Session) {
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
