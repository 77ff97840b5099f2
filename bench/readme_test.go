package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"grandstand/bench/scenario"
	"grandstand/bench/stats"
)

var update = flag.Bool("update", false, "write the figures of bench/results into README.md")

const readme = "../README.md"

// quote is a sentence of README.md whose figures are results: %s stands for each.
type quote struct {
	text    string
	figures []figure
}

// figure is a median of bench/results, as README.md has it.
type figure struct {
	file             string // without .json
	target, scenario string // of a comparison; a report has neither
	key              string
	over             string  // the target it is divided by, in the same file
	scale            float64 // 0 is 1
	digits           int     // behind the point
}

// results are the files of bench/results that have been read.
type results struct {
	t           *testing.T
	comparisons map[string]*scenario.Comparison
	reports     map[string]*stats.Report
}

func openResults(t *testing.T) *results {
	r := &results{t: t, comparisons: map[string]*scenario.Comparison{}, reports: map[string]*stats.Report{}}
	for _, name := range []string{"readme", "rivals", "threads", "longpolls"} {
		b, err := os.ReadFile(filepath.Join("results", name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var kind struct{ Targets json.RawMessage }
		if err := json.Unmarshal(b, &kind); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if kind.Targets != nil {
			r.comparisons[name], err = scenario.LoadComparison(bytes.NewReader(b))
		} else {
			r.reports[name], err = stats.Load(bytes.NewReader(b))
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	return r
}

// text is a figure as README.md has it.
func (r *results) text(f figure) string {
	r.t.Helper()
	var v float64
	if c := r.comparisons[f.file]; c != nil {
		v = c.Median(f.target, f.scenario, f.key)
		if f.over != "" {
			v /= c.Median(f.over, f.scenario, f.key)
		}
	} else if got, ok := r.reports[f.file].Value(f.key); ok {
		v = got
	}
	if !(v > 0) { // NaN, too
		r.t.Errorf("bench/results/%s.json: %s of %q in %q over %q is %g", f.file, f.key, f.target, f.scenario, f.over, v)
		return "0"
	}
	if f.scale != 0 {
		v *= f.scale
	}
	whole, behind, _ := strings.Cut(strconv.FormatFloat(v, 'f', f.digits, 64), ".")
	n, err := strconv.ParseFloat(whole, 64)
	if err != nil {
		r.t.Fatal(err)
	}
	if behind != "" {
		behind = "." + behind
	}
	return stats.Format(n) + behind
}

// fill puts figures in the places of %s.
func (r *results) fill(q quote) string {
	words := make([]any, len(q.figures))
	for i, f := range q.figures {
		words[i] = r.text(f)
	}
	return fmt.Sprintf(q.text, words...)
}

// place finds a quote with whatever figures.
func place(q quote) *regexp.Regexp {
	return regexp.MustCompile(strings.ReplaceAll(regexp.QuoteMeta(q.text), "%s", `[0-9][0-9,]*(?:\.[0-9]+)?`))
}

// tablePlace is where the table of the rivals stands.
func tablePlace() *regexp.Regexp { return regexp.MustCompile(`(?s)<!-- rivals -->\n.*?<!-- end -->`) }

// TestReadmeFigures fails when README.md quotes other figures than those in
// bench/results. With -update it writes them.
func TestReadmeFigures(t *testing.T) {
	b, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	doc, r := string(b), openResults(t)
	swap := func(at *regexp.Regexp, want string) {
		found := at.FindAllString(doc, -1)
		switch {
		case len(found) != 1:
			t.Errorf("README.md has %d places for %q, want one", len(found), want)
		case *update:
			doc = strings.Replace(doc, found[0], want, 1)
		case found[0] != want:
			t.Errorf("README.md says %q, bench/results %q; make bench or go test ./bench -run TestReadmeFigures -update writes it", found[0], want)
		}
	}
	for _, q := range quotes() {
		swap(place(q), r.fill(q))
	}
	var table strings.Builder
	if err := r.comparisons["rivals"].WriteMarkdown(&table); err != nil {
		t.Fatal(err)
	}
	swap(tablePlace(), "<!-- rivals -->\n"+table.String()+"<!-- end -->")
	if *update && !t.Failed() {
		if err := os.WriteFile(readme, []byte(doc), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
