package transport

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"strconv"
	"strings"
)

// streamLink is a response that does not end.
type streamLink struct {
	c     carrier
	conn  *net.TCPConn
	head  head
	body  *bufio.Reader
	begun bool   // the prelude is read
	id    string // the newest of an event stream
	retry string // the newest of an event stream
}

func openStreamLink(h *house, c carrier, q query) *streamLink {
	h.t.Helper()
	s := &streamLink{c: c, conn: h.dial(q.rcvbuf)}
	if _, err := io.WriteString(s.conn, c.request(c.target(h, q), q.lines...)); err != nil {
		h.t.Fatal(err)
	}
	r := bufio.NewReader(s.conn)
	var err error
	if s.head, err = readHead(r); err != nil {
		h.t.Fatal(err)
	}
	if err := s.check(); err != nil {
		h.t.Fatalf("%s: %v in %v", c.name, err, s.head)
	}
	s.body = r
	if !c.http10 {
		s.body = bufio.NewReader(&chunks{r: r})
	}
	return s
}

// check looks at the head: nobody may keep the body, hold it back, change it or
// take it for something else, and it ends with the connection.
func (s *streamLink) check() error {
	f := s.head.field
	coding := "chunked"
	if s.c.http10 { // RFC 9112 6.1: it would not understand that
		coding = ""
	}
	_, counted := f["content-length"]
	switch {
	case s.head.status != 200:
		return fmt.Errorf("status %d, want 200", s.head.status)
	case f["content-type"] != s.c.kind:
		return fmt.Errorf("content type %q, want %q", f["content-type"], s.c.kind)
	case f["transfer-encoding"] != coding || counted:
		return fmt.Errorf("framing by length or %q, want %q", f["transfer-encoding"], coding)
	case f["connection"] != "close":
		return errors.New("no Connection: close")
	case !strings.Contains(f["cache-control"], "no-store") || f["x-content-type-options"] != "nosniff" || f["x-accel-buffering"] != "no":
		return errors.New("may be kept, sniffed or held back")
	}
	return nil
}

func (s *streamLink) socket() *net.TCPConn { return s.conn }
func (s *streamLink) cursor() string       { return s.id }

// next reads a message. Between two the body may end.
func (s *streamLink) next() (said, error) { return s.c.decode(s) }

// line reads one that ends in LF. At the end of the body it is errOver.
func (s *streamLink) line() (string, error) {
	line, err := s.body.ReadString('\n')
	if errors.Is(err, io.EOF) && line == "" {
		return "", errOver
	}
	if err != nil {
		return "", fmt.Errorf("%w after %.80q", err, line)
	}
	return line[:len(line)-1], nil
}

// decodeLine reads NDJSON. The first line is the padding that was asked for.
func decodeLine(s *streamLink) (m said, err error) {
	line, err := s.line()
	if err != nil {
		return m, err
	}
	if !s.begun {
		s.begun = true
		if line != strings.Repeat(" ", 700) {
			return m, fmt.Errorf("padding %q, want 700 spaces", line)
		}
		return decodeLine(s)
	}
	return parseSaid([]byte(line))
}

// block is one of an event stream: WHATWG HTML 9.2.5, but every field once.
type block struct{ id, event, data string }

// block reads up to an empty line. Comments and retry stand alone.
func (s *streamLink) block() (b block, err error) {
	got := map[string]bool{}
	for {
		line, err := s.line()
		if err != nil {
			return b, err
		}
		if line == "" {
			if got["data"] {
				return b, nil
			}
			if !got["retry"] || len(got) > 1 {
				return b, fmt.Errorf("a block of %v", got)
			}
			clear(got)
			continue
		}
		name, value, ok := strings.Cut(line, ": ")
		switch {
		case line == ":" && len(got) == 0 && s.begun:
			continue
		case !ok || got[name] || strings.ContainsAny(value, "\r\x00"):
			return b, fmt.Errorf("line %.80q", line)
		case name == "id" && value != "":
			b.id = value
		case name == "event" && value != "":
			b.event = value
		case name == "data":
			b.data = value
		case name == "retry" && digits.MatchString(value):
			s.retry, s.begun = value, true
		default:
			return b, fmt.Errorf("line %.80q", line)
		}
		if got[name] = true; !s.begun {
			return b, fmt.Errorf("the stream begins with %.80q, want retry", line)
		}
	}
}

