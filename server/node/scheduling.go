package node

import (
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"

	"grandstand/server/config"
)

// schedule has all threads of the process scheduled as cfg says: those that are
// started later take it from the one that starts them.
//
// With SCHED_BATCH a thread that is woken does not interrupt one that runs. A
// crowd that answers each event (polls come again) wakes the loop for every few
// of them, in the middle of the fan-out to the rest: 7,000 switches a second
// instead of 1,300, and 8 % of the processor, at 10,000 polls and 5 events/s on
// one core. Where a core is free nothing changes.
func schedule(cfg config.Process, log *slog.Logger) {
	if cfg.Scheduling != config.SchedulingBatch {
		return
	}
	// One that is started meanwhile, by one whose turn has not come, is found by
	// the next look.
	for more, looks := true, 0; more && looks < 10; looks++ {
		var err error
		if more, err = batchAll(); err != nil {
			log.Warn("not all threads are scheduled as configured", "error", err)
			return
		}
	}
}

// batchAll calls batch for every thread there is.
func batchAll() (changed bool, err error) {
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return false, fmt.Errorf("threads: %w", err)
	}
	for _, t := range tasks {
		tid, err := strconv.Atoi(t.Name())
		if err != nil {
			return changed, fmt.Errorf("threads: %w", err)
		}
		one, err := batch(tid)
		if err != nil {
			return changed, fmt.Errorf("thread %d: %w", tid, err)
		}
		changed = changed || one
	}
	return changed, nil
}

// batch has a thread scheduled as SCHED_BATCH, unless it is or somebody chose
// something special for it.
//
// By the calls that take the policy by value: what systemd lets through with
// RestrictRealtime.
func batch(tid int) (changed bool, _ error) {
	policy, _, errno := unix.RawSyscall(unix.SYS_SCHED_GETSCHEDULER, uintptr(tid), 0, 0)
	switch {
	case errno == unix.ESRCH: // it has ended meanwhile
		return false, nil
	case errno != 0:
		return false, fmt.Errorf("sched_getscheduler: %w", errno)
	case policy != unix.SCHED_NORMAL:
		return false, nil
	}
	var priority int32 // 0, as this policy has it
	_, _, errno = unix.RawSyscall(unix.SYS_SCHED_SETSCHEDULER, uintptr(tid), unix.SCHED_BATCH, uintptr(unsafe.Pointer(&priority)))
	if errno != 0 && errno != unix.ESRCH {
		return false, fmt.Errorf("sched_setscheduler: %w", errno)
	}
	return true, nil
}
