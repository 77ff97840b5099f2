package main

import (
	"testing"

	"grandstand/server/config"
	"grandstand/session"
)

// TestClientWays watches one room on every way in at once, with curl, the npm
// packages ws and eventsource, and all that a browser has.
func TestClientWays(t *testing.T) {
	runClient(t, "ways.mjs", startServer(t), "150", "100")
}

// TestClientWaysKilled cuts viewers off at random; they resume on other ways,
// and get everything, or are told what they missed.
func TestClientWaysKilled(t *testing.T) {
	tests := []struct {
		name    string
		history int
	}{
		{name: "long", history: 4096},
		{name: "short", history: 16},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := config.Default()
			cfg.Rooms.Rules = []session.Rule{{Match: tt.name + "*", History: &tt.history}}
			runClient(t, "ways_kill.mjs", startServer(t, cfg),
				"--history", tt.name, "--events", "600", "--rate", "100")
		})
	}
}

// TestClientPollsCached has pollers ask nginx, which is set up as in
// configs/host and asks the server.
func TestClientPollsCached(t *testing.T) {
	runClient(t, "polls_cache.mjs", startServer(t), "--requests", "10000", "--seconds", "5")
}

// TestClientProxies has the browser's library find its way through proxies that
// hold back what they should pass on, or cut what is quiet.
func TestClientProxies(t *testing.T) {
	runClient(t, "proxies.mjs", startServer(t), "--silence", "12")
}
