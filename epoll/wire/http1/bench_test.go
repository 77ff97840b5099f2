package http1

import (
	"strings"
	"testing"
)

// browserGet is the upgrade request of a browser that has been to the site
// before: 0.6 KiB, 14 lines.
const browserGet = "GET /live/ws?room=match%3A42&since=7-1234 HTTP/1.1\r\n" +
	"Host: live.example.org\r\n" +
	"Connection: keep-alive, Upgrade\r\n" +
	"Pragma: no-cache\r\n" +
	"Cache-Control: no-cache\r\n" +
	"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36\r\n" +
	"Upgrade: websocket\r\n" +
	"Origin: https://www.example.org\r\n" +
	"Sec-WebSocket-Version: 13\r\n" +
	"Accept-Encoding: gzip, deflate, br, zstd\r\n" +
	"Accept-Language: en-GB,en;q=0.9,de;q=0.8\r\n" +
	"Cookie: session=0123456789abcdef0123456789abcdef; theme=dark\r\n" +
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
	"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n" +
	"Sec-WebSocket-Protocol: grandstand.v1\r\n\r\n"

// take parses p whole and looks at what a transport looks at.
func take(ps *Parser, p []byte) bool {
	_, req, err := ps.Parse(p)
	return err == nil && req != nil && req.IsUpgrade("websocket") && len(req.Path()) == 8 &&
		string(req.QueryArg("room")) == "match:42" && req.KeepAlive() && req.Header("Origin") != nil
}

func TestAllocations(t *testing.T) {
	lim := DefaultLimits()
	p := []byte(browserGet)
	pieces := [][]byte{p[:100], p[100:101], p[101:400], p[400:]}
	post := []byte(chunked + "5\r\nhello\r\n0\r\n\r\n")
	response := Response{Status: 200, ContentType: "text/plain", Body: p, KeepAlive: true,
		Header: []Field{{"Cache-Control", "no-store"}}}
	out := make([]byte, 0, 2048)
	ps := NewParser(&lim)
	tests := []struct {
		name string
		run  func() bool
	}{
		{name: "whole GET", run: func() bool { return take(ps, p) }},
		{name: "GET in pieces", run: func() bool {
			for _, piece := range pieces[:3] {
				if _, req, err := ps.Parse(piece); req != nil || err != nil {
					return false
				}
			}
			return take(ps, pieces[3])
		}},
		{name: "chunked POST", run: func() bool {
			_, req, err := ps.Parse(post)
			return err == nil && string(req.Body()) == "hello"
		}},
		{name: "response", run: func() bool { return len(AppendResponse(out[:0], response)) > len(p) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ok := true
			if n := testing.AllocsPerRun(100, func() { ok = tt.run() && ok }); n > 0 || !ok {
				t.Errorf("%v allocations (ok %t), want 0", n, ok)
			}
		})
	}
}

// TestBufferGrowth wants the head buffer doubled, not grown by the byte: 8 KiB
// from 512 are five steps.
func TestBufferGrowth(t *testing.T) {
	lim := DefaultLimits()
	head := headOf(lim.MaxHead)
	ps := NewParser(&lim)
	steps, last := 0, 0
	for i := range len(head) - 1 {
		if _, _, err := ps.Parse([]byte(head[i : i+1])); err != nil {
			t.Fatal(err)
		}
		if n := cap(ps.buf); n != last {
			steps, last = steps+1, n
		}
	}
	if steps != 5 || last != lim.MaxHead {
		t.Errorf("%d steps to %d bytes, want 5 to %d", steps, last, lim.MaxHead)
	}
}

func BenchmarkParse(b *testing.B) {
	lim := DefaultLimits()
	p := []byte(browserGet)
	single := make([][]byte, len(p))
	for i := range p {
		single[i] = p[i : i+1]
	}
	b.Run("whole", func(b *testing.B) {
		ps := NewParser(&lim)
		b.ReportAllocs()
		b.SetBytes(int64(len(p)))
		for b.Loop() {
			if !take(ps, p) {
				b.Fatal("not parsed")
			}
		}
	})
	b.Run("pooled", func(b *testing.B) {
		var pool Pool
		b.ReportAllocs()
		b.SetBytes(int64(len(p)))
		for b.Loop() {
			ps := pool.Acquire(&lim)
			if !take(ps, p) {
				b.Fatal("not parsed")
			}
			ps.Release()
		}
	})
	b.Run("single bytes", func(b *testing.B) {
		ps := NewParser(&lim)
		b.ReportAllocs()
		b.SetBytes(int64(len(p)))
		for b.Loop() {
			for _, piece := range single {
				if _, _, err := ps.Parse(piece); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	b.Run("refused", func(b *testing.B) {
		in := []byte(strings.Replace(browserGet, "Pragma:", "Pragma :", 1))
		b.ReportAllocs()
		for b.Loop() {
			ps := NewParser(&lim)
			if _, _, err := ps.Parse(in); err == nil {
				b.Fatal("accepted")
			}
		}
	})
}
