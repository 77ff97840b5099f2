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
)

// The exit codes: limits met, a limit or the protocol broken, not carried out.
const (
	exitMet    = 0
	exitMissed = 1
	exitFailed = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first signal ends the run with a report of what was seen so far. From
	// then on signals are the system's again: a second one ends us at once, and
	// the kernel a server we spawned, see scenario.spawn.
	context.AfterFunc(ctx, stop)
	code := execute(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// execute runs one command line and gives the exit code.
func execute(ctx context.Context, args []string, out, err io.Writer) int {
	code, failed := dispatch(ctx, args, out, err)
	if failed != nil {
		fmt.Fprintf(err, "bench: %v\n", failed)
		return exitFailed
	}
	return code
}
