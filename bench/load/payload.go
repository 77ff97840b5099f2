package load

import (
	"encoding/binary"
	"errors"
)

// A payload is the `data` of an event. It carries the intended time of
// publishing (16 hex digits of nanoseconds) and the number of the event in
// its room (8 hex digits) at a fixed place near its start, in one of two
// forms:
//
//	"<stamp><seq><padding>"                a string of an exact size
//	{"s":"<stamp><seq>", more members}     an object a person may read
const (
	stampDigits = 16
	seqDigits   = 8
	markDigits  = stampDigits + seqDigits

	// MinData is the smallest string payload in bytes: quotes, stamp, number.
	MinData = markDigits + 2

	objectHead = `{"s":"`
	padding    = "grandstand-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMN "
)

var (
	// errForeign says that data carries no stamp: somebody else published it.
	errForeign = errors.New("load: data without a stamp")
	// errDamaged says that data is one of ours and isn't whole.
	errDamaged = errors.New("load: damaged data")
)

// AppendString appends the string form, exactly size bytes or MinData if
// that is more.
func AppendString(dst []byte, stamp int64, seq uint32, size int) []byte {
	dst = append(dst, '"')
	dst = appendMark(dst, stamp, seq)
	for left := size - MinData; left > 0; left -= len(padding) {
		dst = append(dst, padding[:min(left, len(padding))]...)
	}
	return append(dst, '"')
}

// AppendObject appends the object form. members is what follows the mark: JSON
// members without the leading comma, or nothing.
func AppendObject(dst []byte, stamp int64, seq uint32, members []byte) []byte {
	dst = append(dst, objectHead...)
	dst = append(appendMark(dst, stamp, seq), '"')
	if len(members) > 0 {
		dst = append(append(dst, ','), members...)
	}
	return append(dst, '}')
}

// parsePayload reads the mark and checks that what follows it is whole: two
// frames run into each other would show there.
func parsePayload(p []byte) (stamp int64, seq uint32, err error) {
	at := 1
	if len(p) > 0 && p[0] == '{' {
		at = len(objectHead)
	}
	if len(p) < at+markDigits+1 || p[0] != '"' && string(p[:at]) != objectHead {
		return 0, 0, errForeign
	}
	hi, ok1 := hex8(p[at:])
	lo, ok2 := hex8(p[at+8:])
	seq, ok3 := hex8(p[at+stampDigits:])
	if !ok1 || !ok2 || !ok3 {
		return 0, 0, errForeign
	}
	if !whole(p[0] == '"', p[at+markDigits:]) {
		return 0, 0, errDamaged
	}
	return int64(hi)<<32 | int64(lo), seq, nil
}

// whole checks what stands behind the mark: padding and a quote in a string,
// more members and a brace in an object.
func whole(text bool, p []byte) bool {
	last := len(p) - 1
	if !text {
		return last > 0 && p[0] == '"' && p[last] == '}'
	}
	return p[last] == '"' && padded(p[:last])
}

// padded says whether p is what AppendString fills a string up with.
func padded(p []byte) bool {
	for ; len(p) > len(padding); p = p[len(padding):] {
		if string(p[:len(padding)]) != padding {
			return false
		}
	}
	return string(p) == padding[:len(p)]
}

func appendMark(dst []byte, stamp int64, seq uint32) []byte {
	const digits = "0123456789abcdef"
	for shift := 60; shift >= 0; shift -= 4 {
		dst = append(dst, digits[stamp>>shift&15])
	}
	for shift := 28; shift >= 0; shift -= 4 {
		dst = append(dst, digits[seq>>shift&15])
	}
	return dst
}

// hex8 reads eight hex digits at once: every digit is brought to its value in
// its own byte, then the bytes are drawn together.
func hex8(p []byte) (uint32, bool) {
	x := binary.BigEndian.Uint64(p)
	letter := x >> 6 & 0x0101010101010101 // 1 in each byte that holds a letter
	v := x&0x0F0F0F0F0F0F0F0F + 9*letter
	// A digit is 0x3_, a lower-case letter 0x6_; anything else is damage.
	ok := x&0xF0F0F0F0F0F0F0F0 == 0x3030303030303030+letter*0x30
	v = (v | v>>4) & 0x00FF00FF00FF00FF
	v = (v | v>>8) & 0x0000FFFF0000FFFF
	return uint32(v | v>>16), ok
}
