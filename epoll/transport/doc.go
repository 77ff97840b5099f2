// Package transport carries sessions: it turns connections of the loop into
// requests, and requests into viewers.
//
// A [Server] is the handler of every connection. A connection begins as HTTP:
// requests are parsed, pipelined ones answered in order, and deadlines kept by
// the loop's wheel; while nothing of a request is held, it holds no parser.
//
//	PREFIX/ws         a WebSocket: a session whose reads go to the native protocol
//	PREFIX/sse        server-sent events; format=message for whole messages
//	PREFIX/stream     a message in each line of a response that does not end
//	PREFIX/iframe     a script for each; callback= or origin=
//	PREFIX/multipart  a part for each
//	PREFIX/poll       what there is after since=; with wait=, once there is some
//	PREFIX/jsonp      the same as a script that calls callback=
//	PREFIX/send       POST: messages of viewers whose way in goes one way
//	PREFIX/info       which of these are open, and their limits
//
// Beside these, paths of Engine.IO (engine*.go) answer as its reference server
// does, but for what that answers with 500: a request with a sid by another method
// than GET, POST and OPTIONS gets 405 and Allow.
//
// The first five take the connection over. A poll that waits is parked: the
// connection has a poller, a session that stays from one poll to the next, so
// going on costs no join, and what wakes it is the same walk that writes to
// WebSockets. An answer is built once for all who poll from the same place.
//
// Goroutines: Data, Timeout and Closed of a connection run one at a time, on
// the loop's; the methods of session.Transport run in the session's shard.
// What both touch is atomic or behind the connection's own lock.
package transport
