package protocol

import (
	"strconv"
	"time"

	"grandstand/session"
	"grandstand/session/room"
)

// PollEvents is the events of a room as they stand in the answers to polls:
// each the message of the event and a comma.
type PollEvents struct{ *Native }

var _ room.Encoding = PollEvents{}

// Name labels the encoding.
func (PollEvents) Name() string { return "poll" }

// AppendRecord appends the event and a comma.
func (p PollEvents) AppendRecord(dst []byte, name string, e *room.Event) []byte {
	if !p.Shown(e) {
		return dst
	}
	return append(p.AppendEvent(dst, name, e), ',')
}

// Answer is what a poll is told beside the events.
type Answer struct {
	Rooms     []string
	Cursor    string // the next since
	Recovered bool
	Code      session.Code // why not recovered, or ""
	Gaps      []session.Gap
	Since     string        // as the viewer gave it, for gaps from another epoch
	Next      time.Duration // when to ask again; 0 is at once
	// Reconnect, if positive, asks to come back after that time, to another
	// server if there is one.
	Reconnect time.Duration
	End       *session.Reason // the viewer's session was ended
}

// AppendAnswer appends the body of an answer. records are events as PollEvents
// encodes them.
func (n *Native) AppendAnswer(dst []byte, a *Answer, records []byte) []byte {
	if len(a.Rooms) == 1 {
		dst = append(dst, `{"room":`...)
		dst = appendString(dst, a.Rooms[0])
	} else {
		dst = append(dst, `{"rooms":[`...)
		for i, name := range a.Rooms {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendString(dst, name)
		}
		dst = append(dst, ']')
	}
	dst = append(dst, `,"cursor":"`...)
	dst = append(dst, a.Cursor...)
	dst = append(dst, `","recovered":`...)
	dst = strconv.AppendBool(dst, a.Recovered)
	dst = append(dst, `,"events":[`...)
	if len(records) > 0 {
		dst = append(dst, records[:len(records)-1]...) // less the last comma
	}
	dst = append(dst, ']')
	dst = n.appendOutcome(dst, a)
	dst = append(dst, `,"next_ms":`...)
	dst = strconv.AppendInt(dst, a.Next.Milliseconds(), 10)
	return append(dst, '}')
}

// appendOutcome appends what only some answers have.
func (n *Native) appendOutcome(dst []byte, a *Answer) []byte {
	if a.Code != "" {
		dst = append(dst, `,"code":`...)
		dst = appendString(dst, string(a.Code))
	}
	if len(a.Gaps) > 0 {
		dst = append(dst, `,"gaps":[`...)
		for i, g := range a.Gaps {
			if i > 0 {
				dst = append(dst, ',')
			}
			from := a.Since
			if !g.Foreign {
				from = n.hub.Cursor(g.From)
			}
			dst = n.appendGap(dst, g.Room, from, g.To)
		}
		dst = append(dst, ']')
	}
	if a.Reconnect > 0 {
		dst = append(dst, `,"reconnect":{"after_ms":`...)
		dst = strconv.AppendInt(dst, a.Reconnect.Milliseconds(), 10)
		dst = append(dst, '}')
	}
	if a.End != nil {
		dst = append(dst, `,"end":`...)
		dst = n.AppendEnd(dst, *a.End)
	}
	return dst
}

// LastID returns the id of the newest of the records, which are of a feed of
// PollEvents, and how many there are. cut is WriteShared's.
func LastID(records []byte, cut func(n int) int) (id uint64, count int) {
	last := 0
	for at := 0; at < len(records); count++ {
		last = at
		at = cut(at)
	}
	return recordID(records[last:]), count
}

// recordID reads the number of the id that stands behind the room, whose name
// holds no quote.
func recordID(p []byte) uint64 {
	at := len(`{"type":"event","room":"`)
	for at < len(p) && p[at] != '"' {
		at++
	}
	at += len(`","id":"`)
	for at < len(p) && p[at] != '-' {
		at++
	}
	var id uint64
	for at++; at < len(p) && p[at]-'0' <= 9; at++ {
		id = id*10 + uint64(p[at]-'0')
	}
	return id
}
