package threads

import (
	"encoding/json"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// epoch is what cursors begin with. A server that starts anew starts with
	// new viewers here, so one name does for all.
	epoch = "t0"
	// history is how many events a room keeps for those who poll again.
	history = 4096
	// maxPage is how many events an answer carries; the rest is in the next.
	maxPage = 256
)

// room is the log of a room and the word that its parked threads sleep at.
type room struct {
	name string // as JSON
	news uint32 // changes with every event; the futex word

	mu   sync.RWMutex // leaf; guards what follows
	last uint64       // number of the newest event
	log  [][]byte     // native messages; event n is at (n-1) % history
}

func newRoom(name string) *room { return &room{name: quote(name)} }

// publish logs an event and gives its number. Call wake when a batch is logged.
func (r *room) publish(event string, data []byte) uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last++
	m := append(append([]byte(nil), `{"type":"event","room":`...), r.name...)
	m = append(appendCursor(append(m, `,"id":"`...), r.last), `","event":`...)
	m = append(append(append(m, event...), `,"data":`...), data...)
	m = append(m, '}')
	if len(r.log) < history {
		r.log = append(r.log, m)
	} else {
		r.log[(r.last-1)%history] = m
	}
	return r.last
}

// wake ends the sleep of all who wait for this room, as notifyAll does.
func (r *room) wake() {
	atomic.AddUint32(&r.news, 1)
	wake(&r.news)
}

// page is what an answer tells.
type page struct {
	cursor    uint64
	recovered bool
	code      string
	oldest    uint64   // the first event that is left, when code is history_gone
	events    [][]byte // shared, never written to
}

// look gives what a viewer missed. events is the space for its list.
func (r *room) look(a *ask, events [][]byte) page {
	r.mu.RLock()
	defer r.mu.RUnlock()
	g := page{cursor: r.last, events: events[:0]}
	from := a.since
	switch oldest := r.last - uint64(len(r.log)) + 1; {
	case a.epoch == "": // no since: it begins with the newest
		return g
	case a.epoch != epoch:
		g.code = "other_epoch"
		return g
	case a.since > r.last:
		g.code = "cursor_ahead"
		return g
	case a.since+1 < oldest:
		g.code, g.oldest = "history_gone", oldest
		from = oldest - 1
	default:
		g.recovered = true
	}
	g.cursor = min(r.last, from+maxPage)
	for n := from; n < g.cursor; n++ {
		g.events = append(g.events, r.log[n%history])
	}
	return g
}

// wait parks the calling thread until there is something to tell, the deadline
// has passed, or stopping says so.
func (r *room) wait(a *ask, events [][]byte, deadline time.Time, stopping *atomic.Bool) page {
	for {
		// Read before looking: an event from here on changes the word, and the
		// sleep doesn't begin.
		was := atomic.LoadUint32(&r.news)
		g := r.look(a, events)
		left := time.Until(deadline)
		if len(g.events) > 0 || !g.recovered || left <= 0 || stopping.Load() {
			return g
		}
		sleep(&r.news, was, left)
	}
}

// appendTo appends the page as JSON; since is the cursor that it answers.
func (g *page) appendTo(dst []byte, r *room, since uint64) []byte {
	dst = append(append(append(dst, `{"room":`...), r.name...), `,"cursor":"`...)
	dst = append(appendCursor(dst, g.cursor), `","recovered":`...)
	dst = append(strconv.AppendBool(dst, g.recovered), `,"events":[`...)
	for i, e := range g.events {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, e...)
	}
	dst = append(dst, ']')
	if g.code != "" {
		dst = append(append(append(dst, `,"code":"`...), g.code...), '"')
	}
	if g.oldest > 0 {
		dst = append(append(append(dst, `,"gaps":[{"type":"gap","room":`...), r.name...), `,"from":"`...)
		dst = append(appendCursor(dst, since), `","to":"`...)
		dst = append(appendCursor(dst, g.oldest-1), `"}]`...)
	}
	return append(dst, `,"next_ms":0}`...)
}

func appendCursor(dst []byte, n uint64) []byte {
	return strconv.AppendUint(append(dst, epoch+"-"...), n, 10)
}

// quote writes a name as JSON.
func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil { // a string always has a JSON form
		return `""`
	}
	return string(b)
}
