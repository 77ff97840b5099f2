package threads

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// maxThreads stays below the 10,000 at which Go's runtime ends a process.
	maxThreads = 9000
	// maxQueue fits into the pipe between acceptor and threads, 64 KiB of
	// 4-byte descriptors, so that putting one there never blocks.
	maxQueue = 10_000
	// reserve is for descriptors that are not viewers': ports, pipe, publishers.
	reserve = 64
)

// Config says where the server listens and how large its pool is.
type Config struct {
	Listen  netip.AddrPort // viewers; port 0 picks one
	Control netip.AddrPort // publishing

	// Threads is the size of the pool.
	Threads int
	// Queue is how many accepted connections may wait for a thread.
	Queue int
	// KeepAlive is how long a thread waits for the next request of its
	// connection; 0 closes after each answer.
	KeepAlive time.Duration
}

// DefaultConfig is Tomcat's blocking connector, with a larger pool than its 200.
func DefaultConfig() Config {
	local := netip.MustParseAddrPort("127.0.0.1:0")
	return Config{Listen: local, Control: local, Threads: 300, Queue: 100, KeepAlive: 20 * time.Second}
}

// Validate reports everything that is wrong.
func (c Config) Validate() error {
	var errs []error
	if c.Threads < 1 || c.Threads > maxThreads {
		errs = append(errs, fmt.Errorf("threads: %d, want 1 to %d", c.Threads, maxThreads))
	}
	if c.Queue < 1 || c.Queue > maxQueue {
		errs = append(errs, fmt.Errorf("queue: %d, want 1 to %d", c.Queue, maxQueue))
	}
	if c.KeepAlive < 0 {
		errs = append(errs, fmt.Errorf("keepalive: %s, want 0 or more", c.KeepAlive))
	}
	// Only so many connections are ever accepted at once: if they fit, no
	// accept fails for want of a descriptor.
	var r unix.Rlimit
	if need := uint64(c.Threads + c.Queue + reserve); unix.Getrlimit(unix.RLIMIT_NOFILE, &r) == nil && r.Cur < need {
		errs = append(errs, fmt.Errorf("threads and queue need %d descriptors, the limit is %d", need, r.Cur))
	}
	return errors.Join(errs...)
}
