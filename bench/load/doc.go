// Package load is the client side of the harness: thousands of viewers held
// by a few epoll loops on raw sockets, and a publisher.
//
// A Loop owns a share of the connections and one thread. A connection is a
// Conn of 56 bytes in a slice plus eight bytes per room; it has no buffer, no
// timer and no goroutine. Bytes are read into the one buffer of the loop and
// event frames are checked where they lie: prefix, id, sequence number and
// stamp by position, everything else by decoding JSON. A frame cut at the end
// of a read is the only thing copied.
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
