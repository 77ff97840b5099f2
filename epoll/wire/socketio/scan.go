package socketio

import "unicode/utf8"

// scanner walks a JSON text (RFC 8259) and copies nothing. It is as strict as
// JSON.parse, so that what passes here passes in every client.
type scanner struct {
	p     []byte
	i     int
	depth int    // levels still allowed
	marks *marks // where placeholders are noted, nil if they mean nothing
}

// Check reports whether data is one JSON value in UTF-8, nested at most depth
// levels, as an *Error.
func Check(data []byte, depth int) error {
	if !utf8.Valid(data) {
		return errUTF8
	}
	s := scanner{p: data, depth: min(depth, maxDepth)}
	s.space()
	return s.whole()
}

// whole takes one value and wants nothing but space behind it.
func (s *scanner) whole() error {
	if err := s.value(); err != nil {
		return err
	}
	if s.space(); s.i != len(s.p) {
		return errJSON
	}
	return nil
}

// peek is the byte at hand, 0 at the end: no token begins with it.
func (s *scanner) peek() byte {
	if s.i < len(s.p) {
		return s.p[s.i]
	}
	return 0
}

// space skips insignificant whitespace, RFC 8259 §2.
func (s *scanner) space() {
	for s.i < len(s.p) {
		switch s.p[s.i] {
		case ' ', '\t', '\n', '\r':
			s.i++
		default:
			return
		}
	}
}

// value takes a value.
func (s *scanner) value() error {
	switch c := s.peek(); c {
	case '{':
		return s.object()
	case '[':
		return s.array()
	case '"':
		return s.text()
	case 't':
		return s.word("true")
	case 'f':
		return s.word("false")
	case 'n':
		return s.word("null")
	default:
		return s.number()
	}
}

// array takes an array.
func (s *scanner) array() error {
	if err := s.enter(); err != nil {
		return err
	}
	for first := true; ; first = false {
		if done, err := s.more(']', first); done || err != nil {
			return err
		}
		if err := s.value(); err != nil {
			return err
		}
	}
}

// object takes an object, and notes it if it is a placeholder.
func (s *scanner) object() error {
	from := s.i
	if err := s.enter(); err != nil {
		return err
	}
	var m members
	for first := true; ; first = false {
		if done, err := s.more('}', first); err != nil {
			return err
		} else if done {
			break
		}
		key, err := s.key()
		if err != nil {
			return err
		}
		at := s.i
		if err := s.value(); err != nil {
			return err
		}
		if s.marks != nil {
			m.add(key, s.p[at:s.i])
		}
	}
	if m.placeholder {
		return s.marks.note(s.p, from, s.i, &m)
	}
	return nil
}

// enter takes the bracket of an array or object. more takes the other one.
func (s *scanner) enter() error {
	if s.depth == 0 {
		return errDepth
	}
	s.depth--
	s.i++
	return nil
}

// more goes to the next element. It reports whether there was the closing
// bracket instead.
func (s *scanner) more(closing byte, first bool) (done bool, err error) {
	s.space()
	switch c := s.peek(); {
	case c == closing:
		s.i++
		s.depth++
		return true, nil
	case first:
		return false, nil
	case c != ',':
		return false, errJSON
	}
	s.i++
	s.space()
	return false, nil
}

// key takes a member's name and the colon, and gives the name with its quotes.
func (s *scanner) key() ([]byte, error) {
	from := s.i
	if s.peek() != '"' {
		return nil, errJSON
	}
	if err := s.text(); err != nil {
		return nil, err
	}
	key := s.p[from:s.i]
	s.space()
	if s.peek() != ':' {
		return nil, errJSON
	}
	s.i++
	s.space()
	return key, nil
}

// text takes a string, RFC 8259 §7.
func (s *scanner) text() error {
	for s.i++; s.i < len(s.p); s.i++ {
		switch c := s.p[s.i]; {
		case c == '"':
			s.i++
			return nil
		case c < 0x20:
			return errJSON
		case c == '\\':
			if err := s.escape(); err != nil {
				return err
			}
		}
	}
	return errJSON
}

// escape takes all but the last byte of an escape.
func (s *scanner) escape() error {
	s.i++
	switch s.peek() {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return nil
	case 'u':
		if len(s.p)-s.i > 4 && hex4(s.p[s.i+1:]) >= 0 {
			s.i += 4
			return nil
		}
	}
	return errJSON
}

// word takes one of the three literals.
func (s *scanner) word(w string) error {
	if len(s.p)-s.i < len(w) || string(s.p[s.i:s.i+len(w)]) != w {
		return errJSON
	}
	s.i += len(w)
	return nil
}

// number takes a number, RFC 8259 §6.
func (s *scanner) number() error {
	if s.peek() == '-' {
		s.i++
	}
	whole := s.i
	if s.digits() == 0 || s.p[whole] == '0' && s.i > whole+1 {
		return errJSON
	}
	if s.peek() == '.' {
		s.i++
		if s.digits() == 0 {
			return errJSON
		}
	}
	if c := s.peek(); c == 'e' || c == 'E' {
		s.i++
		if c := s.peek(); c == '+' || c == '-' {
			s.i++
		}
		if s.digits() == 0 {
			return errJSON
		}
	}
	return nil
}

// digits takes digits and counts them.
func (s *scanner) digits() (n int) {
	for s.i < len(s.p) && s.p[s.i]-'0' <= 9 {
		s.i++
		n++
	}
	return n
}
