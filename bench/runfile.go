package main

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"grandstand/bench/scenario"
	"grandstand/bench/stats"
)

// runCommand is what kong shows of bench run. A line that begins with it is
// replaced by the line it stands for before kong reads it, see fromFile.
type runCommand struct {
	File string `arg:"" help:"Scenario file. Any flag of its scenario may follow and counts instead of what the file says." placeholder:"FILE"`
}

// fromFile turns "run FILE more" into "fanout more", with what is in the file as
// values for the flags that more does not set. Other lines are left as they are.
func fromFile(app *kong.Kong, args []string) ([]string, kong.Resolver, error) {
	if len(args) < 2 || args[0] != "run" || strings.HasPrefix(args[1], "-") {
		return args, nil, nil
	}
	f, err := scenario.ReadFile(args[1])
	if err != nil {
		return nil, nil, err
	}
	values, err := bind(f, app.Model.Node)
	if err != nil {
		return nil, nil, err
	}
	return append([]string{f.Scenario.Text}, args[2:]...), values, nil
}

// filed are values for flags by the flags' names.
type filed map[string]any

// Validate has nothing to do: bind has seen to it, with line numbers.
func (filed) Validate(*kong.Application) error { return nil }

// Resolve gives kong the value of a flag that the command line doesn't set.
func (v filed) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	return v[flag.Name], nil // nil where the file doesn't say
}

// bind finds the flag of each setting and tries its value on it.
func bind(f *scenario.File, root *kong.Node) (filed, error) {
	command, err := commandOf(f, root)
	if err != nil {
		return nil, err
	}
	flags := make(map[string]*kong.Flag)
	var keys []string
	for _, group := range command.AllFlags(false) {
		for _, flag := range group {
			if flag.Name == "help" {
				continue
			}
			for _, name := range append([]string{flag.Name}, flag.Aliases...) {
				flags[name] = flag
			}
			keys = append(keys, flag.Name)
		}
	}
	values := make(filed)
	var errs []error
	for _, s := range f.Settings {
		flag, known := flags[s.Key]
		if s.Key == "targets" {
			errs = append(errs, f.Bad(s, "several targets are for bench compare %s", f.Name))
			continue
		}
		if !known {
			errs = append(errs, f.Bad(s, "unknown key of %s%s", command.Name, guess(s.Key, keys)))
			continue
		}
		value, err := valueOf(f, s, flag)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		values[flag.Name] = value
	}
	return values, errors.Join(errs...)
}

// guess is the end of a message about a name that is not known.
func guess(name string, names []string) string {
	if near := stats.Nearest(strings.ReplaceAll(name, "_", "-"), names); near != "" {
		return ", did you mean " + near + "?"
	}
	return ""
}

// commandOf finds the command a file is for: one that can be run as a scenario.
func commandOf(f *scenario.File, root *kong.Node) (*kong.Node, error) {
	var names []string
	for _, c := range root.Children {
		if _, ok := c.Target.Addr().Interface().(runner); !ok {
			continue
		}
		if c.Name == f.Scenario.Text {
			return c, nil
		}
		names = append(names, c.Name)
	}
	hint := guess(f.Scenario.Text, names)
	if hint == "" {
		hint = ", want one of " + strings.Join(names, ", ")
	}
	return nil, f.Bad(f.Scenario, "%q is not a scenario%s", f.Scenario.Text, hint)
}

