package epoll

import (
	"context"
	"errors"
	"log/slog"
	"syscall"
	"time"
)

const (
	// retreatMin and retreatMax bound the pause after an accept that failed.
	// It doubles from one to the other.
	retreatMin = 5 * time.Millisecond
	retreatMax = time.Second

	// retreatLog is how often failing accepts are logged.
	retreatLog = time.Second
)

// retreat is how a Listener behaves when accept fails. The usual reason is that
// the process is out of descriptors, and then accept fails at once for as long as
// a client waits in the backlog: without a pause that is a loop at full speed.
//
// The clients would wait in the backlog without ever hearing of it. So one
// descriptor is kept spare, to be closed for a moment, accept with its number and
// reset the client.
type retreat struct {
	spare  int           // -1: there is none
	wait   time.Duration // the last pause, 0 if all is well
	logged time.Time
	unsaid int // failures since logged
}

func newRetreat() retreat { return retreat{spare: openSpare()} }

// openSpare takes a descriptor, or returns -1.
func openSpare() int {
	fd, err := syscall.Open("/dev/null", syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return -1
	}
	return fd
}

// calm notes that accept works. The pause goes back in steps: one descriptor that
// became free does not mean that there are more.
func (r *retreat) calm() {
	if r.wait == 0 {
		return
	}
	if r.wait /= 2; r.wait < retreatMin {
		r.wait = 0
	}
	if r.spare < 0 {
		r.spare = openSpare()
	}
}

// next returns the next pause.
func (r *retreat) next() time.Duration {
	r.wait = min(max(2*r.wait, retreatMin), retreatMax)
	return r.wait
}

// due reports whether a failure is to be logged, and how many were not.
func (r *retreat) due(now time.Time) (unsaid int, ok bool) {
	if now.Sub(r.logged) < retreatLog {
		r.unsaid++
		return 0, false
	}
	unsaid, r.unsaid, r.logged = r.unsaid, 0, now
	return unsaid, true
}

func (r *retreat) close() {
	if r.spare >= 0 {
		_ = syscall.Close(r.spare)
		r.spare = -1
	}
}

// failed counts an accept that failed, and pauses. stop ends the pause.
func (l *Listener) failed(cause error) {
	l.group.accepts.errors.Add(1)
	r := &l.retreat
	wait := r.next()
	if errors.Is(cause, syscall.EMFILE) || errors.Is(cause, syscall.ENFILE) {
		// As many as there were short pauses in this one: few while
		// descriptors may come back soon, 200 a second in the long run.
		l.group.accepts.shed.Add(uint64(l.shed(int(wait / retreatMin))))
	}
	if unsaid, ok := r.due(time.Now()); ok {
		l.group.log.LogAttrs(context.Background(), slog.LevelWarn, "accept failed",
			slog.String("addr", l.Addr().String()), slog.Any("err", cause),
			slog.Duration("pause", wait), slog.Int("unlogged", unsaid))
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-l.stopping:
	}
}

// shed resets up to n waiting clients and returns how many.
func (l *Listener) shed(n int) (done int) {
	rc, err := l.tcp.SyscallConn()
	if err != nil || l.retreat.spare < 0 {
		l.retreat.spare = openSpare()
		return 0
	}
	l.retreat.close() // its number is free now
	_ = rc.Control(func(fd uintptr) {
		for ; done < n; done++ {
			// The listening socket does not block: EAGAIN if nobody waits.
			conn, _, err := syscall.Accept4(int(fd), syscall.SOCK_CLOEXEC)
			if err != nil {
				return
			}
			_ = syscall.SetsockoptLinger(conn, syscall.SOL_SOCKET, syscall.SO_LINGER, &syscall.Linger{Onoff: 1})
			_ = syscall.Close(conn)
		}
	})
	l.retreat.spare = openSpare()
	return done
}
