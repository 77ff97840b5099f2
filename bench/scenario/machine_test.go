package scenario

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"grandstand/bench/load"
)

// within waits until something is so.
func within(t *testing.T, limit time.Duration, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(limit); !ok(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("not within %s: %s", limit, what)
		}
	}
}

// alive says whether a process runs; one that nobody has waited for does not.
func alive(pid int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !bytes.Contains(b, []byte(") Z "))
}

// TestSpawnedFamilyIsEnded has a server that is a child of what was started, as
// with npm start: it goes as well, and nothing waits for what it holds open.
func TestSpawnedFamilyIsEnded(t *testing.T) {
	file := filepath.Join(t.TempDir(), "pid")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() { // stops: cancel
		_, err := spawn(ctx, fmt.Sprintf("sh -c 'sleep 600 & echo $! >%s; wait'", file), "", "127.0.0.1:1", io.Discard)
		done <- err
	}()
	child := 0
	within(t, 5*time.Second, "the child is there", func() bool {
		b, _ := os.ReadFile(file)
		n, _ := fmt.Sscanf(string(b), "%d\n", &child)
		return n == 1
	})
	cancel()
	select {
	case err := <-done:
		if err == nil || !strings.Contains(err.Error(), "nothing listens") {
			t.Errorf("spawn: %v", err)
		}
	case <-time.After(5 * time.Second):
		t.Error("spawn waits for the child")
	}
	within(t, time.Second, "the child is gone", func() bool { return !alive(child) })
}

func TestSpawnWithAssignments(t *testing.T) {
	file := filepath.Join(t.TempDir(), "said")
	_, err := spawn(t.Context(), fmt.Sprintf(`WORD=one OTHER='two three' sh -c 'echo $$ $WORD $OTHER >%s; echo over >&2'`, file), "", "127.0.0.1:1", io.Discard)
	if err == nil || !strings.Contains(err.Error(), "over") {
		t.Errorf("spawn: %v, want that it ended", err)
	}
	if b, err := os.ReadFile(file); err != nil || !strings.HasSuffix(string(b), " one two three\n") {
		t.Errorf("it was told %q, %v", b, err)
	}
	for command, want := range map[string]string{
		"node x.js":          "exec node x.js",
		"server --flag=1":    "exec server --flag=1",
		"./a=b/server":       "exec ./a=b/server",
		"PORT=3000 node x":   "exec env PORT=3000 node x",
		" _A1=b node --x=y ": "exec env  _A1=b node --x=y ",
	} {
		if got := replacing(command); got != want {
			t.Errorf("replacing(%q) = %q, want %q", command, got, want)
		}
	}
}

// TestPortsOfWhoHoldsViewers counts this machine's ports unless agents have the viewers.
func TestPortsOfWhoHoldsViewers(t *testing.T) {
	near, err := load.ParseTarget("ws://127.0.0.1:8080/live/ws")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		viewers int
		agents  []string
		targets []load.Target
		enough  bool
	}{
		{viewers: 70_000, targets: []load.Target{near}},
		{viewers: 70_000, targets: []load.Target{near, near, near, near, near}, enough: true},
		{viewers: 70_000, targets: []load.Target{near}, agents: []string{"192.0.2.1:7700"}, enough: true},
	} {
		o := &Common{Viewers: tt.viewers, Sources: 1, Spread: Spread{Agents: tt.agents}}
		if err := o.enoughPorts(tt.targets); (err == nil) != tt.enough {
			t.Errorf("%d viewers of %d targets, agents %q: %v", tt.viewers, len(tt.targets), tt.agents, err)
		}
	}
}
