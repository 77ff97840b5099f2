package transport

import (
	"bytes"
	"html"
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
	log     *slog.Logger
	origins origins
	parsers http1.Pool
	start   time.Time
	plain   *events // the native protocol's frames
	packed  *events // compressed
	page    []byte
	counts  counts
	// draining: nobody new is let in.
	draining atomic.Bool
}

// New returns a server for a hub's rooms. cfg must be valid.
func New(cfg Config, hub *session.Hub, log *slog.Logger) *Server {
	native := protocol.NewNative(hub)
	return &Server{
		cfg: cfg, hub: hub, native: native, log: log,
		origins: parseOrigins(cfg.Origins),
		start:   time.Now(),
		page:    bytes.ReplaceAll(page, []byte("/live/ws"), []byte(html.EscapeString(cfg.Prefix+"/ws"))),
		plain:   &events{native: native},
		packed:  &events{native: native, deflate: true, threshold: cfg.WebSocket.DeflateThreshold, level: cfg.WebSocket.DeflateLevel},
	}
}

// Accept is the handler of a new connection, for epoll.Open.
func (s *Server) Accept(c *epoll.Conn) epoll.Handler {
	c.SetTimeout(s.cfg.HeadTimeout)
	return &httpConn{srv: s}
}

// Drain refuses new viewers from now on.
func (s *Server) Drain() { s.draining.Store(true) }

// AppendReconnect appends the native protocol's request to come back later,
// as a message without its frame.
func (s *Server) AppendReconnect(dst []byte, after time.Duration) []byte {
	return s.native.AppendReconnect(dst, after.Milliseconds())
}

// now is a coarse time for deadlines: milliseconds since the start, which
// wrap after 49 days; only differences are used.
func (s *Server) now() uint32 { return uint32(time.Since(s.start) / time.Millisecond) }
