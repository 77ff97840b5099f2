package stats

import (
	"os"
	"runtime"
	"testing"
	"time"
)

func TestUsageOfThisProcess(t *testing.T) {
	p := Process{PID: os.Getpid()}
	before, err := p.Usage()
	if err != nil {
		t.Fatal(err)
	}
	hog := make([]byte, 64<<20)
	for i := 0; i < len(hog); i += 4096 {
		hog[i] = 1
	}
	for start := time.Now(); time.Since(start) < 60*time.Millisecond; {
	}
	after, err := p.Usage()
	if err != nil {
		t.Fatal(err)
	}
	runtime.KeepAlive(hog)
	d := after.Since(before)
	if d.CPU < 20*time.Millisecond || d.CPU > 10*time.Second {
		t.Errorf("CPU grew by %v over 60 ms of work", d.CPU)
	}
	if after.RSS < 64<<20 {
		t.Errorf("RSS %d with 64 MiB in use", after.RSS)
	}
	if after.Threads < 1 || after.RSS < 1<<20 || d.Machine < 0 {
		t.Errorf("usage = %+v", after)
	}
	if after.PSS < 32<<20 || after.PSS > after.RSS+4<<20 {
		t.Errorf("PSS %d of an RSS of %d", after.PSS, after.RSS)
	}
	if after.Files != p.Files() || after.Files < 3 || after.MachineSocketMemory < 0 {
		t.Errorf("%d files, %d B of socket memory; want those of Files, %d, and any", after.Files, after.MachineSocketMemory, p.Files())
	}
	if rss, err := p.RSS(); err != nil || rss < 32<<20 {
		t.Errorf("RSS() = %d, %v", rss, err)
	}
}

func TestFilesAreCounted(t *testing.T) {
	p := Process{PID: os.Getpid()}
	before := p.Files()
	f, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got := p.Files(); got <= before {
		t.Errorf("files = %d with one more open than %d", got, before)
	}
}

func TestUsageOfNoProcess(t *testing.T) {
	// Pids end at 2^22 on Linux.
	if u, err := (Process{PID: 1 << 23}).Usage(); err == nil {
		t.Errorf("usage of a process that can't exist = %+v, want an error", u)
	}
	if n := (Process{PID: 1 << 23}).Files(); n != -1 {
		t.Errorf("files = %d, want -1", n)
	}
}
