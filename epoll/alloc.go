package epoll

import "github.com/lesismal/nbio/mempool"

// allocator makes nbio's buffers for output the socket did not take.
//
// nbio's default pool keeps buffers of every size in one sync.Pool, so the rest
// of one frame may hold 64 KiB for as long as a slow viewer blocks. This one
// makes what is asked plus a quarter: nbio asks for a new buffer each time the
// last one is full, and the slack keeps a run of small writes from copying
// everything each time.
type allocator struct{}

var _ mempool.Allocator = allocator{}

// Malloc returns a buffer of size bytes.
func (allocator) Malloc(size int) *[]byte {
	p := make([]byte, size, size+size/4)
	return &p
}

// Realloc returns buf with size bytes.
func (a allocator) Realloc(buf *[]byte, size int) *[]byte {
	if size > cap(*buf) {
		grown := a.Malloc(size)
		copy(*grown, *buf)
		return grown
	}
	*buf = (*buf)[:size]
	return buf
}

// Append adds more to buf.
func (allocator) Append(buf *[]byte, more ...byte) *[]byte {
	*buf = append(*buf, more...)
	return buf
}

// AppendString adds more to buf.
func (allocator) AppendString(buf *[]byte, more string) *[]byte {
	*buf = append(*buf, more...)
	return buf
}

// Free leaves buf to the garbage collector: a residue is rare and short-lived.
func (allocator) Free(*[]byte) {}
