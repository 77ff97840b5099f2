package transport

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"grandstand/epoll/protocol"
)

// EnginePath is a path that speaks Engine.IO.
type EnginePath struct {
	// Path is where its requests begin. A / at its end is understood.
	Path string `yaml:"path"`
	// Dialect is what is spoken over it: socketio, or raw for an application
	// that takes the messages as they are.
	Dialect string `yaml:"dialect"`
	// Versions are those of Engine.IO that are open: 4 is socket.io-client 3
	// and 4, 3 is socket.io-client 1 and 2.
	Versions []int `yaml:"versions"`
	// Transports are the ways in that are open: polling, websocket.
	Transports []string `yaml:"transports"`
	// Upgrades offers those who poll to change to a WebSocket.
	Upgrades bool `yaml:"upgrades"`
	// PingInterval is how often the two sides make sure of each other.
	PingInterval time.Duration `yaml:"ping_interval"`
	// PingTimeout is how long the answer may take.
	PingTimeout time.Duration `yaml:"ping_timeout"`
	// UpgradeTimeout is how long a change to a WebSocket may take.
	UpgradeTimeout time.Duration `yaml:"upgrade_timeout"`
	// MaxPayload is the most bytes of a client's POST or WebSocket message.
	MaxPayload int `yaml:"max_payload"`
	// MaxBacklog is the most bytes kept for one client that does not take
	// them; above it the session ends.
	MaxBacklog int `yaml:"max_backlog"`
	// MaxSessions is how many sessions there may be; 0 is any number.
	MaxSessions int `yaml:"max_sessions"`
	// MaxPerIP is how many sessions of one address may poll; above it 429. 0 is
	// any number. Those on a WebSocket are connections, with a limit of theirs.
	MaxPerIP int `yaml:"max_per_ip"`
	// Compression is that of WebSocket messages.
	Compression EngineCompression `yaml:"compression"`
	// Cookie is the name of a cookie with the session's id; "" is none.
	Cookie string `yaml:"cookie"`
	// CookieOptions is what browsers are told about it.
	CookieOptions EngineCookie `yaml:"cookie_options"`
	// CORS is what pages of other origins may do.
	CORS EngineCORS `yaml:"cors"`
	// Bundle is a folder with the client for pages, like the npm package's dist,
	// or one file of it, to serve under Path; "" is none. See readBundle.
	Bundle string `yaml:"bundle"`
	// SocketIO is that dialect's.
	SocketIO protocol.SocketIOConfig `yaml:"socketio"`
}

// EngineCompression is permessage-deflate on the WebSockets of an EnginePath.
type EngineCompression struct {
	// Enabled offers it to clients that ask.
	Enabled bool `yaml:"enabled"`
	// Threshold is the bytes below which a message is sent as it is.
	Threshold int `yaml:"threshold"`
	// Level is the effort, 1 (fast) to 9 (small).
	Level int `yaml:"level"`
}

// EngineCORS is what pages may do with an EnginePath.
type EngineCORS struct {
	// Origins are the pages that may connect; none are those of
	// Config.Origins.
	Origins []string `yaml:"origins"`
	// Credentials names the page's origin in answers and lets it send cookies.
	Credentials bool `yaml:"credentials"`
}

// The ways in of Engine.IO, as its clients name them.
const (
	enginePolling   = "polling"
	engineWebSocket = "websocket"
)

// The dialects of an EnginePath.
const (
	DialectSocketIO = "socketio"
	DialectRaw      = "raw"
)

// DefaultEnginePath returns the path of stock clients with their servers'
// defaults.
func DefaultEnginePath() EnginePath {
	return EnginePath{
		Path: "/socket.io/", Dialect: DialectSocketIO,
		Versions: []int{4, 3}, Transports: []string{enginePolling, engineWebSocket}, Upgrades: true,
		PingInterval: 25 * time.Second, PingTimeout: 20 * time.Second, UpgradeTimeout: 10 * time.Second,
		MaxPayload: 1000000, MaxBacklog: 4 << 20,
		Compression:   EngineCompression{Threshold: 1024, Level: 6},
		CookieOptions: EngineCookie{Path: "/", SameSite: SameSiteLax, HTTPOnly: true},
		CORS:          EngineCORS{Credentials: true},
		SocketIO:      protocol.DefaultSocketIO(),
	}
}

