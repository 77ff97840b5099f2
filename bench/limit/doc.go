// Package limit is the server to compare with: the least a machine can do to
// bring an event to its viewers with one write(2) per delivery.
//
// One locked thread, an epoll set, viewers as bare descriptors in a slice in
// order of arrival, one raw write(2) of the finished frame each. No rooms (all
// viewers are in one), no log, no queue: a viewer that doesn't take a whole frame
// at once is dropped and counted. It answers the upgrade, the harness's joins
// and pings, and POST /v1/publish on a second port, in the same loop, as the real
// server would, so that the same scenarios measure both.
//
// Viewers may also come by Socket.IO's polls, in one namespace: an answer is one
// write(2), the next poll one read(2). Nothing of a poll is parsed and nobody is
// told apart; an event goes out when everyone has polled again, and who has not
// within a second is dropped and counted.
//
// With Batch above 1 that many events share a write, which shows what joining
// messages is worth. A batch that doesn't fill up is flushed after 20 ms.
package limit
