// Package engineio is the wire format of Engine.IO, versions 4 and 3: bytes in,
// values out. It has no I/O, no clock and no state.
//
// A [Packet] travels in one of three ways. In a polling payload it is an
// element among others: [AppendElement] writes one that is complete by itself,
// so that elements of many origins may be put together, [Trim] makes a payload
// of them, and [Next] and [NextBinary] take payloads apart. On a WebSocket it is
// a message: [AppendFrame] and [ParseFrame]. And in an answer to a script
// element (JSONP) a payload is a string in a call: [AppendScript].
//
// Parsers have three answers: a value, an end, or [ErrPacket]. What is appended
// is new, what is parsed is a slice of what was given, but for base64, which is
// decoded into memory of its own, of at most three quarters of the text's size.
package engineio
