package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// asBench makes the test binary be bench.
const asBench = "GRANDSTAND_TEST_AS_BENCH"

func TestMain(m *testing.M) {
	if os.Getenv(asBench) != "" {
		main()
	}
	os.Exit(m.Run())
}

// ownBench is bench as a process of its own, started by shell words around "$@".
func ownBench(words string, args ...string) *exec.Cmd {
	cmd := exec.Command("/bin/sh", append([]string{"-c", words, os.Args[0]}, args...)...)
	cmd.Env = append(os.Environ(), asBench+"=1", "TERM=xterm", "LC_ALL=C.UTF-8")
	return cmd
}

// said is what a process has written; a test may wait for words in it.
type said struct {
	mu sync.Mutex // guards b
	b  bytes.Buffer
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// await waits until words were said.
func (s *said) await(t *testing.T, words string) {
	t.Helper()
	until(t, fmt.Sprintf("%q was said", words), func() bool { return strings.Contains(s.String(), words) }, s)
}

// until waits for a condition.
func until(t *testing.T, what string, ok func() bool, s fmt.Stringer) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(20 * time.Second); !ok(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("never: %s; output:\n%s", what, s)
		}
	}
}

// ended waits for a process and gives its exit code.
func ended(t *testing.T, cmd *exec.Cmd, s *said) int {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }() // stops: the process ends
	select {
	case err := <-done:
		var code *exec.ExitError
		if err != nil && !errors.As(err, &code) {
			t.Fatal(err)
		}
		return cmd.ProcessState.ExitCode()
	case <-time.After(20 * time.Second):
		_ = cmd.Process.Kill()
		t.Fatalf("still running; output:\n%s", s)
	}
	return -1
}

const here = `exec "$0" "$@"`

func TestInterruptedRunsReport(t *testing.T) {
	target := bare(t)[:4]
	for _, tt := range []struct {
		name, words string // when to interrupt
		args        []string
		code        int
		out         []string
	}{
		{"publishing", "publishing", []string{"fanout", "-n", "5", "-d", "1h", "--warmup", "0s", "--threshold", "loss==0"}, exitMet, []string{"deliveries", "seed 1"}},
		{"publishing, missed", "publishing", []string{"fanout", "-n", "5", "-d", "1h", "--threshold", "viewers==4"}, exitMissed, []string{"MISSED viewers==4"}},
		{"in the warm-up", "publishing", []string{"fanout", "-n", "5", "-d", "1h", "--warmup", "1h"}, exitMet, []string{"nothing was measured"}},
		{"opening", "opening", []string{"fanout", "-n", "5000", "--ramp", "1"}, exitMet, []string{"interrupted before all viewers had joined"}},
		{"holding", "holding", []string{"connect", "-n", "5", "--hold", "1h"}, exitMet, []string{"connect and join p99"}},
		{"churning in the warm-up", "come and go", []string{"churn", "-n", "5", "-d", "1h", "--warmup", "1h", "--think", "0s", "--drain", "1s"}, exitMet, []string{"nothing was measured"}},
		{"saturating", "keeping", []string{"saturate", "-n", "5", "-d", "1h", "--warmup", "1h"}, exitMet, []string{"nothing was measured"}},
		{"playing", "playing", []string{"replay", "-n", "5", "-d", "1h"}, exitMet, []string{"published"}},
		{"echoing", "one ping", []string{"echo", "-n", "5", "-d", "1h", "--warmup", "1h"}, exitMet, []string{"unanswered pings", "nothing was measured"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := new(said)
			cmd := ownBench(here, append(tt.args, target...)...)
			cmd.Stdout, cmd.Stderr = s, s
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			s.await(t, tt.words)
			_ = cmd.Process.Signal(os.Interrupt)
			if code := ended(t, cmd, s); code != tt.code {
				t.Errorf("exit %d, want %d", code, tt.code)
			}
			for _, words := range tt.out {
				if !strings.Contains(s.String(), words) {
					t.Errorf("no %q in\n%s", words, s)
				}
			}
		})
	}
}

// TestSecondInterruptEndsAtOnce interrupts a run twice, which waits for events
// that never come; its server, a child of what was spawned, must not outlive it.
func TestSecondInterruptEndsAtOnce(t *testing.T) {
	var asked atomic.Int64
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"id":"e-%d"}`, asked.Add(1)) // and none of ours hears of it
	}))
	t.Cleanup(elsewhere.Close)
	port := freePort(t)
	s := new(said)
	cmd := ownBench(here, "fanout", "-n", "3", "-d", "1h", "--warmup", "0s", "--drain", "1h", "--publish", elsewhere.URL,
		"--url", "ws://"+port+"/", "--spawn", "sh -c '"+os.Args[0]+" limit --listen "+port+" --control 127.0.0.1:0 & wait'", "--server-log", "/dev/stderr")
	cmd.Stdout, cmd.Stderr = s, s
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s.await(t, "publishing")
	_, rest, _ := strings.Cut(s.String(), "pid ")
	var server int
	if _, err := fmt.Sscan(rest, &server); err != nil {
		t.Fatalf("no pid of the server (%v):\n%s", err, s)
	}
	until(t, "an event is published", func() bool { return asked.Load() > 1 }, s)
	_ = cmd.Process.Signal(os.Interrupt)
	s.await(t, "interrupted:")
	_ = cmd.Process.Signal(os.Interrupt)
	if code := ended(t, cmd, s); code != exitTwice {
		t.Errorf("exit %d, want %d", code, exitTwice)
	}
	until(t, "the server is gone", func() bool { return !alive(server) }, s)
}

// alive says whether a process runs; one that nobody has waited for does not.
func alive(pid int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !bytes.Contains(b, []byte(") Z "))
}

// freePort is an address that nothing listens at.
func freePort(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}
