package api

import (
	"strconv"
	"time"

	"grandstand/session/room"
)

// stamp is how times are written: RFC 3339 in UTC, to the millisecond.
const stamp = "2006-01-02T15:04:05.000Z07:00"

// page is a part of a room's history.
type page struct {
	events []room.Event
	// more: events after these are kept.
	more bool
	// complete: nothing is missing between since and cursor.
	complete bool
	cursor   string // to be given as since for what follows
}

// showHistory answers with the oldest events after a cursor, or the oldest
// kept.
func (s *Server) showHistory(c *call) error {
	limit, err := c.limit(s.cfg.MaxHistory)
	if err != nil {
		return err
	}
	h, err := s.history(c.arg, c.param("since"), limit)
	if err != nil {
		return err
	}
	c.answer(s.appendHistory(nil, c.arg, h))
	return nil
}

// history reads a page of a room's log.
func (s *Server) history(name, since string, limit int) (page, error) {
	before, err := s.hub.Room(name)
	if err != nil {
		return page{}, err
	}
	// One event too many tells whether there are more.
	events, complete, err := s.hub.History(name, since, limit+1)
	if err != nil {
		return page{}, err
	}
	h := page{events: events, complete: complete, cursor: before.Head}
	if len(events) > limit {
		h.events, h.more = events[:limit], true
		h.complete, err = s.unbroken(name, since)
	}
	if n := len(h.events); n > 0 {
		h.cursor = s.hub.Cursor(h.events[n-1].ID)
	} else if since != "" {
		// A cursor may come from another room and be ahead of this one.
		at, foreign, _ := s.hub.ParseCursor(since)
		head, _, _ := s.hub.ParseCursor(before.Head)
		if !foreign && at > head {
			h.cursor = since
		}
	}
	return h, err
}

// unbroken reports whether the room keeps all after a cursor. The room may
// have dropped events since the page was read, so the answer errs towards no.
func (s *Server) unbroken(name, since string) (bool, error) {
	now, err := s.hub.Room(name)
	if err != nil {
		return false, err
	}
	trimmed, _, err := s.hub.ParseCursor(now.Trimmed)
	if err != nil || since == "" {
		return trimmed == 0, err
	}
	at, foreign, err := s.hub.ParseCursor(since)
	return !foreign && at >= trimmed, err
}

// appendHistory appends the answer. Not by encoding/json: it would write the
// data anew.
func (s *Server) appendHistory(dst []byte, name string, h page) []byte {
	dst = append(dst, `{"room":`...)
	dst = appendText(dst, name)
	dst = append(dst, `,"events":[`...)
	for i := range h.events {
		e := &h.events[i]
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"id":"`...)
		dst = s.hub.AppendCursor(dst, e.ID)
		dst = append(dst, `","event":`...)
		dst = appendText(dst, e.Name)
		dst = append(dst, `,"data":`...)
		dst = append(dst, e.Data...)
		dst = append(dst, `,"time":"`...)
		dst = e.Time.In(time.UTC).AppendFormat(dst, stamp)
		dst = append(dst, `"}`...)
	}
	dst = append(dst, `],"complete":`...)
	dst = strconv.AppendBool(dst, h.complete)
	dst = append(dst, `,"more":`...)
	dst = strconv.AppendBool(dst, h.more)
	dst = append(dst, `,"cursor":"`...)
	dst = append(dst, h.cursor...)
	return append(dst, "\"}\n"...)
}
