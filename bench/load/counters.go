package load

// Counters is what the loops have seen so far. Faults is the part of it
// that a correct server never causes.
type Counters struct {
	Opened int64 `json:"opened"` // first requests granted: upgrades, streams, polls
	Joined int64 `json:"joined"` // viewers that have joined all their rooms, ever
	Live   int64 `json:"live"`   // connections open now
	Failed int64 `json:"failed"` // connections that never got that far
	Ended  int64 `json:"ended"`  // connections the server ended, with a reason or without

	Delivered int64 `json:"delivered"` // events received
	Measured  int64 `json:"measured"`  // of those, the ones meant for the measured time
	Bytes     int64 `json:"bytes"`
	Reads     int64 `json:"reads"`
	Pings     int64 `json:"pings"`
	Gaps      int64 `json:"gaps"`      // gap notices received
	Told      int64 `json:"told"`      // events missed and covered by a notice
	Unstamped int64 `json:"unstamped"` // events of others
	Other     int64 `json:"other"`     // messages of a foreign server that are no events

	Polls    int64 `json:"polls"`    // answers to polls
	Empty    int64 `json:"empty"`    // of those, without an event: the wait was over
	Refused  int64 `json:"refused"`  // polls put off with 429 or 503, and asked again later
	Reopened int64 `json:"reopened"` // connections the server ended as agreed, and we opened again

	Lost   int64 `json:"lost"`   // events missed without a word
	Silent int64 `json:"silent"` // viewers that got nothing of a room they came to late, see Fleet.Settle
	Faults
}

// Faults are deliveries no correct server makes.
type Faults struct {
	Duplicated int64 `json:"duplicated"` // a number received twice
	Reordered  int64 `json:"reordered"`  // a number received after its successor
	IDOrder    int64 `json:"id_order"`   // an id not above the one before it on this connection
	Broken     int64 `json:"broken"`     // bytes that are not a frame, or a damaged event
	Foreign    int64 `json:"foreign"`    // a frame of a room this connection is not in
	BadGaps    int64 `json:"bad_gaps"`   // notices whose bounds don't fit what was missed
}

// Total is the number of faults of any kind.
func (f Faults) Total() int64 {
	return f.Duplicated + f.Reordered + f.IDOrder + f.Broken + f.Foreign + f.BadGaps
}

// Add adds the counters of another loop, or another fleet.
func (c *Counters) Add(o Counters) {
	c.Opened += o.Opened
	c.Joined += o.Joined
	c.Live += o.Live
	c.Failed += o.Failed
	c.Ended += o.Ended
	c.Delivered += o.Delivered
	c.Measured += o.Measured
	c.Bytes += o.Bytes
	c.Reads += o.Reads
	c.Pings += o.Pings
	c.Gaps += o.Gaps
	c.Told += o.Told
	c.Unstamped += o.Unstamped
	c.Other += o.Other
	c.Polls += o.Polls
	c.Empty += o.Empty
	c.Refused += o.Refused
	c.Reopened += o.Reopened
	c.Lost += o.Lost
	c.Silent += o.Silent
	c.Duplicated += o.Duplicated
	c.Reordered += o.Reordered
	c.IDOrder += o.IDOrder
	c.Broken += o.Broken
	c.Foreign += o.Foreign
	c.BadGaps += o.BadGaps
}
