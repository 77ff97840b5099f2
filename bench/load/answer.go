package load

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// maxHead bounds the head of an answer: a server sends some 300 bytes.
const maxHead = 8 << 10

// answer is the head of an HTTP answer as far as viewers need it.
type answer struct {
	status  int
	length  int // of the body, -1 when the head doesn't say
	chunked bool
	closes  bool // the server closes the connection behind the body
}

// parseAnswer reads the head of an answer (RFC 9112 4 and 6). n is its length
// with the empty line.
func parseAnswer(p []byte) (a answer, n int, err error) {
	n = bytes.Index(p[:min(len(p), maxHead)], []byte("\r\n\r\n"))
	if n < 0 {
		if len(p) >= maxHead {
			return a, 0, errors.New("load: answer with a head over 8 KiB")
		}
		return a, 0, short(p)
	}
	head := p[:n+2] // each line ends in CRLF
	a.length = -1
	i := bytes.IndexByte(head, '\n') + 1
	if a.status, err = statusLine(head[:max(i-2, 0)]); err != nil {
		return a, 0, err
	}
	a.closes = head[len("HTTP/1.")] == '0'
	for head = head[i:]; len(head) > 0; head = head[i:] {
		i = bytes.IndexByte(head, '\n') + 1
		// Three names matter, and they begin with these.
		if b := head[0] | 0x20; b == 'c' || b == 't' {
			if err = a.field(head[:i-1]); err != nil {
				return a, 0, err
			}
		}
	}
	return a, n + 4, nil
}

// short is errShort for the beginning of an answer, unless it is that of another
// protocol, whose end would never come.
func short(p []byte) error {
	const prefix = "HTTP/1."
	if len(p) >= len(prefix) && string(p[:len(prefix)]) != prefix {
		return fmt.Errorf("load: this is no HTTP server: it says %.40q", p)
	}
	return errShort
}

// statusLine reads the status code (RFC 9112 4).
func statusLine(p []byte) (int, error) {
	const prefix = "HTTP/1.x "
	if len(p) < len(prefix)+3 || string(p[:7]) != prefix[:7] || p[8] != ' ' {
		return 0, fmt.Errorf("load: answer begins %.40q, want HTTP/1.1", p)
	}
	status, err := strconv.Atoi(string(p[9:12]))
	if err != nil || status < 100 {
		return 0, fmt.Errorf("load: status line %.40q", p)
	}
	return status, nil
}

// field reads one field line.
func (a *answer) field(line []byte) error {
	colon := bytes.IndexByte(line, ':')
	if colon < 0 {
		return fmt.Errorf("load: field line %.40q", line)
	}
	name, value := line[:colon], bytes.TrimSpace(line[colon+1:])
	switch {
	case is(name, "content-length"):
		n := 0
		for _, b := range value {
			if b-'0' > 9 || n > maxFrame {
				return fmt.Errorf("load: Content-Length %.40q, limit %d", value, maxFrame)
			}
			n = n*10 + int(b-'0')
		}
		if len(value) == 0 || n > maxFrame || a.length >= 0 && a.length != n { // RFC 9112 6.3
			return fmt.Errorf("load: Content-Length %.40q, limit %d", value, maxFrame)
		}
		a.length = n
	case is(name, "transfer-encoding"):
		a.chunked = is(value, "chunked")
	case is(name, "connection"):
		a.closes = a.closes || is(value, "close")
	}
	return nil
}

// is compares without regard to case; word is in lower case.
func is(p []byte, word string) bool {
	return len(p) == len(word) && strings.EqualFold(string(p), word)
}
