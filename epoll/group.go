package epoll

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime/debug"
	"sync"
	"time"

	"github.com/lesismal/nbio"
)

// Group is a set of Loops and the Listeners that feed them.
type Group struct {
	cfg    Config
	log    *slog.Logger
	accept func(c *Conn) Handler
	engine *nbio.Engine
	addrs  addrFields
	poll   pollFields
	out    outFields

	loops     []*Loop
	listeners []*Listener

	gate        *gate
	tooMany     *refusal
	tooManyOfIP *refusal
	accepts     acceptCounters

	close sync.Once
	stop  chan struct{}  // ends the housekeepers
	wg    sync.WaitGroup // the housekeepers
}

// Open listens on every address of cfg and starts the loops. log may be nil. It is
// for one goroutine at a time: nbio has one log for the process.
//
// accept is called for every connection that is let in, on the goroutine of its
// listener and before the loop has the socket: it returns the connection's
// Handler, may call SetTimeout and Close, and must not write. A nil Handler closes
// the connection.
func Open(cfg Config, log *slog.Logger, accept func(c *Conn) Handler) (*Group, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	g := &Group{
		cfg: cfg, log: log, accept: accept, addrs: findAddrs(), poll: findPoll(), gate: newGate(cfg),
		tooMany:     newRefusal("503 Service Unavailable", "too_many_connections", "the server is full"),
		tooManyOfIP: newRefusal("429 Too Many Requests", "too_many_connections_from_address", "too many connections from this address"),
		stop:        make(chan struct{}),
	}
	g.out = findOut(g.poll)
	if err := g.listen(); err != nil {
		return nil, err
	}
	start := time.Now()
	for i := range cfg.loops() {
		g.loops = append(g.loops, newLoop(g, i, start))
	}
	routeLog(log)
	g.engine = g.newEngine()
	if err := g.engine.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("epoll: start: %w", err), g.closeListeners())
	}
	for _, l := range g.loops {
		g.wg.Add(1)
		go func() { // stops: g.stop
			defer g.wg.Done()
			l.housekeep(g.stop)
		}()
	}
	if err := g.awaitLoops(); err != nil {
		g.Close()
		return nil, err
	}
	return g, nil
}

// listen opens all listeners or none.
func (g *Group) listen() error {
	for _, addr := range g.cfg.Listen {
		l, err := listen(g, addr)
		if err != nil {
			return errors.Join(err, g.closeListeners())
		}
		g.listeners = append(g.listeners, l)
	}
	return nil
}

func (g *Group) closeListeners() error {
	errs := make([]error, 0, len(g.listeners))
	for _, l := range g.listeners {
		l.retreat.close() // no acceptor runs yet
		errs = append(errs, l.Close())
	}
	return errors.Join(errs...)
}

// Loops returns the loops; a Conn stays with the one it was given.
func (g *Group) Loops() []*Loop { return g.loops }

// Each calls f for every Conn of every loop.
func (g *Group) Each(f func(c *Conn)) {
	for _, l := range g.loops {
		l.Each(f)
	}
}

// Addrs returns the addresses listened on, in the order of Config.Listen, with
// the port that was picked for port 0.
func (g *Group) Addrs() []net.Addr {
	addrs := make([]net.Addr, len(g.listeners))
	for i, l := range g.listeners {
		addrs[i] = l.Addr()
	}
	return addrs
}

// StopAccepting closes the listening sockets and returns when the last accept is
// through. Connections stay. It must not be called from accept.
func (g *Group) StopAccepting() {
	for _, l := range g.listeners {
		l.stop()
	}
	for _, l := range g.listeners {
		<-l.parked
	}
}

// Close stops accepting, closes every connection without flushing, and returns
// when every Closed has returned and every goroutine has ended. It must not be
// called from accept or a Handler.
func (g *Group) Close() {
	g.close.Do(func() {
		// nbio's Stop would miss a connection that is just being accepted.
		g.StopAccepting()
		g.Each(func(c *Conn) { c.Close(ErrClosed) })
		g.engine.Stop() // and the refused ones
		close(g.stop)
		g.wg.Wait()
	})
}

// opened is nbio's OnOpen: on the acceptor goroutine, before nc is in its poller.
func (g *Group) opened(nc *nbio.Conn) {
	if _, ok := nc.Session().(*probe); ok {
		return
	}
	c := &Conn{nc: nc, loop: g.loops[nc.Hash()%len(g.loops)]}
	peer := nc.RemoteAddr()
	c.ip, c.port = peerOf(peer)
	g.addrs.drop(nc)
	nc.SetSession(c)
	c.run.Lock() // a timeout set by accept waits until accept is through
	defer c.run.Unlock()
	h := g.handler(c, peer)
	c.SetHandler(h)
	c.loop.add(c)
	if h == nil {
		c.Close(errNoHandler)
	}
}

// handler finds out who handles c: whoever accept says, unless it is over a limit.
func (g *Group) handler(c *Conn, peer net.Addr) Handler {
	for _, l := range g.listeners {
		if peer != net.Addr(l.handing.Load()) {
			continue
		}
		l.opened = c
		l.disinherit(c.nc.Hash())
		var h Handler = g.tooMany
		switch l.verdict {
		case letIn:
			return g.callAccept(c)
		case overPerIP:
			h = g.tooManyOfIP
		}
		c.state.Or(refused)
		c.SetTimeout(refuseWait)
		return h
	}
	return nil // a nbio that copies addresses; no connection would work then
}

// callAccept is accept with its panics caught.
func (g *Group) callAccept(c *Conn) (h Handler) {
	defer func() {
		if r := recover(); r != nil {
			g.accepts.panics.Add(1)
			g.log.LogAttrs(context.Background(), slog.LevelError, "accept panicked",
				slog.Any("panic", r), slog.String("stack", string(debug.Stack())))
		}
	}()
	return g.accept(c)
}
