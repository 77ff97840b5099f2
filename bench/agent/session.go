package agent

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"

	"grandstand/bench/load"
	"grandstand/bench/stats"
)

// What a fleet may be. A million viewers and a thousand loops are more than one
// process can hold; a coordinator that asks for more is mistaken.
const (
	mostViewers = 1 << 20
	mostLoops   = 1 << 10
	mostSlots   = 1 << 27 // viewers times rooms, eight bytes each
)

// errTurn says that a verb came out of turn.
var errTurn = errors.New("agent: out of turn")

// session is a coordinator that was let in, and the fleet it may have.
type session struct {
	server *Server
	talk   *talk
	clock  load.Clock
	cfg    load.Config
	fleet  *load.Fleet
	work   sync.WaitGroup // what answers later, or brings news
	opened bool
	tracks bool
}

// serve does what the coordinator says. The error is why it ended: it is told to
// the coordinator, if that is still there. What merely didn't work out, such as
// viewers that are refused, is an answer and ends nothing.
func (h *session) serve(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer h.work.Wait()
	defer cancel()
	var err error
	if h.clock, err = load.NewClock(); err != nil {
		return err
	}
	for {
		f, err := readFrame(h.talk.in, maxFrame)
		if err != nil {
			return err
		}
		if f.ID == 0 || f.Error != "" {
			return fmt.Errorf("%w: number %d, error %q", errFrame, f.ID, f.Error)
		}
		if err := h.obey(ctx, f); err != nil {
			return err
		}
	}
}

// obey does one thing and answers.
func (h *session) obey(ctx context.Context, f frame) error {
	switch f.Verb {
	case verbClock:
		return h.answer(f, reading{h.clock.Now() + int64(h.server.skew)}, nil)
	case verbUsage:
		u, err := stats.Process{PID: os.Getpid()}.Usage()
		return h.answer(f, u, err)
	case verbFleet:
		return h.gather(f)
	}
	if h.fleet == nil {
		return fmt.Errorf("%w: %q without viewers", errTurn, f.Verb)
	}
	switch f.Verb {
	case verbOpen:
		return h.open(ctx, f)
	case verbCounters:
		return h.answer(f, state{Counters: h.fleet.Counters(), Done: h.fleet.Done(), CPU: h.fleet.CPU()}, nil)
	case verbLatency:
		return h.answer(f, h.fleet.Latency(), nil)
	case verbConnects:
		return h.answer(f, h.fleet.Connects(), nil)
	case verbEndings:
		return h.answer(f, h.fleet.Endings(), nil)
	case verbAftermath:
		return h.answer(f, h.fleet.Aftermath(), nil)
	default:
		return h.act(ctx, f)
	}
}

// act does what changes something.
func (h *session) act(ctx context.Context, f frame) error {
	switch f.Verb {
	case verbMeasure:
		var m reading
		if err := body(f, &m); err != nil {
			return err
		}
		h.fleet.Measure(m.Now)
	case verbSettle:
		var c closing
		if err := body(f, &c); err != nil {
			return err
		}
		if err := c.check(h.cfg.Conns, len(h.cfg.Rooms)); err != nil {
			return err
		}
		h.fleet.Settle(load.NewLedgerOf(c.IDs, c.Last), func(viewer int, open bool) bool { return c.owed(viewer-h.cfg.First, open) })
	case verbStorm:
		var s load.Storm
		if err := body(f, &s); err != nil {
			return err
		}
		h.fleet.Storm(s)
	case verbTrack:
		if h.tracks {
			return fmt.Errorf("%w: %q again", errTurn, f.Verb)
		}
		h.track(ctx)
	case verbHangup:
		h.fleet.Hangup()
	default:
		return fmt.Errorf("%w: unknown verb %.40q", errFrame, f.Verb)
	}
	return h.answer(f, nil, nil)
}

// body decodes what comes with a verb.
func body(f frame, v any) error {
	if err := strict(f.Body, v); err != nil {
		return fmt.Errorf("%w: %s: %w", errFrame, f.Verb, err)
	}
	return nil
}

// answer sends what came of a verb.
func (h *session) answer(f frame, v any, failed error) error {
	if failed != nil {
		return h.talk.send(frame{ID: f.ID, Error: failed.Error()}, nil)
	}
	return h.talk.send(frame{ID: f.ID}, v)
}

// gather starts the loops of a fleet.
func (h *session) gather(f frame) error {
	if h.fleet != nil {
		return fmt.Errorf("%w: a second fleet on one connection", errTurn)
	}
	if err := body(f, &h.cfg); err != nil {
		return err
	}
	switch c := &h.cfg; {
	case c.Conns < 1 || c.Conns > mostViewers || c.Loops < 1 || c.Loops > mostLoops || c.First < 0,
		len(c.Rooms) < 1 || c.Conns*len(c.Rooms) > mostSlots:
		return fmt.Errorf("%w: %d viewers from %d on in %d loops and %d rooms", errFrame, c.Conns, c.First, c.Loops, len(c.Rooms))
	}
	cfg := h.cfg
	cfg.Shift += h.server.skew
	err := load.EnoughFiles(h.server.grow(cfg.Loops, cfg.Conns))
	if err == nil {
		err = load.EnoughPorts(cfg.Conns, cfg.Target, cfg.Sources)
	}
	var fleet *load.Fleet
	if err == nil {
		fleet, err = load.NewFleet(cfg)
	}
	if err != nil {
		h.server.grow(-cfg.Loops, -cfg.Conns)
	} else {
		h.fleet = fleet
		h.server.log("%s: %d viewers of %s", h.talk.conn.RemoteAddr(), h.cfg.Conns, h.cfg.Target)
	}
	return h.answer(f, nil, err)
}

// grow notes that there are more loops and viewers, or less with numbers below 0,
// and says how many viewers that makes.
func (s *Server) grow(loops, viewers int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.loops, s.seats = s.loops+loops, s.seats+viewers
	// A loop that sleeps in epoll holds its P until the runtime takes it back.
	runtime.GOMAXPROCS(max(runtime.GOMAXPROCS(0), runtime.NumCPU()+s.loops+1))
	return s.seats
}

// open connects all viewers while other questions are answered.
func (h *session) open(ctx context.Context, f frame) error {
	if h.opened {
		return fmt.Errorf("%w: %q again", errTurn, f.Verb)
	}
	var o opening
	if err := body(f, &o); err != nil {
		return err
	}
	h.opened = true
	h.work.Go(func() { // stops: ctx, or all are in
		err := h.fleet.Open(ctx, o.PerSecond)
		if ctx.Err() == nil {
			_ = h.answer(f, nil, err) // who isn't there any more finds out by reading
		}
	})
	return nil
}

// track sends the number of completions whenever it has grown.
func (h *session) track(ctx context.Context) {
	h.tracks = true
	news := make(chan struct{}, 1)
	h.fleet.Track(news)
	h.work.Go(func() { // stops: ctx
		for told := int64(0); ; {
			select {
			case <-ctx.Done():
				return
			case <-news:
			}
			done := h.fleet.Done()
			if done == told {
				continue
			}
			if told = done; h.talk.send(frame{Verb: newsDone}, reading{done}) != nil {
				return
			}
		}
	})
}

// close ends the fleet.
func (h *session) close() {
	if h.fleet == nil {
		return
	}
	h.fleet.Close()
	h.server.grow(-h.cfg.Loops, -h.cfg.Conns)
	h.server.log("%s: gone", h.talk.conn.RemoteAddr())
}
