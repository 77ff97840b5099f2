package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"grandstand/bench/plot"
	"grandstand/bench/scenario"
	"grandstand/bench/stats"
)

// ReportCommand shows saved results.
type ReportCommand struct {
	Files []string `arg:"" name:"file" help:"Results saved with --json, or folders of them."`
	Out   string   `short:"o" help:"Where to: FILE.html is a page with plots that needs no network, FILE.csv a table of the figures, - text." default:"-" placeholder:"FILE"`
}

// PlotCommand draws one plot of saved results.
type PlotCommand struct {
	Files []string `arg:"" name:"file" help:"Results saved with --json, or folders of them."`
	Kind  string   `short:"k" help:"What to draw: connections, throughput, latency (over time), hdr (latency by percentile), memory, cpu, lag or loss." default:"latency"`
	Title string   `help:"Title instead of the usual one."`
	Out   string   `short:"o" help:"Where to: FILE.svg, FILE.png, or, of one run, FILE.csv with all that was read each second." required:"" placeholder:"FILE"`
}

// CompareCommand holds saved results against older ones.
type CompareCommand struct {
	Files       []string `arg:"" name:"file" help:"A scenario file (.yaml) with targets to run it against; or old and new results, each a file or a folder of repeats, several of each with -- in between."`
	FailOnWorse bool     `help:"Of results: exit with 1 when a figure got worse beyond noise, or a scenario is on one side alone."`
	JSON        string   `name:"json" help:"Write the comparison as JSON to FILE as well, of targets with every figure of every run." placeholder:"FILE"`
}

// between stands for -- among the files to compare: the command line's library
// takes -- for itself.
const between = "vs"

// versus keeps the -- of bench compare.
func versus(args []string) []string {
	if len(args) == 0 || args[0] != "compare" {
		return args
	}
	args = slices.Clone(args)
	if i := slices.Index(args, "--"); i >= 0 {
		args[i] = between
	}
	return args
}

// Run writes the report.
func (c *ReportCommand) Run(env scenario.Env) (int, error) {
	runs, err := load(c.Files)
	if err != nil {
		return exitFailed, err
	}
	var write func(w io.Writer) error
	switch ext := filepath.Ext(c.Out); {
	case c.Out == "-":
		write = func(w io.Writer) error { return texts(w, runs) }
	case ext == ".html":
		write = func(w io.Writer) error { return plot.HTML(w, runs) }
	case ext == ".csv":
		names := make([]string, len(runs))
		for i, r := range runs {
			names[i] = r.Name
		}
		write = func(w io.Writer) error { return stats.WriteFigures(w, names, reports(runs)) }
	default:
		return exitFailed, fmt.Errorf("report to %s: want a name that ends in .html or .csv, or -", c.Out)
	}
	return done(emit(c.Out, env.Out, write))
}

// texts writes one report after the other.
func texts(w io.Writer, runs []plot.Run) error {
	for i, r := range runs {
		if len(runs) > 1 {
			fmt.Fprintf(w, "%s%s:\n", strings.Repeat("\n", min(i, 1)), r.Name)
		}
		if err := r.Report.WriteText(w); err != nil {
			return err
		}
	}
	return nil
}

// Run draws the plot.
func (c *PlotCommand) Run(env scenario.Env) (int, error) {
	runs, err := load(c.Files)
	if err != nil {
		return exitFailed, err
	}
	ext := filepath.Ext(c.Out)
	if ext == ".csv" {
		if len(runs) != 1 {
			return exitFailed, fmt.Errorf("plot to %s: of %d runs, want one", c.Out, len(runs))
		}
		return done(emit(c.Out, env.Out, runs[0].Report.Series.WriteCSV))
	}
	chart, err := plot.Of(c.Kind, runs)
	if err != nil {
		return exitFailed, err
	}
	if c.Title != "" {
		chart.Title = c.Title
	}
	switch ext {
	case ".svg":
		return done(emit(c.Out, env.Out, chart.SVG))
	case ".png":
		return done(emit(c.Out, env.Out, chart.PNG))
	}
	return exitFailed, fmt.Errorf("plot to %s: want a name that ends in .svg, .png or .csv", c.Out)
}

