package engineio

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// separator stands between the packets of a payload in version 4.
const separator = 0x1e

// AppendElement appends a packet as an element of a polling payload in text.
// Elements are complete by themselves: in version 4 the separator stands behind
// each, and Trim takes off the last.
func AppendElement(dst []byte, version int, p Packet) []byte {
	if version != 3 {
		return append(appendText(dst, version, p), separator)
	}
	n := 1 + units(p.Data)
	if p.Binary {
		n = 2 + (len(p.Data)+2)/3*4
	}
	dst = append(strconv.AppendInt(dst, int64(n), 10), ':')
	return appendText(dst, version, p)
}

// units is the length of text as JavaScript counts it: UTF-16 code units, two
// for what UTF-8 has in four bytes.
func units(p []byte) int {
	n := 0
	for _, c := range p {
		if c&0xc0 != 0x80 {
			n++
		}
		if c >= 0xf0 {
			n++
		}
	}
	return n
}

// Trim makes a payload of elements.
func Trim(version int, elements []byte) []byte {
	if n := len(elements); version != 3 && n > 0 && elements[n-1] == separator {
		return elements[: n-1 : n-1]
	}
	return elements
}

// Next takes the first packet off a payload in text. At the end of the payload
// rest is nil; an empty one that is not nil promises a packet that is missing,
// as Next says then.
func Next(version int, p []byte) (_ Packet, rest []byte, err error) {
	var element []byte
	if version == 3 {
		if element, rest, err = cutCounted(p); err != nil {
			return Packet{}, nil, err
		}
	} else {
		element, rest, _ = bytes.Cut(p, []byte{separator})
	}
	if !utf8.Valid(element) {
		return Packet{}, nil, ErrPacket
	}
	packet, err := parseText(version, element)
	return packet, rest, err
}

// cutCounted takes "<length>:<packet>" off p.
func cutCounted(p []byte) (element, rest []byte, err error) {
	n, i := 0, 0
	for ; i < len(p) && p[i] >= '0' && p[i] <= '9'; i++ {
		if n = n*10 + int(p[i]-'0'); n > len(p) {
			return nil, nil, ErrPacket
		}
	}
	if i == 0 || i == len(p) || p[i] != ':' || n == 0 {
		return nil, nil, ErrPacket
	}
	p = p[i+1:]
	end := 0
	for n > 0 {
		if end == len(p) {
			return nil, nil, ErrPacket
		}
		r, size := utf8.DecodeRune(p[end:])
		if r == utf8.RuneError && size <= 1 {
			return nil, nil, ErrPacket
		}
		if n--; r > 0xffff {
			n--
		}
		end += size
	}
	if n < 0 { // the length cuts a pair of surrogates
		return nil, nil, ErrPacket
	}
	return p[:end:end], tail(p[end:]), nil
}

// tail is p, or nil if it is empty.
func tail(p []byte) []byte {
	if len(p) == 0 {
		return nil
	}
	return p
}

// The kinds of element in a binary payload.
const (
	isText   = 0x00
	isBinary = 0x01
	lenEnd   = 0xff
)

// maxDigits bounds a length in a binary payload: more than any body has.
const maxDigits = 9

// AppendBinaryElement appends a packet as an element of a binary payload, which
// version 3 has.
func AppendBinaryElement(dst []byte, p Packet) []byte {
	kind, first := byte(isText), byte(p.Type)
	if p.Binary {
		kind, first = isBinary, byte(p.Type-'0')
	}
	dst = append(dst, kind)
	start := len(dst)
	dst = strconv.AppendInt(dst, int64(1+len(p.Data)), 10)
	for i := start; i < len(dst); i++ {
		dst[i] -= '0'
	}
	return append(append(dst, lenEnd, first), p.Data...)
}

// NextBinary is Next for a binary payload.
func NextBinary(p []byte) (_ Packet, rest []byte, err error) {
	if len(p) == 0 || p[0] > isBinary {
		return Packet{}, nil, ErrPacket
	}
	binary := p[0] == isBinary
	n, i := 0, 1
	for ; i < len(p) && p[i] <= 9 && i <= maxDigits; i++ {
		n = n*10 + int(p[i])
	}
	if i == 1 || i == len(p) || p[i] != lenEnd || n == 0 || n > len(p)-i-1 {
		return Packet{}, nil, ErrPacket
	}
	element, rest := p[i+1:i+1+n:i+1+n], tail(p[i+1+n:])
	if binary {
		packet, err := parseBinary(element)
		return packet, rest, err
	}
	if !utf8.Valid(element) {
		return Packet{}, nil, ErrPacket
	}
	packet, err := parseText(3, element)
	return packet, rest, err
}

// parseBinary reads a packet whose first byte is its type as a number.
func parseBinary(p []byte) (Packet, error) {
	if len(p) == 0 || Type(p[0]+'0') != Message {
		return Packet{}, ErrPacket
	}
	return Packet{Type: Message, Binary: true, Data: p[1:]}, nil
}