// decodeEvent reads an event stream with the events' names.
func decodeEvent(s *streamLink) (m said, err error) {
	b, err := s.block()
	if err != nil {
		return m, err
	}
	if b.id != "" {
		s.id = b.id
	}
	kind, ours := strings.CutPrefix(b.event, "grandstand:")
	if !ours {
		if b.id == "" || b.event == "" {
			return m, fmt.Errorf("%+v without id or event", b)
		}
		m.Type, m.ID, m.Event, m.Data = "event", b.id, b.event, []byte(b.data)
		return m, nil
	}
	if m, err = parseSaid([]byte(b.data)); err == nil && (m.Type != kind || m.Type == "event" || m.Type == "keepalive") {
		err = fmt.Errorf("message of type %s in an event %s", m.Type, b.event)
	}
	return m, s.checkID(b.id, m, err)
}

// decodeEventMessage reads an event stream with native messages.
func decodeEventMessage(s *streamLink) (m said, err error) {
	b, err := s.block()
	if err != nil {
		return m, err
	}
	if b.id != "" {
		s.id = b.id
	}
	if b.event != "" {
		return m, fmt.Errorf("%+v has a name", b)
	}
	if m, err = parseSaid([]byte(b.data)); err == nil && m.Type == "event" && m.ID != b.id {
		err = fmt.Errorf("%v with the id %s", m, b.id)
	}
	return m, s.checkID(b.id, m, err)
}

// checkID: what moves the place to resume from has an id, nothing else.
func (s *streamLink) checkID(id string, m said, err error) error {
	wanted := m.Type == "event" || m.Type == "joined" || m.Type == "end" && !m.Retry
	if err == nil && wanted != (id != "") {
		return fmt.Errorf("%v with the id %q", m, id)
	}
	return err
}

// iframeBegins are the first lines of a page: whom it talks to, and what makes
// browsers begin to show it.
func iframeBegins() []string {
	return []string{
		"<!doctype html><meta charset=utf-8><script>function g(m){parent.app.on_news$1(m)}</script>",
		"<!--" + strings.Repeat(" ", 2048) + "-->",
	}
}

var iframeScript = regexp.MustCompile("^<script>g\\((\\{[^<\u2028\u2029]*\\})\\)</script>$")

// decodeScript reads a page of scripts, whose calls have to be plain enough to
// be read without a browser.
func decodeScript(s *streamLink) (m said, err error) {
	for _, want := range iframeBegins() {
		if s.begun {
			break
		}
		if line, err := s.line(); err != nil || line != want {
			return m, fmt.Errorf("the page begins with %.200q, %v", line, err)
		}
	}
	s.begun = true
	line, err := s.line()
	if err != nil {
		return m, err
	}
	if line == " " {
		return said{message: message{Type: "keepalive"}}, nil
	}
	call := iframeScript.FindStringSubmatch(line)
	if call == nil {
		return m, fmt.Errorf("script %.200q", line)
	}
	return parseSaid([]byte(call[1]))
}

var partHead = regexp.MustCompile("^Content-Type: application/json\r\nContent-Length: ([1-9][0-9]*)\r\n\r$")

// decodePart reads a part: RFC 2046 5.1.1. The boundary is behind each.
func decodePart(s *streamLink) (m said, err error) {
	if !s.begun {
		s.begun = true
		if line, err := s.line(); err != nil || line != "--grandstand\r" {
			return m, fmt.Errorf("the body begins with %q, %v", line, err)
		}
	}
	first, err := s.line()
	if err != nil {
		return m, err
	}
	second, err2 := s.line()
	third, err3 := s.line()
	match := partHead.FindStringSubmatch(first + "\n" + second + "\n" + third)
	if err := errors.Join(err2, err3); err != nil || match == nil {
		return m, fmt.Errorf("head of a part %q, %v", first+second+third, err)
	}
	n, err := strconv.Atoi(match[1])
	if err != nil {
		return m, err
	}
	const end = "\r\n--grandstand\r\n"
	p := make([]byte, n+len(end))
	if _, err := io.ReadFull(s.body, p); err != nil || string(p[n:]) != end {
		return m, fmt.Errorf("part %.200q, %v", p, err)
	}
	return parseSaid(p[:n])
}
