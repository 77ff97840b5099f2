// Package load is the client side of the harness: thousands of viewers held
// by a few epoll loops on raw sockets, and a publisher.
//
// A Loop owns a share of the connections and one thread. A connection is a
// Conn of 64 bytes in a slice plus eight bytes per room; it has no buffer, no
// timer and no goroutine. Bytes are read into the one buffer of the loop and
// events are checked where they lie: prefix, id, sequence number and
// stamp by position, everything else by decoding JSON. A frame cut at the end
// of a read is the only thing copied.
//
// Viewers come by any of Grandstand's transports, and all of them to the same accounts.
// WebSocket: an event per frame. SSE and Stream: chunks of an endless body, in
// which an event ends with an empty line or its own. LongPoll: an answer with
// the events since a cursor, behind which the next poll leaves at once on the
// same connection; one that the server has no time for (429, 503) leaves a
// second later. A stream that ends as announced, and a poll's connection that
// the server closes behind an answer, are opened again at the cursor.
//
// SocketIO and SocketIOPolling are what a stock client of Socket.IO 4 does that
// is told to use one transport alone: handshake, CONNECT with its rooms in the
// auth payload, an answer to each ping, and the end when none comes for as long
// as the server announced. Its events carry ids if the server sends some;
// without them the numbers alone tell order. It doesn't resume. A viewer by
// polling says what it has to say between two polls, on its one connection.
//
// JSONP and Poll are the same page of events as a script, and asked for at the pace
// the server gives; Iframe and Multipart streams with other wrapping.
// SocketIOUpgrade polls up to the answer to CONNECT and goes on by a WebSocket.
//
// At servers of others viewers speak the Dialect of their Driver. What is an event
// there is told by a shape, text with holes that is compared by position, or by
// the mark in its data alone; the accounts are the same, less those of ids where
// a server sends none. Publishing is by requests filled in from a template, by a
// connection of the driver, or nobody's.
//
// Every delivery is checked on every connection: ids must grow over all rooms,
// the sequence numbers of a room must follow one another. What is missing is
// lost unless the server said so (a gap notice); a number met twice is a
// duplicate, one that comes after its successor is out of order; a frame that
// doesn't parse is broken and ends the connection.
//
// Latency runs from the intended time of publishing, which the payload
// carries, to the moment the read that brought the frame returned. Publisher
// and viewers share CLOCK_MONOTONIC, so stamps are comparable between
// processes of one machine and never between machines.
//
// Scenarios drive a Fleet of loops from outside, or take part on the loop's
// thread as a Script.
package load
