package load

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// page is the answer to a poll:
//
//	{"room":"R","cursor":"e-9","recovered":true,"events":[{"type":"event",...},...],"next_ms":0}
//
// Everything in it is borrowed from the body, or from the decoder of JSON.
type page struct {
	cursor    []byte
	recovered bool
	code      string   // why it isn't recovered
	events    [][]byte // native messages
	gaps      []Message
	afterMs   int64    // the server is going away; come back after that time
	end       *Message // the session was ended
	nextMs    int64    // without a wait: when to ask again
}

const (
	cursorHead    = `,"cursor":"`
	recoveredHead = `","recovered":`
	eventsHead    = `,"events":[`
	nextHead      = `],"next_ms":`
)

// parse reads a body: by position when it has just the members above, in that
// order, otherwise as any JSON.
func (g *page) parse(p []byte) error {
	if g.quick(p) {
		return nil
	}
	var a struct {
		Cursor    string
		Recovered bool
		Code      string
		Events    []json.RawMessage
		Gaps      []Message
		Reconnect struct {
			AfterMs int64 `json:"after_ms"`
		}
		End    *Message
		NextMs int64 `json:"next_ms"`
	}
	if err := json.Unmarshal(p, &a); err != nil {
		return fmt.Errorf("load: poll answer %.60q: %w", p, err)
	}
	if _, ok := Number(a.Cursor); !ok {
		return fmt.Errorf("load: poll answer with the cursor %.40q", a.Cursor)
	}
	// The list of events is used again and again: polls come by the ten thousand.
	*g = page{cursor: []byte(a.Cursor), recovered: a.Recovered, code: a.Code, gaps: a.Gaps, afterMs: a.Reconnect.AfterMs, end: a.End, nextMs: a.NextMs, events: g.events[:0]}
	for _, e := range a.Events {
		g.events = append(g.events, e)
	}
	return nil
}

// quick reads a body of the usual shape. Nothing is accounted for before the
// whole of it is known to have that shape.
func (g *page) quick(p []byte) bool {
	at := names(p)
	if at < 0 {
		return false
	}
	end := tail(p)
	if end < at+len(cursorHead) || string(p[at:at+len(cursorHead)]) != cursorHead {
		return false
	}
	at += len(cursorHead)
	quote := bytes.IndexByte(p[at:end], '"')
	if quote < 0 {
		return false
	}
	cursor := p[at : at+quote]
	rest, ok := bytes.CutPrefix(p[at+quote:end], []byte(recoveredHead))
	if !ok {
		return false
	}
	yes := bytes.HasPrefix(rest, []byte("true"))
	if yes {
		rest = rest[len("true"):]
	} else if rest, ok = bytes.CutPrefix(rest, []byte("false")); !ok {
		return false
	}
	// What only some answers have stands behind the events, where tail saw none.
	if rest, ok = bytes.CutPrefix(rest, []byte(eventsHead)); !ok {
		return false
	}
	*g = page{cursor: cursor, recovered: yes, events: g.events[:0]}
	for _, b := range p[end+len(nextHead) : len(p)-1] {
		g.nextMs = g.nextMs*10 + int64(b-'0')
	}
	_, ok = number(cursor)
	return ok && g.split(rest)
}

// names is the length of what names the rooms, or -1.
func names(p []byte) int {
	const one, several = `{"room":"`, `{"rooms":["`
	switch {
	case len(p) > len(one) && string(p[:len(one)]) == one:
		if n := stringEnd(p[len(one):]); n > 0 {
			return len(one) + n
		}
	case bytes.HasPrefix(p, []byte(several)):
		// A name with this in it has an escape before the quote; what is cut
		// off there is not the usual shape and read as JSON.
		if n := bytes.Index(p, []byte(`"]`)); n > 0 {
			return n + 2
		}
	}
	return -1
}

// tail finds the end of the events from the end of the body, or says -1.
func tail(p []byte) int {
	i := len(p) - 1
	if p[i] != '}' {
		return -1
	}
	for i--; i > 0 && p[i]-'0' <= 9; i-- {
	}
	at := i + 1 - len(nextHead)
	if i == len(p)-2 || at < 0 || string(p[at:i+1]) != nextHead {
		return -1
	}
	return at
}

// split finds the objects of a list without its brackets.
func (g *page) split(p []byte) bool {
	for len(p) > 0 {
		n := objectEnd(p)
		if n == 0 {
			return false
		}
		g.events = append(g.events, p[:n])
		if p = p[n:]; len(p) == 0 {
			return true
		}
		if p[0] != ',' || len(p) == 1 {
			return false
		}
		p = p[1:]
	}
	return true
}

// objectEnd is the length of the JSON object p begins with, 0 when there is no
// whole one. It counts brackets outside of strings; what lies in the object is
// for its reader to judge.
func objectEnd(p []byte) int {
	if len(p) == 0 || p[0] != '{' {
		return 0
	}
	return nestedEnd(p)
}

// nestedEnd is objectEnd of what begins with a bracket of any kind.
func nestedEnd(p []byte) int {
	depth := 0
	for i := 0; i < len(p); i++ {
		switch p[i] {
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		case '"':
			n := stringEnd(p[i+1:])
			if n < 0 {
				return 0
			}
			i += n
		}
	}
	return 0
}

// stringEnd is the length of a JSON string behind its first quote, the last
// one included, or -1.
func stringEnd(p []byte) int {
	for at := 0; ; {
		q := bytes.IndexByte(p[at:], '"')
		if q < 0 {
			return -1
		}
		at += q + 1
		slashes := 0 // RFC 8259 7: an odd number of them escapes the quote
		for i := at - 2; i >= 0 && p[i] == '\\'; i-- {
			slashes++
		}
		if slashes%2 == 0 {
			return at
		}
	}
}

// number is Number for bytes.
func number(p []byte) (n uint64, ok bool) {
	dash := bytes.LastIndexByte(p, '-')
	digits := p[dash+1:]
	const most = 19 // digits that can't overflow
	if dash < 1 || len(digits) == 0 || len(digits) > most {
		return 0, false
	}
	for _, b := range digits {
		if b-'0' > 9 {
			return 0, false
		}
		n = n*10 + uint64(b-'0')
	}
	return n, true
}
