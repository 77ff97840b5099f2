package agent

import (
	"os"
	"strings"
	"time"
)

// Offset is what was found out about an agent's clock.
type Offset struct {
	Shared bool          // boot id and time namespace are ours: it is the same clock
	Ahead  time.Duration // what our clock is ahead of the agent's, 0 when shared
	Error  time.Duration // how wrong Ahead may be: half of the shortest round trip
}

const (
	// readings is how often a clock is asked for; the fastest answer counts.
	readings = 64
	// readingsOver keeps an agent that is far away from holding up the run.
	readingsOver = 2 * time.Second
)

// machine names the clock of this process: the boot that CLOCK_MONOTONIC counts
// from, and the namespace that may shift it (time_namespaces(7)).
func machine() string {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "" // never equal to another, see sameClock
	}
	space, err := os.Readlink("/proc/self/ns/time")
	if err != nil {
		space = "" // a kernel without time namespaces has one clock
	}
	return strings.TrimSpace(string(boot)) + " " + space
}

// sameClock says whether two machines by name are known to be one.
func sameClock(a, b string) bool { return a == b && a != "" }

// measure asks for a clock many times. An answer that left at our time a and came
// at b was given somewhere between them: its middle is the best guess, and half of
// the distance the most it can be off.
func measure(now func() int64, ask func() (int64, error)) (Offset, error) {
	var best Offset
	began := now()
	for i := range readings {
		sent := now()
		theirs, err := ask()
		if err != nil {
			return best, err
		}
		came := now()
		half := time.Duration(came-sent) / 2
		if i == 0 || half < best.Error {
			best.Error = half
			best.Ahead = time.Duration(sent-theirs) + half
		}
		if time.Duration(came-began) > readingsOver {
			break
		}
	}
	return best, nil
}
