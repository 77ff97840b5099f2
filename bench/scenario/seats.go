package scenario

import (
	"context"
	"fmt"
	"strings"

	"grandstand/bench/load"
)

// share is how many viewers come by a transport.
type share struct {
	way     load.Transport
	viewers int
}

// seats are the viewers of a share, once they have a place.
type seats struct {
	share
	audience audience
}

// targets reads the addresses of --url, separated by commas.
func targets(list string) ([]load.Target, error) {
	var all []load.Target
	for one := range strings.SplitSeq(list, ",") {
		t, err := load.ParseTarget(strings.TrimSpace(one))
		if err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, nil
}

// enoughPorts says whether this machine has a port for each viewer. Agents have
// ports of their own, and see to them.
func (o *Common) enoughPorts(targets []load.Target) error {
	if len(o.Agents) > 0 {
		return nil
	}
	for _, t := range targets {
		if err := load.EnoughPorts((o.Viewers+len(targets)-1)/len(targets), t, o.Sources); err != nil {
			return err
		}
	}
	return nil
}

// seat gives every viewer a fleet: one for each transport and place. There are
// as many places as processes with viewers, or as targets, whatever is more; they
// go to both in turn.
func (r *run) seat(ctx context.Context, cfg load.Config, shares []share) error {
	if (len(r.crew.hosts) > 0 || len(r.targets) > 1) && (cfg.Join != nil || cfg.RecvBuffer != nil) {
		return fmt.Errorf("%s: %w", r.report.Scenario, errElsewhere)
	}
	if len(r.crew.hosts) == 0 {
		if err := load.EnoughFiles(r.o.Viewers); err != nil {
			return err
		}
	}
	var all party
	first := 0
	for _, s := range shares {
		var some party
		for i, n := range split(s.viewers, max(len(r.targets), len(r.crew.hosts))) {
			if n == 0 {
				continue
			}
			c := cfg
			c.Conns, c.First = n, first
			err := r.o.speak(&c, s.way, r.targets[i%len(r.targets)])
			var f audience
			if err == nil {
				f, err = r.hold(ctx, i, c)
			}
			if err != nil {
				some.Close()
				all.Close()
				return err
			}
			some = append(some, guests{f, n})
			first += n
		}
		r.parts = append(r.parts, seats{s, some.alone()})
		all = append(all, some...)
	}
	r.fleet = all.alone()
	return nil
}

// hold starts a fleet in this process, or in the one whose turn it is.
func (r *run) hold(ctx context.Context, place int, cfg load.Config) (audience, error) {
	if n := len(r.crew.hosts); n > 0 {
		return r.crew.hosts[place%n].Fleet(ctx, cfg)
	}
	return load.NewFleet(cfg)
}

// alone is the one audience of a party of one, else the party.
func (p party) alone() audience {
	if len(p) == 1 {
		return p[0].audience
	}
	return p
}

// split shares n viewers out among some places, as evenly as can be.
func split(n, places int) []int {
	out := make([]int, places)
	for i := range out {
		out[i] = n / places
		if i < n%places {
			out[i]++
		}
	}
	return out
}

// local is the fleet of a run whose scenario moves single viewers.
func (r *run) local() (*load.Fleet, error) {
	if f, ok := r.fleet.(*load.Fleet); ok {
		return f, nil
	}
	return nil, fmt.Errorf("%s: %w", r.report.Scenario, errElsewhere)
}
