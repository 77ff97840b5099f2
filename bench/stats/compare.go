package stats

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// Verdict says what became of a figure from old runs to new ones.
type Verdict string

// The verdicts. Without direction a change is neither good nor bad; Single
// says that one side is one run, whose noise nobody knows.
const (
	Same    Verdict = "same"
	Better  Verdict = "better"
	Worse   Verdict = "worse"
	Changed Verdict = "changed"
	Single  Verdict = "single"
)

// Sample is a figure over several runs of the same kind.
type Sample struct {
	Runs   int     `json:"runs"`
	Median float64 `json:"median"`
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
}

// Change is a figure of old and of new runs.
type Change struct {
	Key     string   `json:"key"`
	Label   string   `json:"label"`
	Unit    string   `json:"unit"`
	Old     Sample   `json:"old"`
	New     Sample   `json:"new"`
	Percent *float64 `json:"percent"` // of the median; null when the old one is not above 0
	P       *float64 `json:"p"`       // of the rank test; null without one
	Verdict Verdict  `json:"verdict"`
}

// Comparison is what changed from old runs to new ones.
type Comparison struct {
	Scenario string   `json:"scenario"`
	Test     string   `json:"test"` // how change is told from noise
	Changes  []Change `json:"changes"`
	Warnings []string `json:"warnings,omitempty"`
}

const (
	// fewest is how many runs each side of a rank test needs: of the 70 ways
	// to deal out 4 + 4, the two extreme ones are 2.9 %.
	fewest = 4
	alpha  = 0.05

	// smallest is a change, in percent, that nobody cares for, however sure.
	smallest = 1
	// clear is what it takes without a test.
	clear = 5
)

// Compare holds new runs against old ones, figure by figure. Each side needs
// at least one.
func Compare(old, new []*Report) (*Comparison, error) {
	if len(old) == 0 || len(new) == 0 {
		return nil, fmt.Errorf("compare: %d old runs with %d new ones, want at least one of each", len(old), len(new))
	}
	c := &Comparison{Scenario: old[0].Scenario, Test: method(len(old), len(new)), Warnings: unlike(old, new)}
	var gone, come []string
	for _, f := range union(new, old) {
		a, b := values(old, f.Key), values(new, f.Key)
		switch {
		case len(b) == 0:
			gone = append(gone, f.Key)
		case len(a) == 0:
			come = append(come, f.Key)
		default:
			c.Changes = append(c.Changes, change(f, a, b))
		}
	}
	c.alone("old", gone)
	c.alone("new", come)
	return c, nil
}

// Alone is the comparison of a scenario that only one side has, the old or the new.
func Alone(scenario, side string) *Comparison {
	return &Comparison{Scenario: scenario, Warnings: []string{"only the " + side + " results have " + scenario + ": there is nothing to hold it against"}}
}

// alone warns of figures that only one side has.
func (c *Comparison) alone(side string, keys []string) {
	if len(keys) > 0 {
		c.Warnings = append(c.Warnings, fmt.Sprintf("only the %s runs have %s", side, strings.Join(keys, ", ")))
	}
}

// union is the figures of all runs, each once.
func union(sides ...[]*Report) []Figure {
	var all []Figure
	seen := make(map[string]bool)
	for _, side := range sides {
		for _, r := range side {
			for _, f := range r.Figures {
				if !seen[f.Key] {
					seen[f.Key] = true
					all = append(all, f)
				}
			}
		}
	}
	return all
}

// Worse counts the figures that got worse beyond noise.
func (c *Comparison) Worse() int {
	n := 0
	for _, x := range c.Changes {
		if x.Verdict == Worse {
			n++
		}
	}
	return n
}

// method says in words how changes between so many runs are judged.
func method(old, new int) string {
	switch n := min(old, new); {
	case n >= fewest:
		return fmt.Sprintf("exact rank-sum test (Mann-Whitney) of %d and %d runs: beyond noise is p < %g and at least %d %%", old, new, alpha, smallest)
	case n > 1:
		return fmt.Sprintf("%d and %d runs are too few for a test: beyond noise is when their ranges lie apart by more than the wider of them and by at least %d %%", old, new, clear)
	}
	return "one run on a side, so its noise is unknown: nothing is called better or worse but what was lost or broken"
}

// unlike says why runs may not be comparable.
func unlike(old, new []*Report) []string {
	var out []string
	all := append(slices.Clone(old), new...)
	for _, of := range []struct {
		what string
		get  func(r *Report) string
	}{
		{"scenarios", func(r *Report) string { return r.Scenario }},
		{"targets", func(r *Report) string { return r.Target }},
		{"machines", func(r *Report) string { return r.Machine }},
		{"numbers of viewers", func(r *Report) string {
			n, _ := r.Value("viewers")
			return Format(n)
		}},
	} {
		var seen []string
		for _, r := range all {
			if v := of.get(r); !slices.Contains(seen, v) {
				seen = append(seen, v)
			}
		}
		if len(seen) > 1 {
			out = append(out, "different "+of.what+": "+strings.Join(seen, " | "))
		}
	}
	doubted := 0
	for _, r := range all {
		doubted += min(len(r.Warnings), 1)
	}
	if doubted > 0 {
		out = append(out, fmt.Sprintf("%d of the runs have warnings of their own", doubted))
	}
	return out
}

