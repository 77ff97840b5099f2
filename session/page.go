package session

import (
	"cmp"
	"fmt"
	"slices"

	"grandstand/session/room"
)

// Page is what rooms hold after a cursor, for a reader that is not in them.
// Every event of the rooms after the since, up to Cursor, is in Events or
// within a gap.
type Page struct {
	Events []PageEvent
	// Cursor is where the next page begins.
	Cursor uint64
	// Recovered: a usable since was given, and nothing after it is missing.
	Recovered bool
	// Code is why not, or "": CodeHistoryGone, CodeOtherEpoch, CodeCursorAhead.
	Code Code
	Gaps []Gap
	// More: the page is full, and there is more behind it.
	More bool
}

// PageEvent is an event of a page; of several rooms, the first asked for.
type PageEvent struct {
	Room string
	room.Event
}

// Gap is events with From < id <= To of a room that are gone.
type Gap struct {
	Room     string
	From, To uint64
	// Foreign: the since was of another epoch; From says nothing.
	Foreign bool
}

// Read returns the events of rooms from a start on, as one that joins them all
// would get them: the oldest, at most some events of about so many bytes, and
// at least one if there is any. Nobody is excepted. It makes no rooms.
func (h *Hub) Read(rooms []string, start room.Start, events, bytes int) (Page, error) {
	// The log's head first: what it covers is in every room, and what a batch
	// that is being committed adds is in some rooms only, so not for us yet.
	g := reading{start: start, head: h.head.Load(), events: max(events, 1), bytes: max(bytes, 0)}
	if err := h.look(&g, rooms); err != nil {
		return Page{}, err
	}
	switch {
	case start.Foreign:
		g.Code = CodeOtherEpoch
	case start.HasSince && start.Since > max(g.head, g.ahead):
		g.Code = CodeCursorAhead
	case start.HasSince:
		g.usable = true
	}
	for i := range g.rooms {
		g.take(&g.rooms[i])
	}
	g.cut()
	g.conclude()
	return g.Page, nil
}

// reading is a page on its way.
type reading struct {
	Page
	start  room.Start
	events int // limits
	bytes  int
	head   uint64 // of the log: the page is what was there up to it
	ahead  uint64 // the newest event of the rooms, maybe above head
	usable bool   // start.Since is good
	rooms  []source
}

// source is a room that is read.
type source struct {
	name string
	room *room.Room // nil if there is none
	// trimmed: events up to it are gone, or may have been in a room of that
	// name that was removed.
	trimmed uint64
}

// look finds the rooms, each once.
func (h *Hub) look(g *reading, names []string) error {
	if len(names) == 0 {
		return &Error{CodeBadRoom, "no room given"}
	}
	if n := h.cfg.MaxRoomsPerSession; len(names) > n {
		return &Error{CodeTooMany, fmt.Sprintf("%d rooms in one request, the limit is %d", len(names), n)}
	}
	for i, name := range names {
		if err := h.rooms.checkName(name); err != nil {
			return err
		}
		if slices.Contains(names[:i], name) {
			continue
		}
		r, newest := h.rooms.look(name)
		x := source{name: name, room: r, trimmed: newest}
		if r != nil {
			newest, x.trimmed = r.Head(), r.Trimmed()
		}
		x.trimmed = min(x.trimmed, g.head)
		g.ahead = max(g.ahead, newest)
		g.rooms = append(g.rooms, x)
	}
	return nil
}

// take reads one room: as room.Shard.Join begins, from a moment in the past.
func (g *reading) take(x *source) {
	foreign := g.start.Foreign && g.start.History == 0
	var from uint64
	switch {
	case g.usable:
		from = g.start.Since
	case foreign: // nothing kept can have been seen in another epoch
	case g.start.History > 0 && x.room != nil:
		from = x.room.Newest(g.start.History, g.head)
	default:
		return
	}
	if x.room != nil {
		// One more than fits, to see that there is more.
		part := x.room.Excerpt(from, g.head, g.events+1, g.bytes)
		for _, e := range part.Events {
			g.Events = append(g.Events, PageEvent{x.name, e})
		}
		x.trimmed = min(part.Trimmed, g.head)
	}
	if foreign || g.usable && from < x.trimmed {
		g.Gaps = append(g.Gaps, Gap{Room: x.name, From: from, To: x.trimmed, Foreign: foreign})
	}
}

// cut brings the events into order and leaves what fits into a page. The sort
// is stable, so an event of several rooms stays as the first room's.
func (g *reading) cut() {
	slices.SortStableFunc(g.Events, func(a, b PageEvent) int { return cmp.Compare(a.ID, b.ID) })
	g.Events = slices.CompactFunc(g.Events, func(a, b PageEvent) bool { return a.ID == b.ID })
	n, size := 0, 0
	for n < min(len(g.Events), g.events) {
		if size += g.Events[n].Size(); n > 0 && size > g.bytes {
			break
		}
		n++
	}
	g.More = n < len(g.Events)
	g.Events = g.Events[:n]
}

// conclude finds the cursor and what is to be said about the since.
func (g *reading) conclude() {
	switch {
	case g.usable:
		// It stays as it is while there is no news: caches compare it.
		g.Cursor = g.start.Since
	case !g.More:
		g.Cursor = min(g.ahead, g.head)
	}
	if n := len(g.Events); n > 0 {
		g.Cursor = g.Events[n-1].ID
	}
	for i := range g.rooms {
		if !g.More {
			g.Cursor = max(g.Cursor, g.rooms[i].trimmed)
		}
	}
	// What a room has lost beyond a page that is full is told with the next
	// one: the other rooms may hold events from before.
	for i := range g.Gaps {
		g.Gaps[i].To = min(g.Gaps[i].To, g.Cursor)
	}
	if g.Recovered = g.usable && len(g.Gaps) == 0; g.usable && !g.Recovered {
		g.Code = CodeHistoryGone
	}
}
