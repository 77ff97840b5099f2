package room

import "time"

// Event is one entry of a room's log. Once appended it never changes.
type Event struct {
	// ID orders events over all rooms of the deployment; 0 is none.
	ID uint64
	// Time is when the broker committed it.
	Time time.Time
	// Name is what clients listen for: "chat", "goal".
	Name string
	// Data is a JSON value, as published.
	Data []byte
	// Except is the id of a session that does not get the event, or "".
	Except string
}

// overhead is what an Event costs in memory beside its data, for the
// retention by bytes: the struct and its share of the ring.
const overhead = 112

// Size is what the event's name and data have in bytes.
func (e *Event) Size() int { return len(e.Name) + len(e.Data) }

// size is what the event counts for in the retention by bytes.
func (e *Event) size() int { return overhead + e.Size() }

// Encoding is one wire form of events. Feeds are kept per room and Encoding,
// compared by identity, so every transport has one value per form.
type Encoding interface {
	// Name labels the encoding in statistics.
	Name() string
	// AppendRecord appends the event of a room as it goes out to a member.
	AppendRecord(dst []byte, room string, e *Event) []byte
}
