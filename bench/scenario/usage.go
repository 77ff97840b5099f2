package scenario

import (
	"fmt"
	"os"
	"time"

	"grandstand/bench/load"
	"grandstand/bench/stats"
)

// usage reads servers and harness at one moment. known is false without a pid.
type usage struct {
	server stats.Usage // of all servers together
	seen   load.Counters
	own    stats.Usage // of the harness: all its processes of this machine
	away   stats.Usage // of its processes on other machines
	loop   time.Duration
	known  bool
}

func (r *run) usage() (usage, error) {
	var u usage
	var err error
	u.loop = r.fleet.CPU()
	u.seen = r.fleet.Counters()
	if far, ok := r.fleet.(remote); ok {
		if err := far.Err(); err != nil {
			return u, fmt.Errorf("viewers in other processes: %w", err)
		}
	}
	if u.own, u.away, err = r.harnessUsage(); err != nil {
		return u, err
	}
	u.server, u.known, err = r.serverUsage()
	return u, err
}

// harnessUsage adds up the processes of the harness: those of this machine, and
// those elsewhere.
func (r *run) harnessUsage() (own, away stats.Usage, err error) {
	if own, err = (stats.Process{PID: os.Getpid()}).Usage(); err != nil {
		return own, away, err
	}
	for _, h := range r.crew.hosts {
		used, err := h.Usage()
		if err != nil {
			return own, away, err
		}
		if h.Here() {
			own = plus(own, used)
		} else {
			away = plus(away, used)
		}
	}
	return own, away, nil
}

// serverUsage adds up the servers, or reads what the server says of itself.
// known is false when there is neither a pid nor metrics.
func (r *run) serverUsage() (sum stats.Usage, known bool, err error) {
	if len(r.pids) == 0 && r.scrape != nil {
		sum, _, err = r.scrape.read()
		return sum, true, err
	}
	for _, pid := range r.pids {
		u, err := stats.Process{PID: pid}.Usage()
		if err != nil {
			return sum, true, err
		}
		sum = plus(sum, u)
	}
	return sum, len(r.pids) > 0, nil
}

// serverFiles adds up the descriptors of the servers.
func (r *run) serverFiles() (sum int) {
	for _, pid := range r.pids {
		sum += stats.Process{PID: pid}.Files()
	}
	return sum
}

// plus adds what two processes have used. The machine is that of the first, or
// of the second when the first says nothing of it.
func plus(a, b stats.Usage) stats.Usage {
	if a.At.IsZero() {
		a.At, a.Machine, a.MachineSocketMemory = b.At, b.Machine, b.MachineSocketMemory
	}
	a.CPU += b.CPU
	a.User += b.User
	a.System += b.System
	a.RSS += b.RSS
	a.PSS += b.PSS
	a.Files += b.Files
	a.Threads += b.Threads
	return a
}
