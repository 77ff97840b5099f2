// Command server is Grandstand: it holds a live audience of any size and
// brings every event of a room to everyone in it.
//
// Without a command it serves until SIGTERM or SIGINT, then drains; a second
// signal ends it at once. It exits with 0 after a drain, 1 when serving went
// wrong, 2 for a command line or a configuration it cannot use.
package main

import (
	"os"
	"os/signal"
	"syscall"

	"grandstand/server/node"
)

func main() {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGTERM, os.Interrupt)
	p := process{
		args:    os.Args[1:],
		env:     os.Environ(),
		stdout:  os.Stdout,
		stderr:  os.Stderr,
		signals: signals,
		exit:    os.Exit,
		serve:   node.Run,
	}
	os.Exit(p.run())
}
