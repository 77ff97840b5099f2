package transport

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"grandstand/epoll/wire/http1"
	"grandstand/epoll/wire/ws"
)

// Config is what the carriers share and what each needs.
type Config struct {
	// Prefix is where the viewers' paths begin: PREFIX/ws.
	Prefix string `yaml:"prefix"`
	// Page serves the page at / to watch rooms with.
	Page bool `yaml:"page"`
	// Transports are the ways in that are open: websocket, sse, stream,
	// longpoll, poll, iframe, jsonp, multipart; none leaves Engine.IO.
	Transports []string `yaml:"transports"`
	// Origins are the pages that may open connections: "*" for any, or
	// scheme://host[:port], or scheme://*.domain. Requests without an Origin
	// (no browser) are let in.
	Origins []string `yaml:"origins"`
	// CORS is what these pages may do.
	CORS CORS `yaml:"cors"`
	// HeadTimeout is how long a request's head may take from its first byte,
	// and the first request from the connection's begin.
	HeadTimeout time.Duration `yaml:"head_timeout"`
	// BodyTimeout is how long a request's body may take.
	BodyTimeout time.Duration `yaml:"body_timeout"`
	// IdleTimeout is how long a connection is kept between two requests.
	IdleTimeout time.Duration `yaml:"idle_timeout"`
	// MaxURLRooms is how many rooms one URL may name.
	MaxURLRooms int `yaml:"max_url_rooms"`
	// HTTP are the limits of requests.
	HTTP http1.Limits `yaml:"http"`
	// WebSocket is the protocol's.
	WebSocket ws.Config `yaml:"websocket"`
	// Poll is polling, long-polling and JSONP.
	Poll PollConfig `yaml:"poll"`
	// Stream is what SSE, streams, iframes and multipart share.
	Stream StreamConfig `yaml:"stream"`
	// Send is the way up of those that have none.
	Send SendConfig `yaml:"send"`
	// EngineIO are the paths of Engine.IO, which Socket.IO is spoken over.
	EngineIO []EnginePath `yaml:"engineio"`
	// PingInterval is how often a viewer that says nothing is asked whether
	// it is there, and how often a stream on which nothing comes says that it
	// lives.
	PingInterval time.Duration `yaml:"ping_interval"`
	// Silence is how long nothing at all may come from a viewer.
	Silence time.Duration `yaml:"silence"`
	// MessageRate is how many messages and control frames a viewer may send
	// in a second; 0 is any number. Above it the viewer is ended.
	MessageRate int `yaml:"message_rate"`
}

// DefaultConfig returns the values of configs/reference.yaml.
func DefaultConfig() Config {
	return Config{
		Prefix:       "/live",
		Page:         true,
		Transports:   ways(),
		Origins:      []string{"*"},
		CORS:         defaultCORS(),
		HeadTimeout:  10 * time.Second,
		BodyTimeout:  20 * time.Second,
		IdleTimeout:  75 * time.Second,
		MaxURLRooms:  32,
		HTTP:         http1.DefaultLimits(),
		WebSocket:    ws.DefaultConfig(),
		Poll:         defaultPoll(),
		Stream:       defaultStream(),
		Send:         SendConfig{MaxMessages: 100},
		EngineIO:     []EnginePath{DefaultEnginePath()},
		PingInterval: 25 * time.Second,
		Silence:      90 * time.Second,
		MessageRate:  100,
	}
}

// Validate reports every value that cannot be used.
func (c Config) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if !strings.HasPrefix(c.Prefix, "/") || strings.HasSuffix(c.Prefix, "/") || strings.ContainsAny(c.Prefix, "?#% ") {
		bad("prefix: %q, want a path like /live, without a / at its end", c.Prefix)
	}
	for i, o := range c.Origins {
		if err := checkOrigin(o); err != nil {
			bad("origins[%d]: %w", i, err)
		}
	}
	for _, t := range []struct {
		key string
		d   time.Duration
	}{
		{"head_timeout", c.HeadTimeout}, {"body_timeout", c.BodyTimeout}, {"idle_timeout", c.IdleTimeout},
		{"ping_interval", c.PingInterval},
	} {
		if t.d < 100*time.Millisecond || t.d > time.Hour {
			bad("%s: %v, want 100ms to 1h", t.key, t.d)
		}
	}
	if c.Silence <= c.PingInterval {
		bad("silence: %v, want more than ping_interval (%v)", c.Silence, c.PingInterval)
	}
	if c.MessageRate < 0 {
		bad("message_rate: %d, want at least 0", c.MessageRate)
	}
	if c.MaxURLRooms < 1 {
		bad("max_url_rooms: %d, want at least 1", c.MaxURLRooms)
	}
	errs = append(errs, c.validateWays(), c.validateEngines())
	for _, sub := range []struct {
		key string
		err error
	}{{"http", c.HTTP.Validate()}, {"websocket", c.WebSocket.Validate()}} {
		if sub.err == nil {
			continue
		}
		for _, line := range strings.Split(sub.err.Error(), "\n") {
			bad("%s.%s", sub.key, strings.TrimPrefix(line, sub.key+"."))
		}
	}
	return errors.Join(errs...)
}

// checkOrigin refuses what no browser would ever send.
func checkOrigin(o string) error {
	if o == "*" {
		return nil
	}
	u, err := url.Parse(strings.Replace(o, "://*.", "://any.", 1))
	if err != nil || u.Scheme == "" || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.User != nil {
		return fmt.Errorf("%q, want \"*\", scheme://host[:port] or scheme://*.domain", o)
	}
	return nil
}
