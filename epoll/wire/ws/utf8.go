package ws

import "unicode/utf8"

// runes checks UTF-8 that arrives in pieces. The zero value is at the start of
// a text. RFC 6455 §8.1
//
// It holds the one to three bytes of a rune that the last piece cut, and
// leaves the rest to unicode/utf8, which passes over ASCII eight bytes at a
// time.
type runes struct {
	held [utf8.UTFMax]byte
	n    uint8
}

// add takes the next piece and reports whether the text can still become
// valid: it turns false at the first octet after which nothing could follow.
func (r *runes) add(p []byte) bool {
	for r.n > 0 && len(p) > 0 {
		r.held[r.n] = p[0]
		r.n++
		p = p[1:]
		// FullRune calls a broken sequence full, and the bytes before this one
		// were not: so this byte completed the rune or broke it.
		if utf8.FullRune(r.held[:r.n]) {
			if !utf8.Valid(r.held[:r.n]) {
				return false
			}
			r.n = 0
		}
	}
	cut := wholeRunes(p)
	if !utf8.Valid(p[:cut]) {
		return false
	}
	if cut < len(p) {
		r.n = uint8(copy(r.held[:], p[cut:]))
	}
	return true
}

// done reports whether the text may end here.
func (r *runes) done() bool { return r.n == 0 }

// wholeRunes is the length of p without the unfinished rune it may end in.
func wholeRunes(p []byte) int {
	for i := len(p) - 1; i >= 0 && i >= len(p)-utf8.UTFMax+1; i-- {
		if utf8.RuneStart(p[i]) {
			if utf8.FullRune(p[i:]) {
				return len(p)
			}
			return i
		}
	}
	return len(p)
}
