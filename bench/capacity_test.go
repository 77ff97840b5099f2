package main

import (
	"os"
	"strings"
	"testing"
)

// TestInterruptedCapacityReportsWhatItFound by the first Ctrl-C.
func TestInterruptedCapacityReportsWhatItFound(t *testing.T) {
	out, progress := new(said), new(said)
	cmd := ownBench(here, "capacity", "--threads", "5", "--steps", "2", "-n", "100", "-d", "200ms", "-r", "10",
		"--url", "ws://"+freePort(t)+"/live/ws", "--publish", "http://"+freePort(t), "--threshold", "pool5_viewers>=2")
	cmd.Stdout, cmd.Stderr = out, progress
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	progress.await(t, "pool of 5 threads: 2 viewers: p99")
	_ = cmd.Process.Signal(os.Interrupt)
	if code := ended(t, cmd, progress); code != exitMet {
		t.Errorf("exit %d, want %d:\n%s", code, exitMet, progress)
	}
	if !strings.Contains(out.String(), "not tried") || !strings.Contains(out.String(), "interrupted: pool of 5 threads may serve more viewers") {
		t.Errorf("the report is\n%s", out)
	}
}
