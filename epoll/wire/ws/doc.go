// Package ws is the WebSocket protocol (RFC 6455) with permessage-deflate
// (RFC 7692) as a pure codec, seen from the server: bytes in, values out. It
// does no I/O, reads no clock and starts no goroutine.
//
// # Opening
//
// Upgrade judges the request head and answers with a Handshake, whose
// AppendResponse is the 101 reply, or with a HandshakeError that says which
// refusal to send. HTTP version, Host and Origin are judged elsewhere.
//
// # Reading
//
// A Reader turns the bytes of one connection into messages. Its zero value is
// ready and it is one pointer long: between messages nothing is kept, so an
// idle connection costs eight bytes here.
//
//	for len(p) > 0 {
//		n, m, err := r.Next(&cfg, h.Deflate, p)
//		p = p[n:]
//		if err != nil { … AppendClose(dst, e.Code, e.Reason), then close … }
//		if m.Op == ws.OpNone { break }
//		…
//	}
//
// Messages come out in the order in which they ended on the wire; a control
// frame between two fragments comes out at its place. Where the cuts between
// two calls fall never changes what comes out. Text is checked for UTF-8 as it
// arrives, so a bad octet ends the connection before its frame is complete.
//
// Memory grows with what was received, never with what a header announced, and
// stays below Config.MaxMessage (twice that while a buffer grows), compressed
// or not.
//
// # Writing
//
// AppendFrame, AppendHeader and AppendClose append unmasked frames, as servers
// must send them. AppendDeflated compresses a payload once, without context
// takeover, so that one frame serves every member of a room.
//
// # Limits
//
// Only permessage-deflate is negotiated, always without context takeover in
// both directions: a window kept per connection is what makes compression cost
// tens of KiB a viewer. An offer that demands a smaller server window is
// declined, because one shared encoding cannot serve several windows.
package ws
