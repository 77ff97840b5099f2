package node_test

import (
	"bufio"
	"bytes"
	"context"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// freePorts has the example listen where nobody else does.
const freePorts = `package main

import "grandstand/server/config"

func onFreePorts(cfg config.Config) config.Config {
	cfg.Listener.Listen, cfg.Control.Listen = []string{"127.0.0.1:0"}, "127.0.0.1:0"
	return cfg
}
`

// TestChatExample pastes the chat of the example into a program of another
// module, and has stock clients use it.
func TestChatExample(t *testing.T) {
	text := read(t, "chat_example_test.go")
	if n := strings.Count(text, "\n"); n > 60 {
		t.Errorf("the chat has %d lines, want at most 60", n)
	}
	text = strings.NewReplacer("package node_test", "package main", "func Example_chat", "func main",
		"config.Default()", "onFreePorts(config.Default())").Replace(text)
	bin := filepath.Join(t.TempDir(), "chat")
	build := goCommand(t, map[string]string{"main.go": text, "ports.go": freePorts}, "build", "-o", bin, ".")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	viewers, control := startChat(t, bin)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", "sio_chat.mjs", viewers, control, "--mode", "go")
	cmd.Dir = "../../epoll/transport/testdata/clients"
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		t.Fatalf("node sio_chat.mjs: %v\n%s", err, out.String())
	}
}

// startChat runs a server until the test ends and returns its addresses, which
// it says when it serves.
func startChat(t *testing.T, bin string) (viewers, control string) {
	t.Helper()
	cmd := exec.Command(bin)
	log, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	serving := regexp.MustCompile(`serving viewers=\[(\S+)\] control=(\S+)`)
	for lines := bufio.NewScanner(log); lines.Scan(); {
		if at := serving.FindStringSubmatch(lines.Text()); at != nil {
			return at[1], at[2]
		}
	}
	t.Fatal("the chat does not serve")
	return "", ""
}
