package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"os/exec"
	"strings"
	"testing"
	"time"

	"grandstand/server/config"
	"grandstand/server/node"
)

// clientTests is where the programs live that drive a server from outside, and
// their npm packages, which .ci/needs installs.
const clientTests = "../epoll/transport/testdata/clients"

// TestClientWS drives a server with the npm package ws: subprotocol, joining,
// publishing, resuming, closing.
func TestClientWS(t *testing.T) {
	runClient(t, "ws.mjs", startServer(t))
}

// TestClientWSDeflate is TestClientWS with permessage-deflate, agreed on and
// used for every message.
func TestClientWSDeflate(t *testing.T) {
	cfg := config.Default()
	cfg.Viewers.WebSocket.Deflate = true
	cfg.Viewers.WebSocket.DeflateThreshold = 0
	runClient(t, "ws.mjs", startServer(t, cfg), "deflate")
}

// TestClientChromium opens the page at / in a real browser, publishes from it
// and from outside, and looks at what it shows.
func TestClientChromium(t *testing.T) {
	if _, err := exec.LookPath("chromium"); err != nil {
		t.Fatalf("%v: run .ci/needs as root, or install the package chromium", err)
	}
	runClient(t, "page.mjs", startServer(t), t.TempDir())
}

// served are the addresses of a running server.
type served struct{ viewers, control string }

// startServer serves with the defaults, or with cfg, on ports of its own until
// the test ends.
func startServer(t *testing.T, cfg ...config.Config) served {
	t.Helper()
	c := config.Default()
	if len(cfg) > 0 {
		c = cfg[0]
	}
	return startNode(t, c, func(*node.Node) {})
}

// startNode serves with a configuration, on ports of its own until the test
// ends. app sets handlers.
func startNode(t *testing.T, c config.Config, app func(n *node.Node)) served {
	t.Helper()
	c.Listener.Listen = []string{"127.0.0.1:0"}
	c.Control.Listen = "127.0.0.1:0"
	n, err := node.New(c, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	app(n)
	if err := n.Open(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return served{n.Viewers()[0].String(), n.Control().String()}
}

// runClient runs one of the programs, which exits with 0 when all went as it
// should, and says otherwise what did not.
func runClient(t *testing.T, program string, s served, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", append([]string{program, s.viewers, s.control}, args...)...)
	cmd.Dir = clientTests
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	// A browser the program leaves behind must not hold the pipe open.
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Run(); err != nil {
		text := out.String()
		if strings.Contains(text, "ERR_MODULE_NOT_FOUND") {
			text += "\nnpm packages are missing: run .ci/needs"
		}
		t.Fatalf("node %s: %v\n%s", program, err, text)
	}
}
