package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"grandstand/bench/scenario"
)

// started runs a command that serves until the test is over, and gives the first
// line it prints.
func started(t *testing.T, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r, w := io.Pipe()
	done := make(chan int, 1)
	go func() { // stops: cancel
		done <- execute(ctx, args, w, w)
		_ = w.Close()
	}()
	lines := bufio.NewReader(r)
	line, err := lines.ReadString('\n')
	go func() { _, _ = io.Copy(io.Discard, lines) }() // stops: the command ends
	t.Cleanup(func() {
		cancel()
		if code := <-done; code != exitMet {
			t.Errorf("bench %q: exit %d", args, code)
		}
	})
	if err != nil {
		t.Fatalf("bench %q: %v", args, err)
	}
	return strings.TrimSpace(line)
}

// TestAgentsHoldTheViewersOfARun has the commands of three terminals in one process.
func TestAgentsHoldTheViewersOfARun(t *testing.T) {
	const token = "for this test alone"
	here, found := strings.CutPrefix(started(t, "agent", "--listen", "127.0.0.1:0", "--token", token), scenario.AgentSays)
	if !found {
		t.Fatalf("the agent says %q", here)
	}
	said := started(t, "goroutines", "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0")
	var viewers, polls, control string
	if _, err := fmt.Sscanf(said, "goroutines: viewers %s and %s publish %s", &viewers, &polls, &control); err != nil {
		t.Fatalf("the server says %q: %v", said, err)
	}
	run := func(words ...string) (int, string) {
		var out bytes.Buffer
		args := append(words, "--url", viewers, "--publish", strings.TrimSuffix(strings.TrimSuffix(control, ","), "/v1/publish"),
			"--agents", here, "-q", "-n", "10", "-d", "100ms", "--warmup", "0s", "-r", "50", "--drain", "200ms")
		return execute(context.Background(), args, &out, &out), out.String()
	}
	if code, out := run("mixed", "--share", "websocket=1,longpoll=1", "--token", token, "--threshold", "processes==1", "--threshold", "loss==0"); code != exitMet {
		t.Errorf("mixed: exit %d:\n%s", code, out)
	}
	if code, out := run("storm", "--token", token, "--after", "50ms", "--threshold", "away==0"); code != exitMet {
		t.Errorf("storm: exit %d:\n%s", code, out)
	}
	if code, out := run("fanout", "--token", "of somebody else"); code != exitFailed || !strings.Contains(out, "wrong token") || strings.Count(out, "\n") != 1 {
		t.Errorf("another token: exit %d, want 2 and one line:\n%s", code, out)
	}
	if code, out := run("churn", "--token", token, "--think", "0s"); code != exitFailed || !strings.Contains(out, "single viewers") {
		t.Errorf("churn: exit %d:\n%s", code, out)
	}
}

func TestAnAgentWithoutAToken(t *testing.T) {
	t.Setenv(scenario.TokenVariable, "")
	for _, args := range [][]string{{"agent"}, {"agent", "--token", "short"}} {
		var out bytes.Buffer
		if code := execute(context.Background(), args, &out, &out); code != exitFailed || !strings.Contains(out.String(), "token of at least") {
			t.Errorf("bench %q: exit %d: %s", args, code, out.String())
		}
	}
}

// TestAgentKeepsNoSecretOfAnAddress in what it says of the viewers it holds.
func TestAgentKeepsNoSecretOfAnAddress(t *testing.T) {
	const token = "for this test alone"
	ctx, cancel := context.WithCancel(context.Background())
	out, log := new(said), new(said)
	done := make(chan int, 1)
	go func() { // stops: cancel
		done <- execute(ctx, []string{"agent", "--listen", "127.0.0.1:0", "--token", token}, out, log)
	}()
	defer func() { cancel(); <-done }()
	out.await(t, "\n")
	target := bare(t)
	var ran bytes.Buffer
	code := execute(t.Context(), []string{"fanout", "--agents", strings.TrimSpace(strings.TrimPrefix(out.String(), scenario.AgentSays)), "--token", token,
		"--url", target[1] + "?token=hunter2", "--publish", target[3], "-q", "-n", "5", "-d", "100ms", "--warmup", "0s", "-r", "50"}, &ran, &ran)
	if code != exitMet {
		t.Errorf("exit %d:\n%s", code, ran.String())
	}
	log.await(t, "5 viewers of http://")
	if !strings.Contains(log.String(), "?token=***") || strings.Contains(log.String()+ran.String(), "hunter2") {
		t.Errorf("the agent says %q, the run\n%s", log, ran.String())
	}
}
