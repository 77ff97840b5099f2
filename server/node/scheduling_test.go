package node

import (
	"log/slog"
	"os"
	"runtime"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"grandstand/server/config"
)

// policies counts the threads of this process by their scheduling policy.
func policies(t *testing.T) map[uint32]int {
	t.Helper()
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	out := make(map[uint32]int)
	for _, task := range tasks {
		tid, err := strconv.Atoi(task.Name())
		if err != nil {
			t.Fatal(err)
		}
		if attr, err := unix.SchedGetAttr(tid, 0); err == nil { // it may have ended
			out[attr.Policy]++
		}
	}
	return out
}

// TestSchedule: every thread is of the policy that is asked for, and so is one
// that is started later.
func TestSchedule(t *testing.T) {
	before := policies(t)
	schedule(config.Process{Scheduling: config.SchedulingNormal}, slog.Default())
	if n := policies(t)[unix.SCHED_BATCH]; n > 0 && before[unix.SCHED_BATCH] == 0 { // another test may have had a node
		t.Errorf("normal: %d threads are SCHED_BATCH, before none", n)
	}
	schedule(config.Process{Scheduling: config.SchedulingBatch}, slog.Default())
	later := make(chan uint32)
	go func() { // stops: with its answer
		runtime.LockOSThread() // and never unlocked: the thread ends with it
		attr, err := unix.SchedGetAttr(unix.Gettid(), 0)
		if err != nil {
			t.Error(err)
			close(later)
			return
		}
		later <- attr.Policy
	}()
	if got := <-later; got != unix.SCHED_BATCH {
		t.Errorf("a thread that was started later: policy %d, want %d", got, unix.SCHED_BATCH)
	}
	if n := policies(t)[unix.SCHED_NORMAL]; n > 0 {
		t.Errorf("%d threads are scheduled as before", n)
	}
}
