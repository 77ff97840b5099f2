package stats

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// tick is the unit of times under /proc: USER_HZ is 100 on every Linux.
const tick = 10 * time.Millisecond

// Process is a running process looked at from outside, by its id.
type Process struct{ PID int }

// Usage is what a process has used up to a moment. Counters only grow, so
// subtract two with Since.
type Usage struct {
	At      time.Time     // when it was read
	CPU     time.Duration // on-cpu time of all threads, ended ones included
	User    time.Duration // user part, in ticks of 10 ms
	System  time.Duration // kernel part, in ticks of 10 ms
	RSS     int64         // resident bytes, VmRSS
	PSS     int64         // RSS with shared pages split among those who share; -1 when we may not look
	Threads int
	Files   int           // open descriptors; -1 when we may not look
	Machine time.Duration // busy time of all CPUs of the machine, in ticks

	// MachineSocketMemory is what the kernel keeps for TCP sockets, their
	// buffers above all, of the whole machine: it doesn't say whose they are.
	// It is -1 when unknown, and often 0: the kernel counts each CPU's first
	// megabyte late.
	MachineSocketMemory int64
}

// Since is the growth from before to u. What is not a counter keeps the
// difference, which may be negative.
func (u Usage) Since(before Usage) Usage {
	return Usage{
		At: u.At, CPU: u.CPU - before.CPU, User: u.User - before.User, System: u.System - before.System,
		RSS: u.RSS - before.RSS, PSS: u.PSS - before.PSS, Threads: u.Threads - before.Threads, Files: u.Files - before.Files,
		Machine: u.Machine - before.Machine, MachineSocketMemory: u.MachineSocketMemory - before.MachineSocketMemory,
	}
}

// Usage reads the process from the kernel: status, stat and its CPU clock. Of
// all this the PSS costs most, about 10 ms per GiB.
func (p Process) Usage() (Usage, error) {
	u := Usage{At: time.Now(), Machine: busy(), MachineSocketMemory: socketMemory(), PSS: p.pss(), Files: p.Files()}
	if err := p.status(&u); err != nil {
		return u, err
	}
	if err := p.ticks(&u); err != nil {
		return u, err
	}
	if cpu, err := p.CPU(); err == nil {
		u.CPU = cpu
	} else {
		u.CPU = u.User + u.System
	}
	return u, nil
}

// Files counts the open descriptors, or says -1 when we may not look.
func (p Process) Files() int {
	// Since Linux 6.2 the folder's size is their number. Before, it is 0 and
	// they have to be listed, at about a microsecond each.
	if info, err := os.Stat(p.file("fd")); err == nil && info.Size() > 0 {
		return int(info.Size())
	}
	names, err := os.ReadDir(p.file("fd"))
	if err != nil {
		return -1
	}
	return len(names)
}

// pss reads the proportional share of memory.
func (p Process) pss() int64 {
	b, err := os.ReadFile(p.file("smaps_rollup"))
	if err != nil {
		return -1
	}
	if n, ok := kilobytes(b, "Pss:"); ok {
		return n
	}
	return -1
}

// kilobytes finds a line such as "Pss: 12 kB" and gives its bytes.
func kilobytes(b []byte, name string) (int64, bool) {
	for line := range bytes.Lines(b) {
		f := bytes.Fields(line)
		if len(f) >= 2 && string(f[0]) == name {
			n, err := strconv.ParseInt(string(f[1]), 10, 64)
			return n << 10, err == nil
		}
	}
	return 0, false
}

// socketMemory is the memory of TCP in /proc/net/sockstat, there in pages. It
// is -1 when unknown.
func socketMemory() int64 {
	b, err := os.ReadFile("/proc/net/sockstat")
	if err != nil {
		return -1
	}
	for line := range bytes.Lines(b) {
		f := bytes.Fields(line)
		if len(f) == 0 || string(f[0]) != "TCP:" {
			continue
		}
		for i := 1; i+1 < len(f); i += 2 {
			if string(f[i]) != "mem" {
				continue
			}
			if n, err := strconv.ParseInt(string(f[i+1]), 10, 64); err == nil {
				return n * int64(os.Getpagesize())
			}
		}
	}
	return -1
}

// busy is the time all CPUs together have not been idle: user, nice, system,
// irq and softirq of the first line of /proc/stat. It is 0 when unknown.
func busy() time.Duration {
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	line, _, _ := bytes.Cut(b, []byte("\n"))
	var sum int64
	for i, f := range bytes.Fields(line) {
		switch i {
		case 1, 2, 3, 6, 7:
			n, _ := strconv.ParseInt(string(f), 10, 64)
			sum += n
		}
	}
	return time.Duration(sum) * tick
}

// CPU is the on-cpu time of the process to the nanosecond. It is the sum the
// scheduler keeps (what schedstat shows per thread) and, unlike schedstat,
// still holds the threads that have ended.
func (p Process) CPU() (time.Duration, error) {
	// The kernel builds the clock id of a process from its pid:
	// (~pid << 3) | CPUCLOCK_SCHED, see clock_getcpuclockid(3).
	const clockSched = 2
	var ts unix.Timespec
	if err := unix.ClockGettime(int32(^p.PID<<3|clockSched), &ts); err != nil {
		return 0, fmt.Errorf("stats: cpu clock of %d: %w", p.PID, err)
	}
	return time.Duration(ts.Nano()), nil
}

// RSS reads the resident bytes alone.
func (p Process) RSS() (int64, error) {
	var u Usage
	err := p.status(&u)
	return u.RSS, err
}

func (p Process) file(name string) string {
	return "/proc/" + strconv.Itoa(p.PID) + "/" + name
}

// status reads VmRSS and Threads.
func (p Process) status(u *Usage) error {
	b, err := os.ReadFile(p.file("status"))
	if err != nil {
		return fmt.Errorf("stats: process %d: %w", p.PID, err)
	}
	for line := range bytes.Lines(b) {
		f := bytes.Fields(line)
		if len(f) < 2 {
			continue
		}
		n, _ := strconv.ParseInt(string(f[1]), 10, 64)
		switch string(f[0]) {
		case "VmRSS:":
			u.RSS = n << 10
		case "Threads:":
			u.Threads = int(n)
		}
	}
	return nil
}

// ticks reads utime and stime, fields 14 and 15 of stat. The name in field 2
// may hold spaces and brackets, so counting starts behind its last bracket.
func (p Process) ticks(u *Usage) error {
	b, err := os.ReadFile(p.file("stat"))
	if err != nil {
		return fmt.Errorf("stats: process %d: %w", p.PID, err)
	}
	f := bytes.Fields(b[bytes.LastIndexByte(b, ')')+1:])
	const utime, stime = 11, 12
	if len(f) <= stime {
		return fmt.Errorf("stats: process %d: stat has %d fields", p.PID, len(f))
	}
	user, _ := strconv.ParseInt(string(f[utime]), 10, 64)
	system, _ := strconv.ParseInt(string(f[stime]), 10, 64)
	u.User, u.System = time.Duration(user)*tick, time.Duration(system)*tick
	return nil
}
