package load

import (
	"bytes"
	"errors"
	"fmt"
)

// stream handles what came of an answer that doesn't end: its head, then chunks.
// Bytes of the body are always done with: what a chunk cut off is kept decoded.
func (l *Loop) stream(ci int, c *Conn, p []byte) (used int, err error) {
	if c.state == stateUpgrades {
		a, n, err := parseAnswer(p)
		switch {
		case err != nil:
			return 0, err
		case a.status != 200:
			return 0, fmt.Errorf("load: stream refused: %.200q", p)
		case !a.chunked && (l.tongue == nil || a.length >= 0):
			return 0, fmt.Errorf("load: want a stream without end, got %.200q", p[:n])
		}
		l.recycle(c) // the head, if it came in parts: from here on only the body is kept
		l.opened(c)
		if !a.chunked { // RFC 9112 6.3: the body ends with the connection
			c.chunk.phase = chunkRaw
		}
		if l.tongue != nil {
			l.greet(ci, c)
		}
		used = n
	}
	// A message may end the connection, and what follows it is nobody's then.
	for used < len(p) && c.state == stateOpen {
		piece, n, err := c.chunk.next(p[used:])
		if err != nil {
			return used, err
		}
		if used += n; len(piece) > 0 {
			if err := l.piece(ci, c, piece); err != nil {
				return used, err
			}
		}
	}
	if c.state == stateOpen && c.chunk.phase == chunkComplete {
		l.streamed(ci, c)
	}
	return used, nil
}

// streamed handles the end of the body: agreed upon, or not.
func (l *Loop) streamed(ci int, c *Conn) {
	switch {
	case len(c.rest) > 0:
		l.end(ci, Ending{Err: errCutAnswer})
	case c.flags&flagAgain == 0:
		l.end(ci, Ending{Err: errors.New("the stream ended")})
	default:
		l.again(ci, c)
	}
}

// piece handles a stretch of the body: messages, of which the first may have
// begun and the last may end in other pieces.
func (l *Loop) piece(ci int, c *Conn, p []byte) error {
	// The usual piece is a whole message and lies in the buffer of the loop.
	// Only what a chunk or a read has cut is put together elsewhere.
	if len(c.rest) > 0 {
		if len(c.rest)+len(p) > maxFrame {
			return fmt.Errorf("load: message of more than %d bytes", maxFrame)
		}
		c.rest = append(c.rest, p...)
		p = c.rest
	}
	var used int
	if l.cfg.Transport == SSE {
		used = l.sse(ci, c, p)
	} else {
		used = l.lines(ci, c, p)
	}
	if c.state == stateOpen {
		l.keep(c, p[used:])
	}
	return nil
}

// lines handles whole lines, a message each. Lines of nothing are padding.
func (l *Loop) lines(ci int, c *Conn, p []byte) (used int) {
	for c.state == stateOpen {
		n := bytes.IndexByte(p[used:], '\n')
		if n < 0 {
			break
		}
		line := p[used : used+n]
		used += n + 1
		if n > 0 && (line[0] != '{' || line[n-1] == '\r') {
			line = l.inner(line)
		}
		if len(line) > 0 {
			l.text(ci, c, line)
		}
	}
	return used
}

// inner is the message in a line that doesn't begin with one: behind blanks, in a
// script, or none, when it is of the page or part around it.
func (l *Loop) inner(line []byte) []byte {
	line = bytes.TrimSpace(line)
	switch l.cfg.Transport {
	case Iframe:
		m, ok := bytes.CutPrefix(line, []byte(scriptHead))
		if !ok {
			return nil
		}
		if m, ok = bytes.CutSuffix(m, []byte(scriptTail)); !ok {
			l.k.n.Broken++
			return nil
		}
		return m
	case Multipart:
		if len(line) > 0 && line[0] != '{' {
			return nil // RFC 2046 5.1: the boundary, or a field of a part's head
		}
	}
	return line
}

// sse handles whole events of text/event-stream, each the lines up to an empty
// one. The names of events mean nothing here: with format=message all messages
// are the native ones.
func (l *Loop) sse(ci int, c *Conn, p []byte) (used int) {
	var id, data []byte
	for at := 0; c.state == stateOpen; {
		n := bytes.IndexByte(p[at:], '\n')
		if n < 0 {
			break
		}
		line := p[at : at+n]
		// WHATWG HTML 9.2.5 has CR alone end lines, too; no server of events does that.
		if at += n + 1; n > 0 && line[n-1] == '\r' {
			line = line[:n-1]
		}
		switch {
		case len(line) == 0:
			l.happened(ci, c, id, data)
			id, data, used = nil, nil, at
		case line[0] == ':':
			// A comment: the server shows that it is there. Alone, it isn't kept
			// until an empty line comes.
			l.k.n.Pings++
			if data == nil && id == nil {
				used = at
			}
		case line[0] == 'd' && data != nil:
			if more, ok := field(line, "data:"); ok { // several lines of data are one text
				data = append(append(bytes.Clone(data), '\n'), more...)
			}
		case line[0] == 'd':
			data, _ = field(line, "data:")
		case line[0] == 'i':
			id, _ = field(line, "id:")
		}
	}
	return used
}

// field is the value of a line when it has that name: without the one space
// that may follow the colon.
func field(line []byte, name string) (value []byte, ok bool) {
	if len(line) < len(name) || string(line[:len(name)]) != name {
		return nil, false
	}
	value = line[len(name):]
	if len(value) > 0 && value[0] == ' ' {
		value = value[1:]
	}
	return value, true
}

// happened handles one event. A browser resumes from the id line, so an event
// message under another id than its own would lose or repeat events.
func (l *Loop) happened(ci int, c *Conn, id, data []byte) {
	if len(data) == 0 {
		return
	}
	before := l.k.n.Delivered
	l.text(ci, c, data)
	if id != nil && l.tongue == nil && l.k.n.Delivered > before {
		if n, ok := number(id); !ok || n != c.lastID {
			l.k.n.Broken++
		}
	}
}
