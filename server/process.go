package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"strings"

	"grandstand/server/config"
)

// process is one run of the command with everything it touches, so that tests
// can run it as a shell would.
type process struct {
	args, env      []string
	stdout, stderr io.Writer
	signals        <-chan os.Signal // what asks it to end
	exit           func(code int)   // ends it at once
	serve          func(context.Context, config.Config, *slog.Logger) error
}

// run carries out the command line and returns what to exit with.
func (p *process) run() int {
	cmd, err := p.parse()
	if err != nil {
		fmt.Fprintln(p.stderr, err)
		return exitUsage
	}
	switch cmd.name {
	case "":
		return exitOK
	case "version":
		fmt.Fprintln(p.stdout, version())
		return exitOK
	}
	cfg, ok := p.load(cmd)
	if !ok {
		return exitUsage
	}
	switch cmd.name {
	case "check":
		fmt.Fprintln(p.stdout, "ok")
		return exitOK
	case "config":
		return p.show(cfg)
	}
	return p.serveUntilSignal(cmd, cfg)
}

// serveUntilSignal serves until the first signal and the drain that follows.
func (p *process) serveUntilSignal(cmd command, cfg config.Config) int {
	log := cfg.Log.New(p.stderr)
	if cmd.file == "" {
		log.Warn(trying(cfg), "viewers", cfg.Listener.Listen, "control", cfg.Control.Listen)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	served := make(chan struct{})
	defer close(served)
	go p.watch(cancel, served, log) // stops: served
	if err := p.serve(ctx, cfg, log); err != nil {
		log.Error("stopped", "error", err)
		return exitFailed
	}
	return exitOK
}

// watch ends ctx at the first signal, by cancel, and the process at the
// second: whoever asks twice does not want to wait for the drain.
func (p *process) watch(cancel context.CancelFunc, served <-chan struct{}, log *slog.Logger) {
	for n := 0; ; n++ {
		select {
		case <-served:
			return
		case s := <-p.signals:
			if n > 0 {
				log.Warn("second signal, not waiting for the drain", "signal", s.String())
				p.exit(exitFailed)
				return
			}
			log.Info("signal, draining", "signal", s.String())
			cancel()
		}
	}
}

// trying says what it means to serve without a configuration file.
func trying(cfg config.Config) string {
	var b strings.Builder
	b.WriteString("no configuration file, these defaults are for trying out:")
	if loopbackOnly(cfg) {
		b.WriteString(" reachable from this machine only,")
	}
	if cfg.Rooms.ClientPublish {
		b.WriteString(" anyone may join and publish")
	} else {
		b.WriteString(" anyone may join")
	}
	return b.String()
}

// loopbackOnly reports whether no other machine reaches the viewers' port.
func loopbackOnly(cfg config.Config) bool {
	for _, listen := range cfg.Listener.Listen {
		addr, err := netip.ParseAddrPort(listen)
		if err != nil || !addr.Addr().IsLoopback() {
			return false
		}
	}
	return true
}
