package session

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"unicode/utf8"
)

// placeholder stands in the JSON of an event where an attachment belongs. Its
// keys are compared in this order by some clients.
const placeholder = `{"_placeholder":true,"num":`

// Args are the arguments of an event, or of the answer to one: JSON values, and
// binary attachments for the placeholders in them.
//
// The bytes are shared and not to be changed.
type Args struct {
	list        []json.RawMessage
	attachments [][]byte
}

// ParseArgs returns the elements of a JSON array. The error is an *Error with
// CodeBadData.
func ParseArgs(array []byte, attachments [][]byte) (Args, error) {
	a := Args{attachments: attachments}
	if err := json.Unmarshal(array, &a.list); err != nil {
		return Args{}, &Error{CodeBadData, "arguments are not a JSON array"}
	}
	if !utf8.Valid(array) { // a text message with it would end the client's connection
		return Args{}, &Error{CodeBadData, "arguments are not UTF-8"}
	}
	return a, nil
}

// Len is how many there are.
func (a Args) Len() int { return len(a.list) }

// Raw returns the i-th as JSON, placeholders included; null if there is none.
func (a Args) Raw(i int) json.RawMessage {
	if i < 0 || i >= len(a.list) {
		return json.RawMessage("null")
	}
	return a.list[i]
}

// Decode reads the i-th into v, as json.Unmarshal does. Binary within it is
// decoded as the placeholder that it is: see Value.
func (a Args) Decode(i int, v any) error {
	if i < 0 || i >= len(a.list) {
		return &Error{CodeBadData, fmt.Sprintf("argument %d of %d", i+1, len(a.list))}
	}
	if err := json.Unmarshal(a.list[i], v); err != nil {
		return &Error{CodeBadData, fmt.Sprintf("argument %d: %v", i+1, err)}
	}
	return nil
}

// String returns the i-th if it is a string, and "" otherwise.
func (a Args) String(i int) string {
	var s string
	if json.Unmarshal(a.Raw(i), &s) != nil {
		return ""
	}
	return s
}

// Bytes returns the i-th if it is binary, and nil otherwise.
func (a Args) Bytes(i int) []byte {
	p, _ := a.Value(i).([]byte)
	return p
}

// Value returns the i-th as encoding/json would in an interface, but for
// binary, which is a []byte, wherever in it.
func (a Args) Value(i int) any {
	var v any
	if json.Unmarshal(a.Raw(i), &v) != nil {
		return nil
	}
	return a.fill(v)
}

// fill puts the attachments in the places of placeholders.
func (a Args) fill(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = a.fill(v[i])
		}
	case map[string]any:
		if v["_placeholder"] == true {
			if n, ok := v["num"].(float64); ok && n >= 0 && int(n) < len(a.attachments) {
				return a.attachments[int(n)]
			}
		}
		for k := range v {
			v[k] = a.fill(v[k])
		}
	}
	return v
}

// From returns the arguments from the i-th on.
func (a Args) From(i int) Args {
	i = min(max(i, 0), len(a.list))
	if len(a.attachments) == 0 {
		return Args{list: a.list[i:]}
	}
	// Attachments are numbered in the order of the text.
	skipped := 0
	for _, raw := range a.list[:i] {
		skipped += bytes.Count(raw, []byte(placeholder))
	}
	skipped = min(skipped, len(a.attachments))
	out := Args{list: make([]json.RawMessage, len(a.list)-i), attachments: a.attachments[skipped:]}
	for k, raw := range a.list[i:] {
		for n := range out.attachments {
			raw = bytes.ReplaceAll(raw, mark(n+skipped), mark(n))
		}
		out.list[k] = raw
	}
	return out
}

// mark is the placeholder of the n-th attachment.
func mark(n int) []byte { return append(strconv.AppendInt([]byte(placeholder), int64(n), 10), '}') }

// JSON returns all as one array, and the attachments.
func (a Args) JSON() (array []byte, attachments [][]byte) {
	array = []byte{'['}
	for i, raw := range a.list {
		if i > 0 {
			array = append(array, ',')
		}
		array = append(array, raw...)
	}
	return append(array, ']'), a.attachments
}

// NewArgs makes arguments of Go values. A []byte anywhere in maps and slices of
// them is binary; everything else is as json.Marshal has it. Of Args all are
// taken, in their place, and json.RawMessage is taken as it is. The error is an
// *Error with CodeBadData.
func NewArgs(values ...any) (Args, error) {
	a := Args{list: make([]json.RawMessage, 0, len(values))}
	for i, v := range values {
		if args, ok := v.(Args); ok {
			a.add(args)
			continue
		}
		raw, err := json.Marshal(a.extract(v, 0))
		if err == nil && !utf8.Valid(raw) { // of a json.RawMessage: all else is mended
			err = errors.New("not UTF-8")
		}
		if err != nil {
			return Args{}, &Error{CodeBadData, fmt.Sprintf("argument %d: %v", i+1, err)}
		}
		a.list = append(a.list, raw)
	}
	return a, nil
}

// add appends others, whose attachments come behind its own.
func (a *Args) add(others Args) {
	before := len(a.attachments)
	for _, raw := range others.list {
		for n := len(others.attachments) - 1; n >= 0 && before > 0; n-- { // the last first, or it would be moved twice
			raw = bytes.ReplaceAll(raw, mark(n), mark(n+before))
		}
		a.list = append(a.list, raw)
	}
	a.attachments = append(a.attachments, others.attachments...)
}

// maxArgDepth bounds how deep binary is looked for: a value may hold itself.
const maxArgDepth = 32

// extract replaces binary by placeholders, depth first.
func (a *Args) extract(v any, depth int) any {
	if depth > maxArgDepth {
		return v
	}
	switch v := v.(type) {
	case nil, string, bool, float64, int, json.RawMessage, json.Marshaler:
		return v
	case []byte:
		a.attachments = append(a.attachments, slices.Clone(v))
		return json.RawMessage(mark(len(a.attachments) - 1))
	}
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.Slice, reflect.Array:
		if r.Kind() == reflect.Slice && r.IsNil() {
			return v
		}
		out := make([]any, r.Len())
		for i := range out {
			out[i] = a.extract(r.Index(i).Interface(), depth+1)
		}
		return out
	case reflect.Map:
		if r.IsNil() || r.Type().Key().Kind() != reflect.String {
			return v
		}
		keys := r.MapKeys()
		slices.SortFunc(keys, func(x, y reflect.Value) int { return bytes.Compare([]byte(x.String()), []byte(y.String())) })
		out := make(map[string]any, len(keys)) // marshalled in the same order
		for _, k := range keys {
			out[k.String()] = a.extract(r.MapIndex(k).Interface(), depth+1)
		}
		return out
	}
	return v
}
