// Package socketio is the packets of Socket.IO as a pure codec: revision 5
// (over Engine.IO 4, clients 3.x and 4.x) and 4 (over Engine.IO 3, clients 1.x
// and 2.x). It does no I/O, reads no clock and starts no goroutine. Servers
// and clients use the same functions.
//
// What the reference implementations refuse is refused here, and some more
// that no stock client sends. The causes are a closed table: see Error.
//
// # Reading
//
// A Decoder per connection joins text and binary messages of the default
// parser to packets:
//
//	k, done, err := d.Text(rev, &limits, p) // or d.Binary(&limits, p)
//	switch {
//	case err != nil: … close …
//	case done:       … k …
//	}
//
// With socket.io-msgpack-parser every packet is one binary message, and
// ParseMsgpack gives the same Packet for it.
//
// # Writing
//
// The append functions write the text of a packet; attachments are sent as
// they are, behind it. For what many get, AppendEventHead and AppendArray
// build the one encoding that all share. AppendMsgpack writes the other form.
//
// Texts are without the Engine.IO type ('4', message) that stands before each.
//
// # Ownership
//
// Parsers take the bytes they are given: Data and Attachments are parts of
// them. Everything that appends borrows until it returns.
//
// # Binary values
//
// In Data a binary value is a placeholder, {"_placeholder":true,"num":0}, the
// numbers counting up in the order of the text. Parsers bring them into that
// form: the keys in that order (some clients compare literally), each
// attachment used once.
//
// # Limits
//
// Limits bounds counts, depth and bytes. Data is checked to be JSON in UTF-8,
// so it can go into other texts as it is; it may have spaces and line ends
// between its values.
package socketio
