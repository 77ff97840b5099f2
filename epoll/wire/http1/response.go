package http1

import (
	"encoding/json"
	"strconv"

	"github.com/valyala/fasthttp"
)

// Field is a header field of a response.
type Field struct{ Name, Value string }

// Response is what AppendResponse and AppendHead write.
type Response struct {
	// Status is the HTTP status, 100 to 599.
	Status int
	// ContentType is the Content-Type, left out if empty or if there can be no
	// body.
	ContentType string
	// Date is the Date field, as fasthttp.AppendHTTPDate writes it; left out if
	// empty. The caller has the clock.
	Date string
	// Header has further fields. Those about framing (Content-Length,
	// Transfer-Encoding) and Connection, except with status 101, are left out,
	// as are fields whose name is not a token.
	Header []Field
	// Body is the body, borrowed for the call.
	Body []byte
	// KeepAlive is false if the connection is closed after this response.
	KeepAlive bool
	// HTTP10 is true if the request was HTTP/1.0, which has to be told that
	// the connection stays.
	HTTP10 bool
	// Head is true if the request was HEAD: the body is counted, not sent.
	Head bool
}

// AppendResponse appends the response in its wire form to dst.
func AppendResponse(dst []byte, r Response) []byte {
	dst = appendHead(dst, &r, framingLength)
	if r.bodiless() || r.Head {
		return dst
	}
	return append(dst, r.Body...)
}

// bodiless is true for what has no body, and no length either (RFC 9110 §8.6
// and §15.4.5, RFC 9112 §6.1 for Transfer-Encoding).
func (r *Response) bodiless() bool {
	return r.Status < 200 || r.Status == 204 || r.Status == 304
}

// appendHead appends all up to and with the empty line. The version is always
// HTTP/1.1 (RFC 9110 §6.2).
func appendHead(dst []byte, r *Response, framing Framing) []byte {
	dst = append(dst, "HTTP/1.1 "...)
	dst = strconv.AppendInt(dst, int64(r.Status), 10)
	dst = append(dst, ' ')
	dst = append(dst, fasthttp.StatusMessage(r.Status)...)
	dst = append(dst, "\r\n"...)
	if r.Date != "" {
		dst = appendField(dst, "Date", r.Date)
	}
	if !r.bodiless() {
		if r.ContentType != "" {
			dst = appendField(dst, "Content-Type", r.ContentType)
		}
		dst = appendFraming(dst, len(r.Body), framing)
	}
	for _, f := range r.Header {
		if f.allowed(r.Status) {
			dst = appendField(dst, f.Name, f.Value)
		}
	}
	switch {
	case r.Status < 200: // the connection goes on, as what the caller says
	case !r.KeepAlive:
		dst = append(dst, "Connection: close\r\n"...)
	case r.HTTP10:
		dst = append(dst, "Connection: keep-alive\r\n"...)
	}
	return append(dst, "\r\n"...)
}

// allowed keeps a caller from contradicting the framing above.
func (f Field) allowed(status int) bool {
	if f.Name == "" {
		return false
	}
	for i := range len(f.Name) {
		if !isToken(f.Name[i]) {
			return false
		}
	}
	switch len(f.Name) {
	case len("Connection"):
		return status == 101 || !f.is("connection")
	case len("Content-Length"):
		return !f.is("content-length")
	case len("Transfer-Encoding"):
		return !f.is("transfer-encoding")
	}
	return true
}

// is compares with a name in lower case and of the same length.
func (f Field) is(name string) bool {
	for i := range len(name) {
		if lower(f.Name[i]) != name[i] {
			return false
		}
	}
	return true
}

// appendField turns what must not be in a value into spaces: a value may come
// from a request, and CR LF would start a line of the sender's choice.
func appendField(dst []byte, name, value string) []byte {
	dst = append(dst, name...)
	dst = append(dst, ": "...)
	for i := range len(value) {
		c := value[i]
		if !isText(c) {
			c = ' '
		}
		dst = append(dst, c)
	}
	return append(dst, "\r\n"...)
}

// Response is the answer that carries e as JSON. It may not be stored by
// caches: some of the statuses could be.
func (e *Error) Response(keepAlive bool) Response {
	type detail struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	// Two strings always encode.
	body, _ := json.Marshal(struct {
		Error detail `json:"error"`
	}{detail{e.Code, e.Message}})
	fields := []Field{{"Cache-Control", "no-store"}}
	if e.Allow != "" {
		fields = append(fields, Field{"Allow", e.Allow})
	}
	return Response{
		Status:      e.Status,
		ContentType: "application/json",
		Header:      fields,
		Body:        body,
		KeepAlive:   keepAlive,
	}
}

// AppendError appends the answer that carries e, with the body
// {"error":{"code":"...","message":"..."}}, to dst. After an error of Parse
// keepAlive must be false. For the answer to a HEAD or an HTTP/1.0 request, set
// that on e.Response.
func AppendError(dst []byte, e *Error, keepAlive bool) []byte {
	return AppendResponse(dst, e.Response(keepAlive))
}
