package scenario

import (
	"context"
	"errors"
	"fmt"
	"time"

	"grandstand/bench/load"
	"grandstand/bench/stats"
)

// Echo has every viewer send a ping message, wait for the pong, and so on.
type Echo struct {
	Common   `embed:""`
	Duration time.Duration `short:"d" help:"How long to measure." default:"10s" group:"Load"`
	Warmup   time.Duration `help:"Before the figures begin." default:"1s" group:"Load"`
}

// pinger keeps one ping of each connection of a loop on its way.
type pinger struct {
	load.Idle
	text    []byte
	started bool
	stop    bool
	waiting int   // pings without an answer
	rounds  int64 // answers
}

// Tick starts the first round.
func (p *pinger) Tick(l *load.Loop, now int64) {
	if p.started || p.stop {
		return
	}
	p.started = true
	for ci := range l.Conns() {
		p.send(l, ci, now)
	}
}

// Pong times the round and starts the next.
func (p *pinger) Pong(l *load.Loop, ci int, now int64) {
	p.waiting--
	p.rounds++
	l.Time(l.Viewer(ci).Began, now)
	if !p.stop {
		p.send(l, ci, now)
	}
}

func (p *pinger) send(l *load.Loop, ci int, now int64) {
	l.Touch(ci, now)
	l.Send(ci, p.text)
	p.waiting++
}

var _ load.Ponger = (*pinger)(nil)

// Run carries the scenario out.
func (s *Echo) Run(ctx context.Context, env Env) (*stats.Report, error) {
	if s.Duration <= 0 {
		return nil, fmt.Errorf("duration %s: want some time", s.Duration)
	}
	if s.Transport != "" && s.Transport != load.WebSocket.String() {
		return nil, fmt.Errorf("echo needs viewers that send: --transport %s has no way up", s.Transport)
	}
	if s.foreign() {
		return nil, fmt.Errorf("echo --driver %s: only Grandstand's own protocol has a ping message that is answered", s.Driver.Driver)
	}
	r, err := start(ctx, "echo", &s.Common, env, load.Config{Rooms: []string{s.Room}})
	if err != nil {
		return nil, err
	}
	defer r.close()
	fleet, err := r.local()
	if err != nil {
		return nil, err
	}
	if err := r.open(ctx); err != nil {
		return r.early(ctx, err)
	}
	r.say("one ping of each viewer at a time for %s", s.Warmup+s.Duration)
	pingers := make(map[*load.Loop]*pinger, len(fleet.Loops))
	fleet.Each(func(l *load.Loop) {
		pingers[l] = &pinger{text: []byte(`{"type":"ping","ack":1}`)}
		l.SetScript(pingers[l])
	})
	if err := pause(ctx, s.Warmup); err != nil && !errors.Is(err, context.Canceled) {
		return nil, err
	}
	r.unmeasured(ctx)
	r.fleet.Measure(r.clock.Now())
	before := rounds(fleet, pingers)
	from, err := r.usage()
	if err != nil {
		return nil, err
	}
	if err := pause(ctx, s.Duration); err != nil && !errors.Is(err, context.Canceled) {
		return nil, err
	}
	to, err := r.usageAtEnd()
	if err != nil {
		return nil, err
	}
	done := rounds(fleet, pingers) - before
	return s.result(ctx, r, fleet, pingers, from, to, done)
}

// result waits for the pings that are on their way and reports.
func (s *Echo) result(ctx context.Context, r *run, fleet *load.Fleet, pingers map[*load.Loop]*pinger, from, to usage, done int64) (*stats.Report, error) {
	sum, err := r.fleet.Latency().Summary()
	if err != nil {
		return nil, err
	}
	fleet.Each(func(l *load.Loop) { pingers[l].stop = true })
	const most = 5 * time.Second
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), most)
	defer cancel()
	var waiting int
	_ = fleet.Wait(ctx, func(load.Counters) (bool, error) { // what is still out then is reported
		waiting = 0
		fleet.Each(func(l *load.Loop) { waiting += pingers[l].waiting })
		return waiting == 0, nil
	})
	wall := to.own.At.Sub(from.own.At).Seconds()
	r.report.Add("viewers", "viewers", float64(s.Viewers), "")
	if !r.void {
		r.report.Add("rate_per_s", "round trips", float64(done)/wall, "/s")
		if cpu := (to.server.CPU - from.server.CPU).Seconds(); to.known && cpu > 0 {
			r.report.Add("rounds_per_cpu_s", "per server CPU-second", float64(done)/cpu, "/s")
		}
		r.report.AddSummary("", "round trip", sum)
	}
	r.addServer(from, to, 0)
	r.report.Add("unanswered", "unanswered pings", float64(waiting), "")
	r.addChecks(r.fleet.Counters(), 0)
	if waiting > 0 {
		r.report.Missed = append(r.report.Missed, fmt.Sprintf("%d pings were not answered within %s", waiting, most))
	}
	return r.finish(), nil
}

// rounds adds up the answers of all loops.
func rounds(f *load.Fleet, pingers map[*load.Loop]*pinger) (sum int64) {
	f.Each(func(l *load.Loop) { sum += pingers[l].rounds })
	return sum
}
