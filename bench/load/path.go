package load

import (
	"bytes"
	"strings"
)

// jsonPath names a place in JSON: result.events are the members to go through.
// An empty one is the whole.
type jsonPath []string

func parsePath(text string) jsonPath {
	if text == "" || text == "." {
		return nil
	}
	return strings.Split(text, ".")
}

// find gives the value at the place, nil if there is none.
func (j jsonPath) find(p []byte) []byte {
	p = bytes.TrimSpace(p)
	for _, name := range j {
		if p = member(p, name); p == nil {
			return nil
		}
	}
	n := valueEnd(p)
	if n == 0 {
		return nil
	}
	return p[:n]
}

// member gives what follows the name of a member of the object p begins with:
// its value, and the rest.
func member(p []byte, name string) []byte {
	if len(p) == 0 || p[0] != '{' {
		return nil
	}
	p = blanks(p[1:])
	for len(p) > 0 && p[0] == '"' {
		n := stringEnd(p[1:])
		if n < 0 {
			return nil
		}
		key := p[1:n]
		if p = blanks(p[n+1:]); len(p) == 0 || p[0] != ':' {
			return nil
		}
		p = blanks(p[1:])
		if string(key) == name {
			return p
		}
		if n = valueEnd(p); n == 0 {
			return nil
		}
		if p = blanks(p[n:]); len(p) == 0 || p[0] != ',' {
			return nil
		}
		p = blanks(p[1:])
	}
	return nil
}

// elements calls each with the values of the list p. It reports false for what
// isn't a list.
func elements(p []byte, each func(value []byte)) bool {
	if len(p) == 0 || p[0] != '[' {
		return false
	}
	for p = blanks(p[1:]); len(p) > 0 && p[0] != ']'; {
		n := valueEnd(p)
		if n == 0 {
			return false
		}
		each(p[:n])
		if p = blanks(p[n:]); len(p) > 0 && p[0] == ',' {
			p = blanks(p[1:])
		}
	}
	return len(p) > 0
}

// blanks is p without the white space in front.
func blanks(p []byte) []byte {
	for len(p) > 0 && (p[0] == ' ' || p[0] == '\n' || p[0] == '\r' || p[0] == '\t') {
		p = p[1:]
	}
	return p
}
