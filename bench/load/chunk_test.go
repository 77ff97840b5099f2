package load

import (
	"bytes"
	"errors"
	"io"
	"net/http/httputil"
	"strings"
	"testing"
)

// dechunk reads all of p, fed in pieces of some size.
func dechunk(p []byte, size int) (body []byte, done bool, err error) {
	var c chunks
	for len(p) > 0 {
		q := p[:min(size, len(p))]
		p = p[len(q):]
		for len(q) > 0 {
			piece, n, err := c.next(q)
			if err != nil {
				return body, false, err
			}
			body = append(body, piece...)
			q = q[n:]
		}
	}
	return body, c.phase == chunkComplete, nil
}

func TestChunks(t *testing.T) {
	for _, tt := range []struct {
		name, in, want string
		done           bool
		err            error
	}{
		{name: "one", in: "5\r\nhello\r\n", want: "hello"},
		{name: "several", in: "5\r\nhello\r\n1\r\n \r\n005\r\nworld\r\n", want: "hello world"},
		{name: "digits of both cases", in: "a\r\n0123456789\r\nA\r\nabcdefghij\r\n", want: "0123456789abcdefghij"},
		{name: "the end", in: "1\r\nx\r\n0\r\n\r\n", want: "x", done: true},
		{name: "trailers", in: "0\r\nA: 1\r\nB: 2\r\n\r\n", done: true},
		{name: "extensions", in: "2;a=b\r\nhi\r\n2 ; c\r\n!!\r\n0;x\r\n\r\n", want: "hi!!", done: true},
		{name: "not yet", in: "5\r\nhel", want: "hel"},
		{name: "data with line ends", in: "4\r\n\r\n\r\n\r\n", want: "\r\n\r\n"},
		{name: "no size", in: "\r\nx", err: errChunk},
		{name: "no digits", in: "xyz\r\n", err: errChunk},
		{name: "bare LF", in: "5\nhello", err: errChunk},
		{name: "LF missing", in: "5\rhello", err: errChunk},
		{name: "longer than told", in: "5\r\nhello!\r\n", want: "hello", err: errChunk},
		{name: "no LF behind data", in: "1\r\nx\rx", want: "x", err: errChunk},
		{name: "no LF behind a trailer", in: "0\r\nA: 1\rx", err: errChunk},
		{name: "no LF at the end", in: "0\r\n\rx", err: errChunk},
		{name: "behind the end", in: "0\r\n\r\n0", err: errBehind},
	} {
		for size := 1; size <= len(tt.in); size++ {
			got, done, err := dechunk([]byte(tt.in), size)
			if string(got) != tt.want || done != tt.done || !errors.Is(err, tt.err) {
				t.Errorf("%s, by %d: %q, %t, %v, want %q, %t, %v", tt.name, size, got, done, err, tt.want, tt.done, tt.err)
			}
		}
	}
	if _, _, err := dechunk([]byte("fffffffff\r\n"), 100); err == nil || !strings.Contains(err.Error(), "chunk of more than") {
		t.Errorf("a chunk of 64 GiB: %v", err)
	}
}

// FuzzChunks holds that the cuts don't matter, and that what we accept means
// the same to the standard library.
func FuzzChunks(f *testing.F) {
	f.Add([]byte("5\r\nhello\r\n0\r\n\r\n"), uint8(1))
	f.Add([]byte("a;x=y\r\n0123456789\r\n0\r\nA: b\r\n\r\n"), uint8(3))
	f.Add([]byte("1\r\nx\r\nzz"), uint8(7))
	f.Fuzz(func(t *testing.T, p []byte, cut uint8) {
		whole, done, err := dechunk(p, len(p)+1)
		got, done2, err2 := dechunk(p, int(cut)+1)
		if !bytes.Equal(got, whole) || done != done2 || (err == nil) != (err2 == nil) {
			t.Fatalf("%q: whole %q, %t, %v, by %d %q, %t, %v", p, whole, done, err, int(cut)+1, got, done2, err2)
		}
		if err != nil || !done {
			return
		}
		// The standard library leaves the trailers to its caller, and gives up
		// on overlong lines; what it does read must be the same.
		std, stdErr := io.ReadAll(httputil.NewChunkedReader(bytes.NewReader(p)))
		if stdErr == nil && !bytes.Equal(std, whole) {
			t.Fatalf("%q is %q, to net/http %q", p, whole, std)
		}
	})
}
