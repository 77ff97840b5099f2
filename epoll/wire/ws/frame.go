package ws

import "encoding/binary"

// AppendHeader appends the header of an unfragmented, unmasked frame of n
// payload bytes, two to ten bytes long. rsv1 marks a payload that
// AppendDeflated made. RFC 6455 §5.2
func AppendHeader(dst []byte, op Opcode, rsv1 bool, n int) []byte {
	first := finBit | byte(op)
	if rsv1 {
		first |= rsv1Bit
	}
	return appendLength(append(dst, first), 0, n)
}

// AppendFrame appends a whole frame as a server sends it: unfragmented and
// unmasked. RFC 6455 §5.1
func AppendFrame(dst []byte, op Opcode, rsv1 bool, payload []byte) []byte {
	return append(AppendHeader(dst, op, rsv1, len(payload)), payload...)
}

// AppendMaskedFrame appends a frame as a client sends it, one fragment of a
// message unless fin is true. It serves load generators and tests.
// RFC 6455 §5.3
func AppendMaskedFrame(dst []byte, op Opcode, fin bool, key [4]byte, payload []byte) []byte {
	first := byte(op)
	if fin {
		first |= finBit
	}
	dst = appendLength(append(dst, first), maskBit, len(payload))
	dst = append(dst, key[:]...)
	start := len(dst)
	dst = append(dst, payload...)
	mask(binary.LittleEndian.Uint32(key[:]), dst[start:])
	return dst
}

// appendLength appends n in its shortest form, with the mask bit given.
func appendLength(dst []byte, bit byte, n int) []byte {
	switch {
	case n < len16:
		return append(dst, bit|byte(n))
	case n < 1<<16:
		return binary.BigEndian.AppendUint16(append(dst, bit|len16), uint16(n))
	}
	return binary.BigEndian.AppendUint64(append(dst, bit|len64), uint64(n))
}
