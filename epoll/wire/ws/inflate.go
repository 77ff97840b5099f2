package ws

import (
	"bytes"
	"io"

	"github.com/klauspost/compress/flate"
)

// finalMark is an empty stored block with BFINAL, put behind flushMark so that
// the decompressor meets an end instead of a missing one.
const finalMark = "\x01\x00\x00\xff\xff"

// inflater is a decompressor and what it reads.
type inflater struct {
	src    bytes.Reader
	in     []byte // the message with its marks
	stream io.ReadCloser
}

// inflate decompresses a message whose flushMark was removed, as RFC 7692
// §7.2.2 asks, into a slice of its own. Above limit bytes it stops with 1009,
// having allocated at most twice the limit; what is not DEFLATE gives 1007.
//
// A payload of no bytes is taken for the empty message: flushMark is the second
// half of a block that nobody began, which strictly is not DEFLATE, but zlib
// lets it pass and so clients were never told.
func inflate(payload []byte, limit int) ([]byte, error) {
	if len(payload) == 0 {
		return nil, nil
	}
	f, ok := spare.inflaters.Get().(*inflater)
	if !ok {
		f = new(inflater)
		f.stream = flate.NewReader(&f.src)
	}
	defer f.release()
	f.in = append(f.in[:0], payload...)
	f.in = append(f.in, flushMark...)
	f.in = append(f.in, finalMark...)
	f.src.Reset(f.in)
	// Every reader of flate resets, and resetting to memory cannot fail.
	if err := f.stream.(flate.Resetter).Reset(&f.src, nil); err != nil {
		return nil, invalid("compressed data is damaged")
	}
	return f.read(limit)
}

// read takes the whole stream, at most limit bytes.
func (f *inflater) read(limit int) ([]byte, error) {
	// Text shrinks to a third or so; one byte above the limit shows the excess.
	out := make([]byte, 0, min(max(4*len(f.in), minBuffer), limit+1))
	for {
		n, err := f.stream.Read(out[len(out):cap(out)])
		out = out[:len(out)+n]
		switch {
		case len(out) > limit:
			return nil, tooBig(limit)
		case err == io.EOF:
			return out, f.atEnd()
		case err != nil:
			return nil, invalid("compressed data is damaged")
		case len(out) == cap(out):
			grown := make([]byte, len(out), min(2*cap(out), limit+1))
			copy(grown, out)
			out = grown
		}
	}
}

// atEnd judges where the stream ended: at our marks, or before them when the
// peer flushes with BFINAL, which it may pad with one zero byte (RFC 7692
// §7.2.3.4). Data behind the end of the stream would be lost, so it is refused.
func (f *inflater) atEnd() error {
	rest := f.src.Len()
	marks := len(flushMark) + len(finalMark)
	if rest == 0 || rest == marks || (rest == marks+1 && f.in[len(f.in)-rest] == 0) {
		return nil
	}
	return invalid("data behind the end of a compressed message")
}

// release makes f spare again. A large input buffer is left to the collector,
// so that one large message does not fill the pool with memory.
func (f *inflater) release() {
	const keep = 64 << 10
	f.src.Reset(nil)
	if cap(f.in) > keep {
		f.in = nil
	}
	spare.inflaters.Put(f)
}
