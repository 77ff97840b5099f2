package load

import (
	"errors"
	"strings"
	"testing"
)

func TestParseAnswer(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\n"
	for _, tt := range []struct {
		name, in string
		want     answer
		err      string
	}{
		{name: "bare", in: ok + "\r\n", want: answer{status: 200, length: -1}},
		{name: "with a length", in: ok + "Date: x\r\ncontent-LENGTH:  42 \r\nCache-Control: a\r\n\r\n", want: answer{status: 200, length: 42}},
		{name: "the same length twice", in: ok + "Content-Length: 4\r\nContent-Length: 4\r\n\r\n", want: answer{status: 200, length: 4}},
		{name: "chunked", in: ok + "transfer-encoding: Chunked\r\nConnection: Close\r\n\r\n", want: answer{status: 200, length: -1, chunked: true, closes: true}},
		{name: "HTTP/1.0", in: "HTTP/1.0 503 Busy\r\nContent-Length: 0\r\n\r\n", want: answer{status: 503, closes: true}},
		{name: "no reason", in: "HTTP/1.1 204 \r\n\r\n", want: answer{status: 204, length: -1}},
		{name: "two lengths", in: ok + "Content-Length: 4\r\nContent-Length: 5\r\n\r\n", err: "limit"},
		{name: "no number", in: ok + "Content-Length: x\r\n\r\n", err: "limit"},
		{name: "no length at all", in: ok + "Content-Length:\r\n\r\n", err: "limit"},
		{name: "too long", in: ok + "Content-Length: 99999999\r\n\r\n", err: "limit"},
		{name: "longer than numbers", in: ok + "Content-Length: " + strings.Repeat("9", 50) + "\r\n\r\n", err: "limit"},
		{name: "another protocol", in: "RTSP/1.0 200 OK\r\n\r\n", err: "want HTTP/1.1"},
		{name: "no status", in: "HTTP/1.1 abc\r\n\r\n", err: "status line"},
		{name: "no colon", in: ok + "Content\r\n\r\n", err: "field line"},
		{name: "endless", in: ok + strings.Repeat("A: b\r\n", 2000), err: "over 8 KiB"},
		{name: "bare line ends", in: "HTTP/1.1 200 OK\nA: b\n\r\n\r\n", want: answer{status: 200, length: -1}},
	} {
		got, n, err := parseAnswer([]byte(tt.in))
		if tt.err != "" {
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%s: %+v, %v, want %q", tt.name, got, err, tt.err)
			}
			continue
		}
		if err != nil || got != tt.want || n != len(tt.in) {
			t.Errorf("%s: %+v, %d, %v, want %+v, %d", tt.name, got, n, err, tt.want, len(tt.in))
		}
		for i := range tt.in {
			if _, _, err := parseAnswer([]byte(tt.in[:i])); !errors.Is(err, errShort) {
				t.Fatalf("%s: first %d bytes: %v, want errShort", tt.name, i, err)
			}
		}
	}
}

func FuzzParseAnswer(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"))
	f.Add([]byte("HTTP/1.0 429 \r\nTransfer-Encoding: chunked\r\n\r\n"))
	f.Add([]byte("HTTP/1.1 200 OK\n\r\n\r\n"))
	f.Fuzz(func(t *testing.T, p []byte) {
		a, n, err := parseAnswer(p)
		if err != nil {
			return
		}
		if n > len(p) || !strings.HasSuffix(string(p[:n]), "\r\n\r\n") || a.length < -1 || a.length > maxFrame || a.status < 100 {
			t.Fatalf("parseAnswer(%q) = %+v, %d", p, a, n)
		}
		if _, _, err := parseAnswer(p[:n-1]); !errors.Is(err, errShort) {
			t.Fatalf("without its last byte: %v, want errShort", err)
		}
	})
}

func TestTransports(t *testing.T) {
	for _, tt := range []struct {
		name, url, want string
		way             Transport
	}{
		{name: "websocket", url: "ws://h:1/live/ws?a=b", want: "http://h:1/live/ws?a=b"},
		{name: "", url: "ws://h:1/live/ws", want: "http://h:1/live/ws"},
		{name: "sse", url: "ws://h:1/live/ws", want: "http://h:1/live/sse", way: SSE},
		{name: "stream", url: "ws://h:1/live/ws?a=b", want: "http://h:1/live/stream?a=b", way: Stream},
		{name: "longpoll", url: "http://h:1/live/ws", want: "http://h:1/live/poll", way: LongPoll},
		{name: "longpoll", url: "http://h:1/ask", want: "http://h:1/ask", way: LongPoll},
	} {
		way, err := ParseTransport(tt.name)
		u := strings.Replace(tt.url, "h:1", "127.0.0.1:1", 1)
		target, err2 := ParseTarget(u)
		if got := strings.Replace(target.By(way).String(), "127.0.0.1", "h", 1); err != nil || err2 != nil || way != tt.way || got != tt.want {
			t.Errorf("%s at %s: %s at %s, %v, %v, want %s at %s", tt.name, tt.url, way, got, err, err2, tt.way, tt.want)
		}
	}
	if _, err := ParseTransport("carrier pigeon"); err == nil || !strings.Contains(err.Error(), "longpoll") {
		t.Errorf("ParseTransport: %v", err)
	}
}
