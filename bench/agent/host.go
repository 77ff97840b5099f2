package agent

import (
	"context"
	"fmt"
	"time"

	"grandstand/bench/load"
	"grandstand/bench/stats"
)

// Host is an agent as its coordinator knows it: a process that can hold fleets.
type Host struct {
	Addr  string
	Clock Offset // as measured when it was dialed

	token string
	clock load.Clock
	line  *caller
}

// Dial greets an agent and finds out about its clock, compared to the one given.
func Dial(ctx context.Context, addr, token string, clock load.Clock) (*Host, error) {
	line, err := connect(ctx, addr, token, nil)
	if err != nil {
		return nil, err
	}
	h := &Host{Addr: addr, token: token, clock: clock, line: line}
	if h.Clock, err = h.Measure(); err != nil {
		line.close()
		return nil, err
	}
	return h, nil
}

// Measure compares the clocks. A clock that ought to be the same and isn't within
// what can be measured is an error: something between us and the kernel shifts it.
func (h *Host) Measure() (Offset, error) {
	o, err := measure(h.clock.Now, func() (int64, error) {
		var r reading
		err := h.line.askSoon(verbClock, nil, &r)
		return r.Now, err
	})
	if err != nil || !sameClock(machine(), h.line.who.Machine) {
		return o, err
	}
	const tie = time.Millisecond // what each side may be off from the kernel's reading
	if o.Ahead.Abs() > o.Error+tie {
		return o, fmt.Errorf("agent %s: boot id and time namespace are ours, but its clock is off by %s", h.Addr, o.Ahead)
	}
	return Offset{Shared: true}, nil
}

// Here says whether the agent runs on this machine.
func (h *Host) Here() bool { return h.Clock.Shared }

// Usage is what the agent's process has used.
func (h *Host) Usage() (stats.Usage, error) {
	var u stats.Usage
	err := h.line.askSoon(verbUsage, nil, &u)
	return u, err
}

// Fleet starts the loops of a fleet at the agent, with clocks set as measured.
func (h *Host) Fleet(ctx context.Context, cfg load.Config) (*Fleet, error) {
	cfg.Shift = h.Clock.Ahead
	f := &Fleet{cfg: cfg}
	var err error
	if f.line, err = connect(ctx, h.Addr, h.token, f.heard); err != nil {
		return nil, err
	}
	if err := f.line.ask(ctx, verbFleet, cfg, nil); err != nil {
		f.line.close()
		return nil, err
	}
	return f, nil
}

// Close leaves the agent, whose fleets of ours have connections of their own.
func (h *Host) Close() { h.line.close() }
