package main

import "testing"

// TestClientSocketIOCrowd has a room watched by a hundred stock clients of every
// version on every way, which upgrade and are cut off at random, and by viewers
// on other ways in.
func TestClientSocketIOCrowd(t *testing.T) {
	runClient(t, "sio_crowd.mjs", startSioApp(t), "--events", "200", "--rate", "50")
}
