package plot

import (
	"cmp"
	"fmt"
	"math"
	"strings"

	"grandstand/bench/stats"
)

// Run is a report under a name; several in one chart are told apart by it.
type Run struct {
	Name   string
	Report *stats.Report
}

// kind is one of the plots: how it is titled and what it draws.
type kind struct {
	name, title, y string
	unit           string   // of the values: B, ms, or anything else as it is
	columns        []string // of the series, as many as there are
	chief          []string // those that are drawn when there are several runs
	log            bool     // factors are shown when the values are far apart
	quiet          bool     // drawn only when there is something but zeros
}

// kinds lists what is drawn of series; the distribution comes beside them.
func kinds() []kind {
	return []kind{
		{name: "connections", title: "Connections", y: "open connections", columns: []string{"connected"}},
		{name: "throughput", title: "Throughput", y: "deliveries per second", columns: []string{"deliveries_per_s"}},
		{name: "latency", title: "Latency over time", y: "latency", unit: "ms", log: true,
			columns: []string{"p50_ms", "p90_ms", "p99_ms", "max_ms"}, chief: []string{"p50_ms", "p99_ms"}},
		{name: hdr},
		{name: "memory", title: "Memory", y: "memory", unit: "B",
			columns: []string{"server_rss_bytes", "server_pss_bytes", "server_socket_bytes"}, chief: []string{"server_rss_bytes"}},
		{name: "cpu", title: "CPU", y: "% of a core", columns: []string{"server_cpu_percent", "harness_cpu_percent"}, chief: []string{"server_cpu_percent"}},
		{name: "lag", title: "How late the harness was", y: "delay", unit: "ms", columns: []string{"harness_lag_ms", "publish_lag_ms"}, chief: []string{"harness_lag_ms"}},
		{name: "loss", title: "Deliveries that did not come", y: "deliveries", columns: []string{"lost", "told"}, quiet: true},
	}
}

// hdr is the kind that shows the whole distribution of the latency.
const hdr = "hdr"

// Kinds are the plots there are, in the order of a report.
func Kinds() []string {
	all := kinds()
	names := make([]string, len(all))
	for i, k := range all {
		names[i] = k.name
	}
	return names
}

// Of draws one kind of plot of one or several runs.
func Of(name string, runs []Run) (*Chart, error) {
	for _, k := range kinds() {
		if k.name != name {
			continue
		}
		c := k.chart(runs)
		if name == hdr {
			c = distribution(runs)
		}
		if len(c.Lines) == 0 {
			return nil, fmt.Errorf("plot %s: none of the runs has %s", name, k.needs())
		}
		return c, nil
	}
	return nil, fmt.Errorf("plot %q: no such kind, want one of %s", name, strings.Join(Kinds(), ", "))
}

// needs says what has to be in a report for this kind.
func (k kind) needs() string {
	if k.name == hdr {
		return "a distribution of latency"
	}
	return "a series of " + strings.Join(k.columns, " or ")
}

// chart draws columns over time: those of one run, or the chief ones of each.
func (k kind) chart(runs []Run) *Chart {
	c := &Chart{Title: k.title, Y: Axis{Label: k.y}}
	names := k.columns
	if len(runs) > 1 && len(k.chief) > 0 {
		names = k.chief
	}
	for i, run := range runs {
		for j, key := range names {
			col := run.Report.Series.Column(key)
			if col == nil || !k.seen(col.Values) {
				continue
			}
			line := Line{Name: label(col), X: run.Report.Series.At, Y: col.Values, Ink: j, Thin: key == "max_ms"}
			switch {
			case len(runs) > 1 && len(names) > 1:
				line.Name, line.Ink, line.Thin = run.Name+": "+line.Name, i, j == 0
			case len(runs) > 1:
				line.Name, line.Ink = run.Name, i
			}
			c.Lines = append(c.Lines, line)
		}
	}
	longest, low, high := reach(c.Lines)
	c.X = seconds(longest)
	k.units(&c.Y, low, high)
	return c
}

// label is what a column is called in a legend.
func label(col *stats.Column) string {
	name := cmp.Or(col.Label, col.Key)
	if col.Key == "harness_cpu_percent" { // beside percents of one core
		name += " (% of all its cores)"
	}
	return name
}

// reach is the last moment of lines, and their lowest and highest value of
// those above 0.
func reach(lines []Line) (longest, low, high float64) {
	low = math.Inf(1)
	for _, line := range lines {
		longest = max(longest, line.X[len(line.X)-1])
		for _, v := range line.Y {
			if v > 0 {
				low, high = min(low, v), max(high, v)
			}
		}
	}
	return longest, low, high
}

// seen reports whether there is anything to draw.
func (k kind) seen(values []float64) bool {
	for _, v := range values {
		if !math.IsNaN(v) && (v != 0 || !k.quiet) {
			return true
		}
	}
	return false
}

// seconds is the axis of time, in minutes when it is long.
func seconds(longest float64) Axis {
	switch {
	case longest > 3*3600:
		return Axis{Label: "hours since the run began", Scale: 3600}
	case longest > 300:
		return Axis{Label: "minutes since the run began", Scale: 60}
	}
	return Axis{Label: "seconds since the run began"}
}

// units finishes an axis of values from low to high.
func (k kind) units(y *Axis, low, high float64) {
	const far = 25 // times: the smaller would lie on the axis
	switch k.unit {
	case "ms":
		y.Label += " in ms"
		if k.log && high > far*low {
			y.Log = true
			y.Label += ", logarithmic"
		}
	case "B":
		y.Scale, y.Label = 1e6, y.Label+" in MB"
		if high >= 1e10 {
			y.Scale, y.Label = 1e9, k.y+" in GB"
		}
	}
}

// distribution draws how long which share of the deliveries took: the axis
// gives each further nine the same room, as HdrHistogram's plots do.
func distribution(runs []Run) *Chart {
	c := &Chart{Title: "Latency by percentile", Y: Axis{Label: "latency"}, X: Axis{Label: "share of deliveries that took at most so long"}}
	median, high, nines := math.Inf(1), 0.0, 1.0
	for i, run := range runs {
		line := Line{Name: run.Name, Ink: i}
		var all, below float64
		for _, b := range run.Report.Buckets {
			all += float64(b.Count)
		}
		for _, b := range run.Report.Buckets {
			from := below / all
			below += float64(b.Count)
			// The first hundredth would stretch an axis of factors, and takes no
			// room on the other one. The last delivery would be at infinity.
			if to := min(below/all, 1-1/(all+1)); to > 0.01 {
				line.X = append(line.X, -math.Log10(1-from), -math.Log10(1-to))
				line.Y = append(line.Y, b.Ms, b.Ms)
				high = max(high, b.Ms)
			}
		}
		if len(line.X) > 0 {
			c.Lines = append(c.Lines, line)
			nines = max(nines, line.X[len(line.X)-1])
			median = min(median, stats.Quantile(run.Report.Buckets, 0.5))
		}
	}
	kind{unit: "ms", log: true}.units(&c.Y, median, high)
	c.X.Ticks = []Tick{{0, "0 %"}, {1, "90 %"}, {2, "99 %"}}
	for n := 3; float64(n) <= nines; n++ {
		c.X.Ticks = append(c.X.Ticks, Tick{float64(n), "99." + strings.Repeat("9", n-2) + " %"})
	}
	return c
}
