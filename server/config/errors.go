package config

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Error is one thing wrong with a configuration, and where.
type Error struct {
	// Source is the file, the environment variable (GRANDSTAND_X), the flag
	// (--listen), or "default".
	Source string
	// Line and Column count from 1; 0 when Source is no file or the file as a
	// whole.
	Line, Column int
	// Key is the path of the key, rooms.room.history; "" for an error of
	// syntax.
	Key string
	// Text says what is wrong.
	Text string

	rank int  // of the source: file, environment, flags, defaults
	lost bool // no value could be read
}

// Error returns "FILE:LINE:COLUMN: key.path: text", without the parts that
// are not known.
func (e Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Source)
	if e.Line > 0 {
		b.WriteString(":" + strconv.Itoa(e.Line) + ":" + strconv.Itoa(e.Column))
	}
	b.WriteString(": ")
	if e.Key != "" {
		b.WriteString(e.Key + ": ")
	}
	b.WriteString(e.Text)
	return b.String()
}

// Errors is everything that is wrong with a configuration: the file's errors
// by line, then those of the environment, the flags and the defaults.
type Errors []Error

// Error returns one line for each.
func (es Errors) Error() string {
	lines := make([]string, len(es))
	for i, e := range es {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

// sort brings errors into the order that Errors promises.
func (es Errors) sort() {
	slices.SortStableFunc(es, func(a, b Error) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}
