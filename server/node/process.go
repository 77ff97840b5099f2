package node

import (
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"golang.org/x/sys/unix"

	"grandstand/server/config"
)

// loops is how many loops to run: one per processor this process may use.
func loops(configured int) int {
	if configured > 0 {
		return configured
	}
	return allowedCPUs()
}

// allowedCPUs is how many processors the scheduler gives this process.
func allowedCPUs() int {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return runtime.NumCPU()
	}
	return max(set.Count(), 1)
}

// setProcs gives Go's scheduler one processor more per loop than there are:
// nbio's idle EpollWait is a system call the scheduler takes for short, so it
// holds its processor for up to 10 ms while a flush waits behind it. Measured
// on one core: twice the throughput, half the p99. A GOMAXPROCS that somebody
// set is left alone.
func setProcs(loops int) {
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(allowedCPUs() + loops)
	}
}

// memory sets the garbage collector, and gives memory back to the system after
// connections came or went in numbers.
type memory struct {
	stop, done chan struct{}
}

// releaseStep is how many connections' comings and goings are worth a
// collection: it costs some 10 ms of a core.
const releaseStep = 1000

// holdMemory applies cfg; moved is how many connections ever came or went.
func holdMemory(cfg config.Memory, moved func() int64) *memory {
	debug.SetGCPercent(cfg.GOGC)
	if cfg.Limit > 0 {
		debug.SetMemoryLimit(int64(cfg.Limit))
	}
	m := &memory{stop: make(chan struct{}), done: make(chan struct{})}
	go m.hold(cfg.ReleaseAfter, moved) // stops: m.stop
	return m
}

func (m *memory) hold(after time.Duration, moved func() int64) {
	defer close(m.done)
	if after <= 0 {
		<-m.stop
		return
	}
	t := time.NewTicker(after)
	defer t.Stop()
	var released, last int64
	for {
		select {
		case <-m.stop:
			return
		case <-t.C:
		}
		now := moved()
		// Only once it has become quiet: in a storm the collector has its
		// hands full already.
		if quiet := now-last < releaseStep/10; quiet && now-released >= releaseStep {
			debug.FreeOSMemory()
			released = now
		}
		last = now
	}
}

func (m *memory) close() {
	close(m.stop)
	<-m.done
}
