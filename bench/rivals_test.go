package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"

	"grandstand/bench/scenario"
)

// ownProgram makes the processes that a test starts bench: a comparison carries
// its runs out in processes of their own.
func ownProgram(t *testing.T) {
	t.Helper()
	t.Setenv(asBench, "1")
}

// TestRivals drives every server of configs/bench/rivals.yaml that isn't ours
// with a few viewers: nothing may be lost, and every column must have a value.
func TestRivals(t *testing.T) {
	t.Chdir("..")
	if out, err := exec.Command(".ci/rivals").CombinedOutput(); err != nil {
		t.Fatalf(".ci/rivals: %v\n%s", err, out)
	}
	ownProgram(t)
	saved := t.TempDir() + "/rivals"
	var out, said bytes.Buffer
	args := []string{"compare", "configs/bench/rivals.yaml", "--repeat", "1", "--json", saved + ".json", "--html", saved + ".html", "--svg", saved + ".svg", "--markdown", saved + ".md",
		"--set", "viewers=20", "--set", "duration=300ms", "--set", "warmup=100ms", "--set", "rest=0s", "--set", "hold=50ms", "--set", "server-cpus=", "--set", "client-cpus="}
	for _, name := range []string{"ws 8.23", "gorilla 1.5.3", "gws 1.8.9", "socket.io 4.8", `socket.io 4.8\, polling`, "socket.io 2.5", "centrifugo 6.9"} {
		args = append(args, "--target", name)
	}
	if code := execute(context.Background(), args, &out, &said); code != exitMet {
		t.Fatalf("exit %d\n%s%s", code, out.String(), said.String())
	}
	b, err := os.ReadFile(saved + ".json")
	if err != nil {
		t.Fatal(err)
	}
	c, err := scenario.LoadComparison(bytes.NewReader(b))
	if err != nil || len(c.Targets) != 7 || len(c.Cells) != 21 {
		t.Fatalf("%d targets, %d cells, %v, want 7 and 21", len(c.Targets), len(c.Cells), err)
	}
	for _, cell := range c.Cells {
		key := map[string]string{"connect": "cpu_us_per_connect", "fanout": "p99_ms", "saturate": "deliveries_per_cpu_s"}[cell.Command[1]]
		if v := c.Median(cell.Target, cell.Scenario, key); !(v > 0) {
			t.Errorf("%s, %s: %s is %g", cell.Target, cell.Scenario, key, v)
		}
		if n := c.Sum(cell.Target, "lost") + c.Sum(cell.Target, "faults"); n != 0 {
			t.Errorf("%s: %g lost or faults", cell.Target, n)
		}
	}
	for _, kind := range []string{".json", ".html", ".svg", ".md"} {
		if b, err := os.ReadFile(saved + kind); err != nil || !strings.Contains(string(b), "centrifugo 6.9") {
			t.Errorf("%s: %d bytes, %v", kind, len(b), err)
		}
	}
}

func TestCompareExitCodes(t *testing.T) {
	ownProgram(t)
	target := bare(t)
	file := func(body string) string {
		name := t.TempDir() + "/c.yaml"
		if err := os.WriteFile(name, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	const flags = "scenario: fanout\nviewers: 5\nduration: 100ms\nwarmup: 0s\nrate: 50\n"
	const two = "scenario: compare\nviewers: 5\nduration: 100ms\nwarmup: 0s\nrate: 50\nscenarios:\n" +
		"  - {name: one, scenario: fanout}\n  - {name: other, scenario: fanout}\n"
	there := "targets:\n  - {name: here, url: " + target[1] + ", publish: " + target[3] + "}\n"
	partly := strings.Replace(there, "}", ", only: [one]}", 1)
	for _, tt := range []struct {
		name, body string
		more       []string
		code       int
		out        string
	}{
		{"met", flags + there, nil, exitMet, "here"},
		{"missed", flags + "max-p99: 1ns\n" + there, nil, exitMissed, "MISSED here, fanout: "},
		{"nobody there", flags + "targets:\n  - {name: gone, url: ws://127.0.0.1:1/}\n", nil, exitFailed, "FAILED gone, fanout: "},
		{"a mistake", flags + "viwers: 5\n" + there, nil, exitFailed, "c.yaml:6: viwers: no such key, did you mean viewers?"},
		{"a wrong value", "rate: fast\n" + strings.Replace(flags, "rate: 50\n", "", 1) + there, nil, exitFailed, "c.yaml:1: "},
		{"no file", "", nil, exitFailed, "nothing in it"},
		{"nobody left", two + partly, []string{"--target", "here", "--scenario", "other"}, exitFailed, "nothing to run"},
		{"a part", two + partly, []string{"--scenario", "one"}, exitMet, "here"},
		{"nowhere to save", flags + there, []string{"--json", "/nonexistent/x"}, exitFailed, "/nonexistent/x"},
		{"a full disk", flags + there, []string{"--html", "/dev/full"}, exitFailed, "no space left"},
	} {
		var out bytes.Buffer
		if code := execute(context.Background(), append([]string{"compare", file(tt.body)}, tt.more...), &out, &out); code != tt.code || !strings.Contains(out.String(), tt.out) {
			t.Errorf("%s: exit %d, want %d with %q:\n%s", tt.name, code, tt.code, tt.out, out.String())
		}
	}
}
