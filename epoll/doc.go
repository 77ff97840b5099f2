// Package epoll is the wire: listeners, sockets on event loops, and one timer
// for each of them. It is the only importer of nbio, which it uses as a poller
// and nothing more.
//
// A Group owns a few Loops (one per CPU) and any number of Listeners. A Loop is
// one goroutine in epoll_wait plus one housekeeper that moves the Loop's Wheel.
// No goroutine, no channel and no buffer belongs to a connection: an idle Conn is
// 96 bytes here and about 208 in nbio.
//
// # Order and ownership
//
// Data, Timeout and Closed of one Conn never run at once, and Closed is the last
// of them. Bytes given to Write and WriteShared leave in the order of the calls;
// WriteShared stops at record boundaries only, so a frame written by another
// goroutine never lands inside a record. The bytes a Handler gets in Data are the
// Loop's read buffer: they may be changed, and are gone when Data returns.
//
// # Locks
//
// Handler mutex (Data, Timeout, Closed), then Conn.mu (writes), then nbio's own
// mutex of the Conn, then Loop.mu or Wheel.mu, which are leaves. Writable is
// called below all of them, so it may only take note and return.
//
// # Who closes
//
// The loop of a Conn closes its descriptor and nobody else does, so that an event
// the loop has fetched but not looked at yet is never that of a later owner of the
// number. Close and the end of a timeout shut the socket down, which is an event;
// and what a socket does not take is written by the loop, as nbio closes when a
// write fails. Only Group.Close, once nothing is accepted any more, has the rest
// closed elsewhere.
//
// # Limits, most of them nbio's
//
// A peer that shuts down its sending half is closed at once: epoll reports the
// half-close, nbio answers with close(2). Everything it sent before is still
// delivered to Data (up to 4 MiB that queued up while the loop was busy), and an
// answer written synchronously inside that Data reaches it as far as the socket's
// send buffer takes it. An answer given later, or the part of it that did not fit,
// is lost.
//
// Reading cannot be paused. Nothing may be written, and the Conn not be closed for
// good, before the loop has the socket: during accept a Close is remembered, and
// what a socket does not take at once is an error. The first write belongs in Data.
//
// Closed comes from one goroutine for the whole Group and possibly after another
// Conn was given the same descriptor: nothing here is known by descriptor, and
// nothing outside should be. Closed must be short, as a slow one delays all others.
//
// The race detector sees nothing inside nbio (its functions switch it off).
package epoll
