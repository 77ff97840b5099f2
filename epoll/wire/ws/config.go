package ws

import (
	"errors"
	"fmt"
)

// maxMessageCeiling bounds MaxMessage: 1 GiB is more than any viewer sends and
// keeps every sum of lengths far from overflow.
const maxMessageCeiling = 1 << 30

// Config is what an operator may set about WebSocket connections.
type Config struct {
	// MaxMessage is the size in bytes of the largest message taken from a
	// client, after defragmentation and decompression. A larger one ends the
	// connection with 1009.
	MaxMessage int `yaml:"max_message"`
	// Deflate offers permessage-deflate to clients that ask for it. It costs
	// the server one compression per event, not per viewer, and every browser
	// one inflation per event.
	Deflate bool `yaml:"deflate"`
	// DeflateThreshold is the payload size in bytes below which an event is
	// sent uncompressed: without context takeover small events gain nothing.
	DeflateThreshold int `yaml:"deflate_threshold"`
	// DeflateLevel is the effort of compression, 1 (fast) to 9 (small).
	DeflateLevel int `yaml:"deflate_level"`
}

// DefaultConfig is the configuration of a server that was told nothing.
func DefaultConfig() Config {
	return Config{MaxMessage: 64 << 10, DeflateThreshold: 512, DeflateLevel: 6}
}

// Validate reports every value that cannot work, joined.
func (c Config) Validate() error {
	var errs []error
	if c.MaxMessage < 1 || c.MaxMessage > maxMessageCeiling {
		errs = append(errs, fmt.Errorf("websocket.max_message: %d, want 1 to %d", c.MaxMessage, maxMessageCeiling))
	}
	if c.DeflateThreshold < 0 {
		errs = append(errs, fmt.Errorf("websocket.deflate_threshold: %d, want at least 0", c.DeflateThreshold))
	}
	if c.DeflateLevel < minLevel || c.DeflateLevel > maxLevel {
		errs = append(errs, fmt.Errorf("websocket.deflate_level: %d, want %d to %d", c.DeflateLevel, minLevel, maxLevel))
	}
	return errors.Join(errs...)
}
