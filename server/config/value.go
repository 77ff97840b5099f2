package config

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// errKind is for a value whose kind is wrong; whoever knows the value says so
// and adds wants.
var errKind = errors.New("wrong kind of value")

// isDuration reports whether a type's values are written with a unit of time.
func isDuration(t reflect.Type) bool { return t == reflect.TypeFor[time.Duration]() }

// wants says in words what a key of type t takes.
func wants(t reflect.Type) string {
	if isDuration(t) {
		return "want a duration with its unit, like 500ms or 2m"
	}
	switch t.Kind() {
	case reflect.Bool:
		return "want true or false"
	case reflect.Int, reflect.Int64:
		return "want a whole number"
	case reflect.Slice:
		return "want a list"
	case reflect.Struct:
		return "want a section with keys of its own"
	}
	return "want text"
}

// setText parses text into a scalar, as the environment gives it.
func setText(v reflect.Value, text string) error {
	if isDuration(v.Type()) {
		return setDuration(v, text)
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		if text != "true" && text != "false" {
			return errKind
		}
		v.SetBool(text == "true")
	case reflect.Int, reflect.Int64:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || v.OverflowInt(n) {
			return errKind
		}
		v.SetInt(n)
	default:
		return errKind
	}
	return nil
}

// setDuration parses a duration; 0 needs no unit.
func setDuration(v reflect.Value, text string) error {
	d, err := time.ParseDuration(text)
	if err != nil {
		return errKind
	}
	v.SetInt(int64(d))
	return nil
}

// setList splits text at commas into a list of texts. An empty text is an
// empty list, which is nil: so two configurations compare.
func setList(v reflect.Value, text string) {
	v.SetZero()
	if strings.TrimSpace(text) == "" {
		return
	}
	for _, part := range strings.Split(text, ",") {
		v.Set(reflect.Append(v, reflect.ValueOf(strings.TrimSpace(part)).Convert(v.Type().Elem())))
	}
}

// shown is a value as an error message quotes it.
func shown(path, text string) string {
	if base, _ := unindexed(path); secret(base) {
		return redacted
	}
	return fmt.Sprintf("%q", text)
}
