package http1

import "bytes"

// FormArg is the first value of the field name in an
// application/x-www-form-urlencoded body, decoded as by QueryArg: nil if there
// is none, empty but not nil if it has no value.
func FormArg(body []byte, name string) (value []byte) {
	FormArgs(body, name, func(v []byte) bool {
		value = v
		return false
	})
	return value
}

// FormArgs calls yield with every value of the field name in an
// application/x-www-form-urlencoded body, in the order sent and decoded as by
// QueryArg, until it returns false.
//
// A value without escapes is a slice of body; another is a copy of its own.
// Limits.MaxBody bounds both: the walk is linear, decoding only shrinks, and
// fields of other names cost no memory.
func FormArgs(body []byte, name string, yield func(value []byte) bool) {
	eachValue(body, name, func(v []byte) bool {
		if !isEscaped(v) {
			return yield(v)
		}
		return yield(appendDecoded(make([]byte, 0, len(v)), v))
	})
}

// eachValue yields the values of name in the pairs of raw, not decoded. Empty
// pairs are skipped (WHATWG URL 5.1); a pair without "=" has an empty value.
func eachValue(raw []byte, name string, yield func(value []byte) bool) {
	for rest := raw; len(rest) > 0; {
		var pair []byte
		pair, rest, _ = bytes.Cut(rest, []byte{'&'})
		key, value, ok := bytes.Cut(pair, []byte{'='})
		if len(pair) == 0 || !decodesTo(key, name) {
			continue
		}
		if !ok {
			value = pair[len(pair):]
		}
		if !yield(value[:len(value):len(value)]) {
			return
		}
	}
}

// isEscaped tells whether decoding b would change it. A stray percent sign
// counts as well: it is rare.
func isEscaped(b []byte) bool {
	return bytes.IndexByte(b, '%') >= 0 || bytes.IndexByte(b, '+') >= 0
}

// decodesTo compares without decoding into memory, as most keys that are
// looked at are other ones.
func decodesTo(b []byte, name string) bool {
	for len(b) > 0 {
		c, n := decoded(b)
		if name == "" || c != name[0] {
			return false
		}
		b, name = b[n:], name[1:]
	}
	return name == ""
}

// appendDecoded appends b decoded to dst.
func appendDecoded(dst, b []byte) []byte {
	for len(b) > 0 {
		c, n := decoded(b)
		dst, b = append(dst, c), b[n:]
	}
	return dst
}

// decoded is the character b starts with and how many bytes it takes up.
func decoded(b []byte) (c byte, n int) {
	if b[0] == '+' {
		return ' ', 1
	}
	if v, ok := escape(b); ok && b[0] == '%' {
		return v, 3
	}
	return b[0], 1
}
