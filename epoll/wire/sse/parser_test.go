package sse

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// limit is enough for every case that is not about limits.
const limit = 1 << 10

// feed gives the pieces to a fresh parser and writes down what comes out, one
// line an event, then what the parser has learned. Each piece is overwritten
// once it is used up, as a read buffer would be.
func feed(t *testing.T, maxEvent int, pieces ...string) []string {
	t.Helper()
	ps := NewParser(maxEvent)
	var out []string
	for _, piece := range pieces {
		buf := []byte(piece)
		for p := buf; len(p) > 0; {
			n, e, err := ps.Next(p)
			holds(t, ps)
			if err != nil {
				if n != len(p) || e != nil || !errors.Is(err, ErrTooLarge) {
					t.Fatalf("Next(%q) = %d, %v, %v, want all taken and ErrTooLarge", p, n, e, err)
				}
				if _, _, again := ps.Next([]byte("data: x\n\n")); !errors.Is(again, err) {
					t.Fatalf("Next after %v gave %v, want the same", err, again)
				}
				return append(out, err.Error())
			}
			if e != nil {
				out = append(out, fmt.Sprintf("%q %q %q", e.ID, e.Name, e.Data))
			} else if n != len(p) {
				t.Fatalf("Next(%q) took %d bytes and gave nothing, want %d", p, n, len(p))
			}
			if n == 0 {
				t.Fatalf("Next(%q) took nothing", p)
			}
			p = p[n:]
		}
		for i := range buf {
			buf[i] = 0xff
		}
	}
	return append(out, learned(ps))
}

// learned writes down what a client would use to connect again.
func learned(ps *Parser) string {
	ms, ok := ps.Retry()
	return fmt.Sprintf("last=%q retry=%d,%t comments=%d", ps.LastEventID(), ms, ok, ps.Comments())
}

// holds fails if a parser holds more than its limit allows.
func holds(t *testing.T, ps *Parser) {
	t.Helper()
	if n := len(ps.data) + len(ps.line); n > ps.max {
		t.Fatalf("%d bytes of data and line, want at most %d", n, ps.max)
	}
	if n := max(len(ps.name), len(ps.id), len(ps.last)); n > ps.max {
		t.Fatalf("a name or id of %d bytes, want at most %d", n, ps.max)
	}
}

// sameCut fails unless s gives the same whole, in single bytes, and cut in two
// at every place. It returns what s gives.
func sameCut(t *testing.T, maxEvent int, s string) []string {
	t.Helper()
	want := feed(t, maxEvent, s)
	if got := feed(t, maxEvent, bytewise(s)...); !slices.Equal(got, want) {
		t.Fatalf("single bytes of %q:\ngot  %q\nwant %q", s, got, want)
	}
	for i := range len(s) {
		if got := feed(t, maxEvent, s[:i], s[i:]); !slices.Equal(got, want) {
			t.Fatalf("cut at %d of %q:\ngot  %q\nwant %q", i, s, got, want)
		}
	}
	return want
}

type streamCase struct {
	name, in string
	want     []string // events; nothing learned
	learned  string   // default: nothing
}

