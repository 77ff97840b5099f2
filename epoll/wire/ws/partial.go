package ws

import (
	"errors"
	"unicode/utf8"
)

// minBuffer is the first allocation for a message that came in pieces, in
// bytes, unless the message is known to be smaller.
const minBuffer = 512

// partial is what a Reader knows in the middle of a frame or of a message.
type partial struct {
	frame header // the frame whose payload is being read
	left  int    // bytes of that payload still to come

	data    []byte // payload of the open message so far
	control []byte // payload of a control frame that came in pieces
	err     error  // what ended the Reader, nil when the peer closed

	head  [maxHeader]byte // a header that is not complete yet
	nhead uint8

	op         Opcode // of the open message
	compressed bool   // the open message is
	text       runes  // of the open message, unless compressed

	open  bool // a data message has begun and not ended
	body  bool // frame is valid and its payload not complete
	ended bool // no more messages will come
}

// busy reports whether there is anything to remember.
func (s *partial) busy() bool { return s.nhead > 0 || s.body || s.open || s.ended }

// next is Reader.Next without the care for where s lives.
func (s *partial) next(cfg *Config, deflate bool, p []byte) (n int, m Message, err error) {
	if s.ended {
		return len(p), Message{}, s.err
	}
	for {
		if !s.body {
			used, err := s.readHeader(cfg, deflate, p[n:])
			n += used
			if errors.Is(err, errShort) {
				return n, Message{}, nil
			}
			if err != nil {
				return n, Message{}, s.end(err)
			}
		}
		chunk := p[n : n+min(s.left, len(p)-n)]
		n += len(chunk)
		m, err = s.readBody(cfg, chunk)
		switch {
		case err != nil:
			return n, Message{}, s.end(err)
		case m.Op == OpClose:
			*s = partial{ended: true}
			return n, m, nil
		case m.Op != OpNone || s.body:
			return n, m, nil
		}
	}
}

// end makes err the last word and drops what was held.
func (s *partial) end(err error) error {
	*s = partial{ended: true, err: err}
	return err
}

// readHeader takes a header from the bytes held and the start of p, and opens
// the frame and, if it is a first fragment, the message.
func (s *partial) readHeader(cfg *Config, deflate bool, p []byte) (n int, err error) {
	t := terms{deflate: deflate, inside: s.open, compressed: s.compressed, held: len(s.data), limit: cfg.MaxMessage}
	held := int(s.nhead)
	src := p
	if held > 0 {
		src = s.head[:held+copy(s.head[held:], p)]
	}
	h, n, err := t.parse(src)
	if errors.Is(err, errShort) {
		if held == 0 {
			copy(s.head[:], p)
		}
		s.nhead = uint8(len(src)) // short, so below maxHeader and all of p
		return len(p), errShort
	}
	if err != nil {
		return 0, err
	}
	s.nhead = 0
	s.frame, s.left, s.body = h, h.size, true
	if h.op == OpText || h.op == OpBinary {
		s.open, s.op, s.compressed, s.text = true, h.op, h.rsv1, runes{}
	}
	return n - held, nil
}

// readBody takes a piece of the payload of the current frame, all of the frame
// or all there is.
func (s *partial) readBody(cfg *Config, chunk []byte) (Message, error) {
	s.frame.key = mask(s.frame.key, chunk)
	s.left -= len(chunk)
	s.body = s.left > 0
	if s.frame.op.control() {
		return s.readControl(chunk)
	}
	return s.readData(cfg, chunk)
}

// readControl gathers a control frame beside the open message.
func (s *partial) readControl(chunk []byte) (Message, error) {
	payload := chunk
	if s.body || len(s.control) > 0 {
		s.control = append(s.control, chunk...)
		payload = s.control
	}
	if s.body {
		return Message{}, nil
	}
	s.control = nil // the caller has it now
	if s.frame.op == OpClose {
		return parseClose(payload)
	}
	return Message{Op: s.frame.op, Payload: payload}, nil
}

// readData gathers the open message and closes it with its last byte.
func (s *partial) readData(cfg *Config, chunk []byte) (Message, error) {
	text := s.op == OpText && !s.compressed
	if text && !s.text.add(chunk) {
		return Message{}, invalid("text is not UTF-8")
	}
	last := s.frame.fin && !s.body
	payload := chunk
	if !last || len(s.data) > 0 {
		s.keep(chunk)
		payload = s.data
	}
	if !last {
		return Message{}, nil
	}
	if text && !s.text.done() {
		return Message{}, invalid("text ends inside a rune")
	}
	// The buffer goes to the caller and is not reused: that way a message
	// that came in pieces leaves nothing behind on an idle connection.
	s.open, s.data = false, nil
	if s.compressed {
		return s.inflate(cfg, payload)
	}
	return Message{Op: s.op, Payload: payload}, nil
}

// inflate is the end of a compressed message. RFC 7692 §7.2.2
func (s *partial) inflate(cfg *Config, payload []byte) (Message, error) {
	payload, err := inflate(payload, cfg.MaxMessage)
	if err != nil {
		return Message{}, err
	}
	if s.op == OpText && !utf8.Valid(payload) {
		return Message{}, invalid("text is not UTF-8")
	}
	return Message{Op: s.op, Payload: payload}, nil
}

// keep appends a piece to the open message. The buffer doubles, so that many
// small pieces stay linear, and never exceeds what a last frame announced. It
// does not start at the announced size: that would let a header alone allocate.
func (s *partial) keep(chunk []byte) {
	need := len(s.data) + len(chunk)
	if need > cap(s.data) {
		size := max(2*cap(s.data), need, minBuffer)
		if s.frame.fin {
			size = min(size, need+s.left)
		}
		grown := make([]byte, len(s.data), size)
		copy(grown, s.data)
		s.data = grown
	}
	s.data = append(s.data, chunk...)
}
