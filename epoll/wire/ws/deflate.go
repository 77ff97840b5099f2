package ws

import (
	"bytes"

	"github.com/klauspost/compress/flate"
)

// Levels of compression AppendDeflated knows.
const (
	minLevel = 1
	maxLevel = 9
)

// flushMark is the empty stored block that ends every flush. It is removed
// from a compressed message and supplied by its receiver. RFC 7692 §7.2.1
const flushMark = "\x00\x00\xff\xff"

// deflater is a compressor and where it writes.
type deflater struct {
	out    output
	stream *flate.Writer
}

// output is an io.Writer that appends.
type output struct{ b []byte }

// Write appends p; it cannot be refused.
func (o *output) Write(p []byte) (int, error) {
	o.b = append(o.b, p...)
	return len(p), nil
}

// AppendDeflated appends the payload compressed by itself, without context
// takeover, as the payload of a frame with RSV1 set: made once per event, it
// can be sent to every connection that negotiated permessage-deflate. level is
// 1 to 9, anything else means the nearest of them. RFC 7692 §7.2.1
//
// It may be called from any goroutine.
func AppendDeflated(dst, payload []byte, level int) []byte {
	level = min(max(level, minLevel), maxLevel)
	d, ok := spare.deflaters[level].Get().(*deflater)
	if !ok {
		d = new(deflater)
		// An error would mean a level out of range, which level is not.
		d.stream, _ = flate.NewWriter(&d.out, level)
	}
	d.out.b = dst
	d.stream.Reset(&d.out)
	// Neither call can fail: they pass on the errors of an output that has none.
	_, _ = d.stream.Write(payload)
	_ = d.stream.Flush()
	dst = d.out.b
	d.out.b = nil
	spare.deflaters[level].Put(d)
	return bytes.TrimSuffix(dst, []byte(flushMark))
}
