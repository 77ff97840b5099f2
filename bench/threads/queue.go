package threads

import (
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// queue hands connections from the acceptor to the threads. Both wait in the
// kernel: the threads for a descriptor in a pipe, which wakes one of them only;
// the acceptor for a place, which an eventfd counts.
type queue struct {
	places int
	r, w   int
}

func newQueue(places int) (*queue, error) {
	n, err := unix.Eventfd(uint(places), unix.EFD_SEMAPHORE|unix.EFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("threads: eventfd: %w", err)
	}
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_CLOEXEC); err != nil {
		_ = unix.Close(n)
		return nil, fmt.Errorf("threads: pipe: %w", err)
	}
	return &queue{places: n, r: p[0], w: p[1]}, nil
}

// reserve waits for a place. Only the acceptor calls it.
func (q *queue) reserve() error {
	var b [8]byte
	_, err := retry(unix.Read, q.places, b[:])
	return err
}

// free gives a place back.
func (q *queue) free() {
	var b [8]byte
	binary.NativeEndian.PutUint64(b[:], 1)
	_, _ = retry(unix.Write, q.places, b[:]) // a counter so small takes one more
}

// put hands a connection over. It needs a place, and so never blocks.
func (q *queue) put(fd int) error {
	var b [4]byte
	binary.NativeEndian.PutUint32(b[:], uint32(fd))
	_, err := retry(unix.Write, q.w, b[:])
	return err
}

// take waits for a connection and frees its place; false when there will be none.
func (q *queue) take() (int, bool) {
	// Pipes are read and written under a lock, and a page holds a whole number
	// of these: none is ever torn.
	var b [4]byte
	if n, err := retry(unix.Read, q.r, b[:]); err != nil || n != len(b) {
		return 0, false
	}
	q.free()
	return int(binary.NativeEndian.Uint32(b[:])), true
}

// end has take return false once the queue is empty. The acceptor must have ended.
func (q *queue) end() { _ = unix.Close(q.w) }

// close releases what is left. The threads must have ended.
func (q *queue) close() {
	_ = unix.Close(q.r)
	_ = unix.Close(q.places)
}

// retry repeats a system call that a signal interrupted: Go's runtime sends some.
func retry(call func(int, []byte) (int, error), fd int, p []byte) (int, error) {
	for {
		n, err := call(fd, p)
		if !errors.Is(err, unix.EINTR) {
			return n, err
		}
	}
}
