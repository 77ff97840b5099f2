package main

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"grandstand/server/config"
)

// TestClientHookChatSecret has the chat's application refuse a server that does
// not know its secret: nobody gets in.
func TestClientHookChatSecret(t *testing.T) {
	cfg := config.Default()
	cfg.Hooks.Secret = "a secret of the server, and its alone"
	cfg.Hooks.URL = startHookChat(t, "a secret of the chat and the server")
	runClient(t, "sio_hook_chat_shut.mjs", startServer(t, cfg))
}

// startHookChat runs the chat's application until the test ends, and returns
// where it listens.
func startHookChat(t *testing.T, secret string) (url string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "node", "sio_hook_chat.mjs")
	cmd.Dir = clientTests
	cmd.Env = append(os.Environ(), "GRANDSTAND_HOOKS_SECRET="+secret)
	cmd.Stderr = t.Output()
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait() // it was killed, and says so
	})
	line, err := bufio.NewReader(io.LimitReader(out, 1<<10)).ReadString('\n')
	if err != nil {
		t.Fatalf("the application says %q: %v", line, err)
	}
	return strings.TrimSpace(line)
}
