package limit

import (
	"bytes"
	"fmt"
	"net"
	"runtime"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// pollers is as many as fit twice into 20,000 files: both ends are here.
	pollers = 9500
	// pollRecord is an event of 128 bytes as a stock Socket.IO client gets it.
	pollRecord = 200
)

// pollRequest is a poll as a client sends it.
var pollRequest = []byte("GET /socket.io/?EIO=4&transport=polling&sid=AAAAAAAAAAAAAAAAAAAA HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n")

// BenchmarkPolls is the least that polls cost: each answer is one write(2), each
// poll that follows one read(2), as epoll tells. Nothing is parsed and nobody is
// told apart; all pollers are there before the next round. CPU is that of the
// thread which answers; an answer carries a window of events, as saturate has
// them.
func BenchmarkPolls(b *testing.B) {
	for _, window := range []int{1, 4, 16, 64} {
		b.Run(fmt.Sprintf("window=%d", window), func(b *testing.B) { benchPolls(b, window) })
	}
}

func benchPolls(b *testing.B, window int) {
	size := window * pollRecord
	answer := fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=UTF-8\r\nContent-Length: %d\r\n\r\n", size)
	answer = append(answer, bytes.Repeat([]byte{'x'}, size)...)
	servers, clients := pollPairs(b)
	done := make(chan error, 1)
	go pollBack(clients, len(answer), done) // stops: when the connections end
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	ep := pollSet(b, servers)
	defer unix.Close(ep)
	events, buf := make([]unix.EpollEvent, 1024), make([]byte, 4096)
	before := threadTime(b)
	for b.Loop() {
		for _, fd := range servers {
			if n, e := write(fd, answer); n != len(answer) || e != 0 {
				b.Fatalf("write: %d of %d, %v", n, len(answer), e)
			}
		}
		for came := 0; came < len(servers); {
			n, err := unix.EpollWait(ep, events, -1)
			if err != nil && err != unix.EINTR {
				b.Fatal(err)
			}
			for _, e := range events[:max(n, 0)] {
				if m, err := unix.Read(int(e.Fd), buf); m != len(pollRequest) || err != nil {
					b.Fatalf("read: %d, %v", m, err)
				}
				came++
			}
		}
	}
	spent := threadTime(b) - before
	polls := float64(b.N) * float64(len(servers))
	b.ReportMetric(float64(spent.Nanoseconds())/polls, "cpu-ns/poll")
	b.ReportMetric(polls*float64(window)/spent.Seconds(), "deliveries/cpu-s")
	for _, fd := range servers { // the other side ends with them
		_ = unix.Close(int(fd))
	}
	if err := <-done; err != nil {
		b.Error(err)
	}
}

// pollBack answers each whole answer of n bytes with the next poll, on a thread
// of its own, until the connections end.
func pollBack(clients []int32, n int, done chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	ep, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		done <- err
		return
	}
	defer unix.Close(ep)
	for _, fd := range clients {
		if err := unix.EpollCtl(ep, unix.EPOLL_CTL_ADD, int(fd), &unix.EpollEvent{Events: unix.EPOLLIN, Fd: fd}); err != nil {
			done <- err
			return
		}
	}
	got := make(map[int32]int, len(clients))
	events, buf := make([]unix.EpollEvent, 1024), make([]byte, 256<<10)
	for open := len(clients); open > 0; {
		m, err := unix.EpollWait(ep, events, -1)
		if err != nil && err != unix.EINTR {
			done <- err
			return
		}
		for _, e := range events[:max(m, 0)] {
			k, err := unix.Read(int(e.Fd), buf)
			if k <= 0 || err != nil {
				_ = unix.Close(int(e.Fd))
				open--
				continue
			}
			if got[e.Fd] += k; got[e.Fd] == n {
				got[e.Fd] = 0
				_, _ = write(e.Fd, pollRequest) // an error ends the connection
			}
		}
	}
	done <- nil
}

// pollPairs connects pollers over loopback.
func pollPairs(b *testing.B) (servers, clients []int32) {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	_, text, _ := net.SplitHostPort(l.Addr().String())
	port, err := strconv.Atoi(text)
	if err != nil {
		b.Fatal(err)
	}
	file, err := l.(*net.TCPListener).File()
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	for range pollers {
		c, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err == nil {
			err = unix.Connect(c, &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}})
		}
		if err != nil {
			b.Fatal(err)
		}
		s, _, err := unix.Accept4(int(file.Fd()), unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
		if err != nil {
			b.Fatal(err)
		}
		for _, fd := range []int{c, s} {
			if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
				b.Fatal(err)
			}
		}
		servers, clients = append(servers, int32(s)), append(clients, int32(c))
	}
	return servers, clients
}

// pollSet is an epoll instance of descriptors.
func pollSet(b *testing.B, fds []int32) int {
	b.Helper()
	ep, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		b.Fatal(err)
	}
	for _, fd := range fds {
		if err := unix.EpollCtl(ep, unix.EPOLL_CTL_ADD, int(fd), &unix.EpollEvent{Events: unix.EPOLLIN, Fd: fd}); err != nil {
			b.Fatal(err)
		}
	}
	return ep
}

// threadTime is the CPU time of the calling thread.
func threadTime(b *testing.B) time.Duration {
	b.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_THREAD, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
