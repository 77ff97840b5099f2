package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/valyala/fasthttp"

	"grandstand/session"
)

// The codes of this port, beside those of session.
const (
	codeUnauthorized session.Code = "unauthorized"           // no key, or a wrong one
	codeUnknownPath  session.Code = "unknown_path"           // nothing is there
	codeMethod       session.Code = "method_not_allowed"     // not that way
	codeSlow         session.Code = "request_timeout"        // the request did not arrive in time
	codeLength       session.Code = "length_required"        // a body without Content-Length
	codeMediaType    session.Code = "unsupported_media_type" // not JSON by its own account
	codeHeader       session.Code = "header_too_large"       // the head is over the limit
	codeInternal     session.Code = "internal"               // a fault of ours
	codeNotReady     session.Code = "not_ready"              // should get no viewers now
	codeFull         session.Code = "too_many_connections"   // of this port
	codeTimeout      session.Code = "timeout"                // not carried out in time
)

// status is the closed table of codes; 0 if there is no such code.
func status(code session.Code) int {
	switch code {
	case session.CodeBadRoom, session.CodeBadEvent, session.CodeBadData, session.CodeBadCursor,
		session.CodeBadMessage, session.CodeBadKey, session.CodeTooMany:
		return fasthttp.StatusBadRequest
	case codeUnauthorized:
		return fasthttp.StatusUnauthorized
	case session.CodeForbidden:
		return fasthttp.StatusForbidden
	case session.CodeNotFound, session.CodeBadNamespace, codeUnknownPath:
		return fasthttp.StatusNotFound
	case codeMethod:
		return fasthttp.StatusMethodNotAllowed
	case codeSlow:
		return fasthttp.StatusRequestTimeout
	case session.CodeRoomLimit, session.CodeNotJoined, session.CodeAlreadyJoined, session.CodeEnded:
		return fasthttp.StatusConflict
	case codeLength:
		return fasthttp.StatusLengthRequired
	case session.CodeTooLarge:
		return fasthttp.StatusRequestEntityTooLarge
	case codeMediaType:
		return fasthttp.StatusUnsupportedMediaType
	case session.CodeRate:
		return fasthttp.StatusTooManyRequests
	case codeHeader:
		return fasthttp.StatusRequestHeaderFieldsTooLarge
	case codeInternal:
		return fasthttp.StatusInternalServerError
	case session.CodeBusy, session.CodeUnavailable, session.CodeStopping, codeNotReady, codeFull:
		return fasthttp.StatusServiceUnavailable
	case codeTimeout:
		return fasthttp.StatusGatewayTimeout
	case session.CodeTooManyRooms:
		// Not 429: the caller is not too fast, the server is full.
		return fasthttp.StatusInsufficientStorage
	}
	return 0
}

// refusal returns an error that fail knows how to answer.
func refusal(code session.Code, format string, args ...any) error {
	return &session.Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// fail answers with an error. One that is no refusal is a fault of ours: its
// text goes to the log and not to the caller.
func (s *Server) fail(ctx *fasthttp.RequestCtx, err error) {
	var e *session.Error
	switch {
	case errors.As(err, &e) && status(e.Code) != 0:
	case errors.Is(err, context.DeadlineExceeded):
		e = &session.Error{Code: codeTimeout, Message: fmt.Sprintf("not carried out within %v; it may still be", s.cfg.CallTimeout)}
	default:
		s.log.Error("request failed", "method", string(ctx.Method()), "path", string(ctx.URI().PathOriginal()), "error", err)
		e = &session.Error{Code: codeInternal, Message: "a fault of the server; its log says more"}
	}
	answerError(ctx, e)
}

// answerError writes e and the headers that go with its status.
func answerError(ctx *fasthttp.RequestCtx, e *session.Error) {
	code := status(e.Code)
	ctx.SetStatusCode(code)
	switch code {
	case fasthttp.StatusUnauthorized:
		ctx.Response.Header.Set("WWW-Authenticate", `Bearer realm="grandstand"`)
	case fasthttp.StatusServiceUnavailable:
		ctx.Response.Header.Set("Retry-After", "1")
	}
	ctx.SetContentType(jsonType)
	ctx.SetBody(errorBody(e))
}

// errorBody returns the JSON of an error.
func errorBody(e *session.Error) []byte {
	dst := append([]byte(`{"error":{"code":"`), e.Code...)
	dst = append(dst, `","message":`...)
	dst = appendText(dst, e.Message)
	return append(dst, "}}\n"...)
}

// appendText appends s as a JSON string.
func appendText(dst []byte, s string) []byte {
	p, _ := json.Marshal(s) // never fails for a string
	return append(dst, p...)
}
