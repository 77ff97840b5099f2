package main

import (
	"testing"

	"grandstand/server/config"
	"grandstand/session"
)

// TestClientSocketIORooms has stock clients use rooms, and the control port
// reach them, where there is no application: see testdata/clients/sio_rooms.mjs.
func TestClientSocketIORooms(t *testing.T) {
	cfg := config.Default()
	socket := cfg.Viewers.EngineIO[0]
	socket.SocketIO.Namespaces = []string{"/", "/chat"}
	bare, named := socket, socket
	bare.Path, bare.SocketIO.Meta = "/bare/", false
	named.Path, named.SocketIO.Join, named.SocketIO.Leave, named.SocketIO.Publish = "/named/", "enter", "exit", ""
	cfg.Viewers.EngineIO = append(cfg.Viewers.EngineIO[:0], socket, bare, named)
	history, forbidden := 4, false
	cfg.Rooms.PublishRate, cfg.Rooms.PublishBurst = 1000, 1000
	cfg.Rooms.Rules = []session.Rule{{Match: "short-*", History: &history}, {Match: "closed-*", ClientPublish: &forbidden}}
	runClient(t, "sio_rooms.mjs", startServer(t, cfg))
}
