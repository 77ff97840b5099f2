package http1

// Methods the gate lets through.
const (
	MethodGet     = "GET"
	MethodHead    = "HEAD"
	MethodPost    = "POST"
	MethodPut     = "PUT"
	MethodPatch   = "PATCH"
	MethodDelete  = "DELETE"
	MethodOptions = "OPTIONS"
)

// span is a place in the head. Places instead of slices: the head moves when
// it outgrows its buffer or is copied out of the caller's.
type span struct{ from, to int32 }

func between(from, to int) span { return span{int32(from), int32(to)} }

func (s span) empty() bool { return s.from == s.to }

// Request is one complete request.
//
// It belongs to its Parser and is valid, with every slice got from it, until
// the next Parse or Release, and as long as the p given to Parse is unchanged.
// No accessor changes what another returned.
type Request struct {
	head   []byte
	body   []byte
	text   []byte // decoded: the path, if it had to be, then query parts
	fields []field

	method    string
	target    span
	authority span // of an absolute-form target, else empty
	path      span // raw, empty if an absolute-form target has none
	query     span
	pathLen   int // of the path in text, 0 if the raw one needs no decoding

	length  int // Content-Length
	seen    seen
	chunked bool
	http10  bool
}

// at gives the bytes of s, with no room behind: an append by the caller must
// not write into the next field.
func (r *Request) at(s span) []byte { return r.head[s.from:s.to:s.to] }

func (r *Request) has(s seen) bool { return r.seen&s != 0 }

// reset keeps what can be used again.
func (r *Request) reset() {
	*r = Request{text: r.text[:0], fields: r.fields[:0]}
}

// Method is one of the Method constants.
func (r *Request) Method() string { return r.method }

// Target is the request target as it was sent.
func (r *Request) Target() []byte { return r.at(r.target) }

// Path is the decoded path: it starts with a slash, has no empty, "." or ".."
// segment and no control character, and keeps a trailing slash. It need not be
// UTF-8. With the target "*" it is "*".
func (r *Request) Path() []byte {
	if r.pathLen > 0 {
		return r.text[:r.pathLen:r.pathLen]
	}
	return r.at(r.path)
}

// RawQuery is what follows the first "?" of the target, not decoded.
func (r *Request) RawQuery() []byte { return r.at(r.query) }

// Host is the Host field: a name, an IPv4 address or an IPv6 address in
// brackets, with an optional port. It is nil if an HTTP/1.0 request has none.
func (r *Request) Host() []byte { return r.Header("Host") }

// Body is the body with the chunks joined, of length 0 if there is none.
func (r *Request) Body() []byte { return r.body }

// HTTP10 is true for HTTP/1.0, false for HTTP/1.1: others don't get here.
func (r *Request) HTTP10() bool { return r.http10 }

// KeepAlive tells whether the connection may serve another request (RFC 9112
// §9.3): close ends it, HTTP/1.1 goes on, HTTP/1.0 only with keep-alive.
func (r *Request) KeepAlive() bool {
	if r.HasToken("Connection", "close") {
		return false
	}
	return !r.http10 || r.HasToken("Connection", "keep-alive")
}

// IsUpgrade tells whether the client asks to go on with proto, "websocket" for
// one (RFC 9110 §7.8: an HTTP/1.0 client can't ask).
func (r *Request) IsUpgrade(proto string) bool {
	return !r.http10 && r.HasToken("Connection", "upgrade") && r.HasToken("Upgrade", proto)
}

// judge looks at what no single line can tell.
func (r *Request) judge() *Error {
	switch {
	case !r.http10 && !r.has(seenHost):
		return errNoHost
	case !r.authority.empty() && !equalFold(r.at(r.authority), r.Host()):
		return errHost
	case r.has(seenLength) && r.chunked:
		return errTwoFramings
	case r.chunked && r.http10:
		return errCoding
	case r.pathLen == 0 && !r.resolve():
		return errPath
	}
	return nil
}
