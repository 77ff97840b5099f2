package main

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"os"

	"grandstand/bench/goroutines"
)

// goroutinesCommand are the flags of the server with goroutines for each connection.
type goroutinesCommand struct {
	Listen  string `help:"Address for viewers." default:"127.0.0.1:8084"`
	Control string `help:"Address to publish at." default:"127.0.0.1:9094"`
	Queue   int    `help:"Frames that may wait for a viewer by WebSocket." default:"256"`
}

// run serves until the process is told to end.
func (c *goroutinesCommand) run(ctx context.Context, out io.Writer) error {
	cfg := goroutines.Config{Queue: c.Queue}
	var err error
	if cfg.Listen, err = netip.ParseAddrPort(c.Listen); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	if cfg.Control, err = netip.ParseAddrPort(c.Control); err != nil {
		return fmt.Errorf("control: %w", err)
	}
	s, err := goroutines.New(cfg)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "goroutines: viewers ws://%s/live/ws and http://%s/live/poll, publish http://%s/v1/publish, pid %d\n", s.Addr(), s.Addr(), s.Control(), os.Getpid())
	n, err := s.Run(ctx)
	fmt.Fprintf(out, "goroutines: %d connections, %d events, %d deliveries, %d viewers dropped, %d requests refused\n",
		n.Accepted, n.Events, n.Delivered, n.Dropped, n.Refused)
	return err
}
