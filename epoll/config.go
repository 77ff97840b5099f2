package epoll

import (
	"errors"
	"fmt"
	"net"
	"runtime"
	"strconv"
	"time"
)

const (
	// maxPending bounds MaxPending: the count of pending bytes is an int32.
	maxPending = 1 << 30
	// maxLoops is far above any sensible number and catches typing errors.
	maxLoops = 1024
	// minReadBuffer holds any control frame and most requests in one piece.
	minReadBuffer = 512
)

// Config says where to listen and how much a connection may use.
type Config struct {
	// Listen holds the addresses to accept on: "127.0.0.1:8080", "[::1]:8080",
	// ":8080" for every address of both families. Port 0 picks a free one.
	Listen []string `yaml:"listen"`

	// Loops is the number of event loops. 0 is one per CPU the process is
	// allowed to use (sched_getaffinity at start).
	Loops int `yaml:"loops"`

	// MaxConns bounds the connections held at once; above it a request is
	// answered with 503. 0 is no limit.
	MaxConns int `yaml:"max_conns"`

	// MaxConnsPerIP bounds the connections of one client address (of one /64
	// for IPv6); above it a request is answered with 429. 0 is no limit.
	MaxConnsPerIP int `yaml:"max_conns_per_ip"`

	// ReadBuffer is the size in bytes of the read buffer, one per Loop, and so
	// the largest piece Data gets.
	ReadBuffer int `yaml:"read_buffer"`

	// SendBuffer is SO_SNDBUF in bytes of every connection: what the kernel
	// queues for a slow one (it doubles the value for its own needs). 0 leaves
	// it to the kernel, which goes up to megabytes.
	SendBuffer int `yaml:"send_buffer"`

	// MaxPending bounds the bytes queued for one connection beyond the socket.
	// A Write above it closes the connection. It must hold the largest single
	// answer less the send buffer. What WriteShared has left of one record does
	// not count, in whole pieces of 64 KiB.
	MaxPending int `yaml:"max_pending"`

	// ReusePort sets SO_REUSEPORT, so a second process can listen on the same
	// address while this one drains.
	ReusePort bool `yaml:"reuse_port"`

	// Backlog is the length of the kernel's queue of connections that wait for
	// accept. 0 is net.core.somaxconn.
	Backlog int `yaml:"backlog"`

	// Linger bounds how long CloseAfterFlush may take.
	Linger time.Duration `yaml:"linger"`
}

// DefaultConfig returns the values used for everything a file leaves out.
func DefaultConfig() Config {
	return Config{
		Listen:     []string{"127.0.0.1:8080"},
		ReadBuffer: 64 << 10,
		SendBuffer: 64 << 10,
		MaxPending: 256 << 10,
		Linger:     2 * time.Second,
	}
}

// Validate reports every value that cannot work, joined into one error.
func (c Config) Validate() error {
	var errs []error
	if len(c.Listen) == 0 {
		errs = append(errs, errors.New("epoll.listen: empty, want at least one address"))
	}
	for i, addr := range c.Listen {
		if err := checkAddr(addr); err != nil {
			errs = append(errs, fmt.Errorf("epoll.listen[%d]: %w", i, err))
		}
	}
	for _, v := range []struct {
		key       string
		got       int
		low, high int
	}{
		{"loops", c.Loops, 0, maxLoops},
		{"max_conns", c.MaxConns, 0, maxPending},
		{"max_conns_per_ip", c.MaxConnsPerIP, 0, maxPending},
		{"read_buffer", c.ReadBuffer, minReadBuffer, 16 << 20},
		{"send_buffer", c.SendBuffer, 0, maxPending},
		{"max_pending", c.MaxPending, 1, maxPending},
		{"backlog", c.Backlog, 0, 1 << 20},
	} {
		if v.got < v.low || v.got > v.high {
			errs = append(errs, fmt.Errorf("epoll.%s: %d, want %d to %d", v.key, v.got, v.low, v.high))
		}
	}
	if c.Linger <= 0 || c.Linger > time.Hour {
		errs = append(errs, fmt.Errorf("epoll.linger: %v, want more than 0s and at most 1h", c.Linger))
	}
	return errors.Join(errs...)
}

// loops resolves Loops. runtime.NumCPU is what sched_getaffinity said at start.
func (c Config) loops() int {
	if c.Loops > 0 {
		return c.Loops
	}
	return runtime.NumCPU()
}

// checkAddr accepts host:port with a numeric port; whether the host exists is
// found out by listening.
func checkAddr(addr string) error {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("%q: %w", addr, err)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("%q: port %q, want 0 to 65535", addr, port)
	}
	return nil
}
