// Package sse is the event stream format of server-sent events (WHATWG HTML
// 9.2.5 and 9.2.6) as a pure codec: the server's side appends, the client's
// side parses. It does no I/O, reads no clock and starts no goroutine.
//
// # Writing
//
// AppendEvent, AppendComment and AppendRetry append whole blocks, so they can
// follow each other in any order. Whatever the arguments hold, one call makes
// one block: line ends in data become further data lines, in an id or name
// they become spaces. Nobody can put a field or an event of his own into a
// stream by what he publishes.
//
// A stream is UTF-8. Bytes that aren't are written as they are; a browser
// replaces them.
//
// # Reading
//
// A Parser turns the bytes of one connection into events, as a browser would.
// Lines end in CR, LF or CR LF, and where the cuts between two calls fall never
// changes what comes out.
//
//	for len(p) > 0 {
//		n, e, err := ps.Next(p)
//		p = p[n:]
//		if err != nil { … close … }
//		if e == nil { break }
//		…
//	}
//
// An event that the stream ends in the middle of is dropped, as 9.2.6 wants: it
// would be sent again after LastEventID.
//
// # Limits
//
// NewParser takes the most bytes of one event; above them Next ends with
// ErrTooLarge. Memory grows with what was received.
package sse
