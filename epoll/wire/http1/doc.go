// Package http1 is the strict gate every HTTP/1.x request passes before any
// other code sees it. It is a codec: bytes go in, requests come out, and it
// neither reads nor writes nor asks for the time.
//
// # Order of work
//
// The gate walks a head line by line, as lines become complete, and refuses
// whatever two parsers could read in two ways. A head that passed is then read
// once more by fasthttp, whose answer has to agree with the gate's (length,
// method, target, host, version, body length); a head on which they differ is
// answered 400. Fields are read back from the gate's own index.
//
// # What is refused
//
// Everything RFC 9112 lets a server refuse: bare CR or LF, folded lines, a
// space before the colon, an empty line before the request line (§2.2 would
// let us skip it), Content-Length that is not one run of digits or is given
// twice, even alike, Transfer-Encoding other than chunked, or on HTTP/1.0, or
// beside Content-Length, a missing or second Host, an Expect other than
// 100-continue. HTTP/1.0 may leave out Host.
//
// The target is origin-form, "*" with OPTIONS, or absolute-form (which RFC
// 9112 §3.2.2 obliges a server to take) if its scheme is http or https and its
// authority equals the Host field. A fragment, a raw byte outside 0x21-0x7E,
// an escape that isn't two hex digits, a decoded control character, an encoded
// slash (%2F would become a segment border the sender did not write) and dot
// segments that climb above the root are refused. Query escapes are not
// judged: browsers do send "?q=100%", so a stray percent sign stays as it is.
//
// # Cuts
//
// Where the input is cut never matters: a refusal depends only on the bytes up
// to the point it is found, in their order. So a line is judged only when it
// is complete, or too long to ever be accepted.
//
// # Ownership
//
// Parse borrows p. A request returned aliases p and the parser's buffers, so
// both have to be left alone until the request is done with. A Parser belongs
// to one goroutine at a time; a Pool may be used by any number.
package http1