// values are those of a figure over runs. Some figures are left out of a report
// when there was nothing to count.
func values(runs []*Report, key string) []float64 {
	var out []float64
	for _, r := range runs {
		v, ok := r.Value(key)
		switch key {
		case "gaps", "told", "reopened", "silent":
			ok = true
		}
		if ok {
			out = append(out, v)
		}
	}
	slices.Sort(out)
	return out
}

func sample(sorted []float64) Sample {
	n := len(sorted)
	return Sample{Runs: n, Median: (sorted[(n-1)/2] + sorted[n/2]) / 2, Low: sorted[0], High: sorted[n-1]}
}

// change judges one figure; a and b are sorted.
func change(f Figure, a, b []float64) Change {
	c := Change{Key: f.Key, Label: f.Label, Unit: f.Unit, Old: sample(a), New: sample(b)}
	percent := math.Inf(1)
	if c.Old.Median > 0 {
		percent = 100 * (c.New.Median - c.Old.Median) / c.Old.Median
		c.Percent = &percent
	}
	way := direction(f.Key)
	verdict := Changed
	if way != 0 {
		verdict = Worse
		if way > 0 == (c.New.Median > c.Old.Median) {
			verdict = Better
		}
	}
	n := min(len(a), len(b))
	switch {
	case c.Old.Low == c.New.Low && c.Old.High == c.New.High && c.Old.Median == c.New.Median:
		verdict = Same
	case mustBeZero(f.Key) && c.Old.High == 0: // no noise makes a server lose something
		verdict = Worse
	case n >= fewest:
		p := rankSum(a, b)
		c.P = &p
		if p >= alpha || math.Abs(percent) < smallest {
			verdict = Same
		}
	case n > 1:
		gap := max(c.New.Low-c.Old.High, c.Old.Low-c.New.High)
		if gap <= max(c.Old.High-c.Old.Low, c.New.High-c.New.Low) || math.Abs(percent) < clear {
			verdict = Same
		}
	default:
		verdict = Single
	}
	c.Verdict = verdict
	return c
}

// mustBeZero names the figures of which one is too many.
func mustBeZero(key string) bool {
	switch key {
	case "lost", "loss_percent", "faults", "duplicated", "reordered", "id_order", "broken", "foreign", "bad_gaps", "unanswered", "silent":
		return true
	}
	return false
}

// direction is 1 for a figure that should be large, -1 for one that should be
// small, and 0 for one that is neither.
func direction(key string) int {
	name, unit := bare(key)
	switch {
	case name == "rate", strings.HasSuffix(name, "_per_cpu"):
		return 1
	case mustBeZero(key), name == "told", name == "ended", name == "connect_failed":
		return -1
	case name == "others_cpu", strings.HasPrefix(name, "harness_"), strings.HasSuffix(name, "_user"):
		return 0
	case unit == "ms", unit == "us", unit == "bytes", unit == "percent", unit == "s":
		return -1
	}
	return 0
}

// WriteText writes a table for people.
func (c *Comparison) WriteText(w io.Writer) error {
	var b strings.Builder
	b.WriteString(c.Scenario + "\n")
	if len(c.Changes) > 0 {
		fmt.Fprintf(&b, "  %-28s %-34s %-34s %9s\n", "", "old: median (range)", "new: median (range)", "change")
	}
	for _, x := range c.Changes {
		told := x.Verdict == Better || x.Verdict == Worse || x.Verdict == Changed
		if x.Label == "" && !told {
			continue
		}
		percent := "-"
		if x.Percent != nil {
			percent = fmt.Sprintf("%+.1f %%", *x.Percent)
		}
		line := fmt.Sprintf("  %-28s %-34s %-34s %9s", cmp.Or(x.Label, x.Key), x.Old.text(x.Unit), x.New.text(x.Unit), percent)
		if told {
			line += "  " + strings.ToUpper(string(x.Verdict))
		}
		if x.P != nil && told {
			line += fmt.Sprintf(" (p = %.3f)", *x.P)
		}
		fmt.Fprintln(&b, line)
	}
	if c.Test != "" {
		fmt.Fprintf(&b, "  %s\n", c.Test)
	}
	for _, n := range c.Warnings {
		fmt.Fprintf(&b, "!! WARNING: %s\n", n)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// text is the median, and the range when there is one.
func (s Sample) text(unit string) string {
	out := Format(s.Median)
	if s.Low != s.High {
		out += fmt.Sprintf(" (%s - %s)", Format(s.Low), Format(s.High))
	}
	return strings.TrimSpace(out + " " + unit)
}
