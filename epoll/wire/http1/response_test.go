package http1

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

type responseCase struct {
	name string
	r    Response
	want string
}

func responseCases() []responseCase {
	return []responseCase{
		{
			name: "plain",
			r:    Response{Status: 200, ContentType: "text/plain", Body: []byte("hi"), KeepAlive: true},
			want: "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi",
		},
		{
			name: "close",
			r:    Response{Status: 404, Date: "Thu, 01 Jan 1970 00:00:00 GMT"},
			want: "HTTP/1.1 404 Not Found\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
		},
		{
			name: "HEAD",
			r:    Response{Status: 200, Body: []byte("hi"), Head: true, KeepAlive: true},
			want: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n",
		},
		{
			name: "HTTP/1.0",
			r:    Response{Status: 200, HTTP10: true, KeepAlive: true},
			want: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n",
		},
		{
			name: "no content",
			r:    Response{Status: 204, ContentType: "text/plain", Body: []byte("hi"), KeepAlive: true},
			want: "HTTP/1.1 204 No Content\r\n\r\n",
		},
		{
			name: "not modified",
			r:    Response{Status: 304, Body: []byte("hi"), KeepAlive: true},
			want: "HTTP/1.1 304 Not Modified\r\n\r\n",
		},
		{
			name: "not modified, with the fields a 200 would have",
			r: Response{Status: 304, ContentType: "a/b", KeepAlive: true,
				Header: []Field{{"ETag", `"7-42"`}, {"Cache-Control", "public, max-age=1"}, {"Vary", "Origin"}}},
			want: "HTTP/1.1 304 Not Modified\r\nETag: \"7-42\"\r\nCache-Control: public, max-age=1\r\nVary: Origin\r\n\r\n",
		},
		{
			name: "upgrade",
			r:    Response{Status: 101, Header: []Field{{"Connection", "Upgrade"}, {"Upgrade", "websocket"}}},
			want: "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
		},
		{
			name: "hostile fields",
			r: Response{Status: 200, KeepAlive: true, Header: []Field{
				{"X", "a\r\nSet-Cookie: b\x00"}, {"Y\r\nZ", "1"}, {"", "1"},
				{"Content-Length", "9"}, {"transfer-encoding", "chunked"}, {"CONNECTION", "close"}, {"V", "\t\xc3\xa4"},
			}},
			want: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: a  Set-Cookie: b \r\nV: \t\xc3\xa4\r\n\r\n",
		},
		{
			name: "hostile content type",
			r:    Response{Status: 200, ContentType: "a\r\nb", KeepAlive: true},
			want: "HTTP/1.1 200 OK\r\nContent-Type: a  b\r\nContent-Length: 0\r\n\r\n",
		},
	}
}

func TestAppendResponse(t *testing.T) {
	for _, tt := range responseCases() {
		t.Run(tt.name, func(t *testing.T) {
			if got := string(AppendResponse([]byte("x"), tt.r)); got != "x"+tt.want {
				t.Errorf("AppendResponse(%+v)\ngot  %q\nwant %q", tt.r, got, "x"+tt.want)
			}
		})
	}
}

func TestAppendError(t *testing.T) {
	tests := []struct {
		name string
		e    *Error
		keep bool
	}{
		{name: "gate", e: errTwoFramings},
		{name: "timeout", e: ErrRequestTimeout},
		{name: "method", e: MethodNotAllowed("GET, HEAD"), keep: true},
		{name: "quotes", e: &Error{Status: 404, Code: "not_found", Message: "no \"room\"\n\\ \x00 \xff"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			raw := string(AppendError(nil, tt.e, tt.keep))
			res, err := http.ReadResponse(bufio.NewReader(strings.NewReader(raw)), nil)
			if err != nil {
				t.Fatalf("net/http refuses %q: %v", raw, err)
			}
			defer func() { _ = res.Body.Close() }()
			if res.StatusCode != tt.e.Status || res.Close == tt.keep || res.Header.Get("Allow") != tt.e.Allow {
				t.Errorf("status %d, close %t, Allow %q in %q", res.StatusCode, res.Close, res.Header.Get("Allow"), raw)
			}
			var body struct {
				Error struct{ Code, Message string }
			}
			text, err := io.ReadAll(res.Body)
			if err == nil {
				err = json.Unmarshal(text, &body)
			}
			if err != nil || body.Error.Code != tt.e.Code || body.Error.Message != strings.ToValidUTF8(tt.e.Message, "\ufffd") {
				t.Errorf("body %q: %+v, %v, want %s", text, body, err, tt.e)
			}
			if !strings.Contains(tt.e.Error(), tt.e.Code) {
				t.Errorf("Error() = %q, want %q in it", tt.e, tt.e.Code)
			}
		})
	}
}