// valueOf is a setting as kong takes it, tried on the flag.
func valueOf(f *scenario.File, s scenario.Setting, flag *kong.Flag) (any, error) {
	if flag.Target.Kind() == reflect.Slice {
		return listOf(f, s, flag)
	}
	text, err := textOf(f, s, flag)
	if err != nil {
		return nil, err
	}
	target := reflect.New(flag.Target.Type()).Elem()
	if target.Kind() == reflect.Map {
		target.Set(reflect.MakeMap(target.Type()))
	}
	if err := flag.Parse(kong.Scan().PushTyped(text, kong.FlagValueToken), target); err != nil {
		return nil, f.Bad(s, "%q, %s", text, wants(flag))
	}
	if bound := outside(flag, target); bound != "" {
		return nil, f.Bad(s, "%s, want %s", text, bound)
	}
	if enum := flag.EnumSlice(); flag.Enum != "" && !slices.Contains(enum, text) {
		hint := guess(text, enum)
		if hint == "" {
			hint = ", want one of " + strings.Join(enum, ", ")
		}
		return nil, f.Bad(s, "%q%s", text, hint)
	}
	return text, nil
}

// outside says what a number would have to be. The scenarios check that, too,
// but know no lines.
func outside(flag *kong.Flag, v reflect.Value) string {
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	var n float64
	switch v.Kind() {
	case reflect.Int, reflect.Int64:
		n = float64(v.Int())
	case reflect.Float64:
		n = v.Float()
	}
	for _, bound := range []struct {
		tag, words string
		met        func(least float64) bool
	}{
		{"least", "at least ", func(least float64) bool { return n >= least }},
		{"above", "more than ", func(least float64) bool { return n > least }},
	} {
		if text := flag.Tag.Get(bound.tag); text != "" {
			if least, err := strconv.ParseFloat(text, 64); err == nil && !bound.met(least) {
				return bound.words + text
			}
		}
	}
	return ""
}

// listOf is a setting of a flag that may be given more than once.
func listOf(f *scenario.File, s scenario.Setting, flag *kong.Flag) (any, error) {
	items := s.List
	if s.Kind == scenario.Scalar {
		items = []scenario.Setting{s}
	}
	if s.Kind == scenario.Mapping {
		return nil, f.Bad(s, "keys and values, %s", wants(flag))
	}
	out := make([]any, len(items))
	for i, item := range items {
		item.Key = s.Key
		if item.Kind != scenario.Scalar {
			return nil, f.Bad(item, "want a plain value")
		}
		if t, ok := reflect.New(flag.Target.Type().Elem()).Interface().(encoding.TextUnmarshaler); ok {
			if err := t.UnmarshalText([]byte(item.Text)); err != nil {
				return nil, f.Bad(scenario.Setting{Line: item.Line}, "%v", err) // err says what it is
			}
		}
		out[i] = item.Text
	}
	return out, nil
}

// textOf is a setting as it would stand on the command line.
func textOf(f *scenario.File, s scenario.Setting, flag *kong.Flag) (string, error) {
	switch s.Kind {
	case scenario.Scalar:
		return s.Text, nil
	case scenario.Sequence:
		return "", f.Bad(s, "a list, %s", wants(flag))
	}
	if kind := flag.Target.Kind(); kind != reflect.Map && kind != reflect.String {
		return "", f.Bad(s, "keys and values, %s", wants(flag))
	}
	pairs := make([]string, len(s.Map))
	for i, item := range s.Map {
		if item.Kind != scenario.Scalar {
			return "", f.Bad(item, "want a plain value")
		}
		pairs[i] = item.Key + "=" + item.Text
	}
	sep := ","
	if flag.Target.Kind() == reflect.Map {
		sep = string(flag.Tag.MapSep)
	}
	return strings.Join(pairs, sep), nil
}

// wants says what a flag takes.
func wants(flag *kong.Flag) string {
	t := flag.Target.Type()
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == reflect.TypeFor[time.Duration]() {
		return "want a time with its unit, such as 500ms, 10s or 2m"
	}
	switch t.Kind() {
	case reflect.Bool:
		return "want true or false"
	case reflect.Int, reflect.Int64:
		return "want a whole number"
	case reflect.Uint, reflect.Uint64:
		return "want a whole number, 0 or more"
	case reflect.Float64:
		return "want a number"
	case reflect.Slice:
		return "want a list"
	case reflect.Map:
		return "want keys and values"
	}
	return fmt.Sprintf("want a text for --%s", flag.Name)
}
