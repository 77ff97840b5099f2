package scenario

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"grandstand/bench/stats"
)

// few is a command line with two scenarios and few flags.
type few struct{}

func (few) Flags(command string) []string {
	return map[string][]string{
		"connect": {"url", "spawn", "viewers", "hold"},
		"fanout":  {"url", "spawn", "viewers", "rate", "header"},
	}[command]
}

func (few) Check(f *File, _ string, s Setting) error {
	if s.Key == "viewers" && s.Text == "many" {
		return f.Bad(s, "want a whole number")
	}
	return nil
}

const comparing = `scenario: compare
repeat: 2
against: bare
viewers: 50
hold: 2s
scenarios:
  - name: idle
    scenario: connect
    viewers: 200
  - scenario: fanout
    rate: 5
    header: [a, b]
targets:
  - name: bare
    url: ws://127.0.0.1:1/
    spawn: bare --now
  - name: other
    url: ws://127.0.0.1:2/
    viewers: 10
    only: [fanout]
`

func TestPlanArgs(t *testing.T) {
	f, err := ParseFile("c.yaml", []byte(comparing))
	if err != nil {
		t.Fatal(err)
	}
	p, err := newPlan(f, few{})
	if err != nil || p.repeat != 2 || p.against != "bare" || len(p.steps) != 2 || len(p.teams) != 2 {
		t.Fatalf("plan %+v, %v", p, err)
	}
	for _, tt := range []struct {
		step, team int
		want       string
	}{
		{0, 0, "connect --viewers=200 --hold=2s --url=ws://127.0.0.1:1/ --spawn=bare --now"},
		{1, 0, "fanout --viewers=50 --rate=9 --header=a --header=b --url=ws://127.0.0.1:1/ --spawn=bare --now"},
		{1, 1, "fanout --viewers=10 --rate=9 --header=a --header=b --url=ws://127.0.0.1:2/"},
	} {
		got, err := p.args(p.steps[tt.step], p.teams[tt.team], []Setting{{Key: "rate", Text: "9"}}, few{})
		if err != nil || strings.Join(got, " ") != tt.want {
			t.Errorf("args of %d, %d = %q, %v, want %q", tt.step, tt.team, got, err, tt.want)
		}
	}
}

func TestPlanMistakes(t *testing.T) {
	for _, tt := range []struct {
		name, from, to, want string
	}{
		{"repeat", "repeat: 2", "repeat: often", "c.yaml:2: repeat: \"often\", want a number"},
		{"against", "against: bare", "against: nobody", "c.yaml:3: against: no target is named \"nobody\""},
		{"key", "hold: 2s", "holt: 2s", "c.yaml:5: holt: no such key, did you mean hold?"},
		{"key far from any", "hold: 2s", "colour: red", "c.yaml:5: colour: no such key"},
		{"key of another scenario", "    rate: 5", "    hold: 5s", "c.yaml:11: hold: no such key"},
		{"key of a target", "    spawn: bare", "    spawm: bare", "c.yaml:16: spawm: no such key, did you mean spawn?"},
		{"value", "viewers: 50", "viewers: many", "c.yaml:4: viewers: want a whole number"},
		{"scenario", "scenario: fanout", "scenario: fnout", "c.yaml:10: scenario: no scenario named \"fnout\""},
		{"only", "only: [fanout]", "only: [idel]", "only: no scenario is named \"idel\""},
		{"no name", "- name: other\n   ", "-", "an entry of targets without a name"},
		{"a name twice", "name: other", "name: bare", "two targets are named \"bare\""},
		{"a scenario twice", "- scenario: fanout", "- name: idle\n    scenario: fanout", "two scenarios are named \"idle\""},
		{"an entry without scenario", "- scenario: fanout\n   ", "-", "an entry of scenarios without a scenario"},
		{"no targets", "targets:", "viewers2:", "targets: want a list of targets"},
		{"scenarios of one", "scenario: compare", "scenario: fanout", "scenarios: only with scenario: compare"},
		{"neither", "scenario: compare", "scenario: dance", "no scenario named \"dance\""},
	} {
		text := strings.Replace(comparing, tt.from, tt.to, 1)
		f, err := ParseFile("c.yaml", []byte(text))
		if err == nil {
			_, err = newPlan(f, few{})
		}
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want %q", tt.name, err, tt.want)
		}
	}
}