// SetDefaults makes p what an entry of the list is before its keys are read.
func (p *EnginePath) SetDefaults() { *p = DefaultEnginePath() }

// base is the path with a / at its end.
func (p *EnginePath) base() string { return strings.TrimSuffix(p.Path, "/") + "/" }

// validateEngines reports every value of the Engine.IO paths that cannot be
// used.
func (c *Config) validateEngines() error {
	var errs []error
	seen := make(map[string]bool)
	for i := range c.EngineIO {
		p := &c.EngineIO[i]
		at := fmt.Sprintf("engineio[%d].", i)
		bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(at+format, args...)) }
		p.validatePath(bad, c.Prefix, seen)
		p.validateTerms(bad)
		p.validateCookie(bad)
		p.validateLimits(bad)
		if err := p.SocketIO.Validate(); err != nil {
			for _, line := range strings.Split(err.Error(), "\n") {
				bad("socketio.%s", line)
			}
		}
		for j, o := range p.CORS.Origins {
			if err := checkOrigin(o); err != nil {
				bad("cors.origins[%d]: %w", j, err)
			}
		}
		if p.Bundle != "" {
			if _, err := readBundle(p.Bundle); err != nil {
				bad("bundle: %w", err)
			}
		}
	}
	return errors.Join(errs...)
}

// validatePath looks at the path itself, beside the native one and those seen
// before it.
func (p *EnginePath) validatePath(bad func(format string, args ...any), prefix string, seen map[string]bool) {
	base := p.base()
	switch {
	case !strings.HasPrefix(p.Path, "/") || base == "/" || strings.ContainsAny(p.Path, "?#% ") || strings.Contains(p.Path, "//"):
		bad("path: %q, want a path like /socket.io/", p.Path)
	case len(prefix) > 1 && (strings.HasPrefix(base, prefix+"/") || strings.HasPrefix(prefix+"/", base)):
		bad("path: %q, want one apart from prefix (%s)", p.Path, prefix)
	case seen[base]:
		bad("path: %q, given twice", p.Path)
	default:
		seen[base] = true
	}
}

// validateTerms looks at what is agreed with clients.
func (p *EnginePath) validateTerms(bad func(format string, args ...any)) {
	if p.Dialect != DialectSocketIO && p.Dialect != DialectRaw {
		bad("dialect: %q, want %s or %s", p.Dialect, DialectSocketIO, DialectRaw)
	}
	if len(p.Versions) == 0 {
		bad("versions: none, want 4, 3 or both")
	}
	for j, v := range p.Versions {
		if v != 3 && v != 4 || slices.Index(p.Versions, v) != j {
			bad("versions[%d]: %d, want 4 or 3, each once", j, v)
		}
	}
	if len(p.Transports) == 0 {
		bad("transports: none, want %s, %s or both", enginePolling, engineWebSocket)
	}
	for j, t := range p.Transports {
		if t != enginePolling && t != engineWebSocket {
			bad("transports[%d]: %q, want %s or %s", j, t, enginePolling, engineWebSocket)
		}
	}
}

// validateLimits looks at times and numbers.
func (p *EnginePath) validateLimits(bad func(format string, args ...any)) {
	for _, t := range []struct {
		key string
		d   time.Duration
	}{
		{"ping_interval", p.PingInterval}, {"ping_timeout", p.PingTimeout}, {"upgrade_timeout", p.UpgradeTimeout},
	} {
		if t.d < 100*time.Millisecond || t.d > time.Hour {
			bad("%s: %v, want 100ms to 1h", t.key, t.d)
		}
	}
	for _, n := range []struct {
		key          string
		v, low, high int
	}{
		{"max_payload", p.MaxPayload, 1024, 64 << 20}, {"max_backlog", p.MaxBacklog, 64 << 10, 1 << 30},
		{"max_sessions", p.MaxSessions, 0, 1 << 30}, {"max_per_ip", p.MaxPerIP, 0, 1 << 30},
		{"compression.threshold", p.Compression.Threshold, 0, 1 << 30}, {"compression.level", p.Compression.Level, 1, 9},
	} {
		if n.v < n.low || n.v > n.high {
			bad("%s: %d, want %d to %d", n.key, n.v, n.low, n.high)
		}
	}
}
