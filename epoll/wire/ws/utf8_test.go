package ws

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// viable reports, by trying, whether p can be continued to valid UTF-8. It is
// the definition that runes must meet, and shares nothing with it: the bounds
// of the second octet are 80, 90, 9F, A0, 8F and BF (Unicode Table 3-7), so
// one of a few continuations works or none does.
func viable(p []byte) bool {
	if utf8.Valid(p) {
		return true
	}
	for _, next := range []string{"\x80", "\x90", "\xa0"} {
		for _, rest := range []string{"", "\x80", "\x80\x80"} {
			if utf8.Valid([]byte(string(p) + next + rest)) {
				return true
			}
		}
	}
	return false
}

// texts are the boundary cases of UTF-8, valid or not.
func texts() []string {
	return []string{
		"", "plain", "κόσμε", "\U0010ffff", "日本語", "a😀b",
		"\x00", "\x7f", "\u0080", "\u07ff", "\u0800", "\ud7ff", "\ue000", "\uffff", "\U00010000",
		"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2\x20", "\xdf\xbf", "\xdf\xc0",
		"\xe0\x80\x80", "\xe0\x9f\xbf", "\xe0\xa0\x80", "\xe0\xa0", "\xe1\x80\xc0", "\xed\x9f\xbf", "\xed\xa0\x80", "\xed\xbf\xbf", "\xef\xbf\xbf",
		"\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf", "\xf0\x90\x80\x80", "\xf0\x90\x80", "\xf1\x80\x80\x41", "\xf4\x8f\xbf\xbf", "\xf4\x90\x80\x80",
		"\xf5\x80\x80\x80", "\xf8\x88\x80\x80\x80", "\xfe", "\xff", "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited",
		strings.Repeat("ascii and é ", 9), strings.Repeat("x", 40) + "\xff",
	}
}

// checkRunes holds runes against the definition: p in pieces of each size is
// accepted up to the octet after which nothing helps, and may end when valid.
func checkRunes(t *testing.T, p []byte) {
	t.Helper()
	for size := 1; size <= len(p)+1; size++ {
		var r runes
		alive := true
		for from := 0; from < len(p) && alive; from += size {
			to := min(from+size, len(p))
			alive = r.add(p[from:to])
			if want := viable(p[:to]); alive != want {
				t.Fatalf("pieces of %d: add said %t after % x, want %t", size, alive, p[:to], want)
			}
		}
		if got, want := alive && r.done(), utf8.Valid(p); got != want {
			t.Fatalf("pieces of %d: % x valid = %t, want %t", size, p, got, want)
		}
	}
}

func TestRunes(t *testing.T) {
	for _, text := range texts() {
		checkRunes(t, []byte(text))
		checkRunes(t, []byte("ab"+text+"é"))
	}
}

// Each pair of octets, in front of each kind of third one.
func TestRunesPairs(t *testing.T) {
	for a := 0x7f; a <= 0xff; a++ {
		for b := 0x7f; b <= 0xff; b++ {
			for _, c := range []byte{'x', 0x80, 0xbf, 0xc2} {
				checkRunes(t, []byte{byte(a), byte(b), c})
			}
		}
	}
}

func FuzzRunes(f *testing.F) {
	for _, text := range texts() {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		checkRunes(t, p[:min(len(p), 64)])
	})
}
