package transport

import (
	"log/slog"
	"sync/atomic"
	"time"

	"grandstand/epoll"
	"grandstand/epoll/protocol"
	"grandstand/epoll/wire/http1"
	"grandstand/session"
)

// Server turns connections into viewers.
type Server struct {
	cfg     Config
	hub     *session.Hub
	native  *protocol.Native
	tokens  Tokens
	log     *slog.Logger
	origins origins
	opened  map[string]bool // ways in
	parsers http1.Pool
	start   time.Time
	web     web
	counts  counts
	// draining: nobody new is let in.
	draining atomic.Bool

	// The encodings of the feeds, by way in.
	plain  *events             // WebSocket frames
	packed *events             // the same, compressed
	polled protocol.PollEvents // answers to polls
	forms  forms               // streams

	sets    roomSets
	looks   looks
	answers []*answers // by shard
	pages   []*pages   // by loop
	pace    pace

	engines engines // Engine.IO

	polling   addresses // connections with long-polls
	streaming addresses
	named     tally[string] // connections with long-polls by their session=
}

// New returns a server for a hub's rooms on so many loops. cfg must be valid;
// tokens may be nil.
func New(cfg Config, hub *session.Hub, tokens Tokens, loops int, log *slog.Logger) *Server {
	native := protocol.NewNative(hub)
	if tokens == nil {
		tokens = noTokens{}
	}
	s := &Server{
		cfg: cfg, hub: hub, native: native, tokens: tokens, log: log,
		origins: parseOrigins(cfg.Origins),
		opened:  make(map[string]bool),
		start:   time.Now(),
		web:     newWeb(&cfg),
		plain:   &events{native: native},
		packed:  &events{native: native, deflate: true, threshold: cfg.WebSocket.DeflateThreshold, level: cfg.WebSocket.DeflateLevel},
		polled:  protocol.PollEvents{Native: native},
		forms:   newForms(native),
	}
	for _, way := range cfg.Transports {
		s.opened[way] = true
	}
	for range loops {
		s.answers = append(s.answers, new(answers))
		s.pages = append(s.pages, new(pages))
	}
	s.openEngines(loops)
	return s
}

// Accept is the handler of a new connection, for epoll.Open.
func (s *Server) Accept(c *epoll.Conn) epoll.Handler {
	h := &httpConn{srv: s, conn: c}
	h.due = s.now() + uint32(s.cfg.HeadTimeout/time.Millisecond)
	h.arm(s.cfg.HeadTimeout)
	return h
}

// Drain refuses new viewers from now on.
func (s *Server) Drain() { s.draining.Store(true) }

// now is a coarse time for deadlines: milliseconds since the start, which
// wrap after 49 days; only differences are used.
func (s *Server) now() uint32 { return uint32(time.Since(s.start) / time.Millisecond) }

// stamp is now for what is 0 before it has happened.
func (s *Server) stamp() uint32 { return max(s.now(), 1) }
