package socketio

import (
	"encoding/binary"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"
)

// The first bytes of msgpack values, those with a size of 8, 16 and 32 bits in
// a row. (msgpack specification, "Overview" of the formats.)
const (
	mpFixMap, mpFixArray, mpFixStr = 0x80, 0x90, 0xa0

	mpNil, mpFalse, mpTrue         = 0xc0, 0xc2, 0xc3
	mpBin, mpExt, mpFloat          = 0xc4, 0xc7, 0xca
	mpUint, mpInt, mpFixExt, mpStr = 0xcc, 0xd0, 0xd4, 0xd9
	mpArray, mpMap, mpNegative     = 0xdc, 0xde, 0xe0
)

// AppendMsgpack appends the one binary message that a packet is to
// socket.io-msgpack-parser: a map of type, nsp, data and id, of which the last
// two are left out if there are none, because a nil is refused there. Binary
// values are in their places.
//
// Data has to be JSON; an *Error says that it isn't, or that attachments and
// placeholders don't match, and dst comes back as it was.
func AppendMsgpack(dst []byte, k *Packet) ([]byte, error) {
	if k.Type > ConnectError {
		return dst, errType
	}
	w := packer{dst: dst, attachments: k.Attachments}
	w.s = scanner{p: k.Data, depth: maxDepth}
	if len(k.Attachments) > 0 {
		settled, order, err := settle(k.Data, len(k.Attachments), maxDepth)
		if err != nil {
			return dst, err
		}
		w.s.p, w.attachments = settled, arrange(k.Attachments, order)
	} else if !utf8.Valid(k.Data) {
		return dst, errUTF8
	}
	members := byte(2)
	if k.Data != nil {
		members++
	}
	if k.HasID {
		members++
	}
	w.dst = append(w.dst, mpFixMap|members)
	w.dst = append(appendStr(w.dst, "type"), byte(k.Type))
	w.dst = appendStr(appendStr(w.dst, "nsp"), k.namespace())
	if k.Data != nil {
		w.dst = appendStr(w.dst, "data")
		w.s.space()
		if err := w.value(); err != nil {
			return dst, err
		}
		if w.s.space(); w.s.i != len(w.s.p) {
			return dst, errJSON
		}
	}
	if k.HasID {
		w.dst = appendUint(appendStr(w.dst, "id"), k.ID)
	}
	return w.dst, nil
}

// packer turns JSON into msgpack, value by value.
type packer struct {
	s           scanner
	dst         []byte
	attachments [][]byte // those whose placeholders are still to come
}

// value takes a value of the JSON.
func (w *packer) value() error {
	from := w.s.i
	switch w.s.peek() {
	case '{':
		if w.attachment() {
			return nil
		}
		return w.object()
	case '[':
		return w.array()
	case '"':
		if err := w.s.text(); err != nil {
			return err
		}
		w.text(w.s.p[from:w.s.i])
		return nil
	case 't':
		w.dst = append(w.dst, mpTrue)
		return w.s.word("true")
	case 'f':
		w.dst = append(w.dst, mpFalse)
		return w.s.word("false")
	case 'n':
		w.dst = append(w.dst, mpNil)
		return w.s.word("null")
	}
	if err := w.s.number(); err != nil {
		return err
	}
	w.dst = appendNumber(w.dst, w.s.p[from:w.s.i])
	return nil
}

// attachment takes a placeholder, if that is what comes next: settle has
// brought all of them into this form.
func (w *packer) attachment() bool {
	rest := w.s.p[w.s.i:]
	if len(w.attachments) == 0 || len(rest) < len(placeholderHead) || string(rest[:len(placeholderHead)]) != placeholderHead {
		return false
	}
	for w.s.peek() != placeholderTail {
		w.s.i++
	}
	w.s.i++
	w.dst = appendBin(w.dst, w.attachments[0])
	w.attachments = w.attachments[1:]
	return true
}

// array takes an array.
func (w *packer) array() error {
	if err := w.s.enter(); err != nil {
		return err
	}
	at := len(w.dst)
	w.dst = append(w.dst, 0) // count puts the head here
	for n := 0; ; n++ {
		done, err := w.s.more(']', n == 0)
		if err != nil {
			return err
		}
		if done {
			w.count(at, n, mpFixArray, mpArray)
			return nil
		}
		if err := w.value(); err != nil {
			return err
		}
	}
}

