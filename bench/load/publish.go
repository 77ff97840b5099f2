package load

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"grandstand/bench/stats"
)

// Draft is an event that is to be published.
type Draft struct {
	Room    int
	Event   string
	Size    int    // bytes of the data, string form, when Members is nil
	Members []byte // members of the data, object form
	Due     int64  // intended time of publishing, on the fleet's clock
}

// PublishStats is how the publishing itself went.
type PublishStats struct {
	Events   int64         `json:"events"`
	Requests int64         `json:"requests"`
	Largest  int           `json:"largest_batch"`   // most events in one request
	Joined   int64         `json:"joined_requests"` // requests that carried more than one event
	Lag      stats.Summary `json:"lag"`             // from intended time to the request leaving
	Answer   stats.Summary `json:"answer"`          // from request to answer
}

// Publisher publishes one batch at a time, so that order of numbers is order of
// ids.
//
// A Publisher belongs to one goroutine; Ledger and Published may be read by any.
type Publisher struct {
	Ledger *Ledger

	clock    Clock
	bearer   bearer
	rooms    []string
	next     []uint32 // next number of each room
	commands int64    // numbers given to commands
	lag      stats.Latency
	answer   stats.Latency
	sums     PublishStats
	sent     atomic.Int64 // events acknowledged
	behind   atomic.Int64 // how late the oldest of the last batch left
}

// bearer brings batches to the target.
type bearer interface {
	// encode makes ready what is to be sent of the drafts.
	encode(p *Publisher, drafts []Draft)
	// send sends that and waits for the answer. ids are those of the events,
	// none if the target doesn't tell.
	send(p *Publisher, drafts []Draft) (ids []string, err error)
	close()
}

func newPublisher(rooms []string, clock Clock, by bearer) *Publisher {
	return &Publisher{Ledger: NewLedger(len(rooms)), clock: clock, rooms: rooms, next: make([]uint32, len(rooms)), bearer: by}
}

// Publish sends drafts and notes their ids. A publisher that isn't to publish
// does nothing.
func (p *Publisher) Publish(drafts []Draft) error {
	if p.bearer == nil {
		return nil
	}
	p.bearer.encode(p, drafts)
	sent := p.clock.Now()
	for i := range drafts {
		p.lag.Record(sent - drafts[i].Due)
	}
	p.behind.Store(sent - drafts[0].Due)
	ids, err := p.bearer.send(p, drafts)
	if err != nil {
		return err
	}
	p.answer.Record(p.clock.Now() - sent)
	p.sums.Requests++
	p.sums.Events = p.sent.Add(int64(len(drafts)))
	p.sums.Largest = max(p.sums.Largest, len(drafts))
	if len(drafts) > 1 {
		p.sums.Joined++
	}
	for i := range drafts {
		id := ""
		if ids != nil {
			id = ids[i]
		}
		p.Ledger.Add(drafts[i].Room, id)
		p.Ledger.Left(drafts[i].Room, sent)
	}
	return nil
}

// appendData appends the data of a draft, which takes the next number of its room.
func (p *Publisher) appendData(dst []byte, d *Draft) []byte {
	seq := p.next[d.Room]
	p.next[d.Room]++
	if d.Members == nil {
		return AppendString(dst, d.Due, seq, d.Size)
	}
	return AppendObject(dst, d.Due, seq, d.Members)
}

// Published is how many events have been acknowledged. Any goroutine may ask.
func (p *Publisher) Published() int64 { return p.sent.Load() }

// Behind is how late the last batch left. Any goroutine may ask.
func (p *Publisher) Behind() time.Duration { return time.Duration(p.behind.Load()) }

// Reach says whether somebody listens where events are to be published, if that
// is an address: before anything depends on it.
func (p *Publisher) Reach(ctx context.Context) error {
	by, ok := p.bearer.(interface{ address() string })
	if !ok {
		return nil
	}
	const most = 5 * time.Second
	c, err := (&net.Dialer{Timeout: most}).DialContext(ctx, "tcp", by.address())
	switch {
	case err == nil:
		return c.Close()
	case errors.Is(err, unix.ECONNREFUSED):
		return fmt.Errorf("publish at %s: %w: nobody listens there (see --publish)", by.address(), unix.ECONNREFUSED)
	}
	return fmt.Errorf("publish at %s: %w (see --publish)", by.address(), err)
}

// Measure drops the lag and answer figures gathered so far.
func (p *Publisher) Measure() {
	p.lag.Reset()
	p.answer.Reset()
}

// Stats is how publishing went so far.
func (p *Publisher) Stats() (PublishStats, error) {
	s := p.sums
	var err error
	if s.Lag, err = p.lag.Summary(); err != nil {
		return s, err
	}
	s.Answer, err = p.answer.Summary()
	return s, err
}

// Complaints are what the target had to say to a connection that publishes, by
// words: no viewer hears of it. By HTTP there are none, its answers are waited for.
func (p *Publisher) Complaints() map[string]int {
	if s, ok := p.bearer.(*speaker); ok {
		return s.fleet.Endings()
	}
	return nil
}

// Close gives the connections back.
func (p *Publisher) Close() {
	if p.bearer != nil {
		p.bearer.close()
	}
}
