package broker

import (
	"context"
	"errors"
	"time"
)

// ErrClosed is what Publish reports after Close.
var ErrClosed = errors.New("broker: closed")

// Message is an event that has no id yet.
type Message struct {
	// Rooms it is for, at least one. In each it has the same id, and a
	// viewer of several of them sees it once.
	Rooms []string
	// Name is what clients listen for.
	Name string
	// Data is a JSON value without white space between tokens; the broker
	// keeps it, so it must not change any more.
	Data []byte
	// Parsed: whoever made the message has parsed the JSON that Data is a
	// value of, so nobody need check it again.
	Parsed bool
	// Except is the id of a session that does not get it, or "".
	Except string
	// Emit is what a message of an application has beside that, or nil.
	Emit *Emit
}

// Emit is what a message has that was emitted by an application: see
// room.Emit, which has the same fields.
type Emit struct {
	Namespace   string
	Args        bool
	Attachments [][]byte
	Except      []string
	Uncompress  bool
}

// Event is a committed message.
type Event struct {
	ID   uint64 // from 1 up, without order between epochs
	Time time.Time
	Message
}

// Receiver follows the log.
type Receiver interface {
	// Commit takes the next events, in id order. It is called by one
	// goroutine at a time and must not block; the events are shared and must
	// not be changed.
	Commit(events []Event)
}

// Broker orders messages.
type Broker interface {
	// Publish commits a batch and returns the ids, in the order of the
	// messages: either all are committed or none. A key that is not "" and
	// was used before, within the broker's memory of keys, commits nothing
	// and returns the ids of the first time, with again set.
	Publish(ctx context.Context, key string, batch []Message) (ids []uint64, again bool, err error)
	// Subscribe names the receiver. It comes once, before the first Publish.
	Subscribe(r Receiver) error
	// Epoch is the name of the id sequence: letters and digits, at most 16.
	Epoch() string
	// Close ends the broker: later calls report ErrClosed.
	Close() error
}
