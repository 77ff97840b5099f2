package main

import (
	"testing"

	"grandstand/server/config"
)

// TestClientSocketIOHostile sends everything malformed that a client can send,
// while stock clients watch: see testdata/clients/sio_hostile.mjs.
func TestClientSocketIOHostile(t *testing.T) {
	cfg := config.Default()
	socket := cfg.Viewers.EngineIO[0]
	socket.SocketIO.Namespaces = []string{"/", "/chat"}
	four, polls, packed := socket, socket, socket
	packed.Path, packed.SocketIO.Parser = "/packed/", "msgpack"
	four.Path, four.Versions = "/four/", []int{4}
	polls.Path, polls.Transports = "/polls/", []string{"polling"}
	cfg.Viewers.EngineIO = append(cfg.Viewers.EngineIO[:0], socket, four, polls, packed)
	runClient(t, "sio_hostile.mjs", startServer(t, cfg))
}
