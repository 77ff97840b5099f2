package load

import (
	"errors"
	"fmt"
)

// The places a reader of a chunked body may be at (RFC 9112 7.1).
const (
	chunkStart    uint8 = iota // before the first digit of a size
	chunkSize                  // behind a digit
	chunkExt                   // in an extension, which means nothing to us
	chunkSizeLF                // behind the CR of the size line
	chunkData                  // left bytes are to come
	chunkDataCR                // behind the last of them
	chunkDataLF                // behind its CR
	chunkTrailer               // at the start of a line behind the last chunk
	chunkField                 // in such a line
	chunkFieldLF               // behind its CR
	chunkLastLF                // behind the CR of the empty line
	chunkComplete              // the body has ended
	chunkRaw                   // no chunks: the body ends with the connection
)

var (
	errChunk  = errors.New("load: broken chunked body")
	errBehind = errors.New("load: bytes behind the last chunk")
)

// chunks reads a chunked body that comes in pieces. The zero value is at its start.
type chunks struct {
	left  uint32 // bytes of data to come; the size as far as it was read
	phase uint8
}

// next gives the next stretch of the body that lies in p, and how many bytes of
// p that took. The piece is borrowed from p and may be empty: then only framing
// was there, or the end.
func (c *chunks) next(p []byte) (piece []byte, n int, err error) {
	if c.phase == chunkRaw {
		return p, len(p), nil
	}
	if c.phase == chunkStart {
		if piece, n = wholeChunk(p); n > 0 {
			return piece, n, nil
		}
	}
	for n < len(p) && c.phase != chunkData {
		if err = c.step(p[n]); err != nil {
			return nil, n, err
		}
		n++
	}
	if c.phase != chunkData {
		return nil, n, nil
	}
	take := min(int(c.left), len(p)-n)
	piece = p[n : n+take]
	if c.left -= uint32(take); c.left == 0 {
		c.phase = chunkDataCR
	}
	return piece, n + take, nil
}

// wholeChunk is the way of nearly every chunk: all of it is there, and its size has
// no extension. n is 0 when it is otherwise.
func wholeChunk(p []byte) (piece []byte, n int) {
	size, i := 0, 0
	for ; i < len(p) && i < 6; i++ {
		v, ok := hexDigit(p[i])
		if !ok {
			break
		}
		size = size<<4 | int(v)
	}
	end := i + 2 + size
	if i == 0 || size == 0 || len(p) < end+2 || p[i] != '\r' || p[i+1] != '\n' || p[end] != '\r' || p[end+1] != '\n' {
		return nil, 0
	}
	return p[i+2 : end], end + 2
}

// step reads one byte of framing.
func (c *chunks) step(b byte) error {
	switch c.phase {
	case chunkStart, chunkSize:
		return c.size(b)
	case chunkExt:
		if b == '\r' {
			c.phase = chunkSizeLF
		}
	case chunkField:
		if b == '\r' {
			c.phase = chunkFieldLF
		}
	case chunkTrailer:
		if c.phase = chunkField; b == '\r' {
			c.phase = chunkLastLF
		}
	case chunkDataCR:
		c.phase = chunkDataLF
		return expect(b, '\r')
	case chunkDataLF:
		c.phase = chunkStart
		return expect(b, '\n')
	case chunkFieldLF:
		c.phase = chunkTrailer
		return expect(b, '\n')
	case chunkLastLF:
		c.phase = chunkComplete
		return expect(b, '\n')
	case chunkSizeLF:
		if c.phase = chunkData; c.left == 0 {
			c.phase = chunkTrailer
		}
		return expect(b, '\n')
	default:
		return errBehind
	}
	return nil
}

// size reads a byte of the size line.
func (c *chunks) size(b byte) error {
	v, digit := hexDigit(b)
	switch {
	case digit:
		if c.left = c.left<<4 | uint32(v); c.left > maxFrame {
			return fmt.Errorf("load: chunk of more than %d bytes", maxFrame)
		}
		c.phase = chunkSize
	case c.phase == chunkStart:
		return errChunk
	case b == '\r':
		c.phase = chunkSizeLF
	case b == ';' || b == ' ' || b == '\t': // RFC 9112 7.1.1
		c.phase = chunkExt
	default:
		return errChunk
	}
	return nil
}

func expect(got, b byte) error {
	if got != b {
		return errChunk
	}
	return nil
}

func hexDigit(b byte) (v byte, ok bool) {
	switch {
	case b-'0' <= 9:
		return b - '0', true
	case b|0x20 >= 'a' && b|0x20 <= 'f':
		return b | 0x20 - 'a' + 10, true
	}
	return 0, false
}
