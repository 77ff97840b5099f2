package main

import (
	"os/exec"
	"path/filepath"
	"testing"

	"grandstand/server/config"
)

// TestClientSocketIO has every version of the stock client, on every way in, do
// all that it can: see testdata/clients/sio_matrix.mjs.
func TestClientSocketIO(t *testing.T) {
	runClient(t, "sio_matrix.mjs", startSioApp(t))
}

// TestClientSocketIOChromium does the same in a real browser, with pages of
// another origin. One loads its client from the server, as people expect.
func TestClientSocketIOChromium(t *testing.T) {
	if _, err := exec.LookPath("chromium"); err != nil {
		t.Fatalf("%v: run .ci/needs as root, or install the package chromium", err)
	}
	bundle := filepath.Join(clientTests, "node_modules", "sio48", "dist", "socket.io.js")
	app := startSioApp(t, func(c *config.Config) { c.Viewers.EngineIO[0].Bundle = bundle })
	runClient(t, "sio_chromium.mjs", app, "--bundle", "4.8")
}

// TestSocketIOEnds has WebSockets end in every way, and looks at what the
// application is told: see testdata/clients/sio_ends.mjs.
func TestSocketIOEnds(t *testing.T) {
	runClient(t, "sio_ends.mjs", startSioApp(t))
}

// TestSocketIORefused has a stock client send what is above the limits, and
// looks at what it learns: see testdata/clients/sio_refused.mjs.
func TestSocketIORefused(t *testing.T) {
	runClient(t, "sio_refused.mjs", startServer(t))
}

// TestClientEngineIO has the clients of plain Engine.IO talk to an application
// that takes their messages as they are: see testdata/clients/eio_matrix.mjs.
func TestClientEngineIO(t *testing.T) {
	runClient(t, "eio_matrix.mjs", startSioApp(t))
}
