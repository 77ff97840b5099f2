package epoll

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestChildrenGetNoSocket: a process started by ours has none of its connections.
// It would keep the socket open after close(2), and the loop busy with the end of
// it.
func TestChildrenGetNoSocket(t *testing.T) {
	_, c, _ := accepted(t, testConfig(), 0, &hooks{})
	socket, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", c.nc.Hash()))
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command("cat") // runs until its input ends
	in, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close(); _ = child.Wait() }()
	fds, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", child.Process.Pid))
	if err != nil || len(fds) < 3 {
		t.Fatalf("the child has the descriptors %v, %v", fds, err)
	}
	for _, fd := range fds {
		if what, err := os.Readlink(fd); what == socket { // cat opens and closes files meanwhile
			t.Errorf("%s is %s, %v", fd, what, err)
		}
	}
}
