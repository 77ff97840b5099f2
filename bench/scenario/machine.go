package scenario

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// parseCPUs reads a list such as 0,2-3.
func parseCPUs(list string) (unix.CPUSet, error) {
	var set unix.CPUSet
	for part := range strings.SplitSeq(list, ",") {
		lo, hi, ranged := strings.Cut(strings.TrimSpace(part), "-")
		if !ranged {
			hi = lo
		}
		a, err1 := strconv.Atoi(lo)
		b, err2 := strconv.Atoi(hi)
		if err1 != nil || err2 != nil || a < 0 || b < a || b >= 1024 {
			return set, fmt.Errorf("cpu list %q: want numbers and ranges such as 0,2-3", list)
		}
		for ; a <= b; a++ {
			set.Set(a)
		}
	}
	return set, nil
}

// pin keeps every thread of this process on the given CPUs. Threads that start
// later inherit it.
func pin(list string) error {
	set, err := parseCPUs(list)
	if err != nil {
		return err
	}
	for range 2 { // a thread may have started while we went through the list
		tasks, err := os.ReadDir("/proc/self/task")
		if err != nil {
			return fmt.Errorf("pin to %s: %w", list, err)
		}
		for _, t := range tasks {
			tid, _ := strconv.Atoi(t.Name())
			if err := unix.SchedSetaffinity(tid, &set); err != nil && !errors.Is(err, unix.ESRCH) {
				return fmt.Errorf("pin to %s: %w", list, err)
			}
		}
	}
	return nil
}

// allowed is how many CPUs this process may use.
func allowed() int {
	var set unix.CPUSet
	if unix.SchedGetaffinity(0, &set) != nil {
		return runtime.NumCPU()
	}
	return set.Count()
}

// spawned is a server we started ourselves.
type spawned struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
}

// outliveFor is how long processes of a server may take to end after it.
const outliveFor = 5 * time.Second

// replacing has the shell put a program in its own place, so that its pid is the
// one to measure. Assignments in front of it are for env: exec takes none.
func replacing(command string) string {
	name, _, assigns := strings.Cut(strings.TrimSpace(command), "=")
	letters := func(c rune) bool {
		return c == '_' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
	}
	if assigns && name != "" && strings.TrimFunc(name, letters) == "" {
		return "exec env " + command
	}
	return "exec " + command
}

// spawn starts a server with the shell's words, on its own CPUs when a list is
// given, and waits until it accepts connections at addr. What it prints goes to log.
func spawn(ctx context.Context, command, cpus, addr string, log io.Writer) (*spawned, error) {
	if c, err := net.DialTimeout("tcp", addr, time.Second); err == nil {
		_ = c.Close()
		return nil, fmt.Errorf("spawn %q: something listens at %s already", command, addr)
	}
	cmd := exec.Command("/bin/sh", "-c", replacing(command))
	last := new(tail)
	cmd.Stdout, cmd.Stderr = log, io.MultiWriter(log, last)
	// Processes of its own may hold what it prints open when it has ended.
	cmd.WaitDelay = outliveFor
	// Away from the terminal's Ctrl-C, which is for us; and gone with us, however we end.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	s := &spawned{cmd: cmd, done: make(chan struct{})}
	started := make(chan error, 1)
	go func() { // stops: the server ends, see stop
		defer close(s.done)
		// The kernel takes the end of the thread that forked for ours, so it stays.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := startOn(cmd, cpus)
		if started <- err; err == nil {
			_ = cmd.Wait()       // how it ended is in cmd.ProcessState
			s.tell(unix.SIGKILL) // what it started, such as npm the server proper, goes with it
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("spawn %q: %w", command, err)
	}
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	t := time.NewTicker(20 * time.Millisecond)
	defer t.Stop()
	for {
		c, err := net.DialTimeout("tcp", addr, time.Second)
		if err == nil {
			return s, c.Close()
		}
		select {
		case <-s.done:
			return nil, fmt.Errorf("spawn %q: it ended before it listened at %s (%s): %s", command, addr, cmd.ProcessState, last)
		case <-ctx.Done():
			s.stop()
			return nil, fmt.Errorf("spawn %q: nothing listens at %s: %w", command, addr, err)
		case <-t.C:
		}
	}
}

// tail keeps the end of what a server wrote to standard error: when it doesn't
// start, that says why.
type tail struct {
	mu sync.Mutex // leaf; guards p
	p  []byte
}

// Write never fails.
func (t *tail) Write(p []byte) (int, error) {
	const most = 512
	t.mu.Lock()
	defer t.mu.Unlock()
	t.p = append(t.p, p...)
	t.p = t.p[max(0, len(t.p)-most):]
	return len(p), nil
}

// String is what was kept, on one line.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Join(strings.Fields(string(t.p)), " ")
}

// startOn starts cmd from a thread with the wanted affinity: a child inherits
// that of the thread that forks it.
func startOn(cmd *exec.Cmd, cpus string) error {
	if cpus == "" {
		return cmd.Start()
	}
	set, err := parseCPUs(cpus)
	if err != nil {
		return err
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return fmt.Errorf("affinity: %w", err)
	}
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return fmt.Errorf("cpus %s: %w", cpus, err)
	}
	return errors.Join(cmd.Start(), unix.SchedSetaffinity(0, &before))
}

// tell signals the server and all that it started: they are one group.
func (s *spawned) tell(sig unix.Signal) {
	_ = unix.Kill(-s.cmd.Process.Pid, sig) // they may have ended by themselves
}

// stop asks the server to end, and makes it after 15 s.
func (s *spawned) stop() {
	select {
	case <-s.done: // its number may be another's by now
		return
	default:
	}
	s.tell(unix.SIGTERM)
	t := time.NewTimer(15 * time.Second)
	defer t.Stop()
	select {
	case <-s.done:
	case <-t.C:
		s.tell(unix.SIGKILL)
		<-s.done
	}
}

// KillFamilies ends the processes that this one has started, each of which leads a
// group, and all that are in these groups, at once: when there is no time to stop
// them. Those that lead would end by themselves, see spawn.
func KillFamilies() {
	lists, _ := filepath.Glob("/proc/self/task/*/children") // the pattern is good
	for _, list := range lists {
		b, _ := os.ReadFile(list) // a thread that has ended meanwhile has none
		for _, child := range strings.Fields(string(b)) {
			if pid, err := strconv.Atoi(child); err == nil && pid > 1 {
				_ = unix.Kill(-pid, unix.SIGKILL) // it may have ended, or lead none
			}
		}
	}
}

// describe names the machine in one line.
func describe() string {
	var u unix.Utsname
	kernel := "linux"
	if unix.Uname(&u) == nil {
		kernel = unix.ByteSliceToString(u.Sysname[:]) + " " + unix.ByteSliceToString(u.Release[:]) + " " + unix.ByteSliceToString(u.Machine[:])
	}
	return fmt.Sprintf("%s, %d CPUs, harness on %d, %s", kernel, runtime.NumCPU(), allowed(), runtime.Version())
}
