package load

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// The holes of a shape.
const (
	shapeEnd  uint8 = iota // behind the last text
	shapeRoom              // a string of JSON without its quotes
	shapeID                // text that ends with a number
	shapeData              // the data of the event
	shapeAny               // what differs and doesn't matter
)

// eventShape is what an event of a foreign server looks like: text with holes. One
// without parts takes any message that holds the data of one of our events;
// it lies where it lay the last time, as a rule, and is searched otherwise.
//
// An eventShape belongs to one loop.
type eventShape struct {
	parts []shapePart
	at    int    // without parts: where the data lay
	room  int    // of the last event
	name  string // of that room, as it stood there
}

type shapePart struct {
	text string // in front of the hole
	hole uint8
}

// parseShape reads a shape from text such as {"ch":"{room}","d":{data}{any}.
func parseShape(text string) (eventShape, error) {
	var s eventShape
	if text == "" {
		return s, nil
	}
	names := map[string]uint8{"room": shapeRoom, "id": shapeID, "data": shapeData, "any": shapeAny}
	from, data := 0, 0
	for at := 0; at < len(text); {
		end := strings.IndexByte(text[at:], '}')
		hole, ok := names[strings.TrimPrefix(text[at:at+max(end, 0)], "{")]
		if text[at] != '{' || end < 0 || !ok {
			at++
			continue
		}
		if hole == shapeData {
			data++
		}
		if n := len(s.parts); at == from && n > 0 && s.parts[n-1].hole != shapeData { // which ends by itself
			return s, fmt.Errorf("shape %.80q: two holes without text between them", text)
		}
		s.parts = append(s.parts, shapePart{text: text[from:at], hole: hole})
		at += end + 1
		from = at
	}
	if data != 1 {
		return s, fmt.Errorf("shape %.80q: want {data} once", text)
	}
	s.parts = append(s.parts, shapePart{text: text[from:]})
	return s, nil
}

// has says whether there is such a hole.
func (s *eventShape) has(hole uint8) bool {
	for i := range s.parts {
		if s.parts[i].hole == hole {
			return true
		}
	}
	return false
}

// parse reads a message. What isn't of the shape is errNotEvent; what is, and
// has data of somebody else, errForeign. The event has an id above 0 if the shape
// says where it stands.
func (s *eventShape) parse(p []byte, d *decoder) (event, error) {
	if s.parts == nil {
		return s.search(p)
	}
	var e event
	var data []byte
	at := 0
	for i := range s.parts {
		part := &s.parts[i]
		if len(p)-at < len(part.text) || string(p[at:at+len(part.text)]) != part.text {
			return e, missedShape(data)
		}
		at += len(part.text)
		n, err := 0, error(nil)
		switch part.hole {
		case shapeRoom:
			n, err = s.roomAt(p[at:], d)
			e.room = s.room
		case shapeID:
			n = s.until(i, p[at:])
			if e.id = lastNumber(p[at : at+max(n, 0)]); e.id == 0 {
				return e, missedShape(data)
			}
		case shapeData:
			if n = valueEnd(p[at:]); n == 0 {
				return e, errEvent
			}
			data = p[at : at+n]
		case shapeAny:
			n = s.until(i, p[at:])
		}
		if err != nil {
			return e, err
		}
		if n < 0 {
			return e, missedShape(data)
		}
		at += n
	}
	if at < len(p) {
		return e, missedShape(data)
	}
	var err error
	e.stamp, e.seq, err = parsePayload(data)
	return e, err
}

// missedShape says what it means that a message isn't of the shape: behind the
// data, that an event is damaged.
func missedShape(data []byte) error {
	if data == nil {
		return errNotEvent
	}
	return errEvent
}

// until is how long what fills hole i is: up to the text behind it, or to the end.
func (s *eventShape) until(i int, p []byte) int {
	next := s.parts[i+1].text
	if next == "" && i+2 == len(s.parts) {
		return len(p)
	}
	return bytes.Index(p, []byte(next))
}

// roomAt finds the room whose name p begins with, and how long the name is.
func (s *eventShape) roomAt(p []byte, d *decoder) (int, error) {
	if n := len(s.name); n > 0 && len(p) > n && p[n] == '"' && string(p[:n]) == s.name {
		return n, nil
	}
	n := stringEnd(p) - 1
	if n < 0 {
		return 0, errEvent
	}
	name := p[:n]
	if bytes.IndexByte(name, '\\') >= 0 {
		var plain string
		if json.Unmarshal([]byte(`"`+string(name)+`"`), &plain) != nil {
			return n, errEvent
		}
		name = []byte(plain)
	}
	room, ok := d.index[string(name)]
	if !ok {
		return n, errRoom
	}
	s.room, s.name = room, string(p[:n])
	return n, nil
}

// lastNumber is the number that p ends with, plus one, so that 0 is none.
func lastNumber(p []byte) (n uint64) {
	k := digits(p)
	if k == 0 || k > 18 {
		return 0
	}
	for _, b := range p[len(p)-k:] {
		n = n*10 + uint64(b-'0')
	}
	return n + 1
}

// search finds the data of one of our events in a message: quotes in front of a
// mark. The data may be text within a string, with its quotes escaped.
func (s *eventShape) search(p []byte) (event, error) {
	if s.at < len(p) && p[s.at] == '"' {
		if e, err := marked(p, s.at); err != errForeign { //nolint:errorlint // it is never wrapped
			return e, err
		}
	}
	for at := 0; ; at++ {
		q := bytes.IndexByte(p[at:], '"')
		if q < 0 {
			return event{}, errNotEvent
		}
		at += q
		e, err := marked(p, at)
		if err != errForeign { //nolint:errorlint // it is never wrapped
			s.at = at
			return e, err
		}
	}
}

// marked reads the event whose mark stands behind the quote at a place.
func marked(p []byte, quote int) (event, error) {
	m := p[quote+1:]
	if len(m) <= markDigits {
		return event{}, errForeign
	}
	hi, ok1 := hex8(m)
	lo, ok2 := hex8(m[8:])
	seq, ok3 := hex8(m[stampDigits:])
	if !ok1 || !ok2 || !ok3 {
		return event{}, errForeign
	}
	e := event{seq: seq, stamp: int64(hi)<<32 | int64(lo)}
	rest := m[markDigits:]
	end := bytes.IndexByte(rest, '"')
	if end < 0 {
		return e, errDamaged
	}
	if end > 0 && rest[end-1] == '\\' { // padding has neither quotes nor backslashes
		end--
	}
	if !padded(rest[:end]) {
		return e, errDamaged
	}
	return e, nil
}

// valueEnd is the length of the JSON value p begins with, 0 when there is no
// whole one.
func valueEnd(p []byte) int {
	if len(p) == 0 {
		return 0
	}
	switch p[0] {
	case '"':
		return max(stringEnd(p[1:]), -1) + 1
	case '{', '[':
		return nestedEnd(p)
	}
	n := bytes.IndexAny(p, ",]} \t\r\n")
	if n < 0 {
		return len(p)
	}
	return n
}
