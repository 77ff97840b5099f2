package http1

import "strconv"

// Framing says how the peer finds the end of a body whose length is not known
// when its head is written.
type Framing uint8

const (
	// FramingChunked is for HTTP/1.1: AppendChunk for each piece, LastChunk at
	// the end, and the connection may serve another request.
	FramingChunked Framing = iota
	// FramingClose is for HTTP/1.0, which doesn't know chunks (RFC 9112 §6.1
	// forbids to send it any): the body is what comes until the connection
	// ends, so the head says "Connection: close" whatever KeepAlive is.
	FramingClose
	// framingLength is what AppendResponse has: all of the body.
	framingLength
)

// LastChunk ends a chunked body, without trailers (RFC 9112 §7.1).
const LastChunk = "0\r\n\r\n"

// Framing is the one to answer this request with.
func (r *Request) Framing() Framing {
	if r.http10 {
		return FramingClose
	}
	return FramingChunked
}

// AppendHead appends the head of r to dst, for a body that the caller sends
// after it as f says; r.Body is ignored. After the head of an answer to HEAD,
// or of a status that has no body (1xx, 204, 304), nothing may be sent.
func AppendHead(dst []byte, r Response, f Framing) []byte {
	if f == FramingClose {
		r.KeepAlive = false
	}
	return appendHead(dst, &r, f)
}

// AppendChunk appends p as one chunk to dst. An empty p appends nothing: a
// chunk of size 0 would end the body, which is what LastChunk is for.
func AppendChunk(dst, p []byte) []byte {
	if len(p) == 0 {
		return dst
	}
	dst = strconv.AppendUint(dst, uint64(len(p)), 16)
	dst = append(dst, "\r\n"...)
	dst = append(dst, p...)
	return append(dst, "\r\n"...)
}

// appendFraming says where the body ends, of a response that may have one.
func appendFraming(dst []byte, length int, f Framing) []byte {
	switch f {
	case FramingChunked:
		return append(dst, "Transfer-Encoding: chunked\r\n"...)
	case framingLength:
		dst = append(dst, "Content-Length: "...)
		dst = strconv.AppendInt(dst, int64(length), 10)
		return append(dst, "\r\n"...)
	}
	return dst
}
