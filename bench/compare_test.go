package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestInterruptedComparison leaves what was saved alone, whatever the run that
// is ended by it says at last.
func TestInterruptedComparison(t *testing.T) {
	dir := t.TempDir()
	name := func(s string) string { return filepath.Join(dir, s) }
	for file, text := range map[string]string{
		"c.yaml":   "scenario: fanout\nrepeat: 3\ntargets:\n  - {name: here, url: ws://127.0.0.1:1/}\n",
		"old.json": "what was there",
		"program": "#!/bin/sh\ntrap 'echo {\\\"scenario\\\":\\\"fanout\\\",\\\"figures\\\":{\\\"lost\\\":9}}; exit 1' INT\n" +
			": >" + name("begun") + "\nwhile :; do sleep 0.02; done\n",
	} {
		if err := os.WriteFile(name(file), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	s := new(said)
	cmd := ownBench(here, "compare", name("c.yaml"), "--program", name("program"), "--json", name("old.json"), "--html", name("new.html"))
	cmd.Stdout, cmd.Stderr = s, s
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	until(t, "a run has begun", func() bool { _, err := os.Stat(name("begun")); return err == nil }, s)
	_ = cmd.Process.Signal(os.Interrupt)
	if code := ended(t, cmd, s); code != exitTwice {
		t.Errorf("exit %d, want %d", code, exitTwice)
	}
	if !strings.Contains(s.String(), "interrupted") || strings.Contains(s.String(), "1/3") {
		t.Errorf("an interrupted comparison says:\n%s", s)
	}
	if b, err := os.ReadFile(name("old.json")); err != nil || string(b) != "what was there" {
		t.Errorf("what was saved is now %q, %v", b, err)
	}
	if _, err := os.Stat(name("new.html")); err == nil {
		t.Error("an empty page is left")
	}
}
