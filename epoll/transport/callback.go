package transport

import "grandstand/epoll/wire/http1"

// maxCallback is the longest name of a callback: jQuery's, with a time stamp,
// have 45.
const maxCallback = 64

// errCallback refuses what could be more than a name.
var errCallback = &http1.Error{Status: 400, Code: "bad_callback",
	Message: "callback must be a name of 1 to 64 of A-Z a-z 0-9 _ $ and dots, not beginning with a digit or dot"}

// validCallback reports whether name is the name of a function, or of a member
// of one: [A-Za-z_$][\w$.]{0,63}. Nothing else gets into a script.
func validCallback(name []byte) bool {
	if len(name) == 0 || len(name) > maxCallback {
		return false
	}
	for i, c := range name {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', c == '_', c == '$':
		case i > 0 && ('0' <= c && c <= '9' || c == '.'):
		default:
			return false
		}
	}
	return true
}

// validName reports whether a name given by a client for itself is one.
func validName(name []byte) bool {
	if len(name) > maxCallback {
		return false
	}
	for _, c := range name {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '-':
		default:
			return false
		}
	}
	return true
}

// appendScript appends JSON so that it may stand in a script: no line ends where
// JSON has none (U+2028 and U+2029 were line ends before ECMAScript 2019), and,
// within HTML, no < ends the element.
func appendScript(dst, json []byte, html bool) []byte {
	from := 0
	for i := 0; i < len(json); i++ {
		with := ""
		n := 1
		switch c := json[i]; {
		case html && c == '<':
			with = `\u003c`
		case c == 0xe2 && i+2 < len(json) && json[i+1] == 0x80 && json[i+2]&^1 == 0xa8:
			with, n = `\u2028`, 3
			if json[i+2] == 0xa9 {
				with = `\u2029`
			}
		default:
			continue
		}
		dst = append(append(dst, json[from:i]...), with...)
		i += n - 1
		from = i + 1
	}
	return append(dst, json[from:]...)
}
