package config

import "fmt"

// The ways to be scheduled.
const (
	SchedulingBatch  = "batch"
	SchedulingNormal = "normal"
)

// Process is how the operating system treats the server.
type Process struct {
	// Scheduling is batch, SCHED_BATCH of sched(7), or normal, which leaves it
	// as it was started.
	Scheduling string `yaml:"scheduling"`
}

// DefaultProcess returns the values of configs/reference.yaml.
func DefaultProcess() Process { return Process{Scheduling: SchedulingBatch} }

// Validate reports a value that cannot be used.
func (p Process) Validate() error {
	if p.Scheduling != SchedulingBatch && p.Scheduling != SchedulingNormal {
		return fmt.Errorf("scheduling: %q, want batch or normal", p.Scheduling)
	}
	return nil
}