// object takes an object.
func (w *packer) object() error {
	if err := w.s.enter(); err != nil {
		return err
	}
	at := len(w.dst)
	w.dst = append(w.dst, 0) // count puts the head here
	for n := 0; ; n++ {
		done, err := w.s.more('}', n == 0)
		if err != nil {
			return err
		}
		if done {
			w.count(at, n, mpFixMap, mpMap)
			return nil
		}
		key, err := w.s.key()
		if err != nil {
			return err
		}
		w.text(key)
		if err := w.value(); err != nil {
			return err
		}
	}
}

// count writes the head of an array or map of n. Most have less than 16, for
// which the byte left open is enough; others are shifted.
func (w *packer) count(at, n int, fix, sized byte) {
	switch {
	case n < 16:
		w.dst[at] = fix | byte(n)
	case n < 1<<16:
		w.dst[at] = sized
		w.dst = slices.Insert(w.dst, at+1, byte(n>>8), byte(n))
	default:
		w.dst[at] = sized + 1
		w.dst = slices.Insert(w.dst, at+1, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	}
}

// text writes what a JSON string means. An escape is at least as long as what
// it means, but the head's size is known only afterwards.
func (w *packer) text(quoted []byte) {
	at := len(w.dst)
	w.dst = appendUnquoted(w.dst, quoted)
	var head [5]byte
	w.dst = slices.Insert(w.dst, at, appendStrHead(head[:0], len(w.dst)-at)...)
}

// appendStr appends a string.
func appendStr(dst []byte, s string) []byte {
	return append(appendStrHead(dst, len(s)), s...)
}

// appendStrHead appends what stands before a string of n bytes.
func appendStrHead(dst []byte, n int) []byte {
	if n < 32 {
		return append(dst, mpFixStr|byte(n))
	}
	return appendSize(dst, mpStr, n)
}

// appendBin appends binary data.
func appendBin(dst, b []byte) []byte {
	return append(appendSize(dst, mpBin, len(b)), b...)
}

// appendSize appends the first of three heads in a row that has room for n.
func appendSize(dst []byte, head byte, n int) []byte {
	switch {
	case n < 1<<8:
		return append(dst, head, byte(n))
	case n < 1<<16:
		return binary.BigEndian.AppendUint16(append(dst, head+1), uint16(n))
	}
	return binary.BigEndian.AppendUint32(append(dst, head+2), uint32(n))
}

// appendNumber appends a valid JSON number: whole ones as such, as the
// reference does, however they are written.
func appendNumber(dst, raw []byte) []byte {
	if n, err := strconv.ParseInt(string(raw), 10, 64); err == nil {
		return appendInt(dst, n)
	}
	if n, err := strconv.ParseUint(string(raw), 10, 64); err == nil {
		return appendUint(dst, n)
	}
	f, err := strconv.ParseFloat(string(raw), 64)
	if err != nil { // out of range; JSON has no infinity to give back
		return append(dst, mpNil)
	}
	if f == math.Trunc(f) && math.Abs(f) < 1<<63 {
		return appendInt(dst, int64(f))
	}
	return binary.BigEndian.AppendUint64(append(dst, mpFloat+1), math.Float64bits(f))
}

// appendInt appends a whole number in its shortest form.
func appendInt(dst []byte, n int64) []byte {
	switch {
	case n >= 0:
		return appendUint(dst, uint64(n))
	case n >= -32:
		return append(dst, byte(n))
	case n >= math.MinInt8:
		return append(dst, mpInt, byte(n))
	case n >= math.MinInt16:
		return binary.BigEndian.AppendUint16(append(dst, mpInt+1), uint16(n))
	case n >= math.MinInt32:
		return binary.BigEndian.AppendUint32(append(dst, mpInt+2), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(dst, mpInt+3), uint64(n))
}

// appendUint appends a whole number in its shortest form.
func appendUint(dst []byte, n uint64) []byte {
	switch {
	case n < 1<<7:
		return append(dst, byte(n))
	case n < 1<<8:
		return append(dst, mpUint, byte(n))
	case n < 1<<16:
		return binary.BigEndian.AppendUint16(append(dst, mpUint+1), uint16(n))
	case n < 1<<32:
		return binary.BigEndian.AppendUint32(append(dst, mpUint+2), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(dst, mpUint+3), n)
}
