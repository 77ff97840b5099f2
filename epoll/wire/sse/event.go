package sse

// Event is what a client is given. Its bytes belong to the Parser and are valid
// until the next call of Next.
type Event struct {
	// ID is the last id the stream has sent, with this event or before it;
	// empty if there was none.
	ID []byte
	// Name is the event's type, empty if the stream named none: a browser then
	// says "message".
	Name []byte
	// Data has its lines joined with LF.
	Data []byte
}
