package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"runtime/debug"

	"github.com/valyala/fasthttp"

	"grandstand/session"
)

const (
	// maxHead bounds a request's head in bytes: a room's name of 128 bytes,
	// all of them escaped, and a long key still leave most of it free.
	maxHead  = 8 << 10
	jsonType = "application/json"
)

// Metrics is what /metrics shows.
type Metrics interface {
	// WriteText writes all metrics as they are now.
	WriteText(w io.Writer) error
	// ContentType is the media type of what WriteText writes.
	ContentType() string
}

// Deps is what the port speaks for.
type Deps struct {
	Hub *session.Hub
	// Metrics is shown at /metrics; nil for none.
	Metrics Metrics
	// Ready says whether the process should get viewers, and if not why; nil
	// if it always should.
	Ready func() (ok bool, why string)
	Log   *slog.Logger
}

// Server is the control port.
//
// Listen comes first, then Serve, once each; Shutdown ends Serve and may be
// called from any goroutine.
type Server struct {
	cfg    Config
	hub    *session.Hub
	deps   Deps
	log    *slog.Logger
	keys   keyring
	routes []route
	http   *fasthttp.Server
	ln     *listener
}

// New returns a server that holds no socket yet.
func New(cfg Config, deps Deps) *Server {
	s := &Server{cfg: cfg, hub: deps.Hub, deps: deps, log: deps.Log, keys: newKeyring(cfg.Keys)}
	s.routes = s.table()
	s.http = &fasthttp.Server{
		Handler:        s.handle,
		ErrorHandler:   s.unreadable,
		HeaderReceived: s.sized,
		ExpectHandler:  s.expected,
		// The listener keeps to MaxConns. A worker is free a moment after its
		// connection is, so there have to be more of them.
		Concurrency:        2*cfg.MaxConns + 16,
		ReadTimeout:        cfg.ReadTimeout,
		WriteTimeout:       cfg.ReadTimeout,
		IdleTimeout:        cfg.IdleTimeout,
		MaxRequestBodySize: cfg.MaxBody,
		ReadBufferSize:     maxHead,
		CloseOnShutdown:    true,
		// Otherwise files in a form would land on the disk.
		DisablePreParseMultipartForm: true,
		NoDefaultServerHeader:        true,
		NoDefaultDate:                true, // it keeps a goroutine for the time
		NoDefaultContentType:         true,
		SecureErrorLogMessage:        true,
		Logger:                       printer{deps.Log},
	}
	return s
}

// Listen binds the port and returns where. The error is the configuration's
// or the system's.
func (s *Server) Listen() (net.Addr, error) {
	if err := s.cfg.Validate(); err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	if s.cfg.Listen == "" {
		return nil, errors.New("api: listen: no address")
	}
	ln, err := net.Listen("tcp", s.cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	s.ln = newListener(ln, s.cfg.MaxConns, s.log)
	return ln.Addr(), nil
}

// Serve answers requests until Shutdown.
func (s *Server) Serve() error {
	if s.ln == nil {
		return errors.New("api: serve before listen")
	}
	if err := s.http.Serve(s.ln); err != nil {
		return fmt.Errorf("api: serve: %w", err)
	}
	return nil
}

// Shutdown stops accepting, lets running requests end and closes idle
// connections. When ctx ends first, the rest is cut off. The second call does
// nothing.
func (s *Server) Shutdown(ctx context.Context) error {
	if s.ln == nil {
		return nil
	}
	// Here too, since Serve may not have come to it yet.
	err := s.ln.Close()
	if e := s.http.ShutdownWithContext(ctx); e != nil {
		s.ln.cutOff()
		err = e
	}
	if err != nil {
		return fmt.Errorf("api: shutdown: %w", err)
	}
	return nil
}

// handle answers one request. A panic ends that request only.
func (s *Server) handle(ctx *fasthttp.RequestCtx) {
	defer func() {
		if v := recover(); v != nil {
			s.log.Error("request panicked", "method", string(ctx.Method()), "path", string(ctx.URI().PathOriginal()),
				"panic", fmt.Sprint(v), "stack", string(debug.Stack()))
			ctx.Response.Reset()
			ctx.SetConnectionClose()
			answerError(ctx, &session.Error{Code: codeInternal, Message: "a fault of the server; its log says more"})
		}
	}()
	err := framed(ctx)
	if err == nil {
		err = s.admit(ctx)
	}
	if err == nil {
		err = s.route(ctx)
	}
	if err != nil {
		s.fail(ctx, err)
	}
}

// printer is the log as fasthttp wants it: what it has to say is about single
// connections.
type printer struct{ log *slog.Logger }

// Printf logs a line.
func (p printer) Printf(format string, args ...any) {
	p.log.Debug("control port", "text", fmt.Sprintf(format, args...))
}
