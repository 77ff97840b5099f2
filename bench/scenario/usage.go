package scenario

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
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
	unread error // why the servers could not be read, see usageAtEnd
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
	if err != nil {
		err = fmt.Errorf("%w: %w", errUnread, err)
	}
	return u, err
}

// errUnread says that it is the server that could not be read.
var errUnread = errors.New("the server's usage")

// usageAtEnd is usage at the end of what was measured. A server that can't be read
// any more costs the report no more than the figures of the server.
func (r *run) usageAtEnd() (usage, error) {
	u, err := r.usage()
	if errors.Is(err, errUnread) {
		u.unread, u.known, err = err, false, nil
	}
	return u, err
}

// missing warns of readings that lack the server, once.
func (r *run) missing(readings ...usage) {
	for _, u := range readings {
		if u.unread != nil {
			r.report.Warn("figures of the server are missing: %v", u.unread)
			return
		}
	}
}

// serverHere says whether the server is on this machine, as far as we can tell.
func (r *run) serverHere() bool {
	return len(r.pids) > 0 || !slices.ContainsFunc(r.targets, func(t load.Target) bool { return !t.Addr.Addr().IsLoopback() })
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
		if sum, _, err = r.scrape.read(); err == nil && sum.CPU < 0 {
			err = fmt.Errorf("metrics at %s: no process_cpu_seconds_total: CPU and memory need --pid", r.scrape.url)
		}
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

// forget drops the figures of idle servers that their metrics don't tell: -1 is no
// number of bytes, threads or files, and would meet a threshold.
func (r *run) forget(u stats.Usage) {
	r.report.Figures = slices.DeleteFunc(r.report.Figures, func(f stats.Figure) bool {
		return u.RSS < 0 && strings.HasPrefix(f.Key, "rss_") || u.Threads < 0 && f.Key == "server_threads" ||
			u.Files < 0 && strings.HasPrefix(f.Key, "server_files")
	})
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
