package api

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net"
	"strings"
	"time"

	"github.com/valyala/fasthttp"

	"grandstand/session"
)

// keyring is the digests of the keys: of one length, so that comparing takes
// the same time for all.
type keyring [][sha256.Size]byte

func newKeyring(keys []string) keyring {
	ring := make(keyring, len(keys))
	for i, k := range keys {
		ring[i] = sha256.Sum256([]byte(k))
	}
	return ring
}

// admits reports whether a request shows one of the keys. All are compared,
// whichever matches.
func (k keyring) admits(h *fasthttp.RequestHeader) bool {
	if len(k) == 0 {
		return true
	}
	// RFC 9110 §11.1: the scheme's case does not matter.
	scheme, token, _ := bytes.Cut(h.Peek(fasthttp.HeaderAuthorization), []byte(" "))
	sum := sha256.Sum256(bytes.TrimLeft(token, " "))
	ok := 0
	for i := range k {
		ok |= subtle.ConstantTimeCompare(k[i][:], sum[:])
	}
	return ok == 1 && bytes.EqualFold(scheme, []byte("Bearer"))
}

// guarded reports whether a path asks for a key.
func guarded(path []byte) bool {
	return bytes.Equal(path, []byte("/v1")) || bytes.HasPrefix(path, []byte("/v1/"))
}

// admit refuses who may not be here.
func (s *Server) admit(ctx *fasthttp.RequestCtx) error {
	if !guarded(ctx.URI().PathOriginal()) {
		return nil
	}
	if !s.keys.admits(&ctx.Request.Header) {
		return refusal(codeUnauthorized, "this needs a key, as Authorization: Bearer KEY")
	}
	if len(s.keys) == 0 && len(ctx.Request.Header.Peek(fasthttp.HeaderOrigin)) > 0 {
		return refusal(session.CodeForbidden, "pages in a browser may not call this port while it asks for no key")
	}
	return nil
}

// sized sets the limit of a body once its head is read. Without a key there
// is none to speak of: a stranger shall not have us hold megabytes.
func (s *Server) sized(h *fasthttp.RequestHeader) fasthttp.RequestConfig {
	if s.keys.admits(h) {
		return fasthttp.RequestConfig{}
	}
	return fasthttp.RequestConfig{MaxRequestBodySize: 1}
}

// expected answers "Expect: 100-continue": what would be refused is refused
// before the body is sent.
func (s *Server) expected(ctx *fasthttp.RequestCtx) int {
	s.mayWrite(ctx)
	err := s.admit(ctx)
	if err == nil && ctx.Request.Header.ContentLength() > s.cfg.MaxBody {
		err = s.tooLarge()
	}
	if err == nil {
		return fasthttp.StatusContinue
	}
	linger(ctx.Conn())
	s.fail(ctx, err)
	return ctx.Response.StatusCode()
}

func (s *Server) tooLarge() error {
	if len(s.keys) > 0 {
		return refusal(session.CodeTooLarge, "the body is over the limit of %d bytes, or comes without a key", s.cfg.MaxBody)
	}
	return refusal(session.CodeTooLarge, "the body is over the limit of %d bytes", s.cfg.MaxBody)
}

// mayWrite gives time for an answer that fasthttp writes without a deadline of
// its own: the one of the last answer on the connection may have passed.
func (s *Server) mayWrite(ctx *fasthttp.RequestCtx) {
	ctx.Conn().SetWriteDeadline(time.Now().Add(s.cfg.ReadTimeout)) //nolint:errcheck // the write tells
}

// unreadable answers what could not be read as a request. The connection ends
// with it.
func (s *Server) unreadable(ctx *fasthttp.RequestCtx, err error) {
	s.mayWrite(ctx)
	linger(ctx.Conn())
	var small *fasthttp.ErrSmallBuffer
	var network net.Error
	switch {
	case errors.As(err, &small):
		err = refusal(codeHeader, "the request's head is over the limit of %d bytes", maxHead)
	case errors.Is(err, fasthttp.ErrBodyTooLarge):
		// Of a body in chunks fasthttp has dropped the head by now: then a
		// stranger gets the 413.
		if err = s.admit(ctx); err == nil {
			err = s.tooLarge()
		}
	case errors.As(err, &network) && network.Timeout():
		err = refusal(codeSlow, "the request did not arrive within %v", s.cfg.ReadTimeout)
	default:
		// Not err's text: it quotes the request.
		err = refusal(session.CodeBadMessage, "not a well-formed HTTP/1.1 request")
	}
	s.fail(ctx, err)
}

// framed refuses what two readers could take for two different requests.
// fasthttp lets Transfer-Encoding win over Content-Length; RFC 9112 §6.3 has
// such a message handled as an error.
func framed(ctx *fasthttp.RequestCtx) error {
	h := &ctx.Request.Header
	// fasthttp calls an empty body in chunks one of length 0.
	if h.ContentLength() > 0 || !named(h, "transfer-encoding") || !named(h, "content-length") {
		return nil
	}
	ctx.SetConnectionClose()
	return refusal(session.CodeBadMessage, "both Content-Length and Transfer-Encoding")
}

// named reports whether the request came with a header of that lower-case
// name. fasthttp adds and removes some.
func named(h *fasthttp.RequestHeader, name string) bool {
	for line := range bytes.SplitSeq(h.RawHeaders(), []byte("\n")) {
		key, _, ok := bytes.Cut(line, []byte(":"))
		if ok && len(key) == len(name) && bytes.EqualFold(key, []byte(name)) {
			return true
		}
	}
	return false
}

// content returns the body of a POST.
func content(ctx *fasthttp.RequestCtx) ([]byte, error) {
	h := &ctx.Request.Header
	kind, _, _ := strings.Cut(string(h.ContentType()), ";")
	switch strings.ToLower(strings.TrimSpace(kind)) {
	case "", "application/json", "application/x-www-form-urlencoded":
	default:
		return nil, refusal(codeMediaType, "the body's type is %q, want application/json", kind)
	}
	if enc := h.Peek(fasthttp.HeaderContentEncoding); len(enc) > 0 && !bytes.EqualFold(enc, []byte("identity")) {
		return nil, refusal(codeMediaType, "the body's encoding is %q, want none", enc)
	}
	body := ctx.Request.Body()
	if len(body) == 0 && !named(h, "content-length") && !named(h, "transfer-encoding") {
		return nil, refusal(codeLength, "a request with a body says how long it is")
	}
	return body, nil
}
