package auth

import (
	"errors"
	"fmt"
	"time"
)

// Config is how tokens are signed, and who gets one.
type Config struct {
	// Secret is the key that tokens are signed with. Empty: one of this process
	// alone.
	Secret string `yaml:"secret"`
	// Previous are keys whose tokens still count.
	Previous []string `yaml:"previous"`
	// Anonymous lets anybody have a token, to publish where anybody may.
	Anonymous bool `yaml:"anonymous"`
	// TTL is how long the token of an anonymous one counts.
	TTL time.Duration `yaml:"ttl"`
}

// Limits of the configuration.
const (
	// minSecret is the least length of a key in bytes. RFC 7518 §3.2 asks for
	// one as long as the hash: a shorter one is guessed from a token at leisure.
	minSecret = 32
	// maxPrevious is how many old keys there may be. A token that is no good
	// costs one hash for each, and who changes keys every day has two.
	maxPrevious = 4
	// minTTL gives a page time to use what it got.
	minTTL = time.Minute
	// maxTTL is a month: nobody watches for longer, and a token that leaked
	// should end.
	maxTTL = 30 * 24 * time.Hour
)

// DefaultConfig returns the values of configs/reference.yaml.
func DefaultConfig() Config { return Config{Anonymous: true, TTL: 12 * time.Hour} }

// Validate reports every value that cannot be used, and nothing of a key but
// its length.
func (c Config) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if n := len(c.Secret); n > 0 && n < minSecret {
		bad("secret: %d bytes, want none or at least %d", n, minSecret)
	}
	if n := len(c.Previous); n > maxPrevious {
		bad("previous: %d keys, want at most %d", n, maxPrevious)
	} else if n > 0 && c.Secret == "" {
		// Else taking the secret away by mistake would look like a rotation.
		bad("previous: %d keys, but secret is empty: name the key that follows them", n)
	}
	for i, key := range c.Previous {
		if len(key) < minSecret {
			bad("previous[%d]: %d bytes, want at least %d", i, len(key), minSecret)
		}
	}
	if c.TTL < minTTL || c.TTL > maxTTL {
		bad("ttl: %v, want 1m to 720h", c.TTL)
	}
	return errors.Join(errs...)
}
