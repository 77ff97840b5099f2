package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"grandstand/bench/agent"
	"grandstand/bench/scenario"
)

// agentCommand are the flags of a process that holds viewers for another.
type agentCommand struct {
	Listen string `help:"Address to wait for coordinators at." default:"127.0.0.1:7700"`
	Token  string `help:"What a coordinator has to know; at least 8 bytes." env:"BENCH_TOKEN"`
	Child  bool   `help:"End when standard input does." hidden:""`
}

// run serves until the process is told to end.
func (a *agentCommand) run(ctx context.Context, out, errOut io.Writer) error {
	var mu sync.Mutex // held for each line
	log := func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		line := strings.TrimPrefix(fmt.Sprintf(format, args...), "agent: ")
		fmt.Fprintf(errOut, "agent: %s\n", scenario.RedactText(line))
	}
	if a.Child {
		log = func(string, ...any) {} // who started it has words of its own
		var stop context.CancelFunc
		ctx, stop = context.WithCancel(ctx)
		defer stop()
		go func() { // stops: standard input ends, at the latest with the process
			_, _ = io.Copy(io.Discard, os.Stdin)
			stop()
		}()
	}
	s, err := agent.Listen(a.Listen, a.Token, log)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s%s\n", scenario.AgentSays, s.Addr())
	return s.Run(ctx)
}
