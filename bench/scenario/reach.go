package scenario

import (
	"context"
	"errors"
	"net"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// bornWithin is how long a server that we started may listen for viewers
	// before it does so at its other addresses.
	bornWithin = 5 * time.Second
	bornEvery  = 50 * time.Millisecond
)

// patiently tries something that calls the server. One that we started gets some
// time before nobody listening is an error.
func (r *run) patiently(ctx context.Context, try func() error) error {
	for end := time.Now().Add(bornWithin); ; {
		err := try()
		if r.o.Spawn == "" || !errors.Is(err, unix.ECONNREFUSED) || time.Now().After(end) || pause(ctx, bornEvery) != nil {
			return err
		}
	}
}

// reach says whether events can be published, before thousands of viewers are
// opened for them. A target that isn't there either is told by who opens them.
func (r *run) reach(ctx context.Context) error {
	switch r.report.Scenario {
	case "connect", "echo": // which publish nothing
		return nil
	}
	err := r.patiently(ctx, func() error { return r.pub.Reach(ctx) })
	if err == nil {
		return nil
	}
	c, gone := net.DialTimeout("tcp", r.targets[0].Addr.String(), time.Second)
	if gone != nil {
		return nil
	}
	return errors.Join(err, c.Close())
}
