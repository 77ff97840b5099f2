package session

import (
	"encoding/json"
	"fmt"
	"testing"
)

// TestNewArgs: what Go values become, and what cannot be one.
func TestNewArgs(t *testing.T) {
	hole := func(n int) string { return fmt.Sprintf(`{"_placeholder":true,"num":%d}`, n) }
	tests := []struct {
		name        string
		in          []any
		want        string
		attachments string
		err         Code
	}{
		{name: "none", want: `[]`, attachments: `[]`},
		{name: "plain", in: []any{1, "x", nil, true, map[string]int{"n": 2}}, want: `[1,"x",null,true,{"n":2}]`, attachments: `[]`},
		{name: "raw JSON", in: []any{json.RawMessage(`{"a":[1]}`)}, want: `[{"a":[1]}]`, attachments: `[]`},
		{name: "binary", in: []any{[]byte{1}, "x", []byte{2, 3}}, want: `[` + hole(0) + `,"x",` + hole(1) + `]`, attachments: `[[1] [2 3]]`},
		{name: "nested", in: []any{map[string]any{"a": []any{[]byte{1}}}}, want: `[{"a":[` + hole(0) + `]}]`, attachments: `[[1]]`},
		{name: "no JSON", in: []any{1, make(chan int)}, err: CodeBadData},
		{name: "broken raw JSON", in: []any{json.RawMessage(`{`)}, err: CodeBadData},
		{name: "raw JSON that is not UTF-8", in: []any{1, json.RawMessage("\"\xff\"")}, err: CodeBadData},
		{name: "a string that is not UTF-8", in: []any{"\xff"}, want: "[\"\\ufffd\"]", attachments: `[]`},
	}
	for _, tt := range tests {
		a, err := NewArgs(tt.in...)
		if got := code(t, err); got != tt.err {
			t.Errorf("%s: error %q, want %q", tt.name, got, tt.err)
		}
		if err != nil {
			continue
		}
		array, attachments := a.JSON()
		if string(array) != tt.want || fmt.Sprint(attachments) != tt.attachments {
			t.Errorf("%s: %s %v, want %s %s", tt.name, array, attachments, tt.want, tt.attachments)
		}
		again, err := NewArgs(a)
		if err != nil {
			t.Errorf("%s: Args of Args: %v", tt.name, err)
		}
		if array, attachments := again.JSON(); string(array) != tt.want || fmt.Sprint(attachments) != tt.attachments {
			t.Errorf("%s: Args of Args: %s %v, want %s %s", tt.name, array, attachments, tt.want, tt.attachments)
		}
	}
}

// TestArgsAmongValues: of Args all are taken in their place, with their
// attachments.
func TestArgsAmongValues(t *testing.T) {
	inner, err := NewArgs([]byte{2}, "x", []any{[]byte{3}})
	if err != nil {
		t.Fatal(err)
	}
	a, err := NewArgs([]byte{1}, inner, []byte{4})
	if err != nil {
		t.Fatal(err)
	}
	const want = `[{"_placeholder":true,"num":0},{"_placeholder":true,"num":1},"x",[{"_placeholder":true,"num":2}],{"_placeholder":true,"num":3}] [[1] [2] [3] [4]]`
	array, attachments := a.JSON()
	if got := fmt.Sprint(string(array), " ", attachments); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

// TestArgs: what can be read, and what is not there.
func TestArgs(t *testing.T) {
	a, err := ParseArgs([]byte(`["x", 2, {"b":{"_placeholder":true,"num":0}}, {"_placeholder":true,"num":1}, {"_placeholder":true,"num":9}]`),
		[][]byte{{7}, {8, 9}})
	if err != nil {
		t.Fatal(err)
	}
	var n int
	for _, got := range []struct{ what, got, want string }{
		{"Len", fmt.Sprint(a.Len()), "5"},
		{"String", a.String(0) + a.String(1) + a.String(9), "x"},
		{"Raw", string(a.Raw(1)) + string(a.Raw(-1)), "2null"},
		{"Bytes", fmt.Sprint(a.Bytes(3), a.Bytes(0)), "[8 9] []"},
		{"Value", fmt.Sprint(a.Value(2)), "map[b:[7]]"},
		{"a placeholder of nothing", fmt.Sprint(a.Value(4)), "map[_placeholder:true num:9]"},
		{"Decode", fmt.Sprint(a.Decode(1, &n), n), "<nil> 2"},
		{"Decode of the wrong kind", string(code(t, a.Decode(0, &n))), "bad_data"},
		{"Decode of none", string(code(t, a.Decode(5, &n))), "bad_data"},
	} {
		if got.got != got.want {
			t.Errorf("%s: %s, want %s", got.what, got.got, got.want)
		}
	}
	for _, bad := range []string{`{}`, `[`, "[\"\xff\"]"} {
		if _, err := ParseArgs([]byte(bad), nil); code(t, err) != CodeBadData {
			t.Errorf("%q: %v, want bad_data", bad, err)
		}
	}
}

// TestArgsFrom: attachments are numbered anew.
func TestArgsFrom(t *testing.T) {
	a, err := NewArgs([]byte{1}, "x", []any{[]byte{2}, []byte{3}}, []byte{4})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		from int
		want string
	}{
		{0, `[{"_placeholder":true,"num":0},"x",[{"_placeholder":true,"num":1},{"_placeholder":true,"num":2}],{"_placeholder":true,"num":3}] [[1] [2] [3] [4]]`},
		{1, `["x",[{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}],{"_placeholder":true,"num":2}] [[2] [3] [4]]`},
		{3, `[{"_placeholder":true,"num":0}] [[4]]`},
		{9, `[] []`},
	}
	for _, tt := range tests {
		array, attachments := a.From(tt.from).JSON()
		if got := fmt.Sprint(string(array), " ", attachments); got != tt.want {
			t.Errorf("From(%d): %s, want %s", tt.from, got, tt.want)
		}
	}
}
