package main

import (
	"bytes"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// known lists the long flags of all commands, with their dashes.
func known(app *kong.Application) map[string]bool {
	flags := map[string]bool{}
	for _, c := range app.Children {
		for _, group := range c.AllFlags(false) {
			for _, f := range group {
				flags["--"+f.Name] = true
			}
		}
	}
	return flags
}

// TestDocsOfScenarios holds bench/README.md to the program: its files can be run,
// its flags are there, and every scenario is named.
func TestDocsOfScenarios(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	parser, err := newParser(io.Discard, io.Discard, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	flags := known(parser.Model)
	for _, word := range regexp.MustCompile(`--[a-z][a-z0-9-]*`).FindAllString(string(text), -1) {
		if !flags[word] && word != "--help" && word != "--config" { // the latter is the server's
			t.Errorf("there is no %s", word)
		}
	}
	for _, c := range parser.Model.Children {
		if _, ok := c.Target.Addr().Interface().(runner); ok && !bytes.Contains(text, []byte("`"+c.Name+"`")) {
			t.Errorf("scenario %s is not named", c.Name)
		}
	}
	for _, block := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		var out bytes.Buffer
		if code := execute(t.Context(), []string{"run", scenarioFile(t, block[1]), "--help"}, &out, &out); code != exitMet {
			t.Errorf("%s\n%s", block[1], out.String())
		}
	}
}

// TestExamples reads every example of the help as the command line does.
func TestExamples(t *testing.T) {
	parser, err := newParser(io.Discard, io.Discard, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range parser.Model.Children {
		if len(examples(c.Name)) == 0 {
			t.Errorf("%s has no examples", c.Name)
		}
		for _, line := range examples(c.Name) {
			_, line, _ = strings.Cut(line, "bench ")
			args := shellWords(line)
			fresh, err := newParser(io.Discard, io.Discard, func(int) {})
			if err != nil {
				t.Fatal(err)
			}
			if args[0] == "run" {
				args[1] = "../" + args[1]
			}
			args, values, err := fromFile(fresh, args)
			if err == nil && values != nil {
				err = kong.Resolvers(values).Apply(fresh)
			}
			if err == nil {
				_, err = fresh.Parse(versus(args))
			}
			if err != nil {
				t.Errorf("bench %s: %v", line, err)
			}
		}
		var out bytes.Buffer
		if code := execute(t.Context(), []string{c.Name, "--help"}, &out, &out); code != exitMet || !strings.Contains(out.String(), "Examples:") {
			t.Errorf("help of %s: exit %d\n%s", c.Name, code, out.String())
		}
	}
}

// shellWords splits a line at blanks outside of single quotes.
func shellWords(line string) []string {
	var words []string
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			words = append(words, part)
		} else {
			words = append(words, strings.Fields(part)...)
		}
	}
	return words
}
