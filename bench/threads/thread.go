package threads

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// maxHead bounds the head of a request, as Tomcat does.
	maxHead = 8 << 10
	// stall is how long a thread waits for the first request, or for a peer to
	// take its answer: Tomcat's connectionTimeout.
	stall = 20 * time.Second
)

// socket is a connection in blocking mode.
type socket int

// Read blocks; the connection's timeout ends it with EAGAIN.
func (c socket) Read(p []byte) (int, error) {
	n, err := retry(unix.Read, int(c), p)
	if err != nil {
		return 0, err
	}
	if n == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	return n, nil
}

// Write blocks until all of p is in the kernel's hands.
func (c socket) Write(p []byte) (int, error) {
	done := 0
	for done < len(p) {
		n, err := retry(unix.Write, int(c), p[done:])
		if err != nil {
			return done, err
		}
		done += n
	}
	return done, nil
}

// prepare sets the timeouts of the blocking calls. SO_RCVTIMEO is what a
// blocking server has in place of timers.
func (c socket) prepare(keepAlive time.Duration) error {
	if keepAlive == 0 {
		keepAlive = stall // there is but one request to wait for
	}
	idle, busy := unix.NsecToTimeval(int64(keepAlive)), unix.NsecToTimeval(int64(stall))
	return errors.Join(
		unix.SetsockoptInt(int(c), unix.IPPROTO_TCP, unix.TCP_NODELAY, 1),
		unix.SetsockoptTimeval(int(c), unix.SOL_SOCKET, unix.SO_RCVTIMEO, &idle),
		unix.SetsockoptTimeval(int(c), unix.SOL_SOCKET, unix.SO_SNDTIMEO, &busy),
	)
}

// thread is what one thread of the pool keeps from request to request.
type thread struct {
	s      *Server
	head   io.LimitedReader
	in     *bufio.Reader
	events [][]byte
	body   []byte
	out    []byte
}

func newThread(s *Server) *thread {
	t := &thread{s: s}
	t.in = bufio.NewReader(&t.head)
	return t
}

// run serves one connection after the other until the queue ends.
func (t *thread) run() {
	// Never unlocked: so the thread ends with its goroutine and isn't reused.
	runtime.LockOSThread()
	for {
		fd, ok := t.s.queue.take()
		if !ok {
			return
		}
		if t.s.enter(fd) {
			if c := socket(fd); c.prepare(t.s.cfg.KeepAlive) == nil {
				t.serve(c)
			}
		}
		t.s.leave(fd)
	}
}

// serve answers the requests of a connection in order, as long as it lasts.
func (t *thread) serve(c io.ReadWriter) {
	t.head.R = c
	t.in.Reset(&t.head)
	for {
		t.head.N = maxHead
		req, err := http.ReadRequest(t.in)
		// An EOF with nothing left of the allowance is ours, not the peer's.
		var broken unix.Errno
		switch {
		case err == nil:
		case t.head.N > 0 && (errors.Is(err, io.EOF) || errors.As(err, &broken)):
			return // gone, or idle for too long
		default:
			t.refuse(c, errors.New("not a request of HTTP/1.1, or its head is over 8 KiB"))
			return
		}
		closes := req.Close || !req.ProtoAtLeast(1, 1) || t.s.cfg.KeepAlive == 0 || t.s.stopping.Load()
		if !t.poll(c, req, closes) || closes {
			return
		}
	}
}

// poll answers one request; false ends the connection.
func (t *thread) poll(w io.Writer, req *http.Request, closes bool) bool {
	a, err := parseAsk(req)
	if err != nil {
		return t.refuse(w, err)
	}
	r, err := t.s.room(a.room)
	if err != nil {
		return t.refuse(w, err)
	}
	g := r.wait(&a, t.events, time.Now().Add(a.wait), &t.s.stopping)
	t.events, t.body = g.events, g.appendTo(t.body[:0], r, a.since)
	t.s.polls.Add(1)
	if !t.answer(w, "200 OK", closes) {
		return false
	}
	t.s.delivered.Add(int64(len(g.events)))
	return true
}

// refuse answers what isn't served.
func (t *thread) refuse(w io.Writer, why error) bool {
	t.s.refused.Add(1)
	t.body = appendError(t.body[:0], "bad_request", why)
	t.answer(w, "400 Bad Request", true)
	return false
}

// answer sends the body in one write with its head.
func (t *thread) answer(w io.Writer, status string, closes bool) bool {
	t.out = fmt.Appendf(t.out[:0], "HTTP/1.1 %s\r\nContent-Type: application/json\r\nCache-Control: no-store\r\nContent-Length: %d\r\n", status, len(t.body))
	if closes {
		t.out = append(t.out, "Connection: close\r\n"...)
	}
	t.out = append(append(t.out, "\r\n"...), t.body...)
	_, err := w.Write(t.out)
	return err == nil
}

// appendError appends an error as the JSON of its answer.
func appendError(dst []byte, code string, why error) []byte {
	return fmt.Appendf(dst, `{"error":{"code":%s,"message":%s}}`, quote(code), quote(why.Error()))
}
