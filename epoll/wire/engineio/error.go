package engineio

import "strconv"

// Error is a refusal of a request, by a number that clients know.
type Error struct {
	Code    int
	Message string
}

// The closed table of refusals.
const (
	codeTransport = iota
	codeSession
	codeMethod
	codeRequest
	codeForbidden
	codeVersion
)

// ErrTransport refuses a carrier that is not open.
func ErrTransport() *Error { return &Error{codeTransport, "Transport unknown"} }

// ErrSession refuses an id that is nobody's.
func ErrSession() *Error { return &Error{codeSession, "Session ID unknown"} }

// ErrMethod refuses a handshake by another method than GET.
func ErrMethod() *Error { return &Error{codeMethod, "Bad handshake method"} }

// ErrRequest refuses what makes no sense.
func ErrRequest() *Error { return &Error{codeRequest, "Bad request"} }

// ErrForbidden refuses who may not connect.
func ErrForbidden() *Error { return &Error{codeForbidden, "Forbidden"} }

// ErrVersion refuses a version of the protocol that is not open.
func ErrVersion() *Error { return &Error{codeVersion, "Unsupported protocol version"} }

// Error is the message.
func (e *Error) Error() string { return "engineio: " + e.Message }

// Status is the HTTP status that goes with it.
func (e *Error) Status() int {
	if e.Code == codeForbidden {
		return 403
	}
	return 400
}

// Name is a word for it, for metrics.
func (e *Error) Name() string {
	switch e.Code {
	case codeTransport:
		return "engineio_transport_unknown"
	case codeSession:
		return "engineio_session_unknown"
	case codeMethod:
		return "engineio_bad_method"
	case codeForbidden:
		return "engineio_forbidden"
	case codeVersion:
		return "engineio_bad_version"
	}
	return "engineio_bad_request"
}

// AppendBody appends the JSON of an answer over HTTP.
func (e *Error) AppendBody(dst []byte) []byte {
	dst = strconv.AppendInt(append(dst, `{"code":`...), int64(e.Code), 10)
	dst = append(dst, `,"message":`...)
	return append(strconv.AppendQuote(dst, e.Message), '}')
}
