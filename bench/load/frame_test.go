package load

import (
	"bytes"
	"errors"
	"testing"
)

func TestParseHeader(t *testing.T) {
	for _, tt := range []struct {
		name   string
		in     []byte
		want   header
		broken bool
	}{
		{name: "text", in: []byte{0x81, 5}, want: header{op: opText, fin: true, size: 2, length: 5}},
		{name: "16 bit length", in: []byte{0x81, 126, 1, 2}, want: header{op: opText, fin: true, size: 4, length: 258}},
		{name: "64 bit length", in: []byte{0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0}, want: header{op: opBinary, fin: true, size: 10, length: 65536}},
		{name: "first fragment", in: []byte{0x01, 3}, want: header{op: opText, size: 2, length: 3}},
		{name: "ping", in: []byte{0x89, 125}, want: header{op: opPing, fin: true, size: 2, length: 125}},
		{name: "masked", in: []byte{0x81, 0x85}, broken: true},
		{name: "compressed", in: []byte{0xC1, 5}, broken: true},
		{name: "unknown data opcode", in: []byte{0x83, 5}, broken: true},
		{name: "unknown control opcode", in: []byte{0x8B, 5}, broken: true},
		{name: "long ping", in: []byte{0x89, 126, 0, 126}, broken: true},
		{name: "fragmented close", in: []byte{0x08, 2}, broken: true},
		{name: "huge", in: []byte{0x81, 127, 0, 0, 0, 1, 0, 0, 0, 0}, broken: true},
		{name: "negative", in: []byte{0x81, 127, 0xFF, 0, 0, 1, 0, 0, 0, 0}, broken: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parseHeader(tt.in)
			if tt.broken {
				if err == nil || errors.Is(err, errShort) {
					t.Errorf("parseHeader(%x) = %+v, %v, want it refused", tt.in, got, err)
				}
				return
			}
			if err != nil || got != tt.want {
				t.Errorf("parseHeader(%x) = %+v, %v, want %+v", tt.in, got, err, tt.want)
			}
			for i := range tt.in {
				if _, err := parseHeader(tt.in[:i]); !errors.Is(err, errShort) {
					t.Errorf("first %d bytes: %v, want errShort", i, err)
				}
			}
		})
	}
}

func TestAppendFrameIsMasked(t *testing.T) {
	for _, n := range []int{0, 1, 125, 126, 65535, 65536} {
		payload := bytes.Repeat([]byte("x"), n)
		f := appendFrame(nil, opText, 0x01020304, payload)
		f[1] &^= 0x80 // the rest of a client's header is that of a server's
		h, err := parseHeader(f)
		if err != nil || h.length != n {
			t.Fatalf("%d bytes: header %+v, %v", n, h, err)
		}
		key, got := f[h.size:h.size+4], f[h.size+4:]
		for i := range got {
			got[i] ^= key[i%4]
		}
		if !bytes.Equal(got, payload) {
			t.Errorf("%d bytes: unmasked differs", n)
		}
	}
}

func FuzzParseHeader(f *testing.F) {
	f.Add([]byte{0x81, 126, 1, 2})
	f.Add([]byte{0x89, 0})
	f.Add([]byte{0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0})
	f.Fuzz(func(t *testing.T, p []byte) {
		h, err := parseHeader(p)
		if err != nil {
			return
		}
		if h.size < 2 || h.size > 10 || h.length < 0 || h.length > maxFrame || h.size > len(p) {
			t.Fatalf("parseHeader(%x) = %+v", p, h)
		}
		for i := range h.size {
			if _, err := parseHeader(p[:i]); !errors.Is(err, errShort) {
				t.Fatalf("first %d of %x: %v, want errShort", i, p[:h.size], err)
			}
		}
	})
}
