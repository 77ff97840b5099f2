package engineio

import (
	"bytes"
	"encoding/json"
)

// scriptName is the array of functions that a client waits with for answers.
const scriptName = "___eio["

// ScriptIndex is the digits of a request's j, which are all that is used of it.
func ScriptIndex(j []byte) string {
	var digits []byte
	for _, c := range j {
		if c >= '0' && c <= '9' {
			digits = append(digits, c)
		}
	}
	return string(digits)
}

// AppendScript appends the answer that calls the client's function with a
// payload, which must be UTF-8.
func AppendScript(dst []byte, index string, payload []byte) []byte {
	const digits = "0123456789abcdef"
	dst = append(append(append(dst, scriptName...), index...), `]("`...)
	for i := 0; i < len(payload); i++ {
		switch c := payload[i]; {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c == '\n':
			dst = append(dst, `\n`...)
		case c < ' ' || c == 0x7f:
			dst = append(dst, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		case c == 0xe2 && i+2 < len(payload) && payload[i+1] == 0x80 && payload[i+2]&^1 == 0xa8:
			// U+2028 and U+2029 end a line of a script, before ECMAScript 2019.
			dst = append(dst, `\u202`...)
			dst = append(dst, '8'+payload[i+2]&1)
			i += 2
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, `");`...)
}

// ParseScript returns the payload of an answer to a script element.
func ParseScript(p []byte) (index string, payload []byte, err error) {
	rest, ok := bytes.CutPrefix(p, []byte(scriptName))
	if !ok {
		return "", nil, ErrPacket
	}
	i, rest, ok := bytes.Cut(rest, []byte("]("))
	if !ok {
		return "", nil, ErrPacket
	}
	literal, ok := bytes.CutSuffix(rest, []byte(");"))
	if !ok {
		return "", nil, ErrPacket
	}
	var s string
	if json.Unmarshal(literal, &s) != nil {
		return "", nil, ErrPacket
	}
	return string(i), []byte(s), nil
}

// Unescape undoes in place what clients do to a payload before they put it into
// a form: a line end is written \n, so that browsers leave it alone, and one
// that was written so already is \\n.
func Unescape(p []byte) []byte {
	out := p[:0]
	for i := 0; i < len(p); i++ {
		switch rest := p[i:]; {
		case bytes.HasPrefix(rest, []byte(`\\n`)):
			out = append(out, `\n`...)
			i += 2
		case bytes.HasPrefix(rest, []byte(`\n`)):
			out = append(out, '\n')
			i++
		default:
			out = append(out, p[i])
		}
	}
	return out
}

// Escape is what a client does to a payload before it goes into a form.
func Escape(dst, p []byte) []byte {
	p = bytes.ReplaceAll(p, []byte(`\n`), []byte(`\\n`))
	return append(dst, bytes.ReplaceAll(p, []byte("\n"), []byte(`\n`))...)
}
