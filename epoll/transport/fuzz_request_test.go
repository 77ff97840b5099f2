package transport

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"grandstand/epoll/wire/http1"
)

// FuzzRequest sends queries, fields and bodies of any kind to every way in. All
// that comes back are answers as net/http reads them, one for each request,
// with a status and fields of closed lists: nothing a request says begins a
// line of an answer. And the house stands.
//
// way chooses the way in, and with its upper half the method. The seeds are in
// testdata/fuzz.
func FuzzRequest(f *testing.F) {
	h := openListed(f, func(s *settings) {
		s.rooms.Sweep, s.cfg.BodyTimeout, s.cfg.Poll.MaxPerSession = 100*time.Millisecond, 500*time.Millisecond, 0
	})
	h.publish("a", "n", `"</script>"`)
	f.Fuzz(func(t *testing.T, way uint8, query, fields string, body []byte) {
		raw := wireOf(way, query, fields, body)
		h.in(t).throw(raw, methodsOf(raw, h.srv.cfg.HTTP))
		if text := h.log.String(); strings.Contains(text, "panicked") {
			t.Fatalf("%q: %s", raw, text)
		}
	})
}

// wireOf puts a request together.
func wireOf(way uint8, query, fields string, body []byte) []byte {
	paths := []string{"/live/poll", "/live/jsonp", "/live/stream", "/live/sse", "/live/iframe", "/live/multipart", "/live/info", "/live/send", "/live/ws",
		"/", "/live.js", "/live/", "/nothing"}
	methods := []string{"GET", "GET", "GET", "POST", "HEAD", "OPTIONS", "PUT", "GET"}
	at := int(way&15) % len(paths)
	method := methods[(way>>4)&7]
	if paths[at] == "/live/send" && method == "GET" {
		method = "POST"
	}
	raw := fmt.Appendf(nil, "%s %s?%s HTTP/1.%d\r\nHost: a\r\n", method, paths[at], query, 1-way>>7)
	if fields != "" {
		raw = append(append(raw, fields...), "\r\n"...)
	}
	if len(body) > 0 {
		raw = fmt.Appendf(raw, "Content-Length: %d\r\n", len(body))
	}
	return append(append(raw, "\r\n"...), body...)
}

// methodsOf reads the requests that are in raw: an answer's length depends on
// the method. The last is "" if there is a broken one behind them.
func methodsOf(raw []byte, lim http1.Limits) (methods []string) {
	ps := http1.NewParser(&lim)
	for len(raw) > 0 {
		n, req, err := ps.Parse(raw)
		if err != nil {
			return append(methods, "")
		}
		if req == nil {
			return methods
		}
		methods = append(methods, req.Method())
		raw = raw[n:]
	}
	return methods
}

// throw sends raw, ends its half, and reads what comes back. Nothing at all is
// fine as well: who hangs up is not waited for.
func (h *house) throw(raw []byte, methods []string) {
	h.t.Helper()
	c, err := net.Dial("tcp", h.addr)
	if err != nil {
		h.t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	c.Write(raw) // an error: it was refused before its end
	c.(*net.TCPConn).CloseWrite()
	r := bufio.NewReader(c)
	for _, method := range methods {
		for {
			if _, err := r.Peek(1); err != nil {
				if ne := net.Error(nil); errors.As(err, &ne) && ne.Timeout() {
					h.t.Fatalf("%q: the connection stays open", raw)
				}
				return
			}
			a, err := http.ReadResponse(r, &http.Request{Method: method})
			if err != nil {
				h.t.Fatalf("%q: %v", raw, err)
			}
			if over := h.judge(raw, a); over {
				return
			}
			if a.StatusCode != 100 { // another comes
				break
			}
		}
	}
	if p, _ := r.Peek(1); len(p) > 0 {
		p, _ = io.ReadAll(r)
		h.t.Fatalf("%q: more than %d answers: %q", raw, len(methods), p)
	}
}

// judge checks an answer. over says that no other can be read behind it: it has
// no end of its own, or is that to a handshake.
func (h *house) judge(raw []byte, a *http.Response) (over bool) {
	h.t.Helper()
	if !slices.Contains([]int{100, 101, 200, 204, 304, 400, 401, 403, 404, 405, 408, 413, 414, 415, 417, 426, 429, 431, 501, 503, 505}, a.StatusCode) {
		h.t.Fatalf("%q: status %d", raw, a.StatusCode)
	}
	known := strings.Fields("Content-Type Content-Length Cache-Control Connection Etag Vary Allow Retry-After X-Content-Type-Options X-Accel-Buffering " +
		"Content-Security-Policy Access-Control-Allow-Origin Access-Control-Allow-Methods Access-Control-Allow-Headers Access-Control-Expose-Headers Access-Control-Max-Age " +
		"Upgrade Sec-Websocket-Accept Sec-Websocket-Version Sec-Websocket-Extensions Sec-Websocket-Protocol")
	for name, values := range a.Header {
		if !slices.Contains(known, name) || len(values) != 1 {
			h.t.Fatalf("%q: field %s: %q", raw, name, values)
		}
	}
	if a.StatusCode == 101 || a.ContentLength < 0 { // a stream: it has no end of its own
		return true
	}
	body, err := io.ReadAll(a.Body)
	if err != nil {
		h.t.Fatalf("%q: %v in a body", raw, err)
	}
	if a.StatusCode < 400 || len(body) == 0 { // to HEAD
		return a.Close
	}
	var e struct {
		Error struct{ Code, Message string }
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&e); err != nil || e.Error.Code == "" || e.Error.Message == "" || a.Header.Get("Content-Type") != "application/json" {
		h.t.Fatalf("%q: %d with body %q: %v", raw, a.StatusCode, body, err)
	}
	return a.Close
}
