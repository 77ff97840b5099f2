package ws

import (
	"bytes"
	stdflate "compress/flate"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
)

// samples are payloads of several natures.
func samples() []string {
	noise := make([]byte, 70000)
	x := uint32(1)
	for i := range noise {
		x = x*1664525 + 1013904223
		noise[i] = byte(x >> 24)
	}
	return []string{
		"", "a", "Hello", strings.Repeat("x", 100000),
		strings.Repeat(`{"event":"chat","user":"ann","text":"hello there"}`, 40),
		string(noise), "\x00\x00\xff\xff", "tail\x00\x00\xff\xff",
	}
}

// Every level gives what our decompressor, and another one, read back.
func TestDeflateRoundTrip(t *testing.T) {
	for level := minLevel - 3; level <= maxLevel+1; level++ {
		for _, want := range samples() {
			packed := AppendDeflated([]byte("kept"), []byte(want), level)
			if !bytes.HasPrefix(packed, []byte("kept")) {
				t.Fatalf("level %d: lost what was in dst", level)
			}
			packed = packed[4:]
			got, err := inflate(packed, len(want))
			if err != nil || string(got) != want {
				t.Errorf("level %d, %d bytes: got %d bytes, %v", level, len(want), len(got), err)
			}
			other := stdflate.NewReader(io.MultiReader(bytes.NewReader(packed), strings.NewReader(flushMark+finalMark)))
			if got, err := io.ReadAll(other); err != nil || string(got) != want {
				t.Errorf("level %d, %d bytes: compress/flate got %d bytes, %v", level, len(want), len(got), err)
			}
		}
	}
}

// RFC 7692 §7.2.1: no flush mark at the end, and an empty payload is not none.
func TestDeflateTail(t *testing.T) {
	for level := minLevel; level <= maxLevel; level++ {
		if got := AppendDeflated(nil, nil, level); len(got) == 0 {
			t.Errorf("level %d: the empty payload became no bytes", level)
		}
		for _, s := range samples() {
			if got := AppendDeflated(nil, []byte(s), level); len(got) > 1 && strings.HasSuffix(string(got), flushMark) {
				t.Errorf("level %d: %d bytes end in the flush mark", level, len(s))
			}
		}
	}
	text := []byte(strings.Repeat(`{"event":"chat"}`, 60))
	if got := AppendDeflated(nil, text, 6); len(got) > len(text)/10 {
		t.Errorf("%d bytes of repetition became %d", len(text), len(got))
	}
}

// No context: each message stands alone, whatever was compressed before it.
func TestDeflateNoContext(t *testing.T) {
	text := []byte("the same words, and the same words, each time")
	want := AppendDeflated(nil, text, 6)
	for i := range 5 {
		if got := AppendDeflated(nil, text, 6); !bytes.Equal(got, want) {
			t.Errorf("message %d is %x, the first was %x", i+2, got, want)
		}
	}
}

// The limit holds to the byte, and beside each other messages do not mix.
func TestInflateLimit(t *testing.T) {
	for _, size := range []int{1, 511, 512, 513, 4096, 65536, 100000} {
		packed := AppendDeflated(nil, bytes.Repeat([]byte("x"), size), 6)
		if got, err := inflate(packed, size); len(got) != size || err != nil {
			t.Errorf("inflate to %d with that limit = %d bytes, %v", size, len(got), err)
		}
		var broken *CloseError
		if _, err := inflate(packed, size-1); !errors.As(err, &broken) || broken.Code != CloseTooBig {
			t.Errorf("inflate to %d with a limit of %d: %v, want 1009", size, size-1, err)
		}
	}
}

func TestDeflateConcurrent(t *testing.T) {
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			want := strings.Repeat(string(rune('a'+worker)), 1000+worker)
			for range 200 {
				got, err := inflate(AppendDeflated(nil, []byte(want), 1+worker), 2000)
				if err != nil || string(got) != want {
					t.Errorf("worker %d: got %.10q…, %v", worker, got, err)
					return
				}
			}
		})
	}
	wg.Wait()
}
