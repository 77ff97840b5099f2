package node_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// embedding is a program of somebody else's module.
const embedding = `package main

import (
	"fmt"
	"log/slog"

	"grandstand/server/config"
	"grandstand/server/node"
	"grandstand/session"
)

func main() {
	cfg := config.Default()
	cfg.Listener.Listen, cfg.Control.Listen = []string{"127.0.0.1:0"}, ""
	cfg.Viewers.EngineIO[0].PingInterval /= 5
	n, err := node.New(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		panic(err)
	}
	n.Hub().Of("/").On("echo", func(_ *session.Socket, args session.Args, ack session.Ack) { ack.ReplyArgs(args) })
	if err := n.Open(); err != nil {
		panic(err)
	}
	fmt.Println(len(n.Viewers()), n.Close())
}
`

// TestEmbedded builds and runs a program of another module: all that an
// application in Go needs can be imported.
func TestEmbedded(t *testing.T) {
	cmd := goCommand(t, map[string]string{"main.go": embedding}, "run", ".")
	out, err := cmd.CombinedOutput()
	if err != nil || string(out) != "1 <nil>\n" {
		t.Errorf("go run: %v, %q, want 1 <nil>", err, out)
	}
}

// goCommand is the go command within a module of somebody else's with these
// files.
func goCommand(t *testing.T, files map[string]string, args ...string) *exec.Cmd {
	t.Helper()
	repo, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	mod := read(t, filepath.Join(repo, "go.mod"))
	mod = strings.Replace(mod, "module grandstand\n", "module example.org/embedding\n", 1) +
		"\nrequire grandstand v0.0.0\n\nreplace grandstand => " + repo + "\n"
	files["go.mod"], files["go.sum"] = mod, read(t, filepath.Join(repo, "go.sum"))
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = dir
	// Offline: all it needs is what this test was built with.
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod -buildvcs=false", "GOPROXY=off", "GOWORK=off")
	return cmd
}

func read(t *testing.T, file string) string {
	t.Helper()
	p, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(p)
}
