package socketio

import (
	"encoding/binary"
	"math"
	"strconv"
	"unicode/utf8"
)

// kind is what a value is to JSON.
type kind uint8

const (
	undefined kind = iota
	null
	boolean
	numeric
	text
	container // array, object, or the placeholder of a binary value
)

// unpacker turns msgpack into JSON, value by value. Every size is compared
// with what is there before anything is made of it.
type unpacker struct {
	p           []byte
	i           int
	depth       int      // levels still allowed
	attachments int      // how many binary values are allowed
	dst         []byte   // the JSON
	found       [][]byte // the binary values, parts of p
}

// take takes n bytes.
func (r *unpacker) take(n int) ([]byte, error) {
	if n < 0 || n > len(r.p)-r.i {
		return nil, errMsgpack
	}
	b := r.p[r.i : r.i+n : r.i+n]
	r.i += n
	return b, nil
}

// uint takes an unsigned number of 1, 2, 4 or 8 bytes.
func (r *unpacker) uint(n int) (uint64, error) {
	b, err := r.take(n)
	if err != nil {
		return 0, err
	}
	var u uint64
	for _, c := range b {
		u = u<<8 | uint64(c)
	}
	return u, nil
}

// sized takes a size, of 1, 2 or 4 bytes for the first, second and third head
// in a row, and that many bytes.
func (r *unpacker) sized(nth byte) ([]byte, error) {
	n, err := r.uint(1 << nth)
	if err != nil {
		return nil, err
	}
	return r.take(int(n))
}

// value takes a value and writes it as JSON, nothing for undefined.
func (r *unpacker) value() (kind, error) {
	head, err := r.take(1)
	if err != nil {
		return 0, err
	}
	switch c := head[0]; {
	case c < mpFixMap:
		r.dst = strconv.AppendUint(r.dst, uint64(c), 10)
		return numeric, nil
	case c >= mpNegative:
		r.dst = strconv.AppendInt(r.dst, int64(int8(c)), 10)
		return numeric, nil
	case c < mpNil || c >= mpStr:
		r.i--
		return r.compound()
	default:
		return r.scalar(c)
	}
}

// compound takes a string, array or map.
func (r *unpacker) compound() (kind, error) {
	if n, ok, err := r.mapHead(); ok || err != nil {
		return container, r.object(n, err)
	}
	if n, ok, err := r.arrayHead(); ok || err != nil {
		return container, r.array(n, err)
	}
	s, err := r.text()
	if err == nil {
		r.dst = AppendString(r.dst, s)
	}
	return text, err
}

// scalar takes what begins with c and is neither small number nor compound.
func (r *unpacker) scalar(c byte) (kind, error) {
	switch {
	case c == mpNil:
		r.dst = append(r.dst, "null"...)
		return null, nil
	case c == mpFalse || c == mpTrue:
		r.dst = strconv.AppendBool(r.dst, c == mpTrue)
		return boolean, nil
	case c >= mpBin && c < mpExt:
		b, err := r.sized(c - mpBin)
		return container, r.attach(b, err)
	case c >= mpExt && c < mpFloat:
		return r.ext(c - mpExt)
	case c >= mpFloat && c < mpUint:
		return r.float(c)
	case c >= mpUint && c < mpInt:
		u, err := r.uint(1 << (c - mpUint))
		r.dst = strconv.AppendUint(r.dst, u, 10)
		return numeric, err
	case c >= mpInt && c < mpFixExt:
		n := 1 << (c - mpInt)
		u, err := r.uint(n)
		shift := 64 - 8*n // the sign is the highest bit of n bytes
		r.dst = strconv.AppendInt(r.dst, int64(u<<shift)>>shift, 10)
		return numeric, err
	case c >= mpFixExt && c < mpStr:
		return r.fixExt(1 << (c - mpFixExt))
	}
	return 0, errMsgpack // c1 is never used
}

