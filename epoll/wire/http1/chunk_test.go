package http1

import (
	"strings"
	"testing"
)

func TestChunked(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{name: "empty", in: "0\r\n\r\n", want: ""},
		{name: "zeros", in: "000\r\n\r\n", want: ""},
		{name: "one", in: "5\r\nhello\r\n0\r\n\r\n", want: "hello"},
		{name: "two", in: "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", want: "hello"},
		{name: "hex, both cases", in: "a\r\n0123456789\r\nB\r\n0123456789a\r\n0\r\n\r\n", want: "01234567890123456789a"},
		{name: "leading zeros", in: "0005\r\nhello\r\n0\r\n\r\n", want: "hello"},
		{name: "data looks like framing", in: "7\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n", want: "\r\n0\r\n\r\n"},
		{name: "extension", in: "5;a\r\nhello\r\n0;b\r\n\r\n", want: "hello"},
		{name: "extension with value", in: "5;a=b\r\nhello\r\n0\r\n\r\n", want: "hello"},
		{name: "extension quoted", in: "5;a=\"b;c\td\"\r\nhello\r\n0\r\n\r\n", want: "hello"},
		{name: "extension escaped", in: "5;a=\"\\\"\\\\\";b;c=d\r\nhello\r\n0\r\n\r\n", want: "hello"},
		{name: "extension quoted empty", in: "5;a=\"\"\r\nhello\r\n0\r\n\r\n", want: "hello"},
		{name: "trailers", in: "5\r\nhello\r\n0\r\nA: b\r\nC:\r\nContent-Length: 9\r\n\r\n", want: "hello"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			req := parse(t, chunked+tt.in)
			if got := string(req.Body()); got != tt.want {
				t.Errorf("Body() = %q, want %q", got, tt.want)
			}
			// A trailer must never show up as a field of the head.
			if n := req.HeaderCount("A") + req.HeaderCount("Content-Length"); n != 0 {
				t.Errorf("%d trailers among the fields, want 0", n)
			}
			if got := sameCut(t, DefaultLimits(), chunked+tt.in+smuggled); len(got) != 2 {
				t.Errorf("%q, want the next request found", got)
			}
			// Rule 16 of the style: every proper prefix needs more.
			whole := chunked + tt.in
			for i := range len(whole) {
				if got := feed(t, DefaultLimits(), whole[:i]); i > 0 && (len(got) != 1 || !strings.HasPrefix(got[0], "...")) {
					t.Fatalf("prefix of %d bytes gives %q, want more needed", i, got)
				}
			}
		})
	}
}

// TestChunkedDoesNotPile wants the sum of the chunks bounded, and the bound
// told before the chunk that breaks it is stored.
func TestChunkedDoesNotPile(t *testing.T) {
	lim := small()
	ps := NewParser(&lim)
	if _, _, err := ps.Parse([]byte(chunked + "14\r\n" + strings.Repeat("b", 20) + "\r\nffffffff\r")); err != nil {
		t.Fatal(err)
	}
	holds(t, ps, lim)
	_, _, err := ps.Parse([]byte("\n"))
	if got := refusal(t, err); got != "413 body_too_large" {
		t.Errorf("Parse = %s, want 413 body_too_large", got)
	}
}
