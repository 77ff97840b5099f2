package scenario

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"grandstand/bench/load"
	"grandstand/bench/stats"
)

// Churn lets viewers join, leave, stop reading and reconnect at random while
// events flow, and holds every connection to: ids rise, each event of a joined
// room comes exactly once or its absence is told.
type Churn struct {
	Common     `embed:""`
	Paced      `embed:""`
	Think      time.Duration `help:"Mean time between two doings of a viewer; 0 for none but the reconnects." default:"2s" group:"Load"`
	Most       int           `help:"Rooms a viewer is in at most." default:"4" group:"Load"`
	Reconnects float64       `help:"Connections closed and opened again each second, besides." default:"0" group:"Load"`
	Resume     float64       `help:"Percentage of reconnects that resume from their cursor." default:"70" group:"Load"`
	RcvBuf     int           `name:"rcvbuf" help:"SO_RCVBUF of all viewers, 0 for the kernel's choice." default:"0" group:"Load"`
}

// doings counts what the viewers did.
type doings struct {
	joins, leaves, stalls, reconnects, resumes int64
	recovered, refused                         int64 // answers to a resume, by room
	unanswered                                 int64
}

func (d *doings) add(o doings) {
	d.joins += o.joins
	d.leaves += o.leaves
	d.stalls += o.stalls
	d.reconnects += o.reconnects
	d.resumes += o.resumes
	d.recovered += o.recovered
	d.refused += o.refused
	d.unanswered += o.unanswered
}

// Run carries the scenario out.
func (s *Churn) Run(ctx context.Context, env Env) (*stats.Report, error) {
	if err := s.validate(); err != nil {
		return nil, err
	}
	if s.Most < 1 || !(s.Resume >= 0 && s.Resume <= 100) || s.Reconnects != 0 && !positive(s.Reconnects) || s.Think < 0 {
		return nil, fmt.Errorf("most %d, resume %g, reconnects %g, think %s: out of range", s.Most, s.Resume, s.Reconnects, s.Think)
	}
	if s.Think > 0 && s.Transport != "" && s.Transport != load.WebSocket.String() {
		return nil, fmt.Errorf("churn --transport %s: viewers can't join or leave rooms on the way: use --think 0s and --reconnects", s.Transport)
	}
	if s.Think > 0 && s.foreign() {
		return nil, fmt.Errorf("churn --driver %s: viewers can't join or leave rooms on the way: use --think 0s and --reconnects", s.Driver.Driver)
	}
	rooms := names(s.Room, s.Rooms)
	r, err := start(ctx, "churn", &s.Common, env, load.Config{
		Rooms: rooms, Late: true,
		Join: func(viewer int) []string {
			return pick(rand.New(rand.NewPCG(s.Seed, uint64(viewer))), rooms, s.Most)
		},
		RecvBuffer: func(int) int { return s.RcvBuf },
	})
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
	crowds := make(map[*load.Loop]*crowd, len(fleet.Loops))
	fleet.Each(func(l *load.Loop) {
		crowds[l] = newCrowd(s, rooms, l)
		l.SetScript(crowds[l])
	})
	r.say("%d viewers come and go over %d rooms for %s", s.Viewers, s.Rooms, s.Warmup+s.Duration)
	return s.mill(ctx, r, fleet, crowds)
}

// mill publishes while the crowds are about, calms them down, and settles.
func (s *Churn) mill(ctx context.Context, r *run, fleet *load.Fleet, crowds map[*load.Loop]*crowd) (*stats.Report, error) {
	const most = 15 * time.Second
	var restless error
	p := s.Paced
	p.Drain = max(p.Drain/2, time.Second) // how much is owed depends on who was where, so it always ends by that
	w, err := r.pacedUntil(ctx, &p, load.Connected, func() {
		fleet.Each(func(l *load.Loop) { crowds[l].calm = true })
		calm, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), most, errRestless)
		defer cancel()
		restless = fleet.Wait(calm, func(load.Counters) (bool, error) {
			n := 0
			fleet.Each(func(l *load.Loop) { n += crowds[l].restless(l) })
			return n == 0, nil
		})
	})
	if err != nil {
		return nil, err
	}
	if restless != nil {
		r.report.Missed = append(r.report.Missed, restless.Error())
	}
	return s.result(r, w, fleet, crowds)
}

var errRestless = errors.New("viewers were not all back and answered 15 s after the end")

// result reports.
func (s *Churn) result(r *run, w *window, fleet *load.Fleet, crowds map[*load.Loop]*crowd) (*stats.Report, error) {
	var d doings
	fleet.Each(func(l *load.Loop) { d.add(crowds[l].did) })
	r.report.Add("joins", "joins", float64(d.joins), "")
	r.report.Add("leaves", "leaves", float64(d.leaves), "")
	r.report.Add("stalls", "slow spells", float64(d.stalls), "")
	r.report.Add("reconnects", "reconnects", float64(d.reconnects), "")
	r.report.Add("resumes", "of those with a cursor", float64(d.resumes), "")
	r.report.Add("recovered", "rooms recovered", float64(d.recovered), "")
	r.report.Add("not_recovered", "rooms told not recovered", float64(d.refused), "")
	r.report.Add("unanswered", "requests without an answer", float64(d.unanswered), "")
	r.report.Add("connect_failed", "connects failed", float64(w.counters.Failed), "")
	if err := r.addPaced(w, s.Rate); err != nil {
		return nil, err
	}
	if w.counters.Lost > 0 {
		r.report.Missed = append(r.report.Missed, fmt.Sprintf("%d events missed without a word", w.counters.Lost))
	}
	if d.unanswered > 0 {
		r.report.Missed = append(r.report.Missed, fmt.Sprintf("%d joins or leaves were not answered within 10 s", d.unanswered))
	}
	return r.finish(), nil
}

// pick draws one to most rooms, each at most once.
func pick(rng *rand.Rand, rooms []string, most int) []string {
	n := 1 + rng.IntN(min(most, len(rooms)))
	out := make([]string, 0, n)
	for _, i := range rng.Perm(len(rooms))[:n] {
		out = append(out, rooms[i])
	}
	return out
}
