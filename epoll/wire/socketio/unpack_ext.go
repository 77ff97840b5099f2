package socketio

import (
	"encoding/binary"
	"time"
)

// Extension types. notepack.io, which the reference uses, has type 0 for what
// JavaScript has and msgpack has not; other libraries have the specification's
// timestamp.
const (
	extNotepack  = 0
	extTimestamp = 0xff // -1
)

// maxDate is the furthest that JavaScript's dates go, in milliseconds from
// 1970 (ECMA-262 §21.4.1.1).
const maxDate = 864e13

// fixExt takes an extension of n bytes.
func (r *unpacker) fixExt(n int) (kind, error) {
	b, err := r.take(1 + n)
	if err != nil {
		return 0, err
	}
	typ, b := b[0], b[1:]
	switch {
	case typ == extNotepack && n == 1:
		return undefined, nil
	case typ == extNotepack && n == 8:
		return r.date(int64(binary.BigEndian.Uint64(b)))
	case typ == extTimestamp:
		return r.timestamp(b)
	}
	return 0, errMsgpack
}

// ext takes an extension with a size. Node's parser sends an ArrayBuffer so.
func (r *unpacker) ext(nth byte) (kind, error) {
	n, err := r.uint(1 << nth)
	if err != nil {
		return 0, err
	}
	b, err := r.take(1 + int(n))
	if err != nil {
		return 0, err
	}
	switch typ, b := b[0], b[1:]; typ {
	case extNotepack:
		return container, r.attach(b, nil)
	case extTimestamp:
		return r.timestamp(b)
	}
	return 0, errMsgpack
}

// timestamp writes a date of 4, 8 or 12 bytes (msgpack specification,
// "Timestamp extension type").
func (r *unpacker) timestamp(b []byte) (kind, error) {
	var sec int64
	var nsec uint64
	switch len(b) {
	case 4:
		sec = int64(binary.BigEndian.Uint32(b))
	case 8:
		both := binary.BigEndian.Uint64(b)
		sec, nsec = int64(both&(1<<34-1)), both>>34
	case 12:
		sec, nsec = int64(binary.BigEndian.Uint64(b[4:])), uint64(binary.BigEndian.Uint32(b))
	default:
		return 0, errMsgpack
	}
	if nsec >= 1e9 {
		return 0, errMsgpack
	}
	if sec > maxDate/1000 || sec < -maxDate/1000 {
		return r.date(maxDate + 1)
	}
	return r.date(sec*1000 + int64(nsec/1e6))
}

// date writes a date as JSON.stringify does: null beyond what JavaScript can
// tell, a sign and six digits for years that don't have four (ECMA-262
// §21.4.1.32).
func (r *unpacker) date(ms int64) (kind, error) {
	if ms > maxDate || ms < -maxDate {
		r.dst = append(r.dst, "null"...)
		return null, nil
	}
	t := time.UnixMilli(ms).UTC()
	r.dst = append(r.dst, '"')
	if year := t.Year(); year < 0 || year > 9999 {
		sign := byte('+')
		if year < 0 {
			sign, year = '-', -year
		}
		r.dst = append(r.dst, sign)
		for unit := 100000; unit > 0; unit /= 10 {
			r.dst = append(r.dst, '0'+byte(year/unit%10))
		}
	} else {
		r.dst = t.AppendFormat(r.dst, "2006")
	}
	r.dst = t.AppendFormat(r.dst, `-01-02T15:04:05.000Z"`)
	return text, nil
}
