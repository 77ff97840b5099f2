package transport

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// head is that of an answer, read as strictly as RFC 9112 4 and 5 allow.
type head struct {
	status int
	field  map[string]string // by name in lower case
}

var (
	statusLine = regexp.MustCompile(`^HTTP/1\.1 ([1-5][0-9][0-9]) [ -~]*\r\n$`)
	fieldLine  = regexp.MustCompile("^([!#$%&'*+.^_`|~0-9A-Za-z-]+): ([!-~](?:[ !-~]*[!-~])?)\r\n$")
	chunkLine  = regexp.MustCompile("^(0|[1-9a-f][0-9a-f]{0,7})\r\n$")
	digits     = regexp.MustCompile("^(0|[1-9][0-9]{0,8})$")
)

// readHead reads one. What is about framing must be there once, and one way.
func readHead(r *bufio.Reader) (h head, err error) {
	line, err := r.ReadString('\n')
	if err != nil {
		return h, fmt.Errorf("%w after %q, want a status line", err, line)
	}
	m := statusLine.FindStringSubmatch(line)
	if m == nil {
		return h, fmt.Errorf("status line %q", line)
	}
	h.status, _ = strconv.Atoi(m[1])
	h.field = make(map[string]string)
	for {
		if line, err = r.ReadString('\n'); err != nil {
			return h, fmt.Errorf("%w in a head, after %q", err, line)
		}
		if line == "\r\n" {
			return h, h.check()
		}
		if m = fieldLine.FindStringSubmatch(line); m == nil {
			return h, fmt.Errorf("field line %q", line)
		}
		name := strings.ToLower(m[1])
		if _, twice := h.field[name]; twice {
			return h, fmt.Errorf("field %s twice", name)
		}
		h.field[name] = m[2]
	}
}

// check looks at what holds for every answer.
func (h *head) check() error {
	length, counted := h.field["content-length"]
	coding, coded := h.field["transfer-encoding"]
	if counted && coded || coded && coding != "chunked" || counted && !digits.MatchString(length) {
		return fmt.Errorf("framing by Content-Length %q and Transfer-Encoding %q", length, coding)
	}
	// RFC 9110 8.6, and RFC 9112 6.1: these have neither.
	if (h.status < 200 || h.status == 204) && (counted || coded) {
		return fmt.Errorf("framing of a %d", h.status)
	}
	if c, ok := h.field["connection"]; ok && h.status >= 200 && c != "close" && c != "keep-alive" {
		return fmt.Errorf("connection: %s", c)
	}
	return nil
}

// reply is an answer with a length, and the whole body.
type reply struct {
	head
	body string
}

// last reports whether it ends the connection.
func (r *reply) last() bool { return r.field["connection"] == "close" }

// turnedAway reports whether the reply says to come another time: with a status,
// or, for an EventSource, which takes that for the end, with the time alone.
func (r *reply) turnedAway(way string, status int, code string) bool {
	if way == waySSE {
		return r.status == 200 && strings.HasPrefix(r.body, "retry: 5000\n\n:"+code)
	}
	return r.status == status && r.code() == code && digits.MatchString(r.field["retry-after"])
}

// readReply reads the answer to a request with that method.
func readReply(r *bufio.Reader, method string) (a reply, err error) {
	if a.head, err = readHead(r); err != nil {
		return a, err
	}
	length, counted := a.field["content-length"]
	switch {
	case a.status == 204 || a.status == 304:
		return a, nil
	case !counted && method != "HEAD":
		return a, fmt.Errorf("a %d without Content-Length", a.status)
	case method == "HEAD":
		return a, nil
	}
	n, err := strconv.Atoi(length)
	if err != nil {
		return a, err
	}
	p := make([]byte, n)
	if _, err := io.ReadFull(r, p); err != nil {
		return a, fmt.Errorf("%w in a body of %d bytes", err, n)
	}
	a.body = string(p)
	return a, nil
}

// chunks decodes a chunked body: RFC 9112 7.1, without the extensions and
// trailers that nobody needs. Its end must be that of the connection.
type chunks struct {
	r    *bufio.Reader
	left int
}

// Read gives io.EOF after the last chunk only.
func (c *chunks) Read(p []byte) (int, error) {
	if c.left == 0 {
		line, err := c.r.ReadString('\n')
		if err != nil {
			return 0, cut(err)
		}
		m := chunkLine.FindStringSubmatch(line)
		if m == nil {
			return 0, fmt.Errorf("chunk size %q", line)
		}
		n, _ := strconv.ParseUint(m[1], 16, 32)
		if c.left = int(n); n == 0 {
			return 0, c.end()
		}
	}
	n, err := c.r.Read(p[:min(len(p), c.left)])
	if c.left -= n; c.left == 0 && n > 0 {
		err = c.lineEnd()
	}
	return n, cut(err)
}

func (c *chunks) lineEnd() error {
	var p [2]byte
	if _, err := io.ReadFull(c.r, p[:]); err != nil || string(p[:]) != "\r\n" {
		return fmt.Errorf("%q, %v after a chunk", p, err)
	}
	return nil
}

func (c *chunks) end() error {
	if err := c.lineEnd(); err != nil {
		return err
	}
	if b, err := c.r.ReadByte(); err != io.EOF {
		return fmt.Errorf("%q, %v after the last chunk, want the end of the connection", b, err)
	}
	return io.EOF
}

// cut tells the end of the connection from that of the body.
func cut(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// ask sends a request on a connection of its own and reads the answer.
func (h *house) ask(raw string) reply {
	h.t.Helper()
	c := h.dial(0)
	defer c.Close()
	return exchange(h.t, c, bufio.NewReader(c), raw)
}

// exchange sends a request and reads the answer.
func exchange(t testing.TB, w io.Writer, r *bufio.Reader, raw string) reply {
	t.Helper()
	if _, err := io.WriteString(w, raw); err != nil {
		t.Fatal(err)
	}
	method, _, _ := strings.Cut(raw, " ")
	a, err := readReply(r, method)
	if err != nil {
		t.Fatalf("%.60q: %v", raw, err)
	}
	return a
}

// code is that of an error, whose body has to be as all are.
func (r *reply) code() string {
	m := regexp.MustCompile(`^\{"error":\{"code":"([a-z_]+)","message":"[^"\\]+"\}\}$`).FindStringSubmatch(r.body)
	if m == nil || r.field["content-type"] != "application/json" || r.field["cache-control"] != "no-store" {
		return fmt.Sprintf("not an error: %v %q", r.field, r.body)
	}
	return m[1]
}
