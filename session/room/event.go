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
	// Emit is what an event of an application has beside that; nil for most.
	Emit *Emit
}

// Emit is what an event has that was emitted by an application.
type Emit struct {
	// Namespace is where the event can be seen; "" is everywhere. Encodings of
	// other namespaces append nothing for it.
	Namespace string
	// Args: Data is an array, whose elements are the event's arguments.
	Args bool
	// Attachments are binary, for the placeholders in Data.
	Attachments [][]byte
	// Except are ids of sessions, and names of rooms whose members do not get
	// the event.
	Except []string
	// Uncompress: it is not worth compressing.
	Uncompress bool
}

// overhead is what an Event costs in memory beside its data, for the
// retention by bytes: the struct and its share of the ring.
const overhead = 112

// Size is what the event's name and data have in bytes.
func (e *Event) Size() int {
	n := len(e.Name) + len(e.Data)
	if e.Emit != nil {
		for _, a := range e.Emit.Attachments {
			n += len(a)
		}
	}
	return n
}

// Shown reports whether the event can be seen in a namespace; "/" is also that
// of viewers who know none.
func (e *Event) Shown(namespace string) bool {
	return e.Emit == nil || e.Emit.Namespace == "" || e.Emit.Namespace == namespace
}

// hidden reports whether a member does not get the event.
func (e *Event) hidden(m *Member) bool {
	if e.Except != "" && m.named(e.Except, e.ID) {
		return true
	}
	if e.Emit != nil {
		for _, who := range e.Emit.Except {
			if m.named(who, e.ID) {
				return true
			}
		}
	}
	return false
}

// size is what the event counts for in the retention by bytes.
func (e *Event) size() int { return overhead + e.Size() }

// Encoding is one wire form of events. Feeds are kept per room and Encoding,
// compared by identity, so every transport has one value per form.
type Encoding interface {
	// Name labels the encoding in statistics.
	Name() string
	// AppendRecord appends the event of a room as it goes out to a member, or
	// nothing if members cannot see it in this form.
	AppendRecord(dst []byte, room string, e *Event) []byte
}
