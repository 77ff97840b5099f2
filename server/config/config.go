package config

import (
	"errors"

	"grandstand/epoll"
	"grandstand/epoll/transport"
	"grandstand/server/api"
	"grandstand/server/auth"
	"grandstand/server/hooks"
	"grandstand/session"
	"grandstand/session/broker"
	"grandstand/session/dispatch"
)

// Config is everything an operator may set.
type Config struct {
	// Listener is where viewers connect, and what a connection may use.
	Listener epoll.Config `yaml:"listener"`
	// Viewers is how they are spoken to: paths, origins, timeouts, HTTP and
	// WebSocket.
	Viewers transport.Config `yaml:"viewers"`
	// Rooms is what a room keeps, and the limits on names and numbers.
	Rooms session.Config `yaml:"rooms"`
	// Auth is the tokens to publish with from where there is no session.
	Auth auth.Config `yaml:"auth"`
	// Hooks is the application that is asked over HTTP.
	Hooks hooks.Config `yaml:"hooks"`
	// Broker is what orders events.
	Broker broker.Config `yaml:"broker"`
	// Dispatch is the pool that carries out the work.
	Dispatch dispatch.Config `yaml:"dispatch"`
	// Control is the port of publishers and operators.
	Control api.Config `yaml:"control"`
	// Drain is how the server ends.
	Drain Drain `yaml:"drain"`
	// Memory is how the garbage collector works.
	Memory Memory `yaml:"memory"`
	// Process is how the operating system treats the server.
	Process Process `yaml:"process"`
	// Log is how the server reports.
	Log Log `yaml:"log"`
}

// Default returns the values that count when nothing is set: those of
// configs/reference.yaml. They are for trying out: loopback only, anyone may
// join and publish.
func Default() Config {
	return Config{
		Listener: epoll.DefaultConfig(),
		Viewers:  transport.DefaultConfig(),
		Rooms:    session.DefaultConfig(),
		Auth:     auth.DefaultConfig(),
		Hooks:    hooks.DefaultConfig(),
		Broker:   broker.DefaultConfig(),
		Dispatch: dispatch.DefaultConfig(),
		Control:  api.DefaultConfig(),
		Drain:    DefaultDrain(),
		Memory:   DefaultMemory(),
		Process:  DefaultProcess(),
		Log:      DefaultLog(),
	}
}

// Validate reports every value that cannot be used, joined, each after the
// path of its key.
func (c Config) Validate() error {
	problems := c.problems()
	errs := make([]error, len(problems))
	for i, p := range problems {
		errs[i] = errors.New(p.path + ": " + p.text)
	}
	return errors.Join(errs...)
}

// Redacted returns a copy that may be shown: secrets are replaced by a mark,
// and missing ones stay missing.
func (c Config) Redacted() Config {
	c.Control.Keys = marks(c.Control.Keys)
	c.Auth.Previous = marks(c.Auth.Previous)
	if c.Auth.Secret != "" {
		c.Auth.Secret = redacted
	}
	c.Hooks = c.Hooks.Redacted(redacted)
	return c
}

// marks returns a mark for each secret.
func marks(secrets []string) []string {
	out := make([]string, len(secrets))
	for i := range out {
		out[i] = redacted
	}
	return out
}

// redacted stands for a secret wherever one would be printed.
const redacted = "(redacted)"

// secret reports whether the values at path must not be printed, not even in
// an error message: logs are read by more people than keys are meant for.
func secret(path string) bool {
	switch path {
	case "control.keys", "auth.secret", "auth.previous",
		"hooks.url", "hooks.secret", "hooks.headers",
		"auth", "hooks": // a secret written one level too high
		return true
	}
	return false
}
