package threads

import (
	"math"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Operations of futex(2), on memory that no other process shares.
const (
	futexPrivate = 0x80
	futexWait    = 0 | futexPrivate
	futexWake    = 1 | futexPrivate
)

// sleep has the thread wait in the kernel until word is woken, for at most d.
// It returns at once when word is no longer was. A signal may end it early, so
// the caller looks again in any case; that is why there is no result.
func sleep(word *uint32, was uint32, d time.Duration) {
	ts := unix.NsecToTimespec(int64(d))
	_, _, _ = unix.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(word)), futexWait, uintptr(was), uintptr(unsafe.Pointer(&ts)), 0, 0)
}

// wake ends all sleeps at word, with one system call.
func wake(word *uint32) {
	_, _, _ = unix.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(word)), futexWake, math.MaxInt32, 0, 0, 0)
}
