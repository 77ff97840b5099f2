package http1

import (
	"bufio"
	"bytes"

	"github.com/valyala/fasthttp"
)

// fasthttp's words for a body length that isn't a number.
const (
	fastChunked = -1
	fastNone    = -2
)

// check is the second reading of a head that the gate let through. It copies
// the head (fasthttp writes into what it parses), and is reused.
type check struct {
	src    bytes.Reader
	reader *bufio.Reader
	header fasthttp.RequestHeader
}

// agrees tells whether fasthttp reads the same request out of the head: all of
// its bytes, the same method, target, host, version and framing. What fasthttp
// refuses counts as disagreement.
func (ck *check) agrees(r *Request, size int) bool {
	// fasthttp parses only what fits in the reader's buffer.
	if ck.reader == nil || ck.reader.Size() < len(r.head) {
		ck.reader = bufio.NewReaderSize(nil, max(size, len(r.head)))
	}
	ck.src.Reset(r.head)
	ck.reader.Reset(&ck.src)
	err := ck.header.Read(ck.reader)
	left := ck.src.Len() + ck.reader.Buffered()
	ck.src.Reset(nil) // r.head is borrowed
	return err == nil && left == 0 && ck.same(r)
}

// same leaves out keep-alive: fasthttp looks only for a Connection field that
// is exactly "close", where RFC 9112 §9.3 has a list.
func (ck *check) same(r *Request) bool {
	length := r.length
	switch {
	case r.chunked:
		length = fastChunked
	case !r.has(seenLength):
		length = fastNone
	}
	h := &ck.header
	return h.ContentLength() == length &&
		string(h.Method()) == r.method &&
		bytes.Equal(h.RequestURI(), r.Target()) &&
		bytes.Equal(h.Host(), r.Host()) &&
		h.IsHTTP11() == !r.http10
}
