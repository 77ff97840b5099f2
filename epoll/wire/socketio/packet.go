package socketio

import "strconv"

// Type says what a packet does. The values are those of the default parser.
type Type uint8

// The packet types. The last two are of the wire alone: a Packet with
// attachments has the type without Binary.
const (
	Connect Type = iota
	Disconnect
	Event
	Ack
	ConnectError // in revision 4 called ERROR
	BinaryEvent
	BinaryAck
)

// String is the name of the type, or its number when there is none.
func (t Type) String() string {
	switch t {
	case Connect:
		return "connect"
	case Disconnect:
		return "disconnect"
	case Event:
		return "event"
	case Ack:
		return "ack"
	case ConnectError:
		return "connect_error"
	case BinaryEvent:
		return "binary_event"
	case BinaryAck:
		return "binary_ack"
	}
	return "type " + strconv.Itoa(int(t))
}

// Revision is the version of the Socket.IO protocol that a connection speaks.
type Revision uint8

// The two revisions in use. The zero value is the current one.
const (
	V5 Revision = iota // over Engine.IO 4: clients 3.x and 4.x
	V4                 // over Engine.IO 3: clients 1.x and 2.x
)

// Root is the namespace that is left out on the wire.
const Root = "/"

// maxID is the largest whole number that JavaScript tells from its neighbours.
const maxID = 1<<53 - 1

// Packet is a complete packet, attachments included.
//
// A Packet that was parsed is made of the bytes given to the parser, which are
// the packet's from then on. Who builds one may borrow: the append functions
// keep nothing.
type Packet struct {
	// Type is one of Connect to ConnectError, never a Binary one.
	Type Type
	// HasID reports whether ID counts: the sender of an event wants an ack, and
	// an ack says which.
	HasID bool
	// ID is at most 2^53-1.
	ID uint64
	// Namespace begins with a slash. Empty is taken for Root when appended.
	Namespace string
	// Query is what followed the question mark of a namespace in a revision 4
	// Connect, still escaped; empty anywhere else.
	Query string
	// Data is JSON: an array for Event and Ack, an object for Connect, a string
	// or object for ConnectError, nil if there is none.
	Data []byte
	// Attachments are the binary values of Data. The k-th of them, in the order
	// of the text, stands there as {"_placeholder":true,"num":k}, written
	// exactly so. Without attachments such an object is just an object.
	Attachments [][]byte
}

// namespace is the namespace as it is meant.
func (k *Packet) namespace() string {
	if k.Namespace == "" {
		return Root
	}
	return k.Namespace
}
