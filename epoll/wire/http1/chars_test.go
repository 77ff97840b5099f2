package http1

import (
	"strings"
	"testing"
)

func TestIsToken(t *testing.T) {
	const set = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	for c := range 256 {
		// A byte above 0x7F is no character of the string, whatever it means.
		want := c < 0x80 && strings.IndexByte(set, byte(c)) >= 0
		if got := isToken(byte(c)); got != want {
			t.Errorf("isToken(%q) = %t, want %t", byte(c), got, want)
		}
	}
}

func TestIsText(t *testing.T) {
	for c := range 256 {
		want := c == '\t' || c >= 0x20 && c <= 0x7e || c >= 0x80
		if got := isText(byte(c)); got != want {
			t.Errorf("isText(%#x) = %t, want %t", c, got, want)
		}
	}
}

func TestUnhex(t *testing.T) {
	for c := range 256 {
		want := strings.IndexByte("0123456789abcdef", lower(byte(c)))
		if got := unhex(byte(c)); got != want {
			t.Errorf("unhex(%#x) = %d, want %d", c, got, want)
		}
	}
}

func TestEqualFold(t *testing.T) {
	tests := []struct {
		a, b string
		want bool
	}{
		{a: "Host", b: "hOST", want: true},
		{a: "", b: "", want: true},
		{a: "host", b: "hosts"},
		{a: "a-b", b: "A-B", want: true},
		{a: "@", b: "`"},      // 0x20 apart, not letters
		{a: "[", b: "{"},      // likewise
		{a: "\u212a", b: "k"}, // the Kelvin sign
		{a: "\xc4", b: "\xe4"},
	}
	for _, tt := range tests {
		if got := equalFold([]byte(tt.a), tt.b); got != tt.want {
			t.Errorf("equalFold(%q, %q) = %t, want %t", tt.a, tt.b, got, tt.want)
		}
	}
}

func TestGrow(t *testing.T) {
	tests := []struct {
		name                   string
		have, room, need, want int
		limit                  int
	}{
		{name: "first", need: 1, limit: 8192, want: 512},
		{name: "first, low limit", need: 1, limit: 256, want: 256},
		{name: "fits", have: 100, room: 512, need: 412, limit: 8192, want: 512},
		{name: "doubles", have: 512, room: 512, need: 1, limit: 8192, want: 1024},
		{name: "needs more than double", have: 512, room: 512, need: 4000, limit: 8192, want: 4512},
		{name: "stops at the limit", have: 6000, room: 6000, need: 1, limit: 8192, want: 8192},
	}
	for _, tt := range tests {
		b := make([]byte, tt.have, max(tt.have, tt.room))
		got := grow(b, tt.need, tt.limit)
		if len(got) != tt.have || cap(got) != tt.want {
			t.Errorf("%s: grow to %d of %d, want %d of %d", tt.name, len(got), cap(got), tt.have, tt.want)
		}
	}
}
