package goroutines

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// maxBody bounds a publish request, as in package limit.
const maxBody = 4 << 20

// Config says where the server listens.
type Config struct {
	Listen  netip.AddrPort // viewers; port 0 picks one
	Control netip.AddrPort // publishing
	Queue   int            // frames that may wait for a viewer by WebSocket
}

// DefaultConfig is what the sources of such servers have: a channel of 256.
func DefaultConfig() Config {
	local := netip.MustParseAddrPort("127.0.0.1:0")
	return Config{Listen: local, Control: local, Queue: 256}
}

// Counts is what the server has done.
type Counts struct {
	Accepted  int64
	Dropped   int64 // viewers whose channel was full
	Events    int64
	Delivered int64 // by WebSocket: put into channels
	Refused   int64
}

// Server is the server. Run serves until its context ends, once.
type Server struct {
	cfg      Config
	hub      *hub
	viewers  net.Listener
	callers  net.Listener
	stopping chan struct{}
	wg       sync.WaitGroup

	accepted, dropped, events, delivered, refused atomic.Int64

	mu    sync.Mutex // leaf; guards what follows
	conns map[net.Conn]struct{}
	over  bool
}

// New opens both ports.
func New(cfg Config) (*Server, error) {
	const fewest = 2 // the answer to the upgrade, and what was missed
	if cfg.Queue < fewest {
		return nil, fmt.Errorf("goroutines: queue %d, want at least %d", cfg.Queue, fewest)
	}
	var r unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &r) == nil {
		r.Cur = r.Max
		_ = unix.Setrlimit(unix.RLIMIT_NOFILE, &r) // without it, fewer viewers fit
	}
	s := &Server{cfg: cfg, hub: newHub(), stopping: make(chan struct{}), conns: make(map[net.Conn]struct{})}
	var err error
	if s.viewers, err = net.Listen("tcp", cfg.Listen.String()); err != nil {
		return nil, fmt.Errorf("goroutines: %w", err)
	}
	if s.callers, err = net.Listen("tcp", cfg.Control.String()); err != nil {
		_ = s.viewers.Close()
		return nil, fmt.Errorf("goroutines: %w", err)
	}
	return s, nil
}

// Addr is the address viewers connect to.
func (s *Server) Addr() string { return s.viewers.Addr().String() }

// Control is the address to publish at.
func (s *Server) Control() string { return s.callers.Addr().String() }

// Run serves until ctx ends and says what was done. The error is why it ended
// without being told to.
func (s *Server) Run(ctx context.Context) (Counts, error) {
	failed := make(chan error, 2) // one for each port
	s.wg.Go(func() {              // stops: the listener is closed
		failed <- s.accept()
	})
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/publish", s.publish)
	web := &http.Server{Handler: mux, ReadHeaderTimeout: stall}
	s.wg.Go(func() { // stops: Close
		failed <- web.Serve(s.callers)
	})
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	close(s.stopping)
	_ = s.viewers.Close()
	_ = web.Close()
	s.mu.Lock()
	s.over = true
	for c := range s.conns {
		_ = c.Close()
	}
	s.mu.Unlock()
	s.wg.Wait()
	return Counts{
		Accepted: s.accepted.Load(), Dropped: s.dropped.Load(), Events: s.events.Load(),
		Delivered: s.delivered.Load(), Refused: s.refused.Load(),
	}, err
}

// accept starts a goroutine for each connection.
func (s *Server) accept() error {
	for {
		c, err := s.viewers.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return nil
		case err != nil:
			// Out of descriptors: the next one may find some. net/http waits so, too.
			t := time.NewTimer(5 * time.Millisecond)
			select {
			case <-t.C:
			case <-s.stopping:
			}
			continue
		}
		s.accepted.Add(1)
		s.mu.Lock()
		if s.over {
			s.mu.Unlock()
			_ = c.Close()
			continue
		}
		s.conns[c] = struct{}{}
		s.mu.Unlock()
		s.wg.Go(func() { // stops: the connection ends
			defer s.gone(c)
			s.serve(c)
		})
	}
}

func (s *Server) gone(c net.Conn) {
	_ = c.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
}

// publication is an event as the control port takes it.
type publication struct {
	Room  string          `json:"room"`
	Event string          `json:"event"`
	Data  json.RawMessage `json:"data"`
}

// publish answers the ids of events: one bare, several as a list. Its port is no
// part of what is compared, so it may be as comfortable as it likes.
func (s *Server) publish(w http.ResponseWriter, req *http.Request) {
	var body struct {
		publication
		Events []publication `json:"events"`
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewDecoder(http.MaxBytesReader(w, req.Body, maxBody)).Decode(&body); err != nil {
		s.complain(w)
		return
	}
	list := body.Events
	if len(list) == 0 {
		list = []publication{body.publication}
	}
	for i := range list {
		if list[i].Room == "" {
			s.complain(w)
			return
		}
		if len(list[i].Data) == 0 {
			list[i].Data = []byte("null")
		}
	}
	ids, sent, dropped := s.hub.publish(list)
	s.events.Add(int64(len(list)))
	s.delivered.Add(sent)
	s.dropped.Add(dropped)
	answer := any(map[string][]string{"ids": ids})
	if len(body.Events) == 0 {
		answer = map[string]string{"id": ids[0]}
	}
	_ = json.NewEncoder(w).Encode(answer) // a publisher that has gone needs no answer
}

func (s *Server) complain(w http.ResponseWriter) {
	s.refused.Add(1)
	w.WriteHeader(http.StatusBadRequest)
	_, _ = w.Write([]byte(`{"error":{"code":"bad_message","message":"want an event with a room, or a list of them"}}`))
}
