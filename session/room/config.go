package room

import (
	"errors"
	"fmt"
	"time"
)

// Policy says what happens to a member whose cursor fell off the kept end of
// a room's log.
type Policy string

// The policies.
const (
	// Skip jumps to the oldest event kept, with a gap notice.
	Skip Policy = "skip"
	// Latest jumps to the newest event, with a gap notice.
	Latest Policy = "latest"
	// Disconnect ends the member with the reason "slow consumer".
	Disconnect Policy = "disconnect"
)

// Config is what a room keeps and how it is flushed.
type Config struct {
	// History is how many events a room keeps for late joiners, resuming and
	// slow members. Above it the oldest is dropped.
	History int `yaml:"history"`
	// HistoryBytes bounds the same in bytes of names, data and bookkeeping.
	HistoryBytes int `yaml:"history_bytes"`
	// HistoryAge drops events older than this.
	HistoryAge time.Duration `yaml:"history_age"`
	// MaxReplay is how many events of history one join may ask for.
	MaxReplay int `yaml:"max_replay"`
	// FlushInterval is the least time between two walks over a room's
	// members; 0 walks as soon as there is news.
	FlushInterval time.Duration `yaml:"flush_interval"`
	// FlushDuty keeps the pause between the starts of two walks at no less
	// than this many times the last walk's duration, when FlushInterval is
	// set: an interval shorter than a walk would do nothing.
	FlushDuty int `yaml:"flush_duty"`
	// Slow is the policy for members that fall off the log.
	Slow Policy `yaml:"slow"`
}

// DefaultConfig returns the values of configs/reference.yaml.
func DefaultConfig() Config {
	return Config{
		History:       4096,
		HistoryBytes:  4 << 20,
		HistoryAge:    10 * time.Minute,
		MaxReplay:     256,
		FlushInterval: 0,
		FlushDuty:     2,
		Slow:          Skip,
	}
}

// Validate reports every value that cannot be used.
func (c Config) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.History < 1 {
		bad("history: %d, want at least 1", c.History)
	}
	if c.HistoryBytes < 1024 {
		bad("history_bytes: %d, want at least 1024", c.HistoryBytes)
	}
	if c.HistoryAge < time.Second {
		bad("history_age: %v, want at least 1s", c.HistoryAge)
	}
	if c.MaxReplay < 0 {
		bad("max_replay: %d, want at least 0", c.MaxReplay)
	}
	if c.FlushInterval < 0 || c.FlushInterval > time.Minute {
		bad("flush_interval: %v, want 0s to 1m", c.FlushInterval)
	}
	if c.FlushDuty < 1 || c.FlushDuty > 100 {
		bad("flush_duty: %d, want 1 to 100", c.FlushDuty)
	}
	switch c.Slow {
	case Skip, Latest, Disconnect:
	default:
		bad("slow: %q, want %q, %q or %q", c.Slow, Skip, Latest, Disconnect)
	}
	return errors.Join(errs...)
}
