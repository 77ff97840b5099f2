package stats

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
)

// Figure is one result: Key for machines (snake case, ends in its unit), Label
// and Unit for people. An empty Label keeps it out of the text.
type Figure struct {
	Key   string
	Label string
	Value float64
	Unit  string
}

// Report is what a run has to say. Figures keep the order they were added in.
type Report struct {
	Scenario string
	Target   string
	Started  time.Time
	Command  []string
	Machine  string
	Commit   string // of the harness, see Commit
	Seed     uint64
	Repeat   int // which one of several like runs it is, from 1; 0 alone
	Figures  []Figure
	Series   Series   // what was read once a second
	Buckets  []Bucket // the distribution of the latency, from Latency.Buckets
	Notes    []string // how the run went, one line each
	Warnings []string // reasons to doubt the figures
	Missed   []string // limits that were not met
}

// Add appends a figure.
func (r *Report) Add(key, label string, value float64, unit string) {
	r.Figures = append(r.Figures, Figure{Key: key, Label: label, Value: value, Unit: unit})
}

// AddSummary appends the percentiles of a latency distribution under a prefix.
// One without a sample has none: 0 ms would meet any threshold.
func (r *Report) AddSummary(prefix, label string, s Summary) {
	if s.Count == 0 {
		return
	}
	if prefix != "" {
		prefix += "_"
	}
	r.Add(prefix+"p50_ms", label+" p50", s.P50, "ms")
	r.Add(prefix+"p90_ms", label+" p90", s.P90, "ms")
	r.Add(prefix+"p99_ms", label+" p99", s.P99, "ms")
	r.Add(prefix+"p999_ms", label+" p99.9", s.P999, "ms")
	r.Add(prefix+"max_ms", label+" max", s.Max, "ms")
	r.Add(prefix+"mean_ms", "", s.Mean, "ms")
}

// Value finds a figure by its key.
func (r *Report) Value(key string) (float64, bool) {
	for _, f := range r.Figures {
		if f.Key == key {
			return f.Value, true
		}
	}
	return 0, false
}

// Note appends a line about the run.
func (r *Report) Note(format string, args ...any) {
	r.Notes = append(r.Notes, fmt.Sprintf(format, args...))
}

// Warn appends a reason to doubt the figures.
func (r *Report) Warn(format string, args ...any) {
	r.Warnings = append(r.Warnings, fmt.Sprintf(format, args...))
}

// WriteText writes the report for people.
func (r *Report) WriteText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s", r.Scenario, r.Target)
	if r.Seed != 0 {
		fmt.Fprintf(&b, "  seed %d", r.Seed)
	}
	b.WriteByte('\n')
	for _, f := range r.Figures {
		if f.Label != "" {
			fmt.Fprintf(&b, "  %-28s %14s %s\n", f.Label, Format(f.Value), f.Unit)
		}
	}
	for _, n := range r.Notes {
		fmt.Fprintf(&b, "  %s\n", n)
	}
	for _, n := range r.Warnings {
		fmt.Fprintf(&b, "!! WARNING: %s\n", n)
	}
	for _, n := range r.Missed {
		fmt.Fprintf(&b, "MISSED %s\n", n)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Format writes a number with thousands apart and as many decimals as it needs.
func Format(v float64) string {
	decimals := 0
	switch a := math.Abs(v); {
	case v == math.Trunc(v):
	case a < 10:
		decimals = 3
	case a < 100:
		decimals = 2
	case a < 1000:
		decimals = 1
	}
	s := strconv.FormatFloat(v, 'f', decimals, 64)
	whole, frac, _ := strings.Cut(s, ".")
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "-", whole[1:]
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if frac != "" {
		whole += "." + frac
	}
	return sign + whole
}
