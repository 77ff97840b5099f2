package config

import (
	"errors"
	"fmt"
	"time"
)

// Drain is how the server ends after SIGTERM.
type Drain struct {
	// Timeout is how long draining may take in all; what is left then is cut
	// off.
	Timeout time.Duration `yaml:"timeout"`
	// Spread is the time over which viewers are asked to come back: each is
	// told a random share of it, so that they do not arrive elsewhere at once.
	Spread time.Duration `yaml:"spread"`
	// Pause is how much longer than Spread viewers have to go by themselves,
	// and load balancers to see /readyz turn 503, before closing begins. The
	// two together take at most a third of Timeout.
	Pause time.Duration `yaml:"pause"`
}

// DefaultDrain returns the values of configs/reference.yaml.
func DefaultDrain() Drain {
	return Drain{Timeout: 30 * time.Second, Spread: 5 * time.Second, Pause: time.Second}
}

// Validate reports every value that cannot be used.
func (d Drain) Validate() error {
	var errs []error
	if d.Timeout < time.Second || d.Timeout > time.Hour {
		errs = append(errs, fmt.Errorf("timeout: %v, want 1s to 1h", d.Timeout))
	}
	if d.Spread < 0 || d.Spread > time.Hour {
		errs = append(errs, fmt.Errorf("spread: %v, want 0s to 1h", d.Spread))
	}
	if d.Pause < 0 || d.Pause >= d.Timeout {
		errs = append(errs, fmt.Errorf("pause: %v, want at least 0s and less than timeout (%v)", d.Pause, d.Timeout))
	}
	return errors.Join(errs...)
}
