// Bench holds thousands of viewers against a live event server, publishes to
// them, checks every delivery and says what it saw. See bench --help.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"grandstand/bench/scenario"
)

// The exit codes: limits met, a limit or the protocol broken, not carried out.
const (
	exitMet    = 0
	exitMissed = 1
	exitFailed = 2
)

// exitTwice is what a shell says of a program that an interrupt has ended: a run
// at the second, a comparison, which has nothing to show by halves, at the first.
const exitTwice = 130

func main() {
	ctx, end := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() { // stops: the process ends
		<-signals // the run ends, with a report of what was seen so far
		end()
		<-signals // at once; what we started goes with us
		scenario.KillFamilies()
		os.Exit(exitTwice)
	}()
	os.Exit(execute(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// execute runs one command line and gives the exit code.
func execute(ctx context.Context, args []string, out, err io.Writer) int {
	code, failed := dispatch(ctx, args, out, err)
	if failed != nil {
		fmt.Fprintf(err, "bench: %s\n", scenario.RedactText(failed.Error()))
		return exitFailed
	}
	return code
}
