package sse

import (
	"bytes"
	"errors"
	"strconv"
)

// ErrTooLarge ends a stream with a line, or an event, above the limit.
var ErrTooLarge = errors.New("sse: event above the limit")

// Parser turns the bytes of one stream into events. NewParser makes one.
//
// It belongs to one goroutine at a time, and ends with the first error: that
// is final. A client that connects again makes a new one, and sends
// LastEventID as the Last-Event-ID field.
type Parser struct {
	max   int
	event Event // what Next returns
	err   error

	line []byte // of a line that came in pieces, what is there
	data []byte // the buffers of 9.2.6 follow
	name []byte
	id   []byte // set by an id field, lastID once its block ended
	last []byte

	retry    int64 // milliseconds, -1 if the stream has not said
	comments int

	begun   bool // the first line, which may start with a BOM, is over
	cr      bool // the last line ended in CR: an LF still belongs to it
	hasData bool // the block has a data line, be it empty
	loan    bool // event is with the caller until the next call
}

// NewParser gives a parser for a new stream. maxEvent is the most bytes of the
// data of one event and the line being read, together; of a comment too.
func NewParser(maxEvent int) *Parser { return &Parser{max: maxEvent, retry: -1} }

// Next consumes n bytes of p, which is borrowed for the call.
//
// With an event, p[n:] is what follows it and is to be passed again. With
// neither event nor error, all of p was consumed and more is needed. An error
// is ErrTooLarge, final, and further calls give the same.
func (ps *Parser) Next(p []byte) (n int, e *Event, err error) {
	if ps.loan {
		ps.loan = false
		ps.clear()
	}
	for n < len(p) && ps.err == nil {
		if ps.cr && p[n] == '\n' {
			ps.cr = false
			n++
			continue
		}
		ps.cr = false
		end := bytes.IndexAny(p[n:], "\r\n")
		if end < 0 {
			ps.keep(p[n:])
			break
		}
		line := ps.whole(p[n : n+end])
		n += end + 1
		ps.cr = p[n-1] == '\r'
		if ps.err == nil && ps.take(line) {
			return n, &ps.event, nil
		}
	}
	return len(p), nil, ps.err
}

// LastEventID is what to send as Last-Event-ID when connecting again, valid
// until the next call of Next. The id of a block that has not ended does not
// count: its event was not seen.
func (ps *Parser) LastEventID() []byte { return ps.last }

// Retry is how many milliseconds the stream wants a client to wait before it
// connects again; ok is false if it has not said.
func (ps *Parser) Retry() (ms int64, ok bool) { return max(ps.retry, 0), ps.retry >= 0 }

// Comments is how many comment lines came: each is a sign of life.
func (ps *Parser) Comments() int { return ps.comments }

// keep holds the start of a line whose end is still to come.
func (ps *Parser) keep(p []byte) {
	if ps.fits(len(ps.line) + len(p)) {
		ps.line = append(ps.line, p...)
	}
}

// whole gives a complete line of which p is the rest. One that came at once is
// not copied.
func (ps *Parser) whole(p []byte) []byte {
	if !ps.fits(len(ps.line) + len(p)) {
		return nil
	}
	line := p
	if len(ps.line) > 0 {
		ps.line = append(ps.line, p...)
		line, ps.line = ps.line, ps.line[:0]
	}
	if !ps.begun {
		ps.begun = true
		line = bytes.TrimPrefix(line, []byte("\ufeff"))
	}
	return line
}

// fits judges the bytes of a line before they are stored. A line that is over
// the limit is so wherever it is cut.
func (ps *Parser) fits(line int) bool {
	if len(ps.data)+line > ps.max {
		ps.err = ErrTooLarge
	}
	return ps.err == nil
}

// take reads one line without its end. It is true if that completes an event.
func (ps *Parser) take(line []byte) bool {
	if len(line) == 0 {
		return ps.dispatch()
	}
	if line[0] == ':' {
		ps.comments++
		return false
	}
	name, value, _ := bytes.Cut(line, []byte{':'})
	value = bytes.TrimPrefix(value, []byte{' '})
	switch string(name) {
	case "data":
		if ps.hasData {
			ps.data = append(ps.data, '\n')
		}
		ps.hasData = true
		ps.data = append(ps.data, value...)
	case "event":
		ps.name = append(ps.name[:0], value...)
	case "id":
		if bytes.IndexByte(value, 0) < 0 {
			ps.id = append(ps.id[:0], value...)
		}
	case "retry":
		ps.wait(value)
	}
	return false
}

// wait takes what is nothing but digits. So many that they overflow are no
// time anybody waits, and ignored as well.
func (ps *Parser) wait(value []byte) {
	for _, c := range value {
		if c < '0' || c > '9' {
			return
		}
	}
	if ms, err := strconv.ParseInt(string(value), 10, 64); err == nil {
		ps.retry = ms
	}
}

// dispatch ends a block. Without a data line there is no event, but its id
// counts all the same.
func (ps *Parser) dispatch() bool {
	ps.last = append(ps.last[:0], ps.id...)
	if !ps.hasData {
		ps.clear()
		return false
	}
	ps.event = Event{ID: ps.last, Name: ps.name, Data: ps.data}
	ps.loan = true
	return true
}

// clear forgets the block and keeps its buffers. The id stays.
func (ps *Parser) clear() {
	ps.data = ps.data[:0]
	ps.name = ps.name[:0]
	ps.hasData = false
}
