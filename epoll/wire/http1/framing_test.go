package http1

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestAppendHead(t *testing.T) {
	tests := []struct {
		name    string
		r       Response
		framing Framing
		want    string
	}{
		{
			name: "chunked",
			r:    Response{Status: 200, ContentType: "text/event-stream", Date: "d", Header: []Field{{"A", "b"}}, KeepAlive: true},
			want: "HTTP/1.1 200 OK\r\nDate: d\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\nA: b\r\n\r\n",
		},
		{
			name: "chunked, then close",
			r:    Response{Status: 200},
			want: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n",
		},
		{
			name:    "close",
			r:       Response{Status: 200, ContentType: "a/b", KeepAlive: true, HTTP10: true},
			framing: FramingClose,
			want:    "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nConnection: close\r\n\r\n",
		},
		{
			name: "body is ignored",
			r:    Response{Status: 200, Body: []byte("hi"), KeepAlive: true},
			want: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
		},
		{
			name: "HEAD",
			r:    Response{Status: 200, Head: true, KeepAlive: true},
			want: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
		},
		{
			name: "no content",
			r:    Response{Status: 204, ContentType: "a/b", KeepAlive: true},
			want: "HTTP/1.1 204 No Content\r\n\r\n",
		},
		{
			name: "two framings",
			r: Response{Status: 200, KeepAlive: true, Header: []Field{
				{"Content-Length", "9"}, {"Transfer-Encoding", "gzip"}, {"Connection", "close"}}},
			want: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := string(AppendHead([]byte("x"), tt.r, tt.framing)); got != "x"+tt.want {
				t.Errorf("AppendHead(%+v, %d)\ngot  %q\nwant %q", tt.r, tt.framing, got, "x"+tt.want)
			}
		})
	}
}

func TestRequestFraming(t *testing.T) {
	for version, want := range map[string]Framing{"1.0": FramingClose, "1.1": FramingChunked} {
		req := parse(t, "GET / HTTP/"+version+"\r\nHost: a\r\n\r\n")
		if got := req.Framing(); got != want {
			t.Errorf("HTTP/%s: Framing() = %d, want %d", version, got, want)
		}
	}
}

func TestAppendChunk(t *testing.T) {
	tests := []struct{ name, p, want string }{
		{name: "empty", p: "", want: ""},
		{name: "one", p: "a", want: "1\r\na\r\n"},
		{name: "two digits", p: strings.Repeat("a", 26), want: "1a\r\n" + strings.Repeat("a", 26) + "\r\n"},
		{name: "looks like an end", p: LastChunk, want: "5\r\n0\r\n\r\n\r\n"},
	}
	for _, tt := range tests {
		if got := string(AppendChunk([]byte("x"), []byte(tt.p))); got != "x"+tt.want {
			t.Errorf("%s: AppendChunk(%q) = %q, want %q", tt.name, tt.p, got, "x"+tt.want)
		}
	}
}

// TestStreamedBody is read back by net/http and, as a request's body, by our
// own parser.
func TestStreamedBody(t *testing.T) {
	pieces := []string{"hello", "", " ", strings.Repeat("x", 5000), LastChunk, "\r\n"}
	want := strings.Join(pieces, "")
	for _, f := range []Framing{FramingChunked, FramingClose} {
		head := AppendHead(nil, Response{Status: 200, KeepAlive: true}, f)
		var body []byte
		for _, piece := range pieces {
			if f == FramingClose {
				body = append(body, piece...)
				continue
			}
			body = AppendChunk(body, []byte(piece))
		}
		if f == FramingChunked {
			body = append(body, LastChunk...)
			req := parse(t, chunked+string(body))
			if string(req.Body()) != want {
				t.Errorf("Parse gave a body of %d bytes, want %d", len(req.Body()), len(want))
			}
		}
		res, err := http.ReadResponse(bufio.NewReader(strings.NewReader(string(head)+string(body))), nil)
		if err != nil {
			t.Fatalf("framing %d: net/http refuses %q: %v", f, head, err)
		}
		got, err := io.ReadAll(res.Body)
		if err != nil || string(got) != want || res.Close != (f == FramingClose) || res.ContentLength != -1 {
			t.Errorf("framing %d: net/http reads %d bytes, close %t, length %d, %v, want %d bytes",
				f, len(got), res.Close, res.ContentLength, err, len(want))
		}
		if err := res.Body.Close(); err != nil {
			t.Errorf("framing %d: closing the body: %v", f, err)
		}
	}
}

func TestAppendHeadAllocations(t *testing.T) {
	out := make([]byte, 0, 2048)
	p := []byte(browserGet)
	r := Response{Status: 200, ContentType: "text/event-stream", Header: []Field{{"Cache-Control", "no-store"}}}
	if n := testing.AllocsPerRun(100, func() {
		out = AppendHead(out[:0], r, FramingChunked)
		out = append(AppendChunk(out, p), LastChunk...)
	}); n > 0 {
		t.Errorf("head and chunk: %v allocations, want 0", n)
	}
}