// compareFile saves a file to compare by.
func compareFile(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestCompareByTurns(t *testing.T) {
	var calls []string
	child := func(_ context.Context, args []string) (*stats.Report, error) {
		calls = append(calls, strings.Join(args, " "))
		r := &stats.Report{}
		if args[0] == "connect" {
			return nil, errors.New("too few files")
		}
		if len(calls) != 5 { // one that has no such figure
			r.Add("cpu_us_per_delivery", "", float64(len(calls)), "us")
		}
		r.Add("lost", "", 3, "")
		r.Warn("something else ran")
		return r, nil
	}
	var said bytes.Buffer
	s := &Compare{File: compareFile(t, comparing), Set: map[string]string{"rate": "7"}}
	c, err := s.Run(context.Background(), Env{Err: &said, Command: []string{"bench", "compare"}}, few{}, child)
	if err != nil {
		t.Fatal(err)
	}
	// Twice: idle of bare, then fanout of both.
	if len(calls) != 6 || !strings.HasPrefix(calls[3], "connect") || !strings.Contains(calls[4], "--rate=7") {
		t.Errorf("runs %q", calls)
	}
	if got := c.Median("other", "fanout", "cpu_us_per_delivery"); got != 4.5 {
		t.Errorf("median %g, want 4.5 (of the runs 3 and 6)", got)
	}
	if got := c.Ratio("other", "fanout", "cpu_us_per_delivery"); got != 4.5/2 {
		t.Errorf("ratio %g, want %g", got, 4.5/2)
	}
	if got := c.Sum("bare", "lost"); got != 6 {
		t.Errorf("lost %g, want 6", got)
	}
	for _, want := range []string{"1/2  idle  bare  FAILED: too few files\n", "2/2  fanout  bare\n", "2/2  fanout  other  6.00 us/delivery\n"} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("progress lacks %q:\n%s", want, said.String())
		}
	}
}

func TestCompareNarrowed(t *testing.T) {
	n := 0
	child := func(context.Context, []string) (*stats.Report, error) { n++; return &stats.Report{}, nil }
	file := compareFile(t, comparing)
	s := &Compare{File: file, Repeat: 1, Target: []string{"other"}, Scenario: []string{"fanout"}, Quiet: true}
	if c, err := s.Run(context.Background(), Env{Err: io.Discard}, few{}, child); err != nil || n != 1 || len(c.Targets) != 1 {
		t.Errorf("%d runs, %+v, %v, want 1", n, c, err)
	}
	for _, tt := range []struct {
		s    Compare
		want string
	}{
		{Compare{File: file, Target: []string{"x"}}, `no target is named "x"`},
		{Compare{File: file, Scenario: []string{"x"}}, `no scenario is named "x"`},
		{Compare{File: file, Set: map[string]string{"x": "1"}}, "--set x"},
		{Compare{File: file + "x"}, "no such file"},
		{Compare{}, "no such file"},
	} {
		if _, err := tt.s.Run(context.Background(), Env{Err: io.Discard}, few{}, child); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("error %v, want %q", err, tt.want)
		}
	}
}

func TestCompareInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	child := func(context.Context, []string) (*stats.Report, error) { cancel(); return &stats.Report{}, nil }
	s := &Compare{File: compareFile(t, comparing), Quiet: true}
	c, err := s.Run(ctx, Env{Err: io.Discard}, few{}, child)
	if err != nil || !slices.Contains(c.Cells[0].Warnings, "the comparison was interrupted") {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestProcess(t *testing.T) {
	program := func(body string) Child {
		name := filepath.Join(t.TempDir(), "bench")
		if err := os.WriteFile(name, []byte("#!/bin/sh\n"+body), 0o700); err != nil {
			t.Fatal(err)
		}
		return Process(name)
	}
	const good = `echo '{"scenario":"'$1'","figures":{"lost":2}}';`
	for _, tt := range []struct {
		name, body, err string
	}{
		{"met", good, ""},
		{"missed", good + "exit 1", ""},
		{"not carried out", "echo working >&2; echo 'bench: nobody there' >&2; exit 2", "nobody there (exit status 2)"},
		{"no report", "echo hello", "report"},
	} {
		r, err := program(tt.body)(context.Background(), []string{"fanout"})
		if tt.err == "" {
			if v, _ := r.Value("lost"); err != nil || r.Scenario != "fanout" || v != 2 {
				t.Errorf("%s: %+v, %v", tt.name, r, err)
			}
		} else if err == nil || !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%s: error %v, want %q", tt.name, err, tt.err)
		}
	}
}
