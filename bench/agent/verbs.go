package agent

import (
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"grandstand/bench/load"
)

// The verbs of a coordinator.
const (
	verbClock     = "clock"     // what the clock reads
	verbUsage     = "usage"     // what this process has used
	verbFleet     = "fleet"     // hold viewers; once on a connection
	verbOpen      = "open"      // connect them; answered when all are in
	verbCounters  = "counters"  // what they have seen
	verbLatency   = "latency"   // how long deliveries took
	verbConnects  = "connects"  // how long joining took
	verbMeasure   = "measure"   // time deliveries from now on
	verbTrack     = "track"     // tell of completions, as news
	verbSettle    = "settle"    // hold everything against the ledger
	verbEndings   = "endings"   // why connections ended
	verbHangup    = "hangup"    // end them all
	verbStorm     = "storm"     // end them all, and let them come back
	verbAftermath = "aftermath" // how that goes

	newsDone = "done" // news: how many events every viewer has
)

// state is the answer to verbCounters.
type state struct {
	Counters load.Counters `json:"counters"`
	Done     int64         `json:"done"`
	CPU      time.Duration `json:"cpu"`
}

// opening is the body of verbOpen.
type opening struct {
	PerSecond float64 `json:"per_second"`
}

// reading is a time of a clock: the answer to verbClock, the body of verbMeasure.
type reading struct {
	Now int64 `json:"now"`
}

// closing is the body of verbSettle: the ledger, and of each viewer of the
// fleet whether it is owed everything when it is connected, and when it isn't.
type closing struct {
	IDs  [][]uint64 `json:"ids"`
	Last []int64    `json:"last"`
	Open []byte     `json:"open"` // a bit for each viewer
	Gone []byte     `json:"gone"`
}

// owe fills in the bits for viewers first and following.
func (c *closing) owe(first, viewers int, owed func(viewer int, open bool) bool) {
	c.Open, c.Gone = make([]byte, (viewers+7)/8), make([]byte, (viewers+7)/8)
	for i := range viewers {
		if owed(first+i, true) {
			c.Open[i/8] |= 1 << (i % 8)
		}
		if owed(first+i, false) {
			c.Gone[i/8] |= 1 << (i % 8)
		}
	}
}

// owed reads the bits.
func (c *closing) owed(i int, open bool) bool {
	bits := c.Gone
	if open {
		bits = c.Open
	}
	return bits[i/8]>>(i%8)&1 == 1
}

// check says whether there is a bit for every viewer and a list for every room.
func (c *closing) check(viewers, rooms int) error {
	if n := (viewers + 7) / 8; len(c.Open) != n || len(c.Gone) != n || len(c.IDs) != rooms || len(c.Last) != rooms {
		return fmt.Errorf("%w: settle for %d viewers in %d rooms with %d and %d bytes, %d lists and %d times", errFrame, viewers, rooms, len(c.Open), len(c.Gone), len(c.IDs), len(c.Last))
	}
	return nil
}

// ended says whether a connection is over, rather than misused.
func ended(err error) bool {
	var broken *net.OpError
	return errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) || errors.As(err, &broken) && !broken.Timeout()
}
