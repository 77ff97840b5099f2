package http1

// The characters of a token (RFC 9110 §5.6.2) as two bit sets: a table of 256
// would be a global, and two constants stay in registers.
const (
	tokenLow uint64 = 0x3ff<<'0' | 1<<'!' | 1<<'#' | 1<<'$' | 1<<'%' | 1<<'&' | 1<<'\'' |
		1<<'*' | 1<<'+' | 1<<'-' | 1<<'.'
	tokenHigh uint64 = (1<<26-1)<<('A'-64) | (1<<26-1)<<('a'-64) |
		1<<('^'-64) | 1<<('_'-64) | 1<<('`'-64) | 1<<('|'-64) | 1<<('~'-64)
)

func isToken(c byte) bool {
	if c < 64 {
		return tokenLow>>c&1 != 0
	}
	return c < 128 && tokenHigh>>(c-64)&1 != 0
}

// isText tells what a field value may hold: SP, HT, visible characters and
// obs-text (RFC 9110 §5.5). Bytes above 0x7F stay allowed because browsers send
// Last-Event-ID in UTF-8.
func isText(c byte) bool { return c >= ' ' && c != 0x7f || c == '\t' }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }

// lower folds ASCII only: field names and tokens have no other letters.
func lower(c byte) byte {
	if isUpper(c) {
		return c | 0x20
	}
	return c
}

// unhex gives the value of a hex digit, or -1.
func unhex(c byte) int {
	switch {
	case isDigit(c):
		return int(c - '0')
	case lower(c) >= 'a' && lower(c) <= 'f':
		return int(lower(c)-'a') + 10
	}
	return -1
}

// equalFold compares ASCII without regard to case. bytes.EqualFold would also
// match the Kelvin sign with k.
func equalFold[T string | []byte](a []byte, b T) bool {
	if len(a) != len(b) {
		return false
	}
	for i, c := range a {
		if c != b[i] && lower(c) != lower(b[i]) {
			return false
		}
	}
	return true
}

// trim cuts optional whitespace (SP and HT, RFC 9110 §5.6.3) off both ends.
func trim(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t') {
		b = b[:len(b)-1]
	}
	return b
}

// grow makes room for need more bytes in b: twice as much as before, but never
// above limit, which the caller has checked against len(b)+need.
func grow(b []byte, need, limit int) []byte {
	if cap(b)-len(b) >= need {
		return b
	}
	const first = 512 // most heads and publishes
	size := max(len(b)+need, min(max(2*cap(b), first), limit))
	out := make([]byte, len(b), size)
	copy(out, b)
	return out
}
