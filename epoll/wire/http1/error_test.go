package http1

import (
	"bytes"
	"strings"
	"testing"
)

// TestRefusalsQuoteNothing wants the answer to be the same whatever was sent:
// an error page that echoes the request is a way to write into a cache or log.
func TestRefusalsQuoteNothing(t *testing.T) {
	const mark = "zqxj"
	for _, in := range []string{
		"GET /" + mark + "# HTTP/1.1\r\n",
		mark + " / HTTP/1.1\r\n",
		strings.ToUpper(mark) + " / HTTP/1.1\r\n",
		"GET / HTTP/1.1" + mark + "\r\n",
		"GET / HTTP/1.1\r\n" + mark + "\r\n",
		"GET / HTTP/1.1\r\nHost: " + mark + "/\r\n",
		postHead + "Trailer: Authorization," + mark + "\r\n\r\n",
		chunked + mark,
	} {
		lim := DefaultLimits()
		_, _, err := NewParser(&lim).Parse([]byte(in))
		e, ok := err.(*Error)
		if !ok {
			t.Fatalf("Parse(%q) = %v (%T), want *Error", in, err, err)
		}
		answer := AppendError(nil, e, false)
		if bytes.Contains(bytes.ToLower(answer), []byte(mark)) {
			t.Errorf("the answer to %q quotes it: %q", in, answer)
		}
		if !bytes.Contains(answer, []byte("\r\nConnection: close\r\n")) {
			t.Errorf("the answer to %q does not close: %q", in, answer)
		}
	}
}

// TestRefusalCodes wants every refusal reached by a case, with a code fit for
// a metric label that no other refusal has.
func TestRefusalCodes(t *testing.T) {
	reached := map[string]bool{}
	for _, tt := range append(hostileCases(), refusals()...) {
		if got := feed(t, DefaultLimits(), tt.in); len(got) > 0 {
			reached[got[len(got)-1]] = true
		}
	}
	table := []*Error{
		errRequestLine, errLineEnd, errMethod, errVersion, errTarget, errPath, errUnknownMethod, errOtherVersion,
		errFold, errFieldName, errFieldValue, errNoHost, errTwoHosts, errHost, errExpect,
		errLength, errTwoLengths, errCoding, errTwoFramings, errUnknownCoding, errBodyTooLarge,
		errChunk, errTrailer, errDisagree,
	}
	for _, e := range table {
		if !reached[refusal(t, e)] {
			t.Errorf("no case reaches %v", e)
		}
	}
	// The limits are reached in limits_test.go.
	seen := map[string]bool{}
	for _, e := range append(table, errTargetTooLong, errHeadTooLarge, errTooManyFields, ErrRequestTimeout, MethodNotAllowed("GET")) {
		if strings.Trim(e.Code, "abcdefghijklmnopqrstuvwxyz_") != "" || seen[e.Code] || e.Message == "" {
			t.Errorf("code %q is not snake_case, or used twice, or has no message", e.Code)
		}
		seen[e.Code] = true
	}
}
