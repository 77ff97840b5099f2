package socketio

import (
	"bytes"
	"strconv"
)

// space is what may stand between the tokens of JSON, RFC 8259 §2.
const space = " \t\r\n"

// EachArg calls f with every element of a valid JSON array, in order, until f
// returns false. i counts from 0; of an event, 0 is the name. raw is borrowed
// from data.
//
// What is no array has no elements, and a broken one none behind the break.
func EachArg(data []byte, f func(i int, raw []byte) bool) {
	s := scanner{p: data, depth: maxDepth}
	if s.space(); s.peek() != '[' || s.enter() != nil {
		return
	}
	for i := 0; ; i++ {
		if done, err := s.more(']', i == 0); done || err != nil {
			return
		}
		from := s.i
		if s.value() != nil || !f(i, data[from:s.i]) {
			return
		}
	}
}

// first is the first element of a valid array, empty if there is none, and the
// place behind it.
func first(data []byte) (raw []byte, end int) {
	s := scanner{p: data, depth: maxDepth}
	if s.space(); s.peek() != '[' || s.enter() != nil {
		return nil, 0
	}
	if done, err := s.more(']', true); done || err != nil {
		return nil, 0
	}
	from := s.i
	if s.value() != nil {
		return nil, 0
	}
	return data[from:s.i], s.i
}

// EventName gives the name of an event, and its arguments as JSON between
// commas, without brackets: empty if there are none. args is borrowed from
// data, the Data of an event.
//
// A numeric name is the number as JavaScript writes it, which makes it the
// name of the handlers to call. ok is false for what is no event.
func EventName(data []byte) (name string, numeric bool, args []byte, ok bool) {
	raw, end := first(data)
	if len(raw) == 0 {
		return "", false, nil, false
	}
	switch c := raw[0]; {
	case c == '"':
		name = unquote(raw)
	case c == '-' || c-'0' <= 9:
		numeric = true
		name = numericName(raw)
	default:
		return "", false, nil, false
	}
	args = bytes.Trim(data[end:], space)
	args = bytes.TrimRight(args[:len(args)-1], space) // without the bracket
	if len(args) > 0 {
		args = bytes.TrimLeft(args[1:], space) // without the comma
	}
	return name, numeric, args, true
}

// unquote is what a valid JSON string means.
func unquote(raw []byte) string {
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1])
	}
	return string(appendUnquoted(nil, raw))
}

// numericName is a valid JSON number as JavaScript makes a key of it.
func numericName(raw []byte) string {
	f, err := strconv.ParseFloat(string(raw), 64)
	if err != nil { // out of range: JavaScript's Infinity
		return "Infinity"
	}
	return string(appendFloat(nil, f))
}

// AppendArray appends a JSON array of values that are JSON each.
func AppendArray(dst []byte, values ...[]byte) []byte {
	dst = append(dst, '[')
	for i, v := range values {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, v...)
	}
	return append(dst, ']')
}

// AppendLonger appends a valid JSON array with one more element at its end:
// connection state recovery puts the offset there.
func AppendLonger(dst, array, value []byte) []byte {
	array = bytes.TrimRight(array, space)
	dst = append(dst, array[:len(array)-1]...) // without the bracket
	if raw, _ := first(array); len(raw) > 0 {
		dst = append(dst, ',')
	}
	dst = append(dst, value...)
	return append(dst, ']')
}
