package scenario

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"grandstand/bench/load"
	"grandstand/bench/stats"
)

// Mixed is a fan-out to viewers of several transports at once.
type Mixed struct {
	Common `embed:""`
	Paced  `embed:""`
	Share  string `help:"Share of the viewers for each transport; what they add up to is everybody." default:"websocket=60,sse=20,longpoll=20" group:"Load"`
}

// Run carries the scenario out.
func (s *Mixed) Run(ctx context.Context, env Env) (*stats.Report, error) {
	if err := s.validate(); err != nil {
		return nil, err
	}
	shares, err := parseShares(s.Share, s.Viewers)
	if err != nil {
		return nil, err
	}
	r, err := startMixed(ctx, "mixed", &s.Common, env, load.Config{Rooms: names(s.Room, s.Rooms)}, shares)
	if err != nil {
		return nil, err
	}
	defer r.close()
	if err := r.open(ctx); err != nil {
		return r.early(ctx, err)
	}
	r.say("publishing %g events a second for %s to viewers by %s", s.Rate, s.Warmup+s.Duration, s.Share)
	w, err := r.paced(ctx, &s.Paced, load.Everyone)
	if err != nil {
		return nil, err
	}
	if err := r.addPaced(w, s.Rate); err != nil {
		return nil, err
	}
	if err := r.addParts(w); err != nil {
		return nil, err
	}
	return r.finish(), nil
}

// parseShares reads a list such as websocket=60,sse=40 and gives each its
// viewers. Who is left over by rounding goes to the largest remainders.
func parseShares(list string, viewers int) ([]share, error) {
	var shares []share
	var weights []float64
	sum := 0.0
	for one := range strings.SplitSeq(list, ",") {
		name, number, _ := strings.Cut(strings.TrimSpace(one), "=")
		way, err := load.ParseTransport(name)
		if err != nil {
			return nil, fmt.Errorf("share %q: %w", one, err)
		}
		weight, err := strconv.ParseFloat(number, 64)
		if err != nil || !(weight > 0) || weight > 1e9 || name == "" {
			return nil, fmt.Errorf("share %q: want TRANSPORT=NUMBER, such as websocket=60", one)
		}
		if slices.ContainsFunc(shares, func(s share) bool { return s.way == way }) {
			return nil, fmt.Errorf("share %q: %s has one already", one, name)
		}
		shares, weights = append(shares, share{way: way}), append(weights, weight)
		sum += weight
	}
	left := viewers
	rest := make([]int, len(shares))
	for i := range shares {
		exact := float64(viewers) * weights[i] / sum
		shares[i].viewers = int(exact)
		weights[i], rest[i] = exact-float64(shares[i].viewers), i
		left -= shares[i].viewers
	}
	slices.SortStableFunc(rest, func(a, b int) int { return int(sign(weights[b] - weights[a])) })
	for i := range left {
		shares[rest[i%len(rest)]].viewers++
	}
	for _, s := range shares {
		if s.viewers == 0 {
			return nil, fmt.Errorf("share of %s: nobody of %d viewers", s.way, viewers)
		}
	}
	return shares, nil
}

func sign(v float64) float64 {
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	}
	return 0
}

// The columns of the table of transports: a line of it is a note of the report.
const (
	partsHead = "transport          viewers     delivered         /s     p50 ms     p99 ms     max ms       lost     faults"
	partsLine = "%-16s %9d %13s %10s %10s %10s %10s %10d %10d"
)

// addParts reports each transport by itself: a line for people, figures for machines.
func (r *run) addParts(w *window) error {
	r.report.Note("%s", partsHead)
	wall := w.to.own.At.Sub(w.from.own.At).Seconds()
	for _, p := range r.parts {
		c := p.audience.Counters()
		s, err := p.audience.Latency().Summary()
		if err != nil {
			return err
		}
		rate := float64(c.Measured) / wall
		r.report.Note(partsLine, p.way, p.viewers, stats.Format(float64(c.Delivered)), stats.Format(float64(int64(rate))),
			stats.Format(s.P50), stats.Format(s.P99), stats.Format(s.Max), c.Lost, c.Faults.Total())
		key := strings.ReplaceAll(p.way.String(), "-", "_") + "_"
		r.report.Add(key+"viewers", "", float64(p.viewers), "")
		r.report.Add(key+"delivered", "", float64(c.Delivered), "events")
		r.report.Add(key+"rate_per_s", "", rate, "/s")
		if s.Count > 0 {
			r.report.Add(key+"p50_ms", "", s.P50, "ms")
			r.report.Add(key+"p99_ms", "", s.P99, "ms")
			r.report.Add(key+"max_ms", "", s.Max, "ms")
		}
		r.report.Add(key+"lost", "", float64(c.Lost), "deliveries")
		r.report.Add(key+"faults", "", float64(c.Faults.Total()), "")
	}
	return nil
}
