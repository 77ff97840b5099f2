package transport

import (
	"bufio"
	"fmt"
	"io"
	"testing"
)

const (
	smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
	postHead = "POST / HTTP/1.1\r\nHost: a\r\n"
	getHead  = "GET / HTTP/1.1\r\nHost: a\r\n"
	chunked  = postHead + "Transfer-Encoding: chunked\r\n\r\n"
)

// hostile is a request, to be followed by another one, and what is answered: to
// both, or to the first alone before the end.
type hostile struct{ name, in, want string }

// hostileRequests are the 43 requests on which HTTP parsers do not agree.
func hostileRequests() []hostile {
	const post, page = "405 method_not_allowed, 404 not_found", "200, 404 not_found"
	return []hostile{
		{"plain", postHead + "Content-Length: 5\r\n\r\nhello", post},
		{"dup CL same", postHead + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", "400 duplicate_content_length"},
		{"dup CL differ", postHead + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", "400 duplicate_content_length"},
		{"CL list", postHead + "Content-Length: 5, 5\r\n\r\nhello", "400 bad_content_length"},
		{"CL +5", postHead + "Content-Length: +5\r\n\r\nhello", "400 bad_content_length"},
		{"CL 0x5", postHead + "Content-Length: 0x5\r\n\r\nhello", "400 bad_content_length"},
		{"CL -1", postHead + "Content-Length: -1\r\n\r\nhello", "400 bad_content_length"},
		{"CL huge", postHead + "Content-Length: 99999999999999999999\r\n\r\nhello", "413 body_too_large"},
		{"CL+TE", postHead + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400 ambiguous_length"},
		{"TE+CL", postHead + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", "400 ambiguous_length"},
		{"TE chunked, identity", postHead + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", "400 bad_transfer_encoding"},
		{"TE xchunked", postHead + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", "400 bad_transfer_encoding"},
		{"TE twice", postHead + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400 bad_transfer_encoding"},
		{"TE space-colon", postHead + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", "400 bad_header_name"},
		{"TE on HTTP/1.0", "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400 bad_transfer_encoding"},
		{"space-colon header", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", "400 bad_header_name"},
		{"CL space-colon", postHead + "Content-Length : 5\r\n\r\nhello", "400 bad_header_name"},
		{"bare LF lines", "GET / HTTP/1.1\nHost: a\n\n", "400 bad_line_end"},
		{"bare LF in one header", "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", "400 bad_line_end"},
		{"bare CR in value", getHead + "X: y\rz\r\n\r\n", "400 bad_header_value"},
		{"NUL in value", getHead + "X: y\x00z\r\n\r\n", "400 bad_header_value"},
		{"obs-fold", getHead + "X: y\r\n z\r\n\r\n", "400 folded_line"},
		{"leading space", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", "400 folded_line"},
		{"no host", "GET / HTTP/1.1\r\n\r\n", "400 missing_host"},
		{"dup host", getHead + "Host: b\r\n\r\n", "400 duplicate_host"},
		{"no colon", getHead + "nocolon\r\n\r\n", "400 bad_header_name"},
		{"empty name", getHead + ": y\r\n\r\n", "400 bad_header_name"},
		{"HTTP/1.1x", "GET / HTTP/1.1x\r\nHost: a\r\n\r\n", "400 bad_version"},
		{"HTTP/9.9", "GET / HTTP/9.9\r\nHost: a\r\n\r\n", "505 version_not_supported"},
		{"HTTP/0.9", "GET /\r\n", "400 bad_request_line"},
		{"tab", "GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n", "400 bad_request_line"},
		{"two spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "400 bad_request_line"},
		{"lower method", "get / HTTP/1.1\r\nHost: a\r\n\r\n", "400 bad_method"},
		{"space in target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", "400 bad_version"},
		{"control character in target", "GET /a\x01b HTTP/1.1\r\nHost: a\r\n\r\n", "400 bad_target"},
		{"GET with body", getHead + "Content-Length: 5\r\n\r\nhello", page},
		{"chunk extension", chunked + "5;ext=1\r\nhello\r\n0\r\n\r\n", post},
		{"chunk bare LF", chunked + "5\nhello\n0\n\n", "400 bad_chunk"},
		{"chunk -5", chunked + "-5\r\nhello\r\n0\r\n\r\n", "400 bad_chunk"},
		{"chunk 0x5", chunked + "0x5\r\nhello\r\n0\r\n\r\n", "400 bad_chunk"},
		{"chunk overlong", chunked + "3\r\nhello\r\n0\r\n\r\n", "400 bad_chunk"},
		{"chunk trailer", chunked + "0\r\nX: y\r\n\r\n", post},
		{"leading CRLF", "\r\n" + getHead + "\r\n", "400 bad_request_line"},
	}
}

// TestHostileRequests: each gets its answer, the refused ones the end of their
// connection behind it, and a viewer nearby notices nothing.
func TestHostileRequests(t *testing.T) {
	h := openHouse(t, nil)
	other := h.watch("?room=a")
	other.want("joined")
	cases := hostileRequests()
	if len(cases) != 43 {
		t.Fatalf("%d cases, want 43", len(cases))
	}
	for i, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			for _, piece := range []int{len(tt.in + smuggled), 3} {
				if got := h.in(t).converse(tt.in+smuggled, piece); got != tt.want {
					t.Errorf("%q in pieces of %d\ngot  %s\nwant %s", tt.in, piece, got, tt.want)
				}
			}
		})
		h.publish("a", "n", fmt.Sprint(i))
		other.wantEvents("a", i, i)
	}
}

// converse sends a text in pieces and ends its half, and returns the answers up
// to the end.
func (h *house) converse(text string, piece int) (answers string) {
	h.t.Helper()
	c := h.dial(0)
	defer c.Close()
	for text != "" {
		n := min(piece, len(text))
		if _, err := io.WriteString(c, text[:n]); err != nil {
			break // refused already
		}
		text = text[n:]
	}
	c.CloseWrite()
	for r := bufio.NewReader(c); ; {
		if _, err := r.Peek(1); err != nil {
			if err != io.EOF {
				h.t.Errorf("the connection ended with %v, want its proper end", err)
			}
			return answers
		}
		a := receive(h.t, r, "GET")
		if answers != "" {
			answers += ", "
		}
		answers += fmt.Sprint(a.StatusCode)
		if a.code != "" {
			answers += " " + a.code
		}
		if a.StatusCode == 400 && !a.Close {
			h.t.Errorf("%d %s without Connection: close", a.StatusCode, a.code)
		}
	}
}

// TestCutHandshakes: a handshake that breaks off anywhere leaves nothing behind.
func TestCutHandshakes(t *testing.T) {
	h := openHouse(t, nil)
	whole := opening("/live/ws?room=a", "Sec-WebSocket-Protocol: grandstand.v1")
	for n := range len(whole) {
		c := h.dial(0)
		io.WriteString(c, whole[:n])
		if n%2 == 0 {
			c.SetLinger(0)
		}
		c.Close()
	}
	await(t, "all to be closed", func() bool {
		s := h.group.Stats()
		return s.Open == 0 && s.Accepted == uint64(len(whole))
	})
	if s := h.hub.Stats(); s.Opened != 0 || s.Rooms != 0 {
		t.Errorf("%d sessions and %d rooms came of it", s.Opened, s.Rooms)
	}
}
