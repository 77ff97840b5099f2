package main

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"grandstand/bench/limit"
	"grandstand/bench/scenario"
	"grandstand/bench/stats"
	"grandstand/bench/threads"
)

// commands is the command line.
type commands struct {
	Run      runCommand        `cmd:"" help:"Run the scenario of a file: bench run configs/bench/fanout.yaml."`
	Connect  scenario.Connect  `cmd:"" help:"Open viewers, hold them, close them: connect latency, memory and CPU per connection."`
	Fanout   scenario.Fanout   `cmd:"" help:"Publish at a fixed rate to all viewers: latency from the intended time, loss, order, CPU per delivery."`
	Saturate scenario.Saturate `cmd:"" help:"Publish as fast as a window of undelivered events allows: deliveries a second and per CPU-second."`
	Echo     scenario.Echo     `cmd:"" help:"Every viewer sends a ping message and waits for its pong: round trips a second."`
	Replay   scenario.Replay   `cmd:"" help:"Play a broadcast in real time: match events and chat, from traces or invented."`
	Slow     scenario.Slow     `cmd:"" help:"Fan-out in which a share of the viewers stops reading: what the others notice, what the slow are told."`
	Churn    scenario.Churn    `cmd:"" help:"Viewers join, leave, stall and reconnect at random: everything exactly once, or told."`
	Storm    scenario.Storm    `cmd:"" help:"Everybody is gone at once and comes back at once: how long that takes, what was missed, what it costs the server."`
	Mixed    scenario.Mixed    `cmd:"" help:"Fan-out to viewers of several transports at once, each with its share and its figures."`
	Capacity scenario.Capacity `cmd:"" help:"How many viewers by long-poll each of several servers serves in time: pools of threads, and the server of --spawn."`
	Agent    agentCommand      `cmd:"" help:"Hold viewers for a run that is led from another machine (see --agents)."`
	Routines goroutinesCommand `cmd:"" name:"goroutines" help:"Be the third server to compare with: goroutines for each connection, on package net."`
	Limit    limitCommand      `cmd:"" help:"Be the server to compare with: a bare loop, one write(2) per delivery."`
	Report   ReportCommand     `cmd:"" help:"Show saved results, several side by side: text, a page with plots, or CSV."`
	Plot     PlotCommand       `cmd:"" help:"Draw one plot of saved results: SVG, PNG, or CSV of what was read each second."`
	Compare  eitherCommand     `cmd:"" help:"Run the scenarios of a file against each of its targets by turns and print one table: bench compare configs/bench/rivals.yaml. Or hold saved results against older ones: what changed beyond noise."`
	Threads  threadsCommand    `cmd:"" help:"Be the other server to compare with: a thread for each connection, from a fixed pool, by long-poll."`
}

// limitCommand are the flags of the bare server.
type limitCommand struct {
	Listen  string `help:"Address for viewers." default:"127.0.0.1:8081"`
	Control string `help:"Address to publish at." default:"127.0.0.1:9091"`
	Batch   int    `help:"Events joined in one write." default:"1"`
}

// threadsCommand are the flags of the pool of threads.
type threadsCommand struct {
	Listen    string        `help:"Address for viewers." default:"127.0.0.1:8082"`
	Control   string        `help:"Address to publish at." default:"127.0.0.1:9092"`
	Threads   int           `help:"Size of the pool." default:"300"`
	Queue     int           `help:"Accepted connections that may wait for a thread." default:"100"`
	KeepAlive time.Duration `name:"keepalive" help:"How long a thread waits for the next request of its connection; 0 closes after each answer." default:"20s"`
}

// reader is a command about saved results.
type reader interface {
	Run(env scenario.Env) (int, error)
}

// server is a command that serves until it is told to end.
type server interface {
	run(ctx context.Context, out io.Writer) error
}

// runner is a scenario.
type runner interface {
	Flags() *scenario.Common
	Run(ctx context.Context, env scenario.Env) (*stats.Report, error)
}

