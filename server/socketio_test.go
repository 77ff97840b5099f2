package main

import "testing"

// TestClientSocketIO has every version of the stock client, on every way in, do
// all that it can: see testdata/clients/sio_matrix.mjs.
func TestClientSocketIO(t *testing.T) {
	runClient(t, "sio_matrix.mjs", startSioApp(t))
}
