package main

import "testing"

// TestClientSocketIOUpgrade has clients change from polls to a WebSocket while
// events arrive: nothing is lost, doubled or out of order.
func TestClientSocketIOUpgrade(t *testing.T) {
	runClient(t, "sio_upgrade.mjs", startSioApp(t), "--clients", "200", "--stock", "20", "--events", "500", "--rate", "100")
}
