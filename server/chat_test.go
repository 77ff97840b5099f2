package main

import (
	"bufio"
	"os"
	"os/exec"
	"strings"
	"testing"

	"grandstand/server/config"
)

// TestChatConfig has stock clients use the chat of configs/chat.yaml.
func TestChatConfig(t *testing.T) {
	cfg, err := config.Load("../configs/chat.yaml", nil, config.Flags{})
	if err != nil {
		t.Fatal(err)
	}
	runClient(t, "sio_chat.mjs", startServer(t, cfg), "--mode", "config")
}

// TestChatHooks has stock clients use the chat of sio_hook_chat.mjs, which the
// server asks over HTTP.
func TestChatHooks(t *testing.T) {
	cfg := config.Default()
	cfg.Hooks.Secret = strings.Repeat("s", 32)
	cfg.Hooks.URL = startHookChat(t, cfg.Hooks.Secret)
	cfg.Viewers.Transports = nil
	runClient(t, "sio_chat.mjs", startServer(t, cfg), "--mode", "hooks")
}

// startHookChat runs the application until the test ends and returns its URL.
func startHookChat(t *testing.T, secret string) string {
	t.Helper()
	cmd := exec.Command("node", "sio_hook_chat.mjs")
	cmd.Dir = clientTests
	cmd.Env = append(os.Environ(), "GRANDSTAND_HOOKS_SECRET="+secret)
	cmd.Stderr = t.Output()
	out, err := cmd.StdoutPipe()
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
	url, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("sio_hook_chat.mjs: %v", err)
	}
	return strings.TrimSpace(url)
}

// TestChatHooksSecret has the application refuse a server that does not know its
// secret: nobody gets in.
func TestChatHooksSecret(t *testing.T) {
	cfg := config.Default()
	cfg.Hooks.Secret = strings.Repeat("s", 32)
	cfg.Hooks.URL = startHookChat(t, strings.Repeat("t", 32))
	runClient(t, "sio_hook_chat_shut.mjs", startServer(t, cfg))
}
