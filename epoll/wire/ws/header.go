package ws

import (
	"encoding/binary"
	"errors"
)

// maxHeader is the longest frame header: two bytes, eight of length, four of
// masking key.
const maxHeader = 14

// Bits of the first two bytes of a frame. RFC 6455 §5.2
const (
	finBit  = 0x80
	rsv1Bit = 0x40
	rsvRest = 0x30
	opBits  = 0x0F
	maskBit = 0x80

	len16 = 126 // the length follows in two bytes
	len64 = 127 // the length follows in eight bytes
)

// errShort says that more bytes are needed; it never leaves the package.
var errShort = errors.New("ws: need more")

// header is the parsed head of one frame.
type header struct {
	size int    // bytes of payload
	key  uint32 // masking key, its first octet lowest
	op   Opcode
	fin  bool
	rsv1 bool
}

// terms are what the connection lets the next frame be.
type terms struct {
	deflate    bool // permessage-deflate was negotiated
	inside     bool // a fragmented message is open
	compressed bool // the open message is compressed
	held       int  // bytes of the open message so far
	limit      int  // largest message, inflated
}

// parse reads the header of a client's frame from the start of p and says how
// many bytes it took. Each rule is judged as soon as its byte is there, so
// that a broken frame is not waited for. The error is errShort or a CloseError.
func (t terms) parse(p []byte) (h header, n int, err error) {
	if len(p) == 0 {
		return header{}, 0, errShort
	}
	h.op = Opcode(p[0] & opBits)
	h.fin = p[0]&finBit != 0
	h.rsv1 = p[0]&rsv1Bit != 0
	if err := t.judge(h, p[0]&rsvRest != 0); err != nil {
		return header{}, 0, err
	}
	if len(p) == 1 {
		return header{}, 0, errShort
	}
	if p[1]&maskBit == 0 {
		return header{}, 0, violation("frame is not masked") // §5.1
	}
	h.size, n, err = t.size(h, p)
	if err != nil {
		return header{}, 0, err
	}
	if len(p) < n+4 {
		return header{}, 0, errShort
	}
	h.key = binary.LittleEndian.Uint32(p[n:])
	return h, n + 4, nil
}

// judge holds the first byte of a frame against the terms. RFC 6455 §5.2, §5.4
// and §5.5; for RSV1 RFC 7692 §6.1: only the first fragment carries it.
func (t terms) judge(h header, rsvRest bool) error {
	switch {
	case rsvRest:
		return violation("RSV2 or RSV3 is set")
	case h.rsv1 && !t.deflate:
		return violation("RSV1 without compression")
	case !h.op.known():
		return violation("reserved " + h.op.String())
	case h.rsv1 && h.op.control():
		return violation("compressed control frame")
	case h.rsv1 && h.op == OpContinuation:
		return violation("RSV1 on a continuation")
	case h.op.control() && !h.fin:
		return violation("fragmented control frame")
	case h.op == OpContinuation && !t.inside:
		return violation("continuation of nothing")
	case !h.op.control() && h.op != OpContinuation && t.inside:
		return violation("new message inside a fragmented one")
	}
	return nil
}

// size reads the payload length behind the first byte and where the masking
// key starts. RFC 6455 §5.2 wants the shortest of the three encodings.
func (t terms) size(h header, p []byte) (size, n int, err error) {
	v := uint64(p[1] &^ maskBit)
	n = 2
	switch {
	case h.op.control() && v > maxControl:
		return 0, 0, violation("control frame above 125 bytes")
	case v == len16:
		if len(p) < 4 {
			return 0, 0, errShort
		}
		v, n = uint64(binary.BigEndian.Uint16(p[2:])), 4
		if v < len16 {
			return 0, 0, violation("length is not in its shortest form")
		}
	case v == len64:
		if len(p) < 10 {
			return 0, 0, errShort
		}
		v, n = binary.BigEndian.Uint64(p[2:]), 10
		if v>>63 != 0 {
			return 0, 0, violation("length with its top bit set")
		}
		if v < 1<<16 {
			return 0, 0, violation("length is not in its shortest form")
		}
	}
	if !h.op.control() && v > uint64(t.room(h)) {
		return 0, 0, tooBig(t.limit)
	}
	return int(v), n, nil
}

// room is how many payload bytes the message of h may still bring. What does
// not compress grows a little instead, by an eighth at the very worst (fixed
// Huffman codes), so a compressed message has that much more on the wire; its
// inflated size is held to the limit itself.
func (t terms) room(h header) int {
	room := t.limit - t.held
	if h.rsv1 || (t.inside && t.compressed) {
		room += t.limit/8 + 64
	}
	return max(room, 0)
}
