package ws

import (
	"fmt"
	"strings"
	"testing"
)

func BenchmarkMask(b *testing.B) {
	for _, size := range []int{16, 128, 1024, 65536} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			p := make([]byte, size)
			b.SetBytes(int64(size))
			for b.Loop() {
				mask(0x3d21fa37, p)
			}
		})
	}
}

func BenchmarkRunes(b *testing.B) {
	for name, text := range map[string]string{"ascii": "plain words only", "mixed": "ein Wörterbuch, ", "cjk": "現場のようす"} {
		b.Run(name, func(b *testing.B) {
			p := []byte(strings.Repeat(text, 64))
			b.SetBytes(int64(len(p)))
			for b.Loop() {
				var r runes
				if !r.add(p) {
					b.Fatal("valid text was refused")
				}
			}
		})
	}
}

// BenchmarkNext reads one message a step: whole, cut in two, compressed.
func BenchmarkNext(b *testing.B) {
	chat := `{"op":"publish","room":"lobby","event":"chat","data":{"text":"hello there"}}`
	for _, tt := range []struct {
		name string
		wire string
		cut  int
	}{
		{name: "text76", wire: frame(OpText, true, chat)},
		{name: "text76cut", wire: frame(OpText, true, chat), cut: 40},
		{name: "ping", wire: frame(OpPing, true, "")},
		{name: "binary64k", wire: frame(OpBinary, true, strings.Repeat("x", 64<<10))},
		{name: "deflated76", wire: packed(OpText, true, deflated(chat))},
	} {
		b.Run(tt.name, func(b *testing.B) {
			cfg := DefaultConfig()
			p := make([]byte, len(tt.wire))
			var r Reader
			b.SetBytes(int64(len(p)))
			b.ReportAllocs()
			for b.Loop() {
				copy(p, tt.wire)
				if tt.cut > 0 {
					if _, _, err := r.Next(&cfg, true, p[:tt.cut]); err != nil {
						b.Fatal(err)
					}
				}
				if _, m, err := r.Next(&cfg, true, p[tt.cut:]); err != nil || m.Op == OpNone {
					b.Fatal(m.Op, err)
				}
			}
		})
	}
}

func BenchmarkAppendFrame(b *testing.B) {
	payload := []byte(strings.Repeat("x", 300))
	dst := make([]byte, 0, 512)
	b.ReportAllocs()
	for b.Loop() {
		dst = AppendFrame(dst[:0], OpText, false, payload)
	}
}

func BenchmarkAppendDeflated(b *testing.B) {
	payload := []byte(strings.Repeat(`{"event":"chat","user":"ann","text":"hello there"}`, 20))
	dst := make([]byte, 0, 2048)
	for _, level := range []int{1, 6, 9} {
		b.Run(fmt.Sprint(level), func(b *testing.B) {
			b.SetBytes(int64(len(payload)))
			b.ReportAllocs()
			for b.Loop() {
				dst = AppendDeflated(dst[:0], payload, level)
			}
			b.ReportMetric(float64(len(dst)), "out-bytes")
		})
	}
}
