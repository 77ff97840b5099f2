// Package api is the control plane: publish, look on, kick, and the probes of
// a deployment, over HTTP/1.1 with JSON on a port of its own.
//
//	POST   /v1/publish               one event of one room, or a list of them
//	POST   /v1/broadcast             one event of several rooms, with one id
//	GET    /v1/rooms                 ?limit=100&prefix=&after= (a room's name)
//	GET    /v1/rooms/{room}          one room and its policy
//	GET    /v1/rooms/{room}/history  ?since= (a cursor) &limit=100
//	DELETE /v1/rooms/{room}          ends the sessions of its viewers
//	GET    /v1/sessions/{id}
//	DELETE /v1/sessions/{id}
//	POST   /v1/emit                  an event for sockets, with their answers if wanted
//	GET    /v1/sockets               ?namespace= &room= &limit=100 &after= (an id)
//	POST   /v1/sockets/join          puts sockets into rooms
//	POST   /v1/sockets/leave         takes them out
//	POST   /v1/sockets/disconnect    ends them
//	GET    /healthz                  200 while the process lives
//	GET    /readyz                   200, or 503 while it should get no viewers
//	GET    /metrics                  Prometheus text
//
// HEAD works wherever GET does. A room's name is one part of the path: its
// slashes are written %2F. In a query + is a space, so a plus is written %2B.
// Rooms that only sockets are put into may have any name without control
// characters; an event for sockets may have rooms.max_emit bytes, one that is
// published rooms.max_data.
//
// # Bodies
//
// A body of publish holds room, event, data and except (the id of a session
// that does not get it); or events, a list of such objects, all or none of
// which are committed. A body of broadcast holds rooms instead of room. Either
// may hold idempotency_key, which the header Idempotency-Key can give as well:
// the same key again publishes nothing and answers with the first ids and
// "repeated": true. A field with another name, in another case or twice is an
// error; null is like absent. data is any JSON and reaches viewers as it came,
// but for white space between tokens.
//
// Sockets are those of Socket.IO clients. They are named by namespace ("/" if
// absent), to (a list of rooms and ids; none is everybody in the namespace) and
// except (another). A body of emit holds these, event, args (a list), volatile,
// compress, and attachments (base64, for {"_placeholder":true,"num":N} in args).
// With ack_ms, a time to wait, the event goes to those that are there, and the
// answer is {"replies":[{"socket","args"}],"complete"}: complete is false if
// some did not answer in time. Bodies of join and leave hold rooms, one of
// disconnect may hold close: true, to end everything that the connection carries.
//
// The list of sockets is of all namespaces if none is named, by id, and says
// more: true if there are more; after is then the last id of it. Each is
//
//	{"id","namespace","transport","peer","rooms","age_ms","handshake","data"}
//
// handshake is what the client came with, if the server keeps it, which it does
// for an application's handlers and for hooks: {"time","address","secure",
// "version" (of Engine.IO),"query" (lists of values),"headers" (lower-case names;
// without cookies and authorization),"auth"}. auth may hold what a client proves
// itself with. data is what the application, or a hook's answer, keeps with the
// socket, if anything.
//
// Content-Type is application/json, or absent; the form type is let through
// because curl -d says so whatever it sends.
//
// # Keys
//
// With keys configured, every request under /v1 shows one as "Authorization:
// Bearer KEY"; the three probes need none. Without, the port is bound to
// loopback, and a request with an Origin header is refused: any page open in a
// browser on the machine could send it.
//
// # Errors
//
// Every error is {"error":{"code":"...","message":"..."}}. The codes:
//
//	400 bad_room bad_event bad_data bad_cursor bad_message too_many
//	    bad_idempotency_key
//	401 unauthorized
//	403 forbidden
//	404 not_found (no such room or session) unknown_path bad_namespace
//	405 method_not_allowed (see Allow)
//	408 request_timeout
//	409 room_limit not_joined already_joined ended
//	411 length_required
//	413 too_large
//	415 unsupported_media_type
//	429 rate_limited
//	431 header_too_large
//	500 internal
//	503 busy publish_unavailable stopping not_ready too_many_connections, with
//	    Retry-After
//	504 timeout (not carried out in time; it may still be)
//	507 too_many_rooms: the server has no place for one more
package api
