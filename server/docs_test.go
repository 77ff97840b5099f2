package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestDocsExist fails when one of the documents a reader starts from is
// missing, empty or longer than anyone reads.
func TestDocsExist(t *testing.T) {
	tests := []struct {
		name     string
		maxLines int // 0: no limit
	}{
		{name: "README.md"},
		{name: "ARCHITECTURE.md", maxLines: 200},
		{name: "CONTRIBUTING.md", maxLines: 90},
		{name: "CHANGELOG.md"},
		{name: "LICENSE"},
	}
	for _, tt := range tests {
		n := strings.Count(readDoc(t, tt.name), "\n")
		if n == 0 {
			t.Errorf("%s is empty", tt.name)
		}
		if tt.maxLines > 0 && n > tt.maxLines {
			t.Errorf("%s: %d lines, want at most %d", tt.name, n, tt.maxLines)
		}
	}
}

// TestChangelogUnreleased fails when the first section of CHANGELOG.md is not
// Unreleased: that is where a change adds its line.
func TestChangelogUnreleased(t *testing.T) {
	first := regexp.MustCompile(`(?m)^## .*$`).FindString(readDoc(t, "CHANGELOG.md"))
	if want := "## [Unreleased]"; first != want {
		t.Errorf("first section of CHANGELOG.md is %q, want %q", first, want)
	}
}

// TestMakeTargets fails when a document names a target the Makefile lacks, and
// when a target has no line in `make help`.
func TestMakeTargets(t *testing.T) {
	makefile := readDoc(t, "Makefile")
	helped := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^([a-z][a-z-]*):.*?## `).FindAllStringSubmatch(makefile, -1) {
		helped[m[1]] = true
	}
	for _, m := range regexp.MustCompile(`(?m)^([a-z][a-z-]*):([^=]|$)`).FindAllStringSubmatch(makefile, -1) {
		if !helped[m[1]] {
			t.Errorf("Makefile: target %s has no ## comment, so make help hides it", m[1])
		}
	}
	for _, doc := range []string{"README.md", "CONTRIBUTING.md", "ARCHITECTURE.md"} {
		for _, target := range namedTargets(readDoc(t, doc)) {
			if !helped[target] {
				t.Errorf("%s names `make %s`, which the Makefile does not have", doc, target)
			}
		}
	}
}

// TestLinks fails when a document links to a file that is not there.
func TestLinks(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#\s]+)(?:#[^)]*)?\)`)
	for _, doc := range []string{"README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "CHANGELOG.md"} {
		for _, m := range link.FindAllStringSubmatch(readDoc(t, doc), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(layerRoot, m[1])); err != nil {
				t.Errorf("%s links to %s: %v", doc, m[1], err)
			}
		}
	}
}

// TestTopLevel fails for a folder at the root that is neither one of the five
// of the design nor ignored by git.
func TestTopLevel(t *testing.T) {
	known := map[string]bool{
		"server": true, "epoll": true, "session": true, "bench": true, "configs": true,
		"bin": true, "tmp": true, // ignored by git
	}
	entries, err := os.ReadDir(layerRoot)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() && !known[e.Name()] && !strings.HasPrefix(e.Name(), ".") {
			t.Errorf("folder %s at the root: a package belongs in server, epoll, session or bench, a script in .ci", e.Name())
		}
	}
}

// TestNamedTargets keeps the reader of documents honest.
func TestNamedTargets(t *testing.T) {
	const doc = "To make sense of it, run `make one` or:\n\n```sh\nmake two three # not four\nA=b make five C=d\n```\nmake six\n"
	want := "one two three five"
	if got := strings.Join(namedTargets(doc), " "); got != want {
		t.Errorf("namedTargets = %q, want %q", got, want)
	}
}

// namedTargets lists the targets of the make commands that doc shows, in
// back-ticks or in fenced blocks. The verb in prose is no command.
func namedTargets(doc string) []string {
	span := regexp.MustCompile("`([^`]*)`")
	var out []string
	fenced := false
	for line := range strings.Lines(doc) {
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			fenced = !fenced
			continue
		}
		if fenced {
			out = append(out, commandTargets(line)...)
			continue
		}
		for _, m := range span.FindAllStringSubmatch(line, -1) {
			out = append(out, commandTargets(m[1])...)
		}
	}
	return out
}

// commandTargets lists the targets of one command line if it is a make.
func commandTargets(line string) []string {
	target := regexp.MustCompile(`^[a-z][a-z-]*$`)
	line, _, _ = strings.Cut(line, "#")
	words := strings.Fields(line)
	for len(words) > 0 && strings.Contains(words[0], "=") {
		words = words[1:] // environment before the command
	}
	if len(words) == 0 || words[0] != "make" {
		return nil
	}
	var out []string
	for _, w := range words[1:] {
		if target.MatchString(w) {
			out = append(out, w)
		}
	}
	return out
}

// readDoc returns the text of a file at the repository's root.
func readDoc(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(layerRoot, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
