package hooks

import (
	"math/bits"
	"sync/atomic"
	"time"

	"grandstand/session/room"
)

// Outcome is how a call ended; each ends in one of them.
type Outcome uint8

// The outcomes.
const (
	OK          Outcome = iota // answered, not rejected
	Rejected                   // answered with a rejection
	Failed                     // refused, answered badly, or not reached
	TimedOut                   // no answer in time
	Dropped                    // not sent: too many wait, or we are closing
	BreakerOpen                // not sent: the breaker is open

	// Outcomes is how many there are.
	Outcomes = int(BreakerOpen) + 1
)

// OutcomeNames lists the names of the outcomes, in their order: the labels of
// the metric.
func OutcomeNames() []string {
	return []string{"ok", "rejected", "error", "timeout", "dropped", "breaker_open"}
}

// String returns the outcome's name.
func (o Outcome) String() string { return OutcomeNames()[o] }

// Stats is a snapshot of the counters.
type Stats struct {
	Calls   [Kinds][Outcomes]int64
	Allowed [Kinds]int64 // calls without an answer that counted as allowed
	Denied  [Kinds]int64 // calls without an answer that counted as rejected

	Requests   int64               // made, retries included
	Retries    int64               // of them
	BadAnswers int64               // that could not be understood
	Unsent     int64               // events of answers that could not be sent
	Panics     int64               // of who took an answer
	TookMS     [room.Buckets]int64 // requests by duration, upper bound 2^i ms
	Took       time.Duration       // of all requests together

	Waiting int   // calls and notices that wait now
	Running int   // that are being carried out now
	Breaker State // what goes through now
	Opened  int64 // times that the breaker opened
}

// tally is the counters.
type tally struct {
	calls           [Kinds][Outcomes]atomic.Int64
	allowed, denied [Kinds]atomic.Int64

	requests, retries, bad, unsent, panics, took atomic.Int64
	tookMS                                       [room.Buckets]atomic.Int64
}

// request counts one.
func (t *tally) request(attempt int, took time.Duration) {
	t.requests.Add(1)
	if attempt > 1 {
		t.retries.Add(1)
	}
	t.took.Add(int64(took))
	ms := uint64(max(1, (took+time.Millisecond-1)/time.Millisecond))
	t.tookMS[min(bits.Len64(ms-1), room.Buckets-1)].Add(1)
}

// snapshot fills in what is counted here.
func (t *tally) snapshot(s *Stats) {
	for k := range s.Calls {
		for o := range s.Calls[k] {
			s.Calls[k][o] = t.calls[k][o].Load()
		}
		s.Allowed[k], s.Denied[k] = t.allowed[k].Load(), t.denied[k].Load()
	}
	s.Requests, s.Retries, s.Panics = t.requests.Load(), t.retries.Load(), t.panics.Load()
	s.BadAnswers, s.Unsent = t.bad.Load(), t.unsent.Load()
	s.Took = time.Duration(t.took.Load())
	for i := range s.TookMS {
		s.TookMS[i] = t.tookMS[i].Load()
	}
}
