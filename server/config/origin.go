package config

import "strings"

// The ranks of sources, in the order in which they are laid over each other.
const (
	rankFile = iota
	rankEnvironment
	rankFlag
	rankDefault
)

// origin is where a value came from.
type origin struct {
	source       string
	line, column int // of a file
	rank         int
}

// origins holds, by path, where values, list elements and sections came from.
// What is not in it has its default.
type origins map[string]origin

// file notes that path stands in a file.
func (o origins) file(path, name string, line, column int) {
	o[path] = origin{source: name, line: line, column: column, rank: rankFile}
}

// replace notes that path as a whole comes from elsewhere now; what was known
// of a list's elements no longer counts.
func (o origins) replace(path, source string, rank int) {
	for at := range o {
		if strings.HasPrefix(at, path+"[") {
			delete(o, at)
		}
	}
	o[path] = origin{source: source, rank: rank}
}

// blame gives an error about path its source. For a value that nobody set it
// is the section in the file that it would stand in.
func (o origins) blame(path, text string) Error {
	e := Error{Key: path, Text: text}
	set := false
	at, found := o[path]
	if list, ok := unindexed(path); found {
		set = true
	} else if ok {
		at, found = o[list]
		set = found
	}
	for section := parentOf(path); !found && section != ""; section = parentOf(section) {
		at, found = o[section]
	}
	if !found {
		at = origin{source: "default", rank: rankDefault}
	} else if !set && !strings.Contains(path, "[") { // a list's elements have no defaults
		e.Text += " (the default)"
	}
	e.Source, e.Line, e.Column, e.rank = at.source, at.line, at.column, at.rank
	return e
}
