package agent

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"
)

// maxSessions bounds the connections of coordinators, greeted or not.
const maxSessions = 256

// Server is an agent: it listens for coordinators and holds what they ask for.
type Server struct {
	token string
	ln    net.Listener
	log   func(format string, args ...any)

	// Whose clock this is, and what it is ahead of the kernel's: always 0 but in
	// tests of another machine.
	machine string
	skew    time.Duration

	wg sync.WaitGroup

	mu    sync.Mutex // leaf; guards what follows
	conns map[net.Conn]struct{}
	loops int // threads that hold viewers, of all sessions
	seats int // viewers, of all sessions
}

// Listen opens the port. log is told of every coordinator that comes and goes;
// it may be called from any goroutine.
func Listen(addr, token string, log func(format string, args ...any)) (*Server, error) {
	if len(token) < minToken {
		return nil, errNoToken
	}
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("agent: %w", err)
	}
	return &Server{token: token, ln: ln, log: log, machine: machine(), conns: make(map[net.Conn]struct{})}, nil
}

// Addr is where it listens.
func (s *Server) Addr() net.Addr { return s.ln.Addr() }

// Run serves until ctx ends. Viewers that are held then are hung up.
func (s *Server) Run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() {
		_ = s.ln.Close()
		s.mu.Lock()
		defer s.mu.Unlock()
		for c := range s.conns {
			_ = c.Close()
		}
	})
	defer stop()
	defer s.wg.Wait()
	for {
		c, err := s.ln.Accept()
		switch {
		case ctx.Err() != nil:
			if err == nil {
				_ = c.Close()
			}
			return nil
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("agent: %w", err)
		case err != nil: // out of descriptors, or a peer that was gone already
			if pause(ctx, 100*time.Millisecond) != nil {
				return nil
			}
			continue
		}
		if !s.enter(ctx, c) {
			_ = c.Close()
			continue
		}
		s.wg.Go(func() { // stops: the connection ends
			defer s.leave(c)
			s.session(ctx, c)
		})
	}
}

// pause waits, or says that ctx ended.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}

// enter notes a connection; false when there are too many, or the agent ends.
func (s *Server) enter(ctx context.Context, c net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.conns) >= maxSessions || ctx.Err() != nil {
		return false
	}
	s.conns[c] = struct{}{}
	return true
}

func (s *Server) leave(c net.Conn) {
	_ = c.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
}

// session greets a coordinator and does what it says until it is gone.
func (s *Server) session(ctx context.Context, c net.Conn) {
	t := newTalk(c)
	who := hello{Machine: s.machine, PID: os.Getpid()}
	err := c.SetDeadline(time.Now().Add(helloWithin))
	if err == nil {
		err = receive(t, s.token, who)
	}
	if err == nil {
		err = c.SetDeadline(time.Time{})
	}
	if err != nil {
		s.refuse(t, err)
		return
	}
	h := &session{server: s, talk: t}
	defer h.close()
	if err := h.serve(ctx); err != nil {
		s.refuse(t, err)
	}
}

// refuse tells the peer why it is sent away. It may be gone already.
func (s *Server) refuse(t *talk, why error) {
	if ended(why) {
		return
	}
	s.log("%s: %v", t.conn.RemoteAddr(), why)
	_ = t.conn.SetDeadline(time.Now().Add(time.Second))
	_ = t.send(frame{Error: why.Error()}, nil)
}
