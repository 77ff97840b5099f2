package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// scenarioFile writes a scenario file and gives its name.
func scenarioFile(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "s.yaml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestScenarioFilesMistakes(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"unknown key", "scenario: fanout\nviewrs: 5\n", ":2: viewrs: unknown key of fanout, did you mean viewers?"},
		{"underscore", "scenario: fanout\nclient_cpus: 1\n", ":2: client_cpus: unknown key of fanout, did you mean client-cpus?"},
		{"key of another scenario", "scenario: connect\nrate: 5\n", ":2: rate: unknown key of connect"},
		{"unknown scenario", "# first\nscenario: fanuot\n", `:2: scenario: "fanuot" is not a scenario, did you mean fanout?`},
		{"not a scenario", "scenario: limit\n", `:1: scenario: "limit" is not a scenario, want one of connect, fanout,`},
		{"number", "scenario: fanout\n\nviewers: many\n", `:3: viewers: "many", want a whole number`},
		{"fraction", "scenario: fanout\nviewers: 1.5\n", `:2: viewers: "1.5", want a whole number`},
		{"rate", "scenario: fanout\nrate: fast\n", `:2: rate: "fast", want a number`},
		{"time without a unit", "scenario: fanout\nduration: 10\n", `:2: duration: "10", want a time with its unit`},
		{"truth", "scenario: fanout\nquiet: maybe\n", `:2: quiet: "maybe", want true or false`},
		{"list for a number", "scenario: fanout\nviewers: [1, 2]\n", ":2: viewers: a list, want a whole number"},
		{"keys for a number", "scenario: fanout\nviewers: {a: 1}\n", ":2: viewers: keys and values, want a whole number"},
		{"transport", "scenario: fanout\ntransport: websockets\n", `:2: transport: "websockets", did you mean websocket?`},
		{"no transport like it", "scenario: fanout\ntransport: smoke\n", `:2: transport: "smoke", want one of websocket, sse`},
		{"threshold", "scenario: fanout\nthreshold:\n  - p99<1s\n  - p99 is low\n", `:4: threshold "p99 is low": no comparison`},
		{"limit", "scenario: fanout\nmax-p99: soon\n", `:2: max-p99: "soon", want a time with its unit`},
		{"too little", "scenario: fanout\nrate: -5\n", ":2: rate: -5, want more than 0"},
		{"nobody", "scenario: fanout\nviewers: 0\n", ":2: viewers: 0, want at least 1"},
		{"no time", "scenario: fanout\nduration: 0s\n", ":2: duration: 0s, want more than 0"},
		{"syntax", "scenario: fanout\n viewers: 5\n", ":"},
	} {
		name := scenarioFile(t, tt.text)
		var out bytes.Buffer
		code := execute(context.Background(), []string{"run", name}, &out, &out)
		if code != exitFailed || !strings.HasPrefix(out.String(), "bench: "+name+tt.want) || strings.Count(out.String(), "\n") != 1 {
			t.Errorf("%s: exit %d, %q, want 2 and one line with %q", tt.name, code, out.String(), name+tt.want)
		}
	}
	var out bytes.Buffer
	name := scenarioFile(t, "scenario: fanout\nviewrs: 5\nrate: fast\n")
	if execute(context.Background(), []string{"run", name}, &out, &out); strings.Count(out.String(), name) != 2 {
		t.Errorf("two mistakes: %q", out.String())
	}
}

func TestScenarioFilesRun(t *testing.T) {
	target := bare(t)
	text := "scenario: fanout\nurl: " + target[1] + "\npublish: " + target[3] + `
viewers: 7
rate: 1000 # the command line knows better
duration: 200ms
warmup: 0s
threshold:
  - loss == 0
  - viewers == 7
  - p99 < 1ns
`
	for _, tt := range []struct {
		name string
		more []string
		code int
		out  string
	}{
		{"as it stands", []string{"--rate", "50"}, exitMissed, "MISSED p99 < 1ns"},
		{"thresholds replaced", []string{"--rate=50", "--threshold", "published<=11"}, exitMet, "viewers"},
		{"viewers replaced", []string{"-r50", "-n", "9", "--threshold", "viewers==9"}, exitMet, "viewers"},
		{"help", []string{"--help"}, exitMet, "Usage: bench fanout"},
		{"an unknown flag", []string{"--viewrs", "9"}, exitFailed, "unknown flag --viewrs"},
	} {
		name := scenarioFile(t, text)
		var out bytes.Buffer
		code := execute(context.Background(), append([]string{"run", name, "-q"}, tt.more...), &out, &out)
		if code != tt.code || !strings.Contains(out.String(), tt.out) {
			t.Errorf("%s: exit %d, want %d and %q:\n%s", tt.name, code, tt.code, tt.out, out.String())
		}
	}
}

// TestShippedScenarios holds the files of configs/bench to the flags there are.
func TestShippedScenarios(t *testing.T) {
	files, err := filepath.Glob("../configs/bench/*.yaml")
	if err != nil || len(files) < 8 {
		t.Fatalf("%d scenario files, %v", len(files), err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "\ntargets:") {
			continue // for bench compare
		}
		var out bytes.Buffer
		if code := execute(context.Background(), []string{"run", name, "--help"}, &out, &out); code != exitMet {
			t.Errorf("%s: %s", name, out.String())
		}
		if !strings.Contains(string(text), "bench run configs/bench/"+filepath.Base(name)) {
			t.Errorf("%s doesn't say how it is run", name)
		}
		if !strings.Contains(string(text), "\nthreshold:") {
			t.Errorf("%s has no thresholds", name)
		}
	}
}
