package load

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// The opcodes of RFC 6455 §5.2.
const (
	opContinue = 0x0
	opText     = 0x1
	opBinary   = 0x2
	opClose    = 0x8
	opPing     = 0x9
	opPong     = 0xA
)

// maxFrame bounds what a server may send in one frame. A history answer of a
// thousand large events stays well below.
const maxFrame = 16 << 20

// errShort says that the bytes end inside the frame. It never leaves the package.
var errShort = errors.New("load: need more bytes")

// header is the start of a server's frame.
type header struct {
	op     byte
	fin    bool
	size   int // bytes in front of the payload
	length int // bytes of payload
}

// parseHeader reads a frame header as a server may send it: unmasked, no
// reserved bits (we offer no extension), control frames whole and short.
func parseHeader(p []byte) (header, error) {
	if len(p) < 2 {
		return header{}, errShort
	}
	h := header{op: p[0] & 0x0F, fin: p[0]&0x80 != 0, size: 2, length: int(p[1] & 0x7F)}
	switch {
	case p[0]&0x70 != 0:
		return h, fmt.Errorf("load: frame starts %#02x: reserved bits set", p[0])
	case p[1]&0x80 != 0:
		return h, errors.New("load: masked frame from a server") // RFC 6455 §5.1
	case h.op > opBinary && h.op < opClose, h.op > opPong:
		return h, fmt.Errorf("load: unknown opcode %#x", h.op)
	case h.op >= opClose && (!h.fin || h.length > 125):
		return h, fmt.Errorf("load: control frame of %d bytes, fin %t", h.length, h.fin) // §5.5
	}
	switch h.length {
	case 126:
		if len(p) < 4 {
			return h, errShort
		}
		h.size, h.length = 4, int(binary.BigEndian.Uint16(p[2:]))
	case 127:
		if len(p) < 10 {
			return h, errShort
		}
		n := binary.BigEndian.Uint64(p[2:])
		if n > maxFrame {
			return h, fmt.Errorf("load: frame of %d bytes, limit %d", n, maxFrame)
		}
		h.size, h.length = 10, int(n)
	}
	return h, nil
}

// appendFrame appends a whole client frame, masked with key (RFC 6455 §5.3).
func appendFrame(dst []byte, op byte, key uint32, payload []byte) []byte {
	dst = append(dst, 0x80|op)
	switch n := len(payload); {
	case n < 126:
		dst = append(dst, 0x80|byte(n))
	case n < 1<<16:
		dst = binary.BigEndian.AppendUint16(append(dst, 0x80|126), uint16(n))
	default:
		dst = binary.BigEndian.AppendUint64(append(dst, 0x80|127), uint64(n))
	}
	dst = binary.BigEndian.AppendUint32(dst, key)
	start := len(dst)
	dst = append(dst, payload...)
	for i := range payload {
		dst[start+i] ^= byte(key >> (24 - 8*(i&3)))
	}
	return dst
}
