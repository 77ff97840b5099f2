package http1

import (
	"bytes"
	"net/netip"
)

// field is one header line: its name and its trimmed value.
type field struct{ name, value span }

// seen is the set of the fields the gate itself acts on.
type seen uint8

const (
	seenHost seen = 1 << iota
	seenLength
	seenCoding
	seenExpect
)

// tooLarge stands for every Content-Length above what Limits can allow, so
// that a number of any length is answered 413 and none can overflow.
const tooLarge = 1 << 30

// addField judges the line head[start:end], CR LF not included.
func (r *Request) addField(head []byte, start, end int) *Error {
	colon := start
	for colon < end && isToken(head[colon]) {
		colon++
	}
	switch {
	case head[start] == ' ' || head[start] == '\t':
		return errFold
	case colon == start || colon == end || head[colon] != ':':
		return errFieldName
	}
	from, to := colon+1, end
	for from < to && (head[from] == ' ' || head[from] == '\t') {
		from++
	}
	for to > from && (head[to-1] == ' ' || head[to-1] == '\t') {
		to--
	}
	for _, c := range head[from:to] {
		if !isText(c) {
			return errFieldValue
		}
	}
	r.fields = append(r.fields, field{between(start, colon), between(from, to)})
	return r.note(head[start:colon], head[from:to])
}

// note judges the fields that say where the request ends and where it goes.
func (r *Request) note(name, value []byte) *Error {
	switch len(name) { // nearly every line is done after this
	case len("Host"):
		if equalFold(name, "host") {
			return r.noteHost(value)
		}
	case len("Expect"):
		if equalFold(name, "expect") {
			if !equalFold(value, "100-continue") {
				return errExpect
			}
			r.seen |= seenExpect
		}
	case len("Trailer"):
		// A sender that announces framing as a trailer means no good, and
		// net/http refuses it too.
		if equalFold(name, "trailer") && (hasToken(value, "content-length") ||
			hasToken(value, "transfer-encoding") || hasToken(value, "trailer")) {
			return errTrailer
		}
	case len("Content-Length"):
		if equalFold(name, "content-length") {
			return r.noteLength(value)
		}
	case len("Transfer-Encoding"):
		if equalFold(name, "transfer-encoding") {
			return r.noteCoding(value)
		}
	}
	return nil
}

// noteHost takes one Host (RFC 9112 §3.2): with two, a proxy and we could
// route to different sites.
func (r *Request) noteHost(value []byte) *Error {
	if r.has(seenHost) {
		return errTwoHosts
	}
	if !validHost(value) {
		return errHost
	}
	r.seen |= seenHost
	return nil
}

// noteLength takes one run of digits (RFC 9110 §8.6).
func (r *Request) noteLength(value []byte) *Error {
	if r.has(seenLength) {
		return errTwoLengths
	}
	if len(value) == 0 {
		return errLength
	}
	n := 0
	for _, c := range value {
		if !isDigit(c) {
			return errLength
		}
		n = min(n*10+int(c-'0'), tooLarge)
	}
	r.length = n
	r.seen |= seenLength
	return nil
}

// noteCoding takes chunked and nothing else. RFC 9112 §6.3 wants 400 if
// chunked is not the last coding, §6.1 lets us say 501 if another precedes it.
func (r *Request) noteCoding(value []byte) *Error {
	if r.has(seenCoding) {
		return errCoding
	}
	r.seen |= seenCoding
	r.chunked = equalFold(value, "chunked")
	if r.chunked {
		return nil
	}
	// A comma list whose last item alone is chunked is well-formed.
	comma := bytes.LastIndexByte(value, ',')
	if comma < 0 || !equalFold(trim(value[comma+1:]), "chunked") || hasToken(value[:comma], "chunked") {
		return errCoding
	}
	return errUnknownCoding
}

// validHost takes host [":" port] with a name of letters, digits and "-._~", or
// an IPv6 address in brackets. RFC 3986 allows more in a name; no name or
// address that reaches us has it, and it ends up in logs and redirects.
func validHost(h []byte) bool {
	i := 0
	if len(h) > 0 && h[0] == '[' {
		if i = bytes.IndexByte(h, ']'); i < 0 {
			return false
		}
		addr, err := netip.ParseAddr(string(h[1:i]))
		if err != nil || !addr.Is6() || addr.Zone() != "" {
			return false
		}
		i++
	} else {
		for i < len(h) && isHostName(h[i]) {
			i++
		}
	}
	return i > 0 && (i == len(h) || h[i] == ':' && validPort(h[i+1:]))
}

func isHostName(c byte) bool {
	return isDigit(c) || isUpper(c&^0x20) || c == '-' || c == '.' || c == '_' || c == '~'
}

// validPort takes 0 to 65535. An empty port is refused.
func validPort(p []byte) bool {
	n := 0
	for _, c := range p {
		if !isDigit(c) {
			return false
		}
		n = min(n*10+int(c-'0'), 1<<16)
	}
	return len(p) > 0 && n < 1<<16
}

// Header is the value of the first field of that name, in any case, trimmed;
// nil if there is none, empty but not nil if it has no value.
func (r *Request) Header(name string) []byte {
	for i := range r.fields {
		if equalFold(r.at(r.fields[i].name), name) {
			return r.at(r.fields[i].value)
		}
	}
	return nil
}

// HeaderCount is the number of lines with that name, in any case.
func (r *Request) HeaderCount(name string) (n int) {
	for i := range r.fields {
		if equalFold(r.at(r.fields[i].name), name) {
			n++
		}
	}
	return n
}

// HasToken tells whether the comma list that all fields of that name form
// (RFC 9110 §5.3) has token, neither with regard to case.
func (r *Request) HasToken(name, token string) bool {
	for i := range r.fields {
		if equalFold(r.at(r.fields[i].name), name) && hasToken(r.at(r.fields[i].value), token) {
			return true
		}
	}
	return false
}

// Headers calls yield with every field in the order sent, names in the case
// sent, until it returns false.
func (r *Request) Headers(yield func(name, value []byte) bool) {
	for i := range r.fields {
		if !yield(r.at(r.fields[i].name), r.at(r.fields[i].value)) {
			return
		}
	}
}

// hasToken looks through one comma list. Quotes have no meaning in the lists we
// ask about.
func hasToken(list []byte, token string) bool {
	for len(list) > 0 {
		item, rest, _ := bytes.Cut(list, []byte{','})
		if equalFold(trim(item), token) {
			return true
		}
		list = rest
	}
	return false
}
