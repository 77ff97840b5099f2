package ws

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// maskPlain is RFC 6455 §5.3 as it is written, one octet at a time.
func maskPlain(key [4]byte, p []byte, at int) {
	for i := range p {
		p[i] ^= key[(at+i)%4]
	}
}

// Words give what octets give, at each length, alignment and cut.
func TestMask(t *testing.T) {
	text := make([]byte, 130)
	for i := range text {
		text[i] = byte(i * 7)
	}
	key := binary.LittleEndian.Uint32(testKey[:])
	for from := range 9 {
		for to := from; to <= len(text); to++ {
			want := bytes.Clone(text)
			maskPlain(testKey, want[from:to], 0)
			got := bytes.Clone(text)
			mid := from + (to-from)*2/3
			mask(mask(key, got[from:mid]), got[mid:to])
			if !bytes.Equal(got, want) {
				t.Fatalf("mask of [%d:%d] cut at %d = %x, want %x", from, to, mid, got, want)
			}
		}
	}
}

func TestMaskKeyTurns(t *testing.T) {
	key := binary.LittleEndian.Uint32([]byte{1, 2, 3, 4})
	for n, want := range [][4]byte{{1, 2, 3, 4}, {2, 3, 4, 1}, {3, 4, 1, 2}, {4, 1, 2, 3}, {1, 2, 3, 4}} {
		if got := mask(key, make([]byte, n)); got != binary.LittleEndian.Uint32(want[:]) {
			t.Errorf("key after %d bytes = %08x, want % x first to last", n, got, want)
		}
	}
}
