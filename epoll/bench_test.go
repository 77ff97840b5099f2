package epoll

import (
	"net"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// BenchmarkWriteShared compares a walk of WriteShared over many sockets with a
// loop of bare write(2) over the same ones. The two take turns, and what the
// clients have received is thrown away while the clocks stand still, so the
// figures are the sender's alone. "ratio" is what the mutexes, the check for a
// closed descriptor and the counters cost.
func BenchmarkWriteShared(b *testing.B) {
	const conns = 1000
	all := make(chan *Conn, conns)
	g := openGroup(b, testConfig(), func(c *Conn) Handler {
		all <- c
		return &hooks{}
	})
	clients := dialRaw(b, g, conns)
	walk := make([]*Conn, conns)
	for i := range walk {
		walk[i] = receive(b, "accept", all)
	}
	await(b, "registration", func() bool { return walk[conns-1].state.Load()&registered != 0 })

	record := pattern(128)
	cut := cutAtEnd(len(record))
	var bare, shared time.Duration
	walks := 0
	for b.Loop() {
		start := time.Now()
		for _, c := range walk {
			rawWrite(b, c.nc.Hash(), record)
		}
		bare += time.Since(start)
		discardAll(clients)

		start = time.Now()
		for _, c := range walk {
			if n, open := c.WriteShared(record, cut); n != len(record) || !open {
				b.Fatalf("WriteShared = %d, %t", n, open)
			}
		}
		shared += time.Since(start)
		discardAll(clients)
		walks++
	}
	writes := float64(walks * conns)
	b.ReportMetric(float64(bare.Nanoseconds())/writes, "bare-ns/write")
	b.ReportMetric(float64(shared.Nanoseconds())/writes, "shared-ns/write")
	b.ReportMetric(float64(shared)/float64(bare), "ratio")
}

func rawWrite(b *testing.B, fd int, p []byte) {
	n, _, errno := syscall.RawSyscall(syscall.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)))
	if errno != 0 || int(n) != len(p) {
		b.Fatalf("write = %d, %v", n, errno)
	}
}

// discardAll empties the receive buffers. MSG_TRUNC drops instead of copying.
func discardAll(fds []int) {
	const size = 64 << 10
	var p [1]byte
	for _, fd := range fds {
		_, _, _ = syscall.RawSyscall6(syscall.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(&p[0])),
			size, syscall.MSG_TRUNC|syscall.MSG_DONTWAIT, 0, 0)
	}
}

// BenchmarkShortWrite is a write that the socket takes a part of, with the rest
// queued and the wake-up awaited.
func BenchmarkShortWrite(b *testing.B) {
	woken := make(chan struct{}, 1)
	_, c, client := accepted(b, slowConfig(), slowRcvbuf, &hooks{writable: func(*Conn) { woken <- struct{}{} }})
	if err := client.SetDeadline(time.Time{}); err != nil {
		b.Fatal(err)
	}
	go func() { _, _ = client.WriteTo(discard{}) }() // stops: the connection is closed
	record := pattern(64 << 10)
	cut := cutAtEnd(len(record))
	b.SetBytes(int64(len(record)))
	b.ReportAllocs()
	for b.Loop() {
		if _, open := c.WriteShared(record, cut); !open {
			<-woken
		}
	}
}

// BenchmarkEcho is a message there and back: read event, Data, Write.
func BenchmarkEcho(b *testing.B) {
	_, _, client := accepted(b, testConfig(), 0, &hooks{data: func(c *Conn, p []byte) { _ = c.Write(p) }})
	if err := client.SetDeadline(time.Time{}); err != nil {
		b.Fatal(err)
	}
	echo(b, client)
}

func echo(b *testing.B, client *net.TCPConn) {
	p := pattern(128)
	for b.Loop() {
		if _, err := client.Write(p); err != nil {
			b.Fatal(err)
		}
		expect(b, client, string(p))
	}
}

// BenchmarkSetTimeout is what a heartbeat costs: one of many timers moved.
func BenchmarkSetTimeout(b *testing.B) {
	now := time.Unix(1000, 0)
	w := NewWheel(now)
	conns := make([]Conn, 20000)
	for i := range conns {
		w.Set(&conns[i], now, time.Duration(i)*time.Millisecond)
	}
	i := 0
	for b.Loop() {
		i = (i + 7919) % len(conns) // far from the last in memory
		w.Set(&conns[i], now, 25*time.Second)
	}
}
