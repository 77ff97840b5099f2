package load

import (
	"encoding/binary"
	"errors"

	"golang.org/x/sys/unix"
)

var (
	// errEOF: the server closed without a close frame.
	errEOF = errors.New("closed without a close frame")
	// errCut: the server closed with half a frame sent.
	errCut = errors.New("closed inside a frame")
	// errCutAnswer: the server closed with half an answer or message sent.
	errCutAnswer = errors.New("closed inside an answer")
	// errPollEOF: the server closed and left a poll without an answer.
	errPollEOF = errors.New("closed with a poll waiting")
	// errStreamEOF: the server closed without the last chunk (RFC 9112 8).
	errStreamEOF = errors.New("closed without a last chunk")
)

// receive reads connection ci until the socket is empty. The set is
// edge-triggered, so a read that doesn't fill the buffer is the last one,
// unless the peer has hung up: then everything up to the end is read.
func (l *Loop) receive(ci int, c *Conn, hup bool) {
	for c.state >= stateUpgrades && c.flags&flagStalled == 0 {
		if len(c.rest) > len(l.buf)/2 {
			l.buf = make([]byte, 2*len(l.buf))
		}
		k := 0
		if !l.cfg.Transport.streams() || c.state == stateUpgrades {
			k = copy(l.buf, c.rest) // a stream keeps what is decoded already
		}
		n, e := read(c.fd, l.buf[k:])
		if e == unix.EINTR {
			continue
		}
		if n <= 0 || e != 0 {
			l.silent(ci, c, e)
			return
		}
		if !l.came(ci, c, k, n) || k+n < len(l.buf) && !hup {
			return
		}
	}
}

// came handles n bytes that were read behind k that were kept. It reports false
// if the connection has ended, or begun anew.
func (l *Loop) came(ci int, c *Conn, k, n int) bool {
	l.now = l.clock.Now()
	l.k.n.Reads++
	l.k.n.Bytes += int64(n)
	used, err := l.take(ci, c, l.buf[:k+n])
	if c.state < stateUpgrades {
		return false
	}
	if err != nil && !errors.Is(err, errShort) {
		if c.state >= stateOpen {
			l.k.n.Broken++
		}
		l.end(ci, Ending{Err: err})
		return false
	}
	if used < k+n || !l.cfg.Transport.streams() {
		l.keep(c, l.buf[used:k+n])
	}
	return true
}

// silent handles a read that brought nothing.
func (l *Loop) silent(ci int, c *Conn, e unix.Errno) {
	switch {
	case e == unix.EAGAIN:
	case c.flags&flagPaused != 0:
		c.flags |= flagAgain // we have nothing to ask until the pause is over
	case e != 0:
		l.end(ci, Ending{Err: e})
	default:
		l.end(ci, Ending{Err: l.eof(c)})
	}
}

// take handles what came by the transport of the run. It says how many bytes
// are done with; the rest comes again, in front of what follows.
func (l *Loop) take(ci int, c *Conn, p []byte) (used int, err error) {
	switch {
	case l.framed(c):
		return l.consume(ci, c, p)
	case l.cfg.Transport.streams():
		return l.stream(ci, c, p)
	default:
		return l.answers(ci, c, p)
	}
}

// framed says whether a connection has WebSocket frames.
func (l *Loop) framed(c *Conn) bool { return l.cfg.Transport.framed() || c.flags&flagFramed != 0 }

// eof says what it means that the server closed without a word.
func (l *Loop) eof(c *Conn) error {
	switch inside := len(c.rest) > 0 || c.chunk.phase != chunkStart; {
	case l.framed(c) && inside:
		return errCut
	case l.framed(c):
		return errEOF
	case inside:
		return errCutAnswer
	case !l.cfg.Transport.streams():
		return errPollEOF
	default:
		return errStreamEOF
	}
}

// keep copies the part of a frame that came, into a buffer used before.
func (l *Loop) keep(c *Conn, p []byte) {
	if len(p) == 0 {
		l.recycle(c)
		return
	}
	if c.rest == nil && len(l.pool) > 0 {
		c.rest = l.pool[len(l.pool)-1]
		l.pool = l.pool[:len(l.pool)-1]
	}
	c.rest = append(c.rest[:0], p...)
}

// recycle gives the buffer of a cut frame back. Only ordinary ones are kept.
func (l *Loop) recycle(c *Conn) {
	const most, large = 1024, 16 << 10
	if c.rest != nil && len(l.pool) < most && cap(c.rest) <= large {
		l.pool = append(l.pool, c.rest[:0])
	}
	c.rest = nil
}

// consume handles the whole frames of p and says how many bytes they were.
func (l *Loop) consume(ci int, c *Conn, p []byte) (used int, err error) {
	if c.state == stateUpgrades {
		if used, err = l.upgraded(ci, c, p); err != nil {
			return 0, err
		}
	}
	for used < len(p) {
		// The common header, an unfragmented text of 126 bytes to 64 KiB or
		// less than 126, is read here; everything else by parseHeader.
		q := p[used:]
		h := header{op: opText, fin: true, size: 2}
		switch {
		case len(q) >= 2 && q[0] == 0x80|opText && q[1] < 126:
			h.length = int(q[1])
		case len(q) >= 4 && q[0] == 0x80|opText && q[1] == 126:
			h.size, h.length = 4, int(q[2])<<8|int(q[3])
		default:
			if h, err = parseHeader(q); err != nil {
				return used, err
			}
		}
		if len(q)-h.size < h.length {
			return used, errShort
		}
		payload := q[h.size : h.size+h.length]
		if h.op == opText && h.fin {
			l.said(ci, c, payload)
		} else if err = l.control(ci, c, h, payload); err != nil {
			return used, err
		}
		if c.state == stateIdle {
			return used, nil
		}
		used += h.size + h.length
	}
	return used, nil
}

// said handles the text of a message, in the language of the transport.
func (l *Loop) said(ci int, c *Conn, p []byte) {
	if l.cfg.Transport.SocketIO() {
		l.packet(ci, c, p)
	} else {
		l.text(ci, c, p)
	}
}

// begin handles a message that is binary, or the first fragment of one. Many
// servers send their JSON as binary; to Socket.IO binary is an attachment.
func (l *Loop) begin(ci int, c *Conn, h header, p []byte) error {
	if _, ok := l.parts[ci]; ok {
		return errors.New("load: another message inside a fragmented one")
	}
	if h.op == opBinary && l.cfg.Transport.SocketIO() {
		p = append([]byte{eioBinary}, p...)
	}
	if h.fin {
		l.said(ci, c, p)
		return nil
	}
	l.parts[ci] = append([]byte(nil), p...)
	return nil
}

// control handles everything but a whole text: control frames, fragments, binary.
func (l *Loop) control(ci int, c *Conn, h header, p []byte) error {
	switch h.op {
	case opPing:
		l.k.n.Pings++
		l.send(ci, opPong, p)
	case opPong:
	case opClose:
		how := Ending{Err: errEOF}
		if len(p) >= 2 {
			how = Ending{Code: int(binary.BigEndian.Uint16(p)), Reason: string(p[2:])}
		}
		l.send(ci, opClose, p[:min(len(p), 2)])
		if c.state != stateIdle {
			l.end(ci, how)
		}
	case opText, opBinary:
		return l.begin(ci, c, h, p)
	case opContinue:
		whole, ok := l.parts[ci]
		if !ok {
			return errors.New("load: continuation of nothing")
		}
		whole = append(whole, p...)
		if !h.fin {
			l.parts[ci] = whole
			return nil
		}
		delete(l.parts, ci)
		l.said(ci, c, whole)
	}
	return nil
}
