package goroutines

import (
	"encoding/json"
	"strconv"
	"strings"
	"sync"

	"grandstand/epoll/wire/ws"
)

const (
	// epoch is what cursors begin with. A server that starts anew starts with
	// new viewers here, so one name does for all.
	epoch = "g0"
	// history is how many events are kept for those who come back.
	history = 4096
	// maxPage is how many events an answer carries; the rest is in the next.
	maxPage = 256
)

// hub is the log of all rooms and who is in them.
type hub struct {
	mu    sync.Mutex // leaf; guards what follows
	last  uint64     // number of the newest event
	log   []event    // event n is at (n-1) % history
	rooms map[string]*room
}

// event is a message of a room, ready to be sent either way.
type event struct {
	room  *room
	text  []byte // native message
	frame []byte // the same as a WebSocket has it
}

// room is who watches it.
type room struct {
	name    string // as JSON
	viewers map[*viewer]struct{}
	news    chan struct{} // closed by the next event, for who polls
}

func newHub() *hub { return &hub{rooms: make(map[string]*room)} }

// find gives a room, and makes it if need be. h.mu is held.
func (h *hub) find(name string) *room {
	r := h.rooms[name]
	if r == nil {
		r = &room{name: quote(name), viewers: make(map[*viewer]struct{}), news: make(chan struct{})}
		h.rooms[name] = r
	}
	return r
}

// publish logs events, sends each to who watches its room, and gives their ids.
// It says how many deliveries that makes, and how many viewers were too slow.
func (h *hub) publish(list []publication) (ids []string, sent, dropped int64) {
	ids = make([]string, len(list))
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range list {
		r := h.find(list[i].Room)
		e := h.add(r, &list[i])
		ids[i] = string(appendCursor(nil, h.last))
		for v := range r.viewers {
			if v.put(e.frame) {
				sent++
				continue
			}
			dropped++
			h.forget(v)
			v.cut()
		}
		close(r.news)
		r.news = make(chan struct{})
	}
	return ids, sent, dropped
}

// add logs one event.
func (h *hub) add(r *room, p *publication) event {
	h.last++
	m := append(append([]byte(nil), `{"type":"event","room":`...), r.name...)
	m = append(appendCursor(append(m, `,"id":"`...), h.last), `","event":`...)
	m = append(append(append(m, quote(p.Event)...), `,"data":`...), p.Data...)
	m = append(m, '}')
	e := event{room: r, text: m, frame: ws.AppendFrame(nil, ws.OpText, false, m)}
	if len(h.log) < history {
		h.log = append(h.log, e)
	} else {
		h.log[(h.last-1)%history] = e
	}
	return e
}

// join puts a viewer into rooms: it is told so, gets what it missed since the
// cursor, and from now on what comes.
func (h *hub) join(v *viewer, names []string, since string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	from, recovered := h.since(since)
	var m, missed []byte
	in := make(map[*room]struct{}, len(names))
	for _, name := range names {
		r := h.find(name)
		in[r] = struct{}{}
		r.viewers[v] = struct{}{}
		v.rooms = append(v.rooms, r)
		m = append(append(m[:0], `{"type":"joined","room":`...), r.name...)
		m = appendCursor(append(m, `,"cursor":"`...), from)
		m = strconv.AppendBool(append(m, `","recovered":`...), recovered)
		m = strconv.AppendInt(append(m, `,"viewers":`...), int64(len(r.viewers)), 10)
		missed = ws.AppendFrame(missed, ws.OpText, false, append(m, '}'))
	}
	for n := from; n < h.last; n++ {
		if e := &h.log[n%history]; contains(in, e.room) {
			missed = append(missed, e.frame...)
		}
	}
	v.put(missed) // the first thing in its channel
}

func contains(in map[*room]struct{}, r *room) bool { _, ok := in[r]; return ok }

// since is the number a cursor stands for, and whether all behind it is kept.
// Without one, or when that is not so, it is the newest event's. h.mu is held.
func (h *hub) since(cursor string) (n uint64, kept bool) {
	if e, digits, ok := strings.Cut(cursor, "-"); ok && e == epoch {
		n, err := strconv.ParseUint(digits, 10, 64)
		if err == nil && n <= h.last && n+uint64(len(h.log)) >= h.last {
			return n, true
		}
	}
	return h.last, false
}

// leave takes a viewer out of its rooms.
func (h *hub) leave(v *viewer) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.forget(v)
}

// forget is leave for who holds h.mu.
func (h *hub) forget(v *viewer) {
	for _, r := range v.rooms {
		delete(r.viewers, v)
	}
	v.rooms = nil
}

// page is what an answer to a poll tells.
type page struct {
	cursor    uint64
	recovered bool
	events    [][]byte      // shared, never written to
	news      chan struct{} // closed by the room's next event
}

// look gives what a viewer by long-poll missed.
func (h *hub) look(name, since string) page {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := h.find(name)
	from, recovered := h.since(since)
	p := page{cursor: h.last, recovered: recovered, news: r.news}
	for n := from; n < h.last; n++ {
		if e := &h.log[n%history]; e.room == r {
			if p.events = append(p.events, e.text); len(p.events) == maxPage {
				p.cursor = n + 1
				break
			}
		}
	}
	return p
}

// appendTo appends the page as JSON.
func (p *page) appendTo(dst []byte, room string) []byte {
	dst = append(append(append(dst, `{"room":`...), quote(room)...), `,"cursor":"`...)
	dst = strconv.AppendBool(append(appendCursor(dst, p.cursor), `","recovered":`...), p.recovered)
	dst = append(dst, `,"events":[`...)
	for i, e := range p.events {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, e...)
	}
	return append(dst, `],"next_ms":0}`...)
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
