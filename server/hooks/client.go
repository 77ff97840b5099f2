package hooks

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
	"syscall"
	"time"

	"github.com/valyala/fasthttp"
)

const (
	// idleConn is how long a connection is kept between requests: less than
	// the 5 s after which Node, the least patient of servers, closes it.
	idleConn = 4 * time.Second
	// oldConn is how long one is used at all, so that a change of the name's
	// addresses is noticed.
	oldConn = 5 * time.Minute
	// headBuffer bounds the head of a response.
	headBuffer = 8 << 10
)

// client makes single requests.
type client struct {
	http    *fasthttp.HostClient
	conns   *conns
	url     string
	secret  string
	headers [][2]string
}

// reply is how a request went.
type reply struct {
	answer  Answer
	err     error         // nil: answer counts
	late    bool          // err is that it took too long
	final   bool          // trying again is of no use
	up      bool          // the application is there, whatever it said
	bad     bool          // what it said made no sense
	notNext time.Duration // it asked to be left alone for that long
}

func newClient(cfg Config, to *url.URL) *client {
	port, secure := "80", (*tls.Config)(nil)
	if to.Scheme == "https" {
		port, secure = "443", &tls.Config{ServerName: to.Hostname(), MinVersion: tls.VersionTLS12}
	}
	if to.Port() != "" {
		port = to.Port()
	}
	c := &client{conns: newConns(secure), url: cfg.URL, secret: cfg.Secret}
	for _, line := range cfg.Headers {
		if name, value, err := parseHeader(line); err == nil { // Validate saw it
			c.headers = append(c.headers, [2]string{name, value})
		}
	}
	c.http = &fasthttp.HostClient{
		Addr:                      net.JoinHostPort(to.Hostname(), port),
		IsTLS:                     secure != nil,
		Name:                      "grandstand",
		MaxConns:                  cfg.Concurrency,
		MaxIdleConnDuration:       idleConn,
		MaxConnDuration:           oldConn,
		ConnPoolStrategy:          fasthttp.LIFO, // the warm ones, so that the others may go
		ReadTimeout:               cfg.Timeout,
		WriteTimeout:              cfg.Timeout,
		ReadBufferSize:            headBuffer,
		MaxResponseBodySize:       cfg.MaxBody,
		MaxIdemponentCallAttempts: 2,
		RetryIfErr:                c.stale,
		DialTimeout:               c.conns.dial,
		DisablePathNormalizing:    true, // the URL is the operator's, as it is
		SecureErrorLogMessage:     true,
	}
	return c
}

// stale has a request sent again at once if its connection was closed before
// an answer came: after a restart of the application all those that are kept
// are dead, which says nothing about whether it is up. The id makes the second
// one harmless.
func (c *client) stale(_ *fasthttp.Request, _ int, err error) (resetTimeout, retry bool) {
	if !errors.Is(err, io.EOF) && !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) {
		return false, false
	}
	c.http.CloseIdleConnections()
	return false, true
}

// post sends a call's body once.
func (c *client) post(call *Call, body []byte, attempt int, now time.Time, timeout time.Duration) reply {
	req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	defer fasthttp.ReleaseResponse(resp)
	req.Header.SetMethod(fasthttp.MethodPost)
	req.SetRequestURI(c.url)
	req.Header.SetContentType("application/json")
	for _, h := range c.headers {
		req.Header.Set(h[0], h[1])
	}
	req.Header.Set(HeaderHook, call.Hook.String())
	req.Header.Set(HeaderID, call.ID)
	req.Header.Set(HeaderAttempt, strconv.Itoa(attempt))
	req.Header.Set(HeaderTimestamp, strconv.FormatInt(now.Unix(), 10))
	if c.secret != "" {
		req.Header.Set(HeaderSignature, Sign(c.secret, now.Unix(), body))
	}
	req.SetBodyRaw(body)
	if err := c.http.DoTimeout(req, resp, timeout); err != nil {
		return unanswered(err)
	}
	return c.read(resp, now)
}

// unanswered says what the lack of a response means.
func unanswered(err error) reply {
	r := reply{err: err}
	var t interface{ Timeout() bool }
	switch {
	case errors.Is(err, fasthttp.ErrBodyTooLarge):
		r.err, r.final, r.up, r.bad = fmt.Errorf("%w: over max_body", ErrAnswer), true, true, true
	case errors.As(err, &t) && t.Timeout():
		r.late = true
	}
	return r
}

// read says what a response means.
func (c *client) read(resp *fasthttp.Response, now time.Time) reply {
	status := resp.StatusCode()
	switch {
	case status >= 200 && status < 300:
		a, err := ParseAnswer(resp.Body())
		if err != nil {
			return reply{err: fmt.Errorf("%w: %w", ErrAnswer, err), final: true, up: true, bad: true}
		}
		return reply{answer: a, up: true}
	case status == fasthttp.StatusTooManyRequests, status >= 500:
		return reply{err: &StatusError{status}, notNext: retryAfter(resp.Header.Peek("Retry-After"), now)}
	}
	return reply{err: &StatusError{status}, final: true, up: true}
}

// retryAfter reads the header of that name, seconds or a date: RFC 9110
// §10.2.3. What is neither counts for nothing.
func retryAfter(value []byte, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(string(value), 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := fasthttp.ParseHTTPDate(value); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}

// close ends every connection, also those in use.
func (c *client) close() {
	c.conns.end()
	c.http.CloseIdleConnections()
}
