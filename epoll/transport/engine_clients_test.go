package transport

import (
	"testing"
	"time"
)

// TestEngineClients takes the stock clients of both versions through an echo:
// on polls, on a WebSocket and from one to the other.
func TestEngineClients(t *testing.T) {
	for _, compressed := range []bool{false, true} {
		name := "plain"
		if compressed {
			name = "deflate"
		}
		t.Run(name, func(t *testing.T) {
			h, _ := openEcho(t, func(_ *settings, p *EnginePath) {
				p.PingInterval, p.PingTimeout = 400*time.Millisecond, 400*time.Millisecond
				p.Compression.Enabled = compressed
			})
			h.runClient("engine.cjs")
		})
	}
}
