package http1

import (
	"strconv"
	"strings"
	"testing"
)

// small limits make every edge reachable in a test that cuts at every byte.
func small() Limits {
	return Limits{MaxHead: 256, MaxHeaders: 5, MaxTarget: 32, MaxBody: 20}
}

// headOf builds a head of exactly n bytes.
func headOf(n int) string {
	const around = "GET / HTTP/1.1\r\nHost: a\r\nX: \r\n\r\n"
	return "GET / HTTP/1.1\r\nHost: a\r\nX: " + strings.Repeat("x", n-len(around)) + "\r\n\r\n"
}

func TestLimits(t *testing.T) {
	target := func(n int) string {
		return "OPTIONS /" + strings.Repeat("t", n-1) + " HTTP/1.1\r\nHost: a\r\n\r\n"
	}
	getTarget := func(n int) string { // shorter method: the line itself would fit
		return "GET /" + strings.Repeat("t", n-1) + " HTTP/1.1\r\nHost: a\r\n\r\n"
	}
	headers := func(n int) string {
		return "GET / HTTP/1.1\r\nHost: a\r\n" + strings.Repeat("X: y\r\n", n-1) + "\r\n"
	}
	body := func(n int) string {
		return postHead + "Content-Length: " + strconv.Itoa(n) + "\r\n\r\n" + strings.Repeat("b", n)
	}
	chunks := func(n int) string {
		return chunked + "a\r\n0123456789\r\n" + strconv.FormatInt(int64(n-10), 16) + "\r\n" +
			strings.Repeat("b", n-10) + "\r\n0\r\n\r\n"
	}
	extension := func(n int) string { return chunked + "0;" + strings.Repeat("e", n-1) + "\r\n\r\n" }
	trailers := func(n int) string { return chunked + "0\r\n" + strings.Repeat("X: y\r\n", n) + "\r\n" }
	trailer := func(n int) string { return chunked + "0\r\nX: " + strings.Repeat("y", n-7) + "\r\n\r\n" }
	digits := func(n int) string { return chunked + strings.Repeat("0", n) + "\r\n\r\n" }

	tests := []struct {
		name string
		in   func(int) string
		at   int
		want string
	}{
		{name: "head", in: headOf, at: 256, want: "431 head_too_large"},
		{name: "headers", in: headers, at: 5, want: "431 too_many_headers"},
		{name: "target", in: target, at: 32, want: "414 target_too_long"},
		{name: "target of GET", in: getTarget, at: 32, want: "414 target_too_long"},
		{name: "body", in: body, at: 20, want: "413 body_too_large"},
		{name: "chunked body", in: chunks, at: 20, want: "413 body_too_large"},
		{name: "chunk extensions", in: extension, at: maxExtension, want: "400 bad_chunk"},
		{name: "chunk size digits", in: digits, at: maxDigits, want: "400 bad_chunk"},
		{name: "trailer lines", in: trailers, at: 5, want: "431 too_many_headers"},
		{name: "trailer bytes", in: trailer, at: 256, want: "431 head_too_large"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			// The second request shows where the first ended.
			got := sameCut(t, small(), tt.in(tt.at)+smuggled)
			if len(got) != 2 || !strings.HasPrefix(got[1], "GET /smuggled ") {
				t.Errorf("at the limit: %q, want two requests", got)
			}
			if got := brief(sameCut(t, small(), tt.in(tt.at+1)+smuggled)); got != tt.want {
				t.Errorf("above the limit: %s, want %s", got, tt.want)
			}
		})
	}
}

// TestLimitsEndless feeds what never ends: the answer has to come when the
// limit is reached, not when the line is complete.
func TestLimitsEndless(t *testing.T) {
	tests := []struct{ name, head, more, want string }{
		{name: "request line", head: "GET /", more: "x", want: "414 target_too_long"},
		{name: "field line", head: "GET / HTTP/1.1\r\nX: ", more: "x", want: "431 head_too_large"},
		{name: "field lines", head: "GET / HTTP/1.1\r\n", more: "X:\r\n", want: "431 too_many_headers"},
		{name: "chunk size", head: chunked, more: "0", want: "400 bad_chunk"},
		{name: "chunk extension", head: chunked + "1;", more: "x", want: "400 bad_chunk"},
		{name: "chunks", head: chunked, more: "1\r\nx\r\n", want: "413 body_too_large"},
		{name: "trailer", head: chunked + "0\r\nX:", more: "x", want: "431 head_too_large"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := tt.head + strings.Repeat(tt.more, 2*maxExtension)
			if got := brief(feed(t, small(), bytewise(in)...)); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if got := brief(feed(t, small(), in)); got != tt.want {
				t.Errorf("in one piece: got %s, want %s", got, tt.want)
			}
		})
	}
}

// TestLimitsPromptly wants the answer with the last byte that fits, not with
// the one after it, which an attacker would not send.
func TestLimitsPromptly(t *testing.T) {
	lim := small()
	tests := []struct {
		name, head, want string
		at               int
	}{
		{name: "request line", head: "GET /", at: lim.MaxTarget + lineRest, want: "414 target_too_long"},
		{name: "head", head: "GET / HTTP/1.1\r\nX: ", at: lim.MaxHead, want: "431 head_too_large"},
	}
	for _, tt := range tests {
		in := tt.head + strings.Repeat("x", tt.at-len(tt.head))
		for how, pieces := range map[string][]string{"whole": {in}, "single bytes": bytewise(in)} {
			if got := brief(feed(t, lim, pieces...)); got != tt.want {
				t.Errorf("%s of %d bytes, %s: got %q, want %s", tt.name, tt.at, how, got, tt.want)
			}
		}
		if got := brief(feed(t, lim, in[:tt.at-1])); got != "... head" {
			t.Errorf("%s of %d bytes: got %q, want it waited for", tt.name, tt.at-1, got)
		}
	}
}

// TestHugeLength wants no room made for a body that is only announced.
func TestHugeLength(t *testing.T) {
	lim := DefaultLimits()
	ps := NewParser(&lim)
	if _, _, err := ps.Parse([]byte(postHead + "Content-Length: 65536\r\n\r\n1")); err != nil {
		t.Fatal(err)
	}
	if n := cap(ps.body); n > 512 {
		t.Errorf("one byte of 64 KiB came and %d are set aside", n)
	}
}

func TestLimitsValidate(t *testing.T) {
	if err := DefaultLimits().Validate(); err != nil {
		t.Errorf("DefaultLimits().Validate() = %v", err)
	}
	if err := small().Validate(); err != nil {
		t.Errorf("small().Validate() = %v", err)
	}
	bad := Limits{MaxHead: 1 << 20, MaxHeaders: 0, MaxTarget: 2, MaxBody: -1}
	err := bad.Validate()
	if err == nil {
		t.Fatalf("Validate(%+v) = nil", bad)
	}
	for _, key := range []string{"max_head: 1048576", "max_headers: 0", "max_target: 2", "max_body: -1"} {
		if !strings.Contains(err.Error(), "http1."+key) {
			t.Errorf("Validate(%+v) = %q, want %s named", bad, err, key)
		}
	}
	tight := Limits{MaxHead: 512, MaxHeaders: 64, MaxTarget: 500}
	if err := tight.Validate(); err == nil || !strings.Contains(err.Error(), "want at most 493") {
		t.Errorf("Validate(%+v) = %v, want the target to leave room for its line", tight, err)
	}
}