// newParser is the command line with its help.
func newParser(out, errOut io.Writer, exit func(int)) (*kong.Kong, error) {
	parser, err := kong.New(new(commands), kong.Name("bench"), kong.Writers(out, errOut),
		kong.Description("A load harness for live event servers. It holds thousands of viewers per thread, by WebSocket, event stream, long-poll or Socket.IO, checks each delivery and tells when it, not the server, was the limit. Scenarios can be kept in files, see bench run. Exit codes: 0 all thresholds met, 1 one missed or a fault of the server, 2 not carried out."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}), kong.Exit(exit))
	if err != nil {
		return nil, err
	}
	for _, c := range parser.Model.Children {
		if lines := examples(c.Name); len(lines) > 0 {
			c.Detail = "Examples:\n\n    " + strings.Join(lines, "\n    ")
		}
	}
	return parser, nil
}

// dispatch parses the command line and runs the command.
func dispatch(ctx context.Context, args []string, out, errOut io.Writer) (int, error) {
	helped := false
	parser, err := newParser(out, errOut, func(int) { helped = true })
	if err != nil {
		return exitFailed, err
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	given := args
	args, values, err := fromFile(parser, args)
	if err != nil {
		return exitFailed, err
	}
	if values != nil {
		if err := kong.Resolvers(values).Apply(parser); err != nil {
			return exitFailed, err
		}
	}
	parsed, err := parser.Parse(versus(args))
	if helped {
		return exitMet, nil
	}
	if err != nil {
		return exitFailed, err
	}
	env := scenario.Env{Out: out, Err: errOut, Screen: screen(errOut), Command: append([]string{"bench"}, scenario.Redact(given)...)}
	switch command := parsed.Selected().Target.Addr().Interface().(type) {
	case runner:
		return report(ctx, command, env)
	case *eitherCommand: // a reader, too, so it comes before those
		return command.run(ctx, env, parser.Model.Node)
	case reader:
		return command.Run(env)
	case *agentCommand:
		return exitMet, command.run(ctx, out, errOut)
	case server:
		return exitMet, command.run(ctx, out)
	}
	return exitFailed, fmt.Errorf("command %q is not wired up", parsed.Command())
}

// run serves until the process is told to end.
func (l *limitCommand) run(ctx context.Context, out io.Writer) error {
	cfg := limit.Config{Batch: max(l.Batch, 1)}
	var err error
	if cfg.Listen, err = netip.ParseAddrPort(l.Listen); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	if cfg.Control, err = netip.ParseAddrPort(l.Control); err != nil {
		return fmt.Errorf("control: %w", err)
	}
	s, err := limit.New(cfg)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "limit: viewers ws://%s/live/ws, publish http://%s/v1/publish, pid %d\n", s.Addr(), s.Control(), os.Getpid())
	c := s.Run(ctx)
	fmt.Fprintf(out, "limit: %d connections, %d events, %d deliveries, %d viewers dropped\n", c.Accepted, c.Events, c.Delivered, c.Dropped)
	return nil
}

// run serves until the process is told to end.
func (c *threadsCommand) run(ctx context.Context, out io.Writer) error {
	cfg := threads.Config{Threads: c.Threads, Queue: c.Queue, KeepAlive: c.KeepAlive}
	var err error
	if cfg.Listen, err = netip.ParseAddrPort(c.Listen); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	if cfg.Control, err = netip.ParseAddrPort(c.Control); err != nil {
		return fmt.Errorf("control: %w", err)
	}
	s, err := threads.New(cfg)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "threads: viewers http://%s/live/poll, publish http://%s/v1/publish, %d threads, pid %d\n", s.Addr(), s.Control(), cfg.Threads, os.Getpid())
	n, err := s.Run(ctx)
	fmt.Fprintf(out, "threads: %d connections (at most %d at once had a thread), %d polls, %d events, %d deliveries, %d requests refused\n",
		n.Accepted, n.Peak, n.Polls, n.Events, n.Delivered, n.Refused)
	return err
}