// Run compares, scenario by scenario.
func (c *CompareCommand) Run(env scenario.Env) (int, error) {
	old, new, err := c.sides()
	if err != nil {
		return exitFailed, err
	}
	if !slices.ContainsFunc(scenarios(old), func(name string) bool { return len(of(new, name)) > 0 }) {
		return exitFailed, fmt.Errorf("compare: the old results are of %s, the new ones of %s", strings.Join(scenarios(old), ", "), strings.Join(scenarios(new), ", "))
	}
	var all []*stats.Comparison
	worse, alone := 0, 0
	for _, name := range scenarios(append(slices.Clone(old), new...)) {
		x, err := compareRuns(name, of(old, name), of(new, name))
		if err == nil {
			err = x.WriteText(env.Out)
		}
		if err != nil {
			return exitFailed, err
		}
		if all = append(all, x); len(x.Changes) == 0 {
			alone++
		}
		worse += x.Worse()
	}
	if c.JSON != "" {
		err = emit(c.JSON, env.Out, func(w io.Writer) error {
			e := json.NewEncoder(w)
			e.SetIndent("", "  ")
			return e.Encode(all)
		})
	}
	if err == nil && c.FailOnWorse && worse+alone > 0 {
		return exitMissed, nil
	}
	return done(err)
}

// compareRuns compares the runs of a scenario, which one side may not have.
func compareRuns(name string, old, new []*stats.Report) (*stats.Comparison, error) {
	switch {
	case len(new) == 0:
		return stats.Alone(name, "old"), nil
	case len(old) == 0:
		return stats.Alone(name, "new"), nil
	}
	return stats.Compare(old, new)
}

// sides loads the old and the new results.
func (c *CompareCommand) sides() (old, new []*stats.Report, err error) {
	i := slices.Index(c.Files, between)
	var first, second []string
	switch {
	case i >= 0:
		first, second = c.Files[:i], c.Files[i+1:]
	case len(c.Files) == 2:
		first, second = c.Files[:1], c.Files[1:]
	default:
		return nil, nil, fmt.Errorf("compare %d files: put -- between the old and the new ones", len(c.Files))
	}
	if len(first) == 0 || len(second) == 0 {
		return nil, nil, fmt.Errorf("compare: %d old files with %d new ones, want at least one of each", len(first), len(second))
	}
	a, err := load(first)
	if err != nil {
		return nil, nil, err
	}
	b, err := load(second)
	return reports(a), reports(b), err
}

// scenarios lists those of the results, each once.
func scenarios(runs []*stats.Report) []string {
	var out []string
	for _, r := range runs {
		if !slices.Contains(out, r.Scenario) {
			out = append(out, r.Scenario)
		}
	}
	return out
}

// of picks the results of a scenario.
func of(runs []*stats.Report, scenario string) []*stats.Report {
	var out []*stats.Report
	for _, r := range runs {
		if r.Scenario == scenario {
			out = append(out, r)
		}
	}
	return out
}

func reports(runs []plot.Run) []*stats.Report {
	out := make([]*stats.Report, len(runs))
	for i, r := range runs {
		out[i] = r.Report
	}
	return out
}

// load reads files, and all results in folders. A run is called as its file,
// with the folder where that is needed to tell it apart.
func load(names []string) ([]plot.Run, error) {
	var runs []plot.Run
	for _, name := range names {
		info, err := os.Stat(name)
		switch {
		case err == nil && info.IsDir():
			found, err := loadFolder(name)
			if err != nil {
				return nil, err
			}
			runs = append(runs, found...)
		default:
			r, err := loadFile(name)
			if err != nil {
				return nil, err
			}
			runs = append(runs, plot.Run{Name: name, Report: r})
		}
	}
	short := func(path string) string { return strings.TrimSuffix(filepath.Base(path), ".json") }
	seen := make(map[string]int)
	for _, r := range runs {
		seen[short(r.Name)]++
	}
	for i, r := range runs {
		runs[i].Name = short(r.Name)
		if seen[short(r.Name)] > 1 {
			runs[i].Name = filepath.Base(filepath.Dir(r.Name)) + "/" + short(r.Name)
		}
	}
	return runs, nil
}

// loadFolder reads the results in a folder and passes over other JSON.
func loadFolder(dir string) ([]plot.Run, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return nil, err
	}
	var runs []plot.Run
	for _, file := range files {
		r, err := loadFile(file)
		switch {
		case err == nil:
			runs = append(runs, plot.Run{Name: file, Report: r})
		case !errors.Is(err, stats.ErrNotReport):
			return nil, err
		}
	}
	if len(runs) == 0 {
		return nil, fmt.Errorf("%s: no results in there", dir)
	}
	return runs, nil
}

func loadFile(name string) (*stats.Report, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r, err := stats.Load(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return r, nil
}

// emit writes a file whole, or to out for -. A file that can't be written whole
// is an error, not half a file that looks like one.
func emit(name string, out io.Writer, write func(w io.Writer) error) error {
	if name == "-" {
		return write(out)
	}
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return err
	}
	return os.WriteFile(name, b.Bytes(), 0o644)
}

// done is the exit of a command that can only succeed or fail.
func done(err error) (int, error) {
	if err != nil {
		return exitFailed, err
	}
	return exitMet, nil
}
