package main

import (
	"testing"

	"grandstand/server/config"
)

// TestClientSocketIOSticky has polls of one client come on any connection, and so
// on any loop.
func TestClientSocketIOSticky(t *testing.T) {
	app := startSioApp(t, func(c *config.Config) { c.Listener.Loops = 4 })
	runClient(t, "sio_sticky.mjs", app, "--events", "200", "--rate", "50")
}
