package node_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"os/exec"
	"testing"
	"time"

	"grandstand/server/config"
	"grandstand/server/node"
)

// TestChatExample has stock clients use the chat of the example.
func TestChatExample(t *testing.T) {
	cfg := config.Default()
	socketIO := &cfg.Viewers.EngineIO[0].SocketIO
	socketIO.Join, socketIO.Leave, socketIO.Publish = "", "", ""
	cfg.Listener.Listen = []string{"127.0.0.1:0"}
	cfg.Control.Listen = "127.0.0.1:0"
	n, err := node.New(cfg, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	chat(n.Hub().Of("/"))
	if err := n.Open(); err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", "sio_chat.mjs", n.Viewers()[0].String(), n.Control().String(), "--mode", "go")
	cmd.Dir = "../../epoll/transport/testdata/clients"
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		t.Fatalf("node sio_chat.mjs: %v\n%s", err, out.String())
	}
}
