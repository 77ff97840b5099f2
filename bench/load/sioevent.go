package load

import (
	"bytes"
	"encoding/json"
)

// sioDecoder reads EVENT packets by position:
//
//	42["name",DATA]
//	42/space,["name",DATA,{"room":"R","id":"e-9"},"e-9"]
//
// The object behind the data names room and id, the string is the offset that
// connection state recovery appends, which is the id again; a server may send
// neither, or one of them. What stands around the number of the id is one
// constant for each room, so that comparisons replace parsing.
//
// A decoder belongs to one loop.
type sioDecoder struct {
	space string
	name  string // up to the data, as last seen
	rooms []sioTail
	memo  sioMemo
}

// sioTail is what follows the data of the events of a room.
type sioTail struct {
	lead   string // up to the digits of the id
	repeat string // between them and the same digits again; empty when they come once
	end    string // what follows the last digit
}

func newSioDecoder(space string, rooms int) sioDecoder {
	return sioDecoder{space: space, rooms: make([]sioTail, rooms), memo: sioMemo{rooms: rooms}}
}

// parse reads a packet. Rooms and epoch are those of d.
func (s *sioDecoder) parse(p []byte, d *decoder) (event, error) {
	if e, n := s.memo.find(p); n > 0 && n == len(p) {
		s.known(e, d)
		return *e, nil
	}
	e, err := s.read(p, d)
	if err == nil {
		s.memo.put(p, &e)
	}
	return e, err
}

// known goes on behind a packet that the memo has found.
func (s *sioDecoder) known(e *event, d *decoder) {
	s.memo.at++
	d.after[d.last], d.last = e.room, e.room
}

// read is parse of a packet that nobody had before.
func (s *sioDecoder) read(p []byte, d *decoder) (event, error) {
	if s.name == "" || len(p) <= len(s.name) || string(p[:len(s.name)]) != s.name {
		if err := s.learnName(p); err != nil {
			return event{}, err
		}
	}
	rest := p[len(s.name):]
	n := 0
	switch {
	case len(rest) == 0:
	case rest[0] == '"':
		n = stringEnd(rest[1:]) + 1
	case rest[0] == '{':
		n = objectEnd(rest)
	}
	if n == 0 { // neither string nor object, or cut: nothing of ours
		if json.Valid(p[bytes.IndexByte(p, '['):]) {
			return event{}, errForeign
		}
		return event{}, errEvent
	}
	e, err := s.tail(rest[n:], d)
	if err != nil {
		return e, err
	}
	e.stamp, e.seq, err = parsePayload(rest[:n])
	return e, err
}

// learnName finds where the data of a packet begins.
func (s *sioDecoder) learnName(p []byte) error {
	const kinds = 2 // "42"
	rest := p[kinds:]
	if s.space == "" && bytes.HasPrefix(rest, []byte{'/'}) || len(rest) < len(s.space) || string(rest[:len(s.space)]) != s.space {
		return errRoom // another namespace
	}
	const open = `["`
	rest = rest[len(s.space):]
	if len(rest) < len(open) || string(rest[:len(open)]) != open {
		return errEvent
	}
	n := stringEnd(rest[len(open):])
	at := len(open) + n
	if n < 0 || len(rest) <= at {
		return errEvent
	}
	if rest[at] == ']' { // an event without data
		return errForeign
	}
	if rest[at] != ',' {
		return errEvent
	}
	s.name = string(p[:kinds+len(s.space)+at+1])
	return nil
}

// tail reads what follows the data.
func (s *sioDecoder) tail(p []byte, d *decoder) (event, error) {
	if len(p) == 1 && p[0] == ']' {
		if len(s.rooms) > 1 {
			return event{}, errRoom // it doesn't say which
		}
		return event{}, nil
	}
	e := event{room: d.after[d.last], epoch: d.epoch}
	id, ok := s.rooms[e.room].match(p)
	if !ok {
		if e.room, ok = roomOf(p, d); ok {
			id, ok = s.rooms[e.room].match(p)
		}
	}
	if !ok {
		return s.learn(p, d)
	}
	e.id = id
	d.after[d.last] = e.room
	d.last = e.room
	return e, nil
}

