// Package transport carries sessions: it turns connections of the loop into
// requests, and requests into viewers.
//
// A [Server] is the handler of every connection. A connection begins as HTTP:
// requests are parsed, pipelined ones answered in order, and deadlines kept by
// the loop's wheel; while nothing of a request is held, it holds no parser. A
// request for PREFIX/ws makes it a WebSocket, which is a session from then on:
// reads go to the native protocol, and what the session's shard writes goes
// out between frames.
//
// Goroutines: Data, Timeout and Closed of a connection run one at a time, on
// the loop's; the methods of session.Transport run in the session's shard.
// What both touch is atomic or behind the connection's own lock.
package transport
