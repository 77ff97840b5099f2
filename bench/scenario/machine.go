package scenario

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"grandstand/bench/load"
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

// enoughPorts says what is wanting when viewers are more than the addresses
// they can come from: a connection needs a port of its own among those from one
// source address to one target.
func enoughPorts(viewers int, targets []load.Target, sources int) error {
	low, high := portRange()
	each := (viewers + len(targets) - 1) / len(targets)
	for _, t := range targets {
		from := 1
		if t.Addr.Addr().IsLoopback() {
			from = max(sources, 1)
		}
		have := high - low + 1
		if each <= have*from {
			continue
		}
		hint := "sysctl -w net.ipv4.ip_local_port_range='1024 65535', or --agents on more machines"
		if t.Addr.Addr().IsLoopback() {
			hint = fmt.Sprintf("--sources %d", (each+have-1)/have)
		}
		return fmt.Errorf("%d viewers of %s need as many ports, %d source addresses with %d ports each have %d: use %s",
			each, t.Addr, from, have, from*have, hint)
	}
	return nil
}

// portRange is the ports that connections get.
func portRange() (low, high int) {
	low, high = 32768, 60999 // the kernel's own default
	if b, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range"); err == nil {
		if f := strings.Fields(string(b)); len(f) == 2 {
			a, err1 := strconv.Atoi(f[0])
			z, err2 := strconv.Atoi(f[1])
			if err1 == nil && err2 == nil && a <= z {
				low, high = a, z
			}
		}
	}
	return low, high
}

// spawned is a server we started ourselves.
type spawned struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
}

// spawn starts a server with the shell's words, on its own CPUs when a list is
// given, and waits until it accepts connections at addr. What it prints goes to log.
func spawn(ctx context.Context, command, cpus, addr string, log io.Writer) (*spawned, error) {
	if c, err := net.DialTimeout("tcp", addr, time.Second); err == nil {
		_ = c.Close()
		return nil, fmt.Errorf("spawn %q: something listens at %s already", command, addr)
	}
	// exec makes the server take the shell's place, so that its pid is ours to end.
	cmd := exec.Command("/bin/sh", "-c", "exec "+command)
	last := new(tail)
	cmd.Stdout, cmd.Stderr = log, io.MultiWriter(log, last)
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
			_ = cmd.Wait() // how it ended is in cmd.ProcessState
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

// stop asks the server to end, and makes it after 15 s.
func (s *spawned) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM) // it may have ended by itself
	t := time.NewTimer(15 * time.Second)
	defer t.Stop()
	select {
	case <-s.done:
	case <-t.C:
		_ = s.cmd.Process.Kill()
		<-s.done
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
