package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync/atomic"
	"time"

	"grandstand/epoll"
	"grandstand/epoll/transport"
	"grandstand/server/api"
	"grandstand/server/auth"
	"grandstand/server/config"
	"grandstand/server/metrics"
	"grandstand/session"
	"grandstand/session/broker"
	"grandstand/session/dispatch"
)

// Node is one running server.
//
// Start begins it; Drain and Close end it, once each.
type Node struct {
	cfg     config.Config
	log     *slog.Logger
	pool    *dispatch.Pool
	hub     *session.Hub
	viewers *transport.Server
	group   *epoll.Group
	control *api.Server
	address net.Addr // of the control port, nil if there is none
	served  chan error
	ready   atomic.Bool
	memory  *memory
}

// Run starts a node and drains it when ctx is done. It returns when everything
// has ended: nil after a drain in time.
func Run(ctx context.Context, cfg config.Config, log *slog.Logger) error {
	n, err := Start(cfg, log)
	if err != nil {
		return err
	}
	var failed error
	select {
	case <-ctx.Done():
	case failed = <-n.served:
		log.Error("control port failed", "error", failed)
	}
	// Not ctx: it is what has just ended.
	drained := n.Drain(context.Background())
	return errors.Join(failed, drained, n.Close())
}

// Start returns a node that serves.
func Start(cfg config.Config, log *slog.Logger) (*Node, error) {
	n := &Node{cfg: cfg, log: log, served: make(chan error, 1)}
	loops := loops(cfg.Listener.Loops)
	cfg.Listener.Loops = loops
	setProcs(loops)
	if err := n.start(cfg, loops); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	n.memory = holdMemory(cfg.Memory, func() int64 {
		st := n.group.Stats()
		return int64(st.Accepted + st.Closed)
	})
	n.ready.Store(true)
	n.announce()
	return n, nil
}

// start makes the parts, the inner ones first.
func (n *Node) start(cfg config.Config, loops int) (err error) {
	// Every shard is one lane, and there is one worker more, so that a lane
	// that was put off never waits for another one's walk.
	if n.pool, err = dispatch.NewPool(cfg.Dispatch, loops+1, n.log); err != nil {
		return fmt.Errorf("node: %w", err)
	}
	b := broker.NewMemory(cfg.Broker, time.Now)
	if n.hub, err = session.NewHub(cfg.Rooms, b, n.pool, loops, n.log); err != nil {
		return fmt.Errorf("node: %w", err)
	}
	n.viewers = transport.New(cfg.Viewers, n.hub, auth.New(cfg.Auth, time.Now), loops, n.log)
	if n.group, err = epoll.Open(cfg.Listener, n.log, n.viewers.Accept); err != nil {
		return fmt.Errorf("node: viewers' port: %w", err)
	}
	if cfg.Control.Listen == "" {
		return nil
	}
	n.control = api.New(cfg.Control, api.Deps{Hub: n.hub, Metrics: n.metrics(), Ready: n.Ready, Log: n.log})
	if n.address, err = n.control.Listen(); err != nil {
		return fmt.Errorf("node: control port: %w", err)
	}
	go func() { // stops: Shutdown of the control port
		if err := n.control.Serve(); err != nil {
			n.served <- fmt.Errorf("node: control port: %w", err)
		}
	}()
	return nil
}

// metrics collects the figures of all parts.
func (n *Node) metrics() *metrics.Metrics {
	return metrics.New(metrics.Sources{
		Hub:      n.hub.Stats,
		Loop:     n.group.Stats,
		Pool:     n.pool.Stats,
		Viewers:  n.viewers.Viewers,
		Polls:    n.viewers.Polls,
		Rejected: n.viewers.Rejected,
		Ended:    n.viewers.Ended,
	})
}

// announce logs where the node can be reached.
func (n *Node) announce() {
	addrs := n.group.Addrs()
	viewers := make([]string, len(addrs))
	for i, a := range addrs {
		viewers[i] = a.String()
	}
	control := "none"
	if n.address != nil {
		control = n.address.String()
	}
	n.log.Info("serving", "viewers", viewers, "control", control, "loops", len(n.group.Loops()))
}

// Viewers are the addresses of the viewers' port.
func (n *Node) Viewers() []net.Addr { return n.group.Addrs() }

// Control is the address of the control port, nil if there is none.
func (n *Node) Control() net.Addr { return n.address }

// Ready reports whether new viewers are welcome, and if not, why.
func (n *Node) Ready() (ok bool, why string) {
	if !n.ready.Load() {
		return false, "draining"
	}
	return true, ""
}

// Close ends what is still running, the outer parts first.
func (n *Node) Close() error {
	var errs []error
	if n.memory != nil {
		n.memory.close()
	}
	if n.control != nil {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		errs = append(errs, n.control.Shutdown(ctx))
	}
	if n.group != nil {
		n.group.Close()
	}
	if n.viewers != nil {
		n.viewers.Close()
	}
	if n.hub != nil {
		errs = append(errs, n.hub.Close())
	}
	if n.pool != nil {
		errs = append(errs, n.pool.Close(time.Second))
	}
	return errors.Join(errs...)
}
