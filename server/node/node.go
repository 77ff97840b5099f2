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
	"grandstand/epoll/protocol"
	"grandstand/epoll/transport"
	"grandstand/server/api"
	"grandstand/server/auth"
	"grandstand/server/config"
	"grandstand/server/hooks"
	"grandstand/server/metrics"
	"grandstand/session"
	"grandstand/session/broker"
	"grandstand/session/dispatch"
)

// Node is one server.
//
// New makes it, and a program that is the application sets the handlers of its
// Hub's namespaces then; Open has it serve, Drain and Close end it, once each.
// Run does all three.
type Node struct {
	cfg     config.Config
	loops   int
	log     *slog.Logger
	pool    *dispatch.Pool
	hub     *session.Hub
	viewers *transport.Server
	group   *epoll.Group
	control *api.Server
	hooks   *hooks.Hooks // nil without
	address net.Addr     // of the control port, nil if there is none
	served  chan error
	ready   atomic.Bool
	memory  *memory
}

// Run makes a node and runs it.
func Run(ctx context.Context, cfg config.Config, log *slog.Logger) error {
	n, err := New(cfg, log)
	if err != nil {
		return err
	}
	return n.Run(ctx)
}

// Run has the node serve, and drains it when ctx is done. It returns when
// everything has ended: nil after a drain in time.
func (n *Node) Run(ctx context.Context) error {
	if err := n.Open(); err != nil {
		return err
	}
	var failed error
	select {
	case <-ctx.Done():
	case failed = <-n.served:
		n.log.Error("control port failed", "error", failed)
	}
	// Not ctx: it is what has just ended.
	drained := n.Drain(context.Background())
	return errors.Join(failed, drained, n.Close())
}

// Start returns a node that serves.
func Start(cfg config.Config, log *slog.Logger) (*Node, error) {
	n, err := New(cfg, log)
	if err != nil {
		return nil, err
	}
	return n, n.Open()
}

// New returns a node that holds no socket yet. cfg must be valid. Of the process
// it sets GOMAXPROCS, unless the environment does, and what cfg.Process says;
// Open sets what cfg.Memory says.
func New(cfg config.Config, log *slog.Logger) (*Node, error) {
	loops := loops(cfg.Listener.Loops)
	cfg.Listener.Loops = loops
	n := &Node{cfg: cfg, loops: loops, log: log, served: make(chan error, 1)}
	setProcs(loops)
	schedule(cfg.Process, log)
	if err := n.makeRooms(); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return n, nil
}

// Hub is the node's rooms and namespaces.
func (n *Node) Hub() *session.Hub { return n.hub }

// Open has the node serve. After an error it is closed.
func (n *Node) Open() error {
	if err := n.listen(); err != nil {
		return errors.Join(err, n.Close())
	}
	n.memory = holdMemory(n.cfg.Memory, func() int64 {
		st := n.group.Stats()
		return int64(st.Accepted + st.Closed)
	})
	n.ready.Store(true)
	n.announce()
	return nil
}

// makeRooms makes the inner parts.
func (n *Node) makeRooms() (err error) {
	cfg, loops := &n.cfg, n.loops
	// Every shard is one lane, and there is one worker more, so that a lane
	// that was put off never waits for another one's walk.
	if n.pool, err = dispatch.NewPool(cfg.Dispatch, loops+1, n.log); err != nil {
		return fmt.Errorf("node: %w", err)
	}
	b := broker.NewMemory(cfg.Broker, time.Now)
	if n.hub, err = session.NewHub(cfg.Rooms, b, n.pool, loops, n.log); err != nil {
		return fmt.Errorf("node: %w", err)
	}
	return nil
}

// listen makes those that viewers and publishers meet.
func (n *Node) listen() (err error) {
	cfg, loops := &n.cfg, n.loops
	n.viewers = transport.New(cfg.Viewers, n.hub, auth.New(cfg.Auth, time.Now), loops, n.log)
	if err := errors.Join(n.hook(), n.speak()); err != nil {
		return fmt.Errorf("node: %w", err)
	}
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

// speak gives every Engine.IO path its dialect.
func (n *Node) speak() error {
	for _, path := range n.cfg.Viewers.EngineIO {
		var d protocol.Dialect
		if path.Dialect == transport.DialectRaw {
			d = protocol.NewRawEngine(n.hub, path.Path)
		} else {
			d = protocol.NewSocketIO(path.SocketIO, n.hub)
		}
		if err := n.viewers.Dialect(path.Path, d); err != nil {
			return err
		}
	}
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
		Hooks:    n.hookFigures(),
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
	if n.hooks != nil {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		errs = append(errs, n.hooks.Close(ctx))
	}
	if n.hub != nil {
		errs = append(errs, n.hub.Close())
	}
	if n.pool != nil {
		errs = append(errs, n.pool.Close(time.Second))
	}
	return errors.Join(errs...)
}