// match reads the number of an id. ok is false when p isn't of the shape last seen.
func (t *sioTail) match(p []byte) (id uint64, ok bool) {
	i := len(t.lead)
	if i == 0 || len(p) <= i || string(p[:i]) != t.lead {
		return 0, false
	}
	for ; i < len(p) && p[i]-'0' <= 9; i++ {
		id = id*10 + uint64(p[i]-'0')
	}
	digits := p[len(t.lead):i]
	p = p[i:]
	if n := len(t.repeat); n > 0 {
		if len(p) < n+len(digits) || string(p[:n]) != t.repeat || !bytes.Equal(p[n:n+len(digits)], digits) {
			return 0, false
		}
		p = p[n+len(digits):]
	}
	return id, len(digits) > 0 && string(p) == t.end
}

// roomOf is the room that what follows the data names, when it begins with that.
func roomOf(p []byte, d *decoder) (room int, ok bool) {
	const head = `,{"room":"`
	if len(p) < len(head) || string(p[:len(head)]) != head {
		return 0, len(d.after) == 1 // an offset alone: it names none
	}
	q := bytes.IndexByte(p[len(head):], '"')
	if q < 0 {
		return 0, false
	}
	room, ok = d.index[string(p[len(head):len(head)+q])]
	return room, ok
}

// learn reads what follows the data as any JSON, and remembers its shape.
func (s *sioDecoder) learn(p []byte, d *decoder) (event, error) {
	room, text, err := arguments(p, d)
	if err != nil {
		return event{}, err
	}
	e := event{room: room}
	if text == "" {
		return e, nil
	}
	var ok bool
	if e.id, ok = Number(text); !ok || e.id == 0 {
		return event{}, errEvent
	}
	dash := len(text) - digits([]byte(text))
	if d.enter(text[:dash-1]) {
		clear(s.rooms)
	}
	e.epoch = d.epoch
	d.after[d.last], d.last = room, room
	var t sioTail
	first := bytes.Index(p, []byte(`"`+text+`"`))
	again := bytes.LastIndex(p, []byte(`"`+text+`"`))
	if first < 0 { // escaped: it is read like this each time
		return e, nil
	}
	t.lead, t.end = string(p[:first+1+dash]), string(p[again+1+len(text):])
	if again > first {
		t.repeat = string(p[first+1+len(text) : again+1+dash])
	}
	if id, ok := t.match(p); ok && id == e.id {
		s.rooms[room] = t
	}
	return e, nil
}

// arguments reads what follows the data: an object, an offset, both or neither.
func arguments(p []byte, d *decoder) (room int, id string, err error) {
	var list []json.RawMessage
	if len(p) < 2 || p[0] != ',' || json.Unmarshal(append([]byte{'['}, p[1:]...), &list) != nil || len(list) == 0 {
		return 0, "", errEvent
	}
	var meta struct{ Room, ID *string }
	if list[0][0] == '{' {
		if json.Unmarshal(list[0], &meta) != nil {
			return 0, "", errEvent
		}
		list = list[1:]
	}
	if meta.ID != nil {
		id = *meta.ID
	}
	if len(list) > 0 {
		var offset string
		if len(list) > 1 || json.Unmarshal(list[0], &offset) != nil || meta.ID != nil && offset != id {
			return 0, "", errEvent
		}
		id = offset
	}
	switch {
	case meta.Room != nil:
		var known bool
		if room, known = d.index[*meta.Room]; !known {
			return 0, "", errRoom
		}
	case len(d.after) > 1:
		return 0, "", errRoom // it doesn't say which
	}
	return room, id, nil
}
