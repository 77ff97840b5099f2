package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"unicode/utf8"

	"grandstand/session"
)

// value is a JSON value within a body that is known to be valid.
//
// encoding/json checks the whole and decodes the strings. Objects are cut
// here, because it takes fields in any case, the last of two, and drops what
// it does not know; and because data has to pass as it came.
type value struct {
	p  []byte // borrowed from the body, without space around it
	at int    // where it begins in the body
}

// parse returns the value that is the whole body.
func parse(body []byte) (value, error) {
	if !json.Valid(body) {
		var raw json.RawMessage
		err := json.Unmarshal(body, &raw)
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			return value{}, refusal(session.CodeBadMessage, "the body is not JSON: byte %d: %v", syntax.Offset, syntax)
		}
		return value{}, refusal(session.CodeBadMessage, "the body is not JSON: %v", err)
	}
	i := space(body, 0)
	return value{p: bytes.TrimRight(body[i:], " \t\r\n"), at: i}, nil
}

// null reports whether the value is null, which stands for absent.
func (v value) null() bool { return len(v.p) > 0 && v.p[0] == 'n' }

// bad returns a refusal that names the place.
func (v value) bad(what string) error {
	return refusal(session.CodeBadMessage, "byte %d: %s", v.at+1, what)
}

// fields calls f for every field of an object. f reports whether it knows the
// name.
func (v value) fields(f func(name string, v value) (known bool, err error)) error {
	if v.p[0] != '{' {
		return v.bad("want an object")
	}
	var room [8]string // enough for every known name, so it need not be made
	names := room[:0]
	for i := space(v.p, 1); v.p[i] != '}'; {
		key, next := cut(v.p, i)
		key.at += v.at
		name, err := key.text("name of a field")
		if err != nil {
			return err
		}
		// next is at the colon, or at space before it.
		field, next := cut(v.p, space(v.p, space(v.p, next)+1))
		field.at += v.at
		if slices.Contains(names, name) {
			return refusal(session.CodeBadMessage, "byte %d: field %q twice", key.at+1, name)
		}
		names = append(names, name)
		known, err := f(name, field)
		if err != nil {
			return err
		}
		if !known {
			return refusal(session.CodeBadMessage, "byte %d: unknown field %q", key.at+1, name)
		}
		i = comma(v.p, next)
	}
	return nil
}

// each calls f for every element of an array; null has none.
func (v value) each(f func(v value) error) error {
	if v.null() {
		return nil
	}
	if v.p[0] != '[' {
		return v.bad("want an array")
	}
	for i := space(v.p, 1); v.p[i] != ']'; {
		e, next := cut(v.p, i)
		e.at += v.at
		if err := f(e); err != nil {
			return err
		}
		i = comma(v.p, next)
	}
	return nil
}

// text returns a string; null is the empty one. name is for the error.
func (v value) text(name string) (string, error) {
	if v.null() {
		return "", nil
	}
	if v.p[0] != '"' {
		return "", v.bad(name + ": want a string")
	}
	// encoding/json would put U+FFFD in its place.
	if !utf8.Valid(v.p) {
		return "", v.bad(name + ": not UTF-8")
	}
	if bytes.IndexByte(v.p, '\\') < 0 {
		return intern(v.p[1 : len(v.p)-1]), nil
	}
	var s string
	if err := json.Unmarshal(v.p, &s); err != nil {
		return "", v.bad(name + ": " + err.Error())
	}
	return s, nil
}

// texts returns an array of strings.
func (v value) texts(name string) ([]string, error) {
	var all []string
	err := v.each(func(v value) error {
		text, err := v.text(name)
		all = append(all, text)
		return err
	})
	return all, err
}

// truth returns a boolean; null is false.
func (v value) truth(name string) (bool, error) {
	switch string(v.p) {
	case "true":
		return true, nil
	case "false", "null":
		return false, nil
	}
	return false, v.bad(name + ": want true or false")
}

// number returns a whole number, at least 0; null is 0.
func (v value) number(name string) (int, error) {
	if v.null() {
		return 0, nil
	}
	n, err := strconv.ParseUint(string(v.p), 10, 31)
	if err != nil {
		return 0, v.bad(name + ": want a whole number, at least 0")
	}
	return int(n), nil
}

// intern returns p as a string: for the names of fields, which come with every
// event, one that exists already.
func intern(p []byte) string {
	switch string(p) {
	case "room":
		return "room"
	case "event":
		return "event"
	case "data":
		return "data"
	case "except":
		return "except"
	}
	return string(p)
}

// cut returns the value at or after i and where it ends. Since p is valid,
// only strings and brackets matter.
func cut(p []byte, i int) (v value, end int) {
	i = space(p, i)
	end = i
	depth := 0
	for {
		switch p[end] {
		case '"':
			end = session.StringEnd(p, end)
		case '{', '[':
			depth++
			end++
		case '}', ']':
			depth--
			end++
		case ',', ':', ' ', '\t', '\n', '\r':
			end++
		default:
			end = scalar(p, end)
		}
		if depth == 0 {
			return value{p: p[i:end], at: i}, end
		}
	}
}

// scalar returns the end of the number or word at i.
func scalar(p []byte, i int) int {
	for i < len(p) {
		switch p[i] {
		case ',', ']', '}', ' ', '\t', '\n', '\r':
			return i
		}
		i++
	}
	return i
}

// space returns the first place from i on that is no white space.
func space(p []byte, i int) int {
	for i < len(p) && (p[i] == ' ' || p[i] == '\t' || p[i] == '\n' || p[i] == '\r') {
		i++
	}
	return i
}

// comma returns where the next element begins, or the closing bracket is.
func comma(p []byte, i int) int {
	i = space(p, i)
	if p[i] == ',' {
		i = space(p, i+1)
	}
	return i
}