// streamCases are the rules of WHATWG HTML 9.2.5 and 9.2.6, one each.
func streamCases() []streamCase {
	return []streamCase{
		{name: "LF", in: "data: a\n\n", want: []string{`"" "" "a"`}},
		{name: "CR", in: "data: a\r\r", want: []string{`"" "" "a"`}},
		{name: "CR LF", in: "data: a\r\n\r\ndata: b\r\n\r\n", want: []string{`"" "" "a"`, `"" "" "b"`}},
		{name: "CR LF inside an event", in: "id: 1\r\nevent: e\r\ndata: a\r\ndata: b\r\n\r\n",
			want: []string{`"1" "e" "a\nb"`}, learned: `last="1" retry=0,false comments=0`},
		{name: "mixed ends", in: "data: a\rdata: b\n\r\ndata: c\r\n\n", want: []string{`"" "" "a\nb"`, `"" "" "c"`}},
		{name: "BOM", in: "\xef\xbb\xbfdata: a\n\n", want: []string{`"" "" "a"`}},
		{name: "second BOM", in: "\xef\xbb\xbf\xef\xbb\xbfdata: a\n\ndata: b\n\n", want: []string{`"" "" "b"`}},
		{name: "late BOM", in: "\n\xef\xbb\xbfdata: a\n\n"},
		{name: "BOM only", in: "\xef\xbb\xbf\n\ndata: \xef\xbb\xbf\n\n", want: []string{`"" "" "\ufeff"`}},
		{name: "no space", in: "data:a\n\ndata:  b\n\n", want: []string{`"" "" "a"`, `"" "" " b"`}},
		{name: "no colon", in: "data\n\ndata\ndata\n\n", want: []string{`"" "" ""`, `"" "" "\n"`}},
		{name: "colons", in: "data: a:b: c\n\n", want: []string{`"" "" "a:b: c"`}},
		{name: "unknown", in: "DATA: a\ndatax: b\n data: c\n\n"},
		{name: "event", in: "event: a\nevent: b\ndata: x\n\ndata: y\n\n", want: []string{`"" "b" "x"`, `"" "" "y"`}},
		{name: "event without data", in: "event: a\n\ndata: y\n\n", want: []string{`"" "" "y"`}},
		{name: "id stays", in: "id: 1\ndata: x\n\ndata: y\n\nid: 2\ndata: z\n\n",
			want: []string{`"1" "" "x"`, `"1" "" "y"`, `"2" "" "z"`}, learned: `last="2" retry=0,false comments=0`},
		{name: "id without data", in: "id: 1\n\ndata: x\n\n",
			want: []string{`"1" "" "x"`}, learned: `last="1" retry=0,false comments=0`},
		{name: "id taken back", in: "id: 1\ndata: x\n\nid\ndata: y\n\n", want: []string{`"1" "" "x"`, `"" "" "y"`}},
		{name: "id with NUL", in: "id: 1\nid: 2\x00\ndata: x\n\n",
			want: []string{`"1" "" "x"`}, learned: `last="1" retry=0,false comments=0`},
		{name: "cut off", in: "id: 1\ndata: x\n\nid: 2\ndata: y\n",
			want: []string{`"1" "" "x"`}, learned: `last="1" retry=0,false comments=0`},
		{name: "comments", in: ":\n: a\n:data: b\n\ndata: c\n:\n\n",
			want: []string{`"" "" "c"`}, learned: `last="" retry=0,false comments=4`},
		{name: "retry", in: "retry: 3000\n", learned: `last="" retry=3000,true comments=0`},
		{name: "retry 0", in: "retry:5\rretry:0\r", learned: `last="" retry=0,true comments=0`},
		{name: "no retry", in: "retry: -1\nretry: +1\nretry: 1_0\nretry: 1 \nretry\nretry: 9223372036854775808\n"},
		{name: "empty"},
		{name: "blank lines", in: "\n\r\r\n\n"},
	}
}

func TestParser(t *testing.T) {
	for _, tt := range streamCases() {
		t.Run(tt.name, func(t *testing.T) {
			if tt.learned == "" {
				tt.learned = `last="" retry=0,false comments=0`
			}
			want := append(tt.want, tt.learned)
			if got := sameCut(t, limit, tt.in); !slices.Equal(got, want) {
				t.Errorf("%q\ngot  %q\nwant %q", tt.in, got, want)
			}
		})
	}
}

func TestLimit(t *testing.T) {
	large := ErrTooLarge.Error()
	x := func(n int) string { return strings.Repeat("x", n) }
	tests := []struct {
		name, in string
		events   int
		large    bool
	}{
		{name: "line at the limit", in: "data: " + x(26) + "\n\n", events: 1},
		{name: "line above", in: "data: " + x(27) + "\n\n", large: true},
		{name: "line without end", in: x(33), large: true},
		{name: "lines at the limit", in: "data: " + x(16) + "\ndata: " + x(10) + "\n\n", events: 1},
		{name: "lines above", in: "data: " + x(16) + "\ndata: " + x(11) + "\n\n", large: true},
		{name: "empty lines", in: strings.Repeat("data\n", 40), large: true},
		{name: "comment above", in: ":" + x(32) + "\n", large: true},
		{name: "many small", in: strings.Repeat("data: x\n\n", 20), events: 20},
		{name: "heartbeats", in: strings.Repeat(":\n", 200)},
		{name: "after a good one", in: "data: a\n\n" + x(33) + "\n", events: 1, large: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := sameCut(t, 32, tt.in)
			if n := len(got) - 1; n != tt.events || (got[n] == large) != tt.large {
				t.Errorf("%q = %q, want %d events, too large %t", tt.in, got, tt.events, tt.large)
			}
		})
	}
}

// bytewise cuts s into single bytes.
func bytewise(s string) []string {
	out := make([]string, len(s))
	for i := range len(s) {
		out[i] = s[i : i+1]
	}
	return out
}