// float takes a float of 4 or 8 bytes.
func (r *unpacker) float(c byte) (kind, error) {
	b, err := r.take(4 << (c - mpFloat))
	if err != nil {
		return 0, err
	}
	f := 0.0
	if len(b) == 4 {
		f = float64(math.Float32frombits(binary.BigEndian.Uint32(b)))
	} else {
		f = math.Float64frombits(binary.BigEndian.Uint64(b))
	}
	r.dst = appendFloat(r.dst, f)
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return null, nil
	}
	return numeric, nil
}

// attach keeps a binary value and writes its placeholder.
func (r *unpacker) attach(b []byte, err error) error {
	if err != nil {
		return err
	}
	if len(r.found) >= r.attachments {
		return errTooMany
	}
	r.dst = AppendPlaceholder(r.dst, len(r.found))
	r.found = append(r.found, b)
	return nil
}

// text takes a string.
func (r *unpacker) text() ([]byte, error) {
	head, err := r.take(1)
	if err != nil {
		return nil, err
	}
	var s []byte
	switch c := head[0]; {
	case c >= mpFixStr && c < mpNil:
		s, err = r.take(int(c - mpFixStr))
	case c >= mpStr && c < mpArray:
		s, err = r.sized(c - mpStr)
	default:
		return nil, errMsgpack
	}
	if err == nil && !utf8.Valid(s) {
		err = errUTF8
	}
	return s, err
}

// arrayHead takes the head of an array, if that is what comes.
func (r *unpacker) arrayHead() (n int, ok bool, err error) {
	return r.countHead(mpFixArray, mpFixStr, mpArray, 1)
}

// mapHead takes the head of a map, if that is what comes.
func (r *unpacker) mapHead() (n int, ok bool, err error) {
	return r.countHead(mpFixMap, mpFixArray, mpMap, 2)
}

// countHead takes a count of elements, each of which has at least width bytes.
func (r *unpacker) countHead(fix, end, sized byte, width int) (n int, ok bool, err error) {
	if r.i >= len(r.p) {
		return 0, false, errMsgpack
	}
	switch c := r.p[r.i]; {
	case c >= fix && c < end:
		r.i++
		n = int(c - fix)
	case c == sized || c == sized+1:
		r.i++
		u, err := r.uint(2 << (c - sized))
		if err != nil {
			return 0, false, err
		}
		n = int(u)
	default:
		return 0, false, nil
	}
	if n > (len(r.p)-r.i)/width {
		return 0, false, errMsgpack
	}
	return n, true, nil
}

// array takes n elements.
func (r *unpacker) array(n int, err error) error {
	if err != nil {
		return err
	}
	if r.depth--; r.depth < 0 {
		return errDepth
	}
	r.dst = append(r.dst, '[')
	for i := range n {
		if i > 0 {
			r.dst = append(r.dst, ',')
		}
		k, err := r.value()
		if err != nil {
			return err
		}
		if k == undefined {
			r.dst = append(r.dst, "null"...)
		}
	}
	r.dst = append(r.dst, ']')
	r.depth++
	return nil
}

// object takes n members.
func (r *unpacker) object(n int, err error) error {
	if err != nil {
		return err
	}
	if r.depth--; r.depth < 0 {
		return errDepth
	}
	r.dst = append(r.dst, '{')
	begin := len(r.dst)
	for range n {
		at := len(r.dst)
		if at > begin {
			r.dst = append(r.dst, ',')
		}
		if err := r.name(); err != nil {
			return err
		}
		r.dst = append(r.dst, ':')
		k, err := r.value()
		if err != nil {
			return err
		}
		if k == undefined {
			r.dst = r.dst[:at]
		}
	}
	r.dst = append(r.dst, '}')
	r.depth++
	return nil
}

// name takes a member's name. JavaScript makes a string of a number, and of
// anything else something that no application means.
func (r *unpacker) name() error {
	at := len(r.dst)
	k, err := r.value()
	switch {
	case err != nil:
		return err
	case k == numeric:
		r.dst = append(r.dst, '"')
		digits := len(r.dst) - at
		copy(r.dst[at+1:], r.dst[at:at+digits-1])
		r.dst[at] = '"'
		r.dst = append(r.dst, '"')
		return nil
	case k != text:
		return errMsgpack
	}
	return nil
}
