package socketio

import (
	"unicode/utf16"
	"unicode/utf8"
)

// AppendString appends s as a JSON string. Escaped is what JSON demands (RFC
// 8259 §7) and what ended a line in JavaScript before 2019, because JSONP puts
// the text into a script. What is no UTF-8 becomes U+FFFD.
func AppendString[T string | []byte](dst []byte, s T) []byte {
	dst = append(dst, '"')
	from := 0 // what stands from here on is copied in one go
	for i := 0; i < len(s); {
		c, n := s[i], 1
		if c >= 0x20 && c < utf8.RuneSelf && c != '"' && c != '\\' {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			var r rune
			r, n = utf8.DecodeRuneInString(string(s[i:min(i+utf8.UTFMax, len(s))]))
			if (r != utf8.RuneError || n > 1) && r != 0x2028 && r != 0x2029 {
				i += n
				continue
			}
		}
		dst = appendEscape(append(dst, s[from:i]...), c, s[i+n-1])
		i += n
		from = i
	}
	return append(append(dst, s[from:]...), '"')
}

// appendEscape appends a character that can't stand in a string as it is,
// given its first and last byte.
func appendEscape(dst []byte, c, last byte) []byte {
	const hex = "0123456789abcdef"
	switch {
	case c == '"' || c == '\\':
		return append(dst, '\\', c)
	case c == '\n':
		return append(dst, '\\', 'n')
	case c == '\r':
		return append(dst, '\\', 'r')
	case c == '\t':
		return append(dst, '\\', 't')
	case c < 0x20:
		return append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
	case c == 0xE2 && last&^1 == 0xA8: // E2 80 A8 and A9
		return append(dst, '\\', 'u', '2', '0', '2', '8'+last&1)
	}
	return append(dst, "\uFFFD"...)
}

// appendUnquoted appends what a valid JSON string means, as UTF-8. Half a
// surrogate pair becomes U+FFFD.
func appendUnquoted(dst, quoted []byte) []byte {
	p := quoted[1 : len(quoted)-1]
	for len(p) > 0 {
		var r rune
		if r, p = nextRune(p); r < utf8.RuneSelf {
			dst = append(dst, byte(r))
		} else {
			dst = utf8.AppendRune(dst, r)
		}
	}
	return dst
}

// nextRune takes one character from the inside of a valid JSON string.
func nextRune(p []byte) (rune, []byte) {
	if p[0] != '\\' {
		r, n := utf8.DecodeRune(p)
		return r, p[n:]
	}
	switch c := p[1]; c {
	case 'b':
		return '\b', p[2:]
	case 'f':
		return '\f', p[2:]
	case 'n':
		return '\n', p[2:]
	case 'r':
		return '\r', p[2:]
	case 't':
		return '\t', p[2:]
	case 'u':
	default:
		return rune(c), p[2:]
	}
	r := hex4(p[2:])
	p = p[6:]
	if !utf16.IsSurrogate(r) {
		return r, p
	}
	if len(p) >= 6 && p[0] == '\\' && p[1] == 'u' {
		if pair := utf16.DecodeRune(r, hex4(p[2:])); pair != utf8.RuneError {
			return pair, p[6:]
		}
	}
	return utf8.RuneError, p
}

// isString reports whether a valid JSON string means s, however it is escaped.
func isString(quoted []byte, s string) bool {
	p := quoted[1 : len(quoted)-1]
	if len(p) < len(s) { // an escape is never shorter than what it means
		return false
	}
	for len(p) > 0 && s != "" {
		r, n := utf8.DecodeRuneInString(s)
		var got rune
		if got, p = nextRune(p); got != r {
			return false
		}
		s = s[n:]
	}
	return len(p) == 0 && s == ""
}

// hex4 is the value of four hexadecimal digits, -1 if they are none. p has at
// least four bytes.
func hex4(p []byte) rune {
	var r rune
	for _, c := range p[:4] {
		switch {
		case c-'0' <= 9:
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return -1
		}
		r = r<<4 | rune(c)
	}
	return r
}
