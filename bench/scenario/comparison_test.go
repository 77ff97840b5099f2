package scenario

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"reflect"
	"strings"
	"testing"
)

// played is a comparison of three targets in two scenarios.
func played() *Comparison {
	cell := func(target, scenario string, figures map[string][]float64) *Cell {
		return &Cell{Target: target, Scenario: scenario, Figures: figures}
	}
	c := &Comparison{
		Repeat: 3, Against: "limit", Targets: []string{"limit", "ours", "theirs"},
		Scenarios: []Heading{{"a long name of a scenario", "connect"}, {"full", "saturate"}},
		Cells: []*Cell{
			cell("limit", "full", map[string][]float64{"deliveries_per_cpu_s": {200e3, 190e3, 220e3}, "lost": {0, 0, 0}}),
			cell("ours", "a long name of a scenario", map[string][]float64{"rss_per_conn_bytes": {698.4}, "cpu_us_per_connect": {16.22}}),
			cell("ours", "full", map[string][]float64{"deliveries_per_cpu_s": {8e6, 9e6}, "lost": {0, 0}}),
			cell("theirs", "full", map[string][]float64{"deliveries_per_cpu_s": {100e3}, "lost": {1, 2}}),
			cell("theirs", "a long name of a scenario", nil),
		},
	}
	c.Cells[3].Warnings = []string{"noise", "noise"}
	c.Cells[4].Failed = []string{"it did not start"}
	return c
}

func TestComparisonText(t *testing.T) {
	var b bytes.Buffer
	if err := played().WriteText(&b); err != nil {
		t.Fatal(err)
	}
	const want = `        a long name of a scenario  full
target         B/conn  us/connect  deliveries/cpu-s  x limit  lost
limit               -           -           200,000     1.00     0
ours              698        16.2         8,500,000     42.5     0
theirs         failed      failed          100,000!    0.50!     3
!! WARNING: theirs, full: noise (and 1 more)
FAILED theirs, a long name of a scenario: it did not start
`
	if b.String() != want {
		t.Errorf("table:\n%s\nwant:\n%s", b.String(), want)
	}
}

func TestComparisonMarkdown(t *testing.T) {
	var b bytes.Buffer
	if err := played().WriteMarkdown(&b); err != nil {
		t.Fatal(err)
	}
	const want = `| target | a long name of a scenario: B/conn | us/connect | full: deliveries/cpu-s | x limit | lost |
|---|---:|---:|---:|---:|---:|
| limit | - | - | 200,000 | 1.00 | 0 |
| ours | 698 | 16.2 | 8,500,000 | 42.5 | 0 |
| theirs | failed | failed | 100,000! | 0.50! | 3 |
`
	if b.String() != want {
		t.Errorf("markdown:\n%s\nwant:\n%s", b.String(), want)
	}
}

func TestComparisonSaved(t *testing.T) {
	var b bytes.Buffer
	c := played()
	if err := c.Save(&b); err != nil {
		t.Fatal(err)
	}
	back, err := LoadComparison(&b)
	if err != nil || !reflect.DeepEqual(back, c) {
		t.Errorf("read back %+v, %v, want %+v", back, err, c)
	}
	for _, bad := range []string{"", "[]", "{}", `{"scenario":"fanout","figures":{}}`} {
		if c, err := LoadComparison(strings.NewReader(bad)); err == nil {
			t.Errorf("LoadComparison(%q) = %+v, want an error", bad, c)
		}
	}
}

func TestComparisonFigures(t *testing.T) {
	c := played()
	const key = "deliveries_per_cpu_s"
	for _, tt := range []struct {
		name      string
		got, want float64
	}{
		{"median of three", c.Median("limit", "full", key), 200e3},
		{"median of two", c.Median("ours", "full", key), 8.5e6},
		{"spread", c.Spread("limit", "full", key), 0.15},
		{"ratio", c.Ratio("theirs", "full", key), 0.5},
		{"sum", c.Sum("theirs", "lost"), 3},
		{"nothing", c.Sum("nobody", "lost"), 0},
	} {
		if math.Abs(tt.got-tt.want) > 1e-9 {
			t.Errorf("%s: %g, want %g", tt.name, tt.got, tt.want)
		}
	}
	if v := c.Spread("nobody", "full", key); !math.IsNaN(v) {
		t.Errorf("spread of nobody %g, want NaN", v)
	}
}

// TestComparisonTooWide has a table that goes on below itself.
func TestComparisonTooWide(t *testing.T) {
	c := played()
	for _, name := range []string{"second", "third", "fourth", "fifth"} {
		c.Scenarios = append(c.Scenarios, Heading{name, "fanout"})
	}
	var b bytes.Buffer
	if err := c.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(b.String(), "target  "); n != 3 {
		t.Errorf("%d blocks, want 3:\n%s", n, b.String())
	}
	for line := range strings.Lines(b.String()) {
		if len(line) > 121 {
			t.Errorf("a line of %d: %s", len(line), line)
		}
	}
}

// TestComparisonPage has a page and plots that are whole, draw every value and
// ask no network.
func TestComparisonPage(t *testing.T) {
	c := played()
	c.Targets[2] = "<theirs>"
	for _, cell := range c.Cells[3:] {
		cell.Target = "<theirs>"
	}
	var page, svg bytes.Buffer
	if err := errors.Join(c.WriteHTML(&page), c.WriteSVG(&svg)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"&lt;theirs&gt;", "8,500,000", "FAILED", "it did not start", "<h2>full: deliveries/cpu-s</h2>", "class='ref'"} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("page lacks %q:\n%s", want, page.String())
		}
	}
	for _, bad := range []string{"<theirs>", "<script", "href=", "src=", "@import", "url("} {
		if strings.Contains(page.String()+svg.String(), bad) {
			t.Errorf("page or plot with %q", bad)
		}
	}
	// The first figure of each scenario: one bar of ours and one that failed, then three.
	if n := strings.Count(svg.String(), "<rect"); n != 5 {
		t.Errorf("%d bars, want 5:\n%s", n, svg.String())
	}
	d := xml.NewDecoder(&svg)
	for {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatalf("plot: %v", err)
		}
	}
}
