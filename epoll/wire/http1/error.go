package http1

import "strconv"

// Error is the final answer to a request that can't be taken. Values returned
// by Parse are shared by all parsers and never to be changed; a caller makes
// its own for what it refuses itself (404, 405).
type Error struct {
	// Status is the HTTP status, 400 to 599.
	Status int
	// Code names the cause in snake_case. It is stable: the JSON body and the
	// metrics carry it.
	Code string
	// Message says it to a person. It never quotes the request.
	Message string
	// Allow is the value of the Allow field that a 405 must carry (RFC 9110
	// §15.5.6), empty with any other status.
	Allow string
}

// Error gives status, code and message in one line.
func (e *Error) Error() string {
	return "http1: " + strconv.Itoa(e.Status) + " " + e.Code + ": " + e.Message
}

// ErrRequestTimeout is for the caller, which keeps the deadlines: the rest of
// a head or body did not come in time.
var ErrRequestTimeout = &Error{Status: 408, Code: "request_timeout", Message: "the request did not arrive in time"}

// MethodNotAllowed is the 405 of a resource that knows only the methods in
// allow, written as in "GET, HEAD".
func MethodNotAllowed(allow string) *Error {
	return &Error{Status: 405, Code: "method_not_allowed", Message: "use one of: " + allow, Allow: allow}
}

// The closed table of what the gate refuses, in the order a request is read.
var (
	// The request line (RFC 9112 §3). §2.2 lets a bare LF end a line and §3.2
	// a lenient reader split at any whitespace: neither is done here.
	errRequestLine   = &Error{Status: 400, Code: "bad_request_line", Message: "want METHOD SP target SP HTTP/1.1"}
	errLineEnd       = &Error{Status: 400, Code: "bad_line_end", Message: "a line must end in CR LF"}
	errMethod        = &Error{Status: 400, Code: "bad_method", Message: "a method is written in capital letters"}
	errVersion       = &Error{Status: 400, Code: "bad_version", Message: "want HTTP/1.1 or HTTP/1.0"}
	errTarget        = &Error{Status: 400, Code: "bad_target", Message: "the request target has a form or a character that is not allowed"}
	errPath          = &Error{Status: 400, Code: "bad_path", Message: "the path has a bad escape or leaves the root"}
	errTargetTooLong = &Error{Status: 414, Code: "target_too_long", Message: "the request target is above the limit"}
	errUnknownMethod = &Error{Status: 501, Code: "method_not_implemented", Message: "this method is not known here"}
	errOtherVersion  = &Error{Status: 505, Code: "version_not_supported", Message: "use HTTP/1.1 or HTTP/1.0"}

	// The field lines (RFC 9112 §5, §5.2 for folding).
	errFold          = &Error{Status: 400, Code: "folded_line", Message: "a line must not start with a space or tab"}
	errFieldName     = &Error{Status: 400, Code: "bad_header_name", Message: "a field name must be a token followed by a colon"}
	errFieldValue    = &Error{Status: 400, Code: "bad_header_value", Message: "a field value has a control character"}
	errHeadTooLarge  = &Error{Status: 431, Code: "head_too_large", Message: "the head or trailers are above the limit"}
	errTooManyFields = &Error{Status: 431, Code: "too_many_headers", Message: "too many header or trailer fields"}

	// Where it goes (RFC 9112 §3.2) and what it waits for (RFC 9110 §10.1.1).
	errNoHost   = &Error{Status: 400, Code: "missing_host", Message: "HTTP/1.1 needs a Host field"}
	errTwoHosts = &Error{Status: 400, Code: "duplicate_host", Message: "only one Host field is allowed"}
	errHost     = &Error{Status: 400, Code: "bad_host", Message: "Host must be a name or address with an optional port, equal to the target's if that has one"}
	errExpect   = &Error{Status: 417, Code: "expectation_failed", Message: "only 100-continue can be expected"}

	// Where it ends (RFC 9112 §6.3): these are the ways to smuggle a request.
	errLength        = &Error{Status: 400, Code: "bad_content_length", Message: "Content-Length must be one run of digits"}
	errTwoLengths    = &Error{Status: 400, Code: "duplicate_content_length", Message: "only one Content-Length field is allowed"}
	errCoding        = &Error{Status: 400, Code: "bad_transfer_encoding", Message: "Transfer-Encoding must be chunked, once, and HTTP/1.1"}
	errTwoFramings   = &Error{Status: 400, Code: "ambiguous_length", Message: "Content-Length and Transfer-Encoding exclude each other"}
	errUnknownCoding = &Error{Status: 501, Code: "transfer_coding_not_implemented", Message: "only the chunked transfer coding is known here"}
	errBodyTooLarge  = &Error{Status: 413, Code: "body_too_large", Message: "the body is above the limit"}

	// The chunked body (RFC 9112 §7.1).
	errChunk   = &Error{Status: 400, Code: "bad_chunk", Message: "the chunked body is malformed"}
	errTrailer = &Error{Status: 400, Code: "bad_trailer", Message: "a trailer field is malformed or not allowed"}

	// fasthttp read something else, or refused.
	errDisagree = &Error{Status: 400, Code: "bad_request", Message: "the request head is malformed"}
)
