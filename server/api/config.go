package api

import (
	"errors"
	"fmt"
	"net"
	"time"
)

// Config is the control port's.
type Config struct {
	// Listen is its address; "" is none.
	Listen string `yaml:"listen"`
	// Keys are the API keys that callers show as "Authorization: Bearer KEY".
	// With none, the port must be bound to loopback and asks for none.
	Keys []string `yaml:"keys"`
	// MaxBody is the size of a request's body in bytes.
	MaxBody int `yaml:"max_body"`
	// MaxConns is how many connections it holds at once.
	MaxConns int `yaml:"max_conns"`
	// ReadTimeout is how long a request may take to arrive.
	ReadTimeout time.Duration `yaml:"read_timeout"`
	// IdleTimeout is how long a connection is kept between requests.
	IdleTimeout time.Duration `yaml:"idle_timeout"`
	// CallTimeout is how long a request may take to be carried out.
	CallTimeout time.Duration `yaml:"call_timeout"`
	// MaxHistory is how many events one answer holds at most.
	MaxHistory int `yaml:"max_history"`
}

// DefaultConfig returns the values of configs/reference.yaml.
func DefaultConfig() Config {
	return Config{
		Listen:      "127.0.0.1:9090",
		MaxBody:     4 << 20,
		MaxConns:    1024,
		ReadTimeout: 20 * time.Second,
		IdleTimeout: 75 * time.Second,
		CallTimeout: 10 * time.Second,
		MaxHistory:  1000,
	}
}

// Validate reports every value that cannot be used.
func (c Config) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.Listen != "" {
		host, _, err := net.SplitHostPort(c.Listen)
		if err != nil {
			bad("listen: %q, want host:port", c.Listen)
		} else if len(c.Keys) == 0 && !loopback(host) {
			bad("keys: none, but listen %q is not loopback: name at least one key", c.Listen)
		}
	}
	for i, k := range c.Keys {
		if len(k) < 16 {
			bad("keys[%d]: %d characters, want at least 16", i, len(k))
		}
	}
	if c.MaxBody < 1024 {
		bad("max_body: %d, want at least 1024", c.MaxBody)
	}
	if c.MaxConns < 1 {
		bad("max_conns: %d, want at least 1", c.MaxConns)
	}
	if c.MaxHistory < 1 {
		bad("max_history: %d, want at least 1", c.MaxHistory)
	}
	for _, t := range []struct {
		key string
		d   time.Duration
	}{{"read_timeout", c.ReadTimeout}, {"idle_timeout", c.IdleTimeout}, {"call_timeout", c.CallTimeout}} {
		if t.d < 100*time.Millisecond || t.d > time.Hour {
			bad("%s: %v, want 100ms to 1h", t.key, t.d)
		}
	}
	return errors.Join(errs...)
}

// loopback reports whether only this machine reaches host.
func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
