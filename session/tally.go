package session

import (
	"errors"
	"sync"
	"sync/atomic"
)

// AppStats is a snapshot of what applications and sockets have to do with each
// other.
type AppStats struct {
	Calls   int64 // of handlers, with all that an application was asked and told
	Waiting int64 // calls that wait, now
	Panics  int64 // of handlers
	Untold  int64 // ends of viewers that the application was not told of: too much waited
	// Full counts events that found Handlers.MaxPending of their socket's
	// waiting, Busy those that found Handlers.MaxWaiting sockets waiting.
	Full, Busy int64
	// Paused counts clients that were made to wait because of Full.
	Paused int64

	Answered int64 // sockets that answered what they were asked
	TimedOut int64 // that did not, in time
	Lost     int64 // that went before

	Resumed int64 // sockets recovered
	Lapsed  int64 // that asked for it and were not

	// Refused counts sockets that were not let into their namespace, by code;
	// an application's own codes are all "application".
	Refused map[string]int64
}

// tally is its counters.
type tally struct {
	calls, waiting, panics, untold atomic.Int64
	full, busy, paused             atomic.Int64
	answered, timedOut, lost       atomic.Int64
	resumed, lapsed                atomic.Int64

	mu      sync.Mutex
	refused map[string]int64
}

// snapshot copies the counters.
func (t *tally) snapshot() AppStats {
	s := AppStats{
		Calls: t.calls.Load(), Waiting: t.waiting.Load(), Panics: t.panics.Load(), Untold: t.untold.Load(),
		Full: t.full.Load(), Busy: t.busy.Load(), Paused: t.paused.Load(),
		Answered: t.answered.Load(), TimedOut: t.timedOut.Load(), Lost: t.lost.Load(),
		Resumed: t.resumed.Load(), Lapsed: t.lapsed.Load(),
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	s.Refused = make(map[string]int64, len(t.refused))
	for code, n := range t.refused {
		s.Refused[code] = n
	}
	return s
}

// refusedByApp is the label of refusals with codes that are not ours.
const refusedByApp = "application"

// Refused counts a socket that a dialect does not let into its namespace, by
// why. It may be called from any goroutine.
func (h *Hub) Refused(err error) {
	label := refusedByApp
	if e := new(Error); errors.As(err, &e) {
		switch e.Code {
		case CodeBadNamespace, CodeTooMany, CodeBadRoom, CodeRoomLimit, CodeTooManyRooms, CodeBadCursor, CodeRate, CodeBusy, CodeStopping, CodeEnded:
			label = string(e.Code)
		}
	}
	t := &h.counts.apps
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.refused == nil {
		t.refused = make(map[string]int64)
	}
	t.refused[label]++
}
