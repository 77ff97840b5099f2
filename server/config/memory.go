package config

import (
	"errors"
	"fmt"
	"time"
)

const (
	// minGOGC keeps the collector from running all the time.
	minGOGC = 5
	// maxGOGC is far above any sensible value and catches typing errors.
	maxGOGC = 10000
	// minLimit is what a server without viewers needs, with room to spare:
	// under a lower limit the collector would do nothing but run.
	minLimit = 64 << 20
)

// Memory is how the garbage collector works, and when memory goes back to the
// operating system.
type Memory struct {
	// GOGC is by how many percent the heap may grow over what is live before
	// it is collected.
	GOGC int `yaml:"gogc"`
	// Limit is GOMEMLIMIT in bytes: near it the collector works harder. 0 is
	// no limit.
	Limit int64 `yaml:"limit"`
	// ReleaseAfter is how long it has to be quiet after connections came or
	// went in numbers until free memory is given back to the operating system.
	// 0 leaves that to the runtime, which takes minutes.
	ReleaseAfter time.Duration `yaml:"release_after"`
}

// DefaultMemory returns the values of configs/reference.yaml.
func DefaultMemory() Memory {
	return Memory{GOGC: 100, ReleaseAfter: 5 * time.Second}
}

// Validate reports every value that cannot be used.
func (m Memory) Validate() error {
	var errs []error
	if m.GOGC < minGOGC || m.GOGC > maxGOGC {
		errs = append(errs, fmt.Errorf("gogc: %d, want %d to %d", m.GOGC, minGOGC, maxGOGC))
	}
	if m.Limit != 0 && m.Limit < minLimit {
		errs = append(errs, fmt.Errorf("limit: %d, want 0 or at least %d", m.Limit, minLimit))
	}
	if m.ReleaseAfter < 0 || m.ReleaseAfter > time.Hour {
		errs = append(errs, fmt.Errorf("release_after: %v, want 0s to 1h", m.ReleaseAfter))
	}
	return errors.Join(errs...)
}
