package plot

import (
	"cmp"
	_ "embed" // the page and its looks
	"fmt"
	"html/template"
	"io"
	"math"
	"strconv"
	"strings"

	"grandstand/bench/stats"
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

// page is what the template is filled with.
type page struct {
	Title, Lead, Verdict string
	Style                template.CSS
	Tiles                []stat
	Missed, Warnings     []string
	Plots                []drawn
	Rows                 []row
	Runs                 []ran
}

// stat is a figure shown large.
type stat struct{ Label, Value, Unit string }

// drawn is a chart in the page.
type drawn struct {
	Name string
	SVG  template.HTML
}

// row is a figure of every run. Aside are those that the text leaves out.
type row struct {
	Key, Label, Unit string
	Values           []string
	Aside            bool
}

// ran is a run with its command as one line.
type ran struct {
	Run
	Command string
}

// HTML writes a report of one or several runs, side by side, as one file. It
// loads nothing, from nowhere.
func HTML(w io.Writer, runs []Run) error {
	if len(runs) == 0 {
		return fmt.Errorf("plot: a report of no runs")
	}
	t, err := template.New("page").Parse(pageHTML)
	if err != nil {
		return fmt.Errorf("plot: page: %w", err)
	}
	// The drawings and the style are ours; everything of a report is escaped,
	// by svg there and by the template here.
	p := page{Style: template.CSS(pageCSS + css), Rows: rows(runs)}
	p.head(runs)
	for _, run := range runs {
		p.Runs = append(p.Runs, ran{Run: run, Command: words(run.Report.Command)})
		prefix := ""
		if len(runs) > 1 {
			prefix = run.Name + ": "
		}
		for _, s := range run.Report.Missed {
			p.Missed = append(p.Missed, prefix+s)
		}
		for _, s := range run.Report.Warnings {
			p.Warnings = append(p.Warnings, prefix+s)
		}
	}
	p.Verdict = "nothing missed"
	if n := len(p.Missed); n > 0 {
		p.Verdict = fmt.Sprintf("%d missed", n)
	}
	for _, name := range Kinds() {
		if c, err := Of(name, runs); err == nil { // a kind that no run has is left out
			p.Plots = append(p.Plots, drawn{Name: name, SVG: template.HTML(c.svg(""))})
		}
	}
	return t.Execute(w, p)
}

// head says what the page is about.
func (p *page) head(runs []Run) {
	r := runs[0].Report
	if len(runs) > 1 {
		names := make([]string, len(runs))
		for i, run := range runs {
			names[i] = run.Name
		}
		p.Title = fmt.Sprintf("%d runs side by side", len(runs))
		p.Lead = strings.Join(names, ", ")
		return
	}
	p.Title = r.Scenario
	p.Lead = r.Target + ", " + r.Started.UTC().Format("2 January 2006, 15:04 UTC")
	p.Tiles = tiles(r)
}

// tiles picks the figures that people ask for first.
func tiles(r *stats.Report) []stat {
	const most = 6
	var out []stat
	for _, key := range []string{"viewers", "rate_per_s", "p50_ms", "p99_ms", "connect_p99_ms", "lost", "rss_per_conn_bytes", "cpu_us_per_delivery", "server_cpu_percent"} {
		for _, f := range r.Figures {
			if f.Key == key && len(out) < most {
				out = append(out, stat{Label: cmp.Or(f.Label, key), Value: short(f.Value), Unit: f.Unit})
			}
		}
	}
	return out
}

// short is a number of about three digits.
func short(v float64) string {
	step := 0.01
	switch a := math.Abs(v); {
	case a >= 1e6:
		return short(v/1e6) + " M"
	case a >= 100:
		return stats.Format(math.Round(v))
	case a >= 10:
		step = 0.1
	}
	return strconv.FormatFloat(math.Round(v/step)*step, 'g', 3, 64)
}

// rows puts the figures of all runs into one table, in the order of the first
// run that has them. Those without a label come last.
func rows(runs []Run) []row {
	var shown, aside []row
	done := make(map[string]bool)
	for _, run := range runs {
		for _, f := range run.Report.Figures {
			if done[f.Key] {
				continue
			}
			done[f.Key] = true
			x := row{Key: f.Key, Label: cmp.Or(f.Label, f.Key), Unit: f.Unit, Aside: f.Label == ""}
			for _, other := range runs {
				value := "–"
				if v, ok := other.Report.Value(f.Key); ok {
					value = stats.Format(v)
				}
				x.Values = append(x.Values, value)
			}
			if x.Aside {
				aside = append(aside, x)
			} else {
				shown = append(shown, x)
			}
		}
	}
	return append(shown, aside...)
}

// words joins a command so that it can be pasted into a shell.
func words(command []string) string {
	out := make([]string, len(command))
	for i, w := range command {
		if w == "" || strings.ContainsAny(w, " \t\n'\"\\$&|;<>()*?[]#~`!{}") {
			w = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
		out[i] = w
	}
	return strings.Join(out, " ")
}
