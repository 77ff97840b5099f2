package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"grandstand/bench/stats"
)

// saved writes results into a folder: three of a scenario, each with a p99, and
// a file that is something else.
func saved(t *testing.T, p99 ...float64) string {
	t.Helper()
	dir := t.TempDir()
	for i, v := range p99 {
		r := &stats.Report{Scenario: "fanout", Target: "ws://x", Started: time.Unix(0, 0), Machine: "m"}
		r.Add("p99_ms", "latency p99", v, "ms")
		for sec := range 10 {
			r.Series.Row(float64(sec))
			r.Series.Set("p99_ms", "p99", "ms", v)
		}
		r.Buckets = []stats.Bucket{{Ms: v / 2, Count: 99}, {Ms: v, Count: 1}}
		if err := emit(filepath.Join(dir, fmt.Sprintf("run-%d.json", i+1)), nil, r.WriteJSON); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "other.json"), []byte(`{"a":1}`), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestSavedResults(t *testing.T) {
	old, new, out := saved(t, 10, 11, 12, 13), saved(t, 24, 25, 26, 27), t.TempDir()
	one, two := filepath.Join(old, "run-1.json"), filepath.Join(new, "run-1.json")
	for _, tt := range []struct {
		name string
		args []string
		code int
		out  string // in what is printed, or in the file of -o
	}{
		{name: "text", args: []string{"report", one}, out: "latency p99"},
		{name: "of two", args: []string{"report", one, filepath.Join(old, "run-2.json")}, out: "\nrun-2:\n"},
		{name: "page", args: []string{"report", one, two, "-o", "a.html"}, out: "2 runs side by side"},
		{name: "told apart", args: []string{"report", one, two, "-o", "b.csv"}, out: filepath.Base(new) + "/run-1"},
		{name: "a folder", args: []string{"report", old, "-o", "c.csv"}, out: "unit,run-1,run-2,run-3,run-4"},
		{name: "svg", args: []string{"plot", one, "-o", "d.svg", "--title", "All of it"}, out: "All of it</text>"},
		{name: "png", args: []string{"plot", one, "--kind", "hdr", "-o", "e.png"}, out: "PNG"},
		{name: "csv of the series", args: []string{"plot", one, "-o", "f.csv"}, out: "at_s,p99_ms\n0,10\n"},
		{name: "worse", args: []string{"compare", old, new}, out: "WORSE (p = 0.029)"},
		{name: "worse, and minded", args: []string{"compare", old, new, "--fail-on-worse"}, code: 1, out: "WORSE"},
		{name: "better", args: []string{"compare", new, old, "--json", "g.json"}, out: `"verdict": "better"`},
		{name: "files", args: []string{"compare", "--fail-on-worse", one, two}, out: "one run on a side"},
		{name: "lists", args: []string{"compare", one, filepath.Join(old, "run-2.json"), "--", two}, out: "(10 - 11)"},
		{name: "three of what", args: []string{"compare", one, one, two}, code: 2, out: "put -- between"},
		{name: "nothing behind", args: []string{"compare", one, "--"}, code: 2, out: "want at least one"},
		{name: "no such file", args: []string{"report", "nowhere.json"}, code: 2, out: "nowhere.json: no such file"},
		{name: "not a result", args: []string{"report", filepath.Join(old, "other.json")}, code: 2, out: "other.json: not a report of bench"},
		{name: "an empty folder", args: []string{"report", t.TempDir()}, code: 2, out: "no results in there"},
		{name: "strange page", args: []string{"report", one, "-o", "h.doc"}, code: 2, out: "ends in .html or .csv"},
		{name: "strange picture", args: []string{"plot", one, "-o", "h.gif"}, code: 2, out: "ends in .svg, .png or .csv"},
		{name: "series of two", args: []string{"plot", one, two, "-o", "h.csv"}, code: 2, out: "of 2 runs, want one"},
		{name: "nowhere to go", args: []string{"plot", one, "-o", "/nonexistent/x.svg"}, code: 2, out: "no such file"},
		{name: "strange kind", args: []string{"plot", one, "-k", "pie", "-o", "h.svg"}, code: 2, out: "want one of connections"},
		{name: "nothing to draw", args: []string{"plot", one, "-k", "memory", "-o", "h.svg"}, code: 2, out: "server_rss_bytes"},
		{name: "full disk", args: []string{"compare", one, two, "--json", "/dev/full"}, code: 2, out: "no space left"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file := ""
			for i := 1; i < len(tt.args); i++ {
				if flag := tt.args[i-1]; (flag == "-o" || flag == "--json") && !filepath.IsAbs(tt.args[i]) {
					file = filepath.Join(out, tt.args[i])
					tt.args[i] = file
				}
			}
			var b bytes.Buffer
			if code := execute(context.Background(), tt.args, &b, &b); code != tt.code {
				t.Errorf("bench %q: exit %d, want %d:\n%s", tt.args, code, tt.code, b.String())
			}
			if tt.code == exitFailed && strings.Count(b.String(), "\n") != 1 && !strings.Contains(tt.name, "full") {
				t.Errorf("bench %q says what is wrong in more than a line:\n%s", tt.args, b.String())
			}
			if file != "" && tt.code == exitMet {
				p, _ := os.ReadFile(file) // without it, b lacks what is wanted
				b.Write(p)
			}
			if !strings.Contains(b.String(), tt.out) {
				t.Errorf("bench %q: no %q in\n%s", tt.args, tt.out, b.String())
			}
		})
	}
}

func TestDifferentScenarios(t *testing.T) {
	a := saved(t, 1)
	r := &stats.Report{Scenario: "echo"}
	r.Add("p99_ms", "", 1, "ms")
	other := filepath.Join(t.TempDir(), "echo.json")
	if err := emit(other, nil, r.WriteJSON); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if code := execute(context.Background(), []string{"compare", a, other}, &b, &b); code != exitFailed || !strings.Contains(b.String(), "are of fanout, the new ones of echo") {
		t.Errorf("exit %d: %s", code, b.String())
	}
}

// TestScenarioOnOneSide wants it told, and held against the new results: what
// isn't measured any more can't be said to be no worse.
func TestScenarioOnOneSide(t *testing.T) {
	both, one := saved(t, 1), saved(t, 1)
	r := &stats.Report{Scenario: "echo"}
	r.Add("p99_ms", "", 1, "ms")
	if err := emit(filepath.Join(both, "echo.json"), nil, r.WriteJSON); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		old, new, side string
		minds          []string
		code           int
	}{
		{both, one, "old", nil, exitMet},
		{both, one, "old", []string{"--fail-on-worse"}, exitMissed},
		{one, both, "new", []string{"--fail-on-worse"}, exitMissed},
		{both, both, "", []string{"--fail-on-worse"}, exitMet},
	} {
		var b bytes.Buffer
		code := execute(context.Background(), append([]string{"compare", tt.old, tt.new}, tt.minds...), &b, &b)
		if told := strings.Contains(b.String(), "only the "+tt.side+" results have echo"); code != tt.code || told != (tt.side != "") {
			t.Errorf("%q: exit %d, want %d:\n%s", tt.minds, code, tt.code, b.String())
		}
	}
}
