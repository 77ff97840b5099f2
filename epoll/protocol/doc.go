// Package protocol holds the dialects viewers speak: what their bytes mean to
// a session, and how events look to them. It knows no sockets and no frames.
//
// # The native protocol, grandstand.v1
//
// Every message is one JSON object in one text frame. Cursors are opaque
// strings ("epoch-number"); ids are cursors. A viewer keeps the newest id it
// has seen and resumes with it, on this connection or another, in all its
// rooms at once.
//
// The viewer sends:
//
//	{"type":"join","room":"match:42","since":"k3x-17","history":50,"ack":1}
//	{"type":"leave","room":"match:42","ack":2}
//	{"type":"publish","room":"match:42","event":"chat","data":{"text":"hi"},"ack":3}
//	{"type":"ping","ack":4}
//
// since and history are optional: with since come all events after it, with
// history the newest so many, with neither only what is new. since wins, unless
// it is of another epoch. ack is an optional number; the answer carries it.
//
// The server sends:
//
//	{"type":"joined","room":"match:42","cursor":"k3x-17","recovered":true,"viewers":9120,"head":"k3x-21","session":"…","ack":1}
//	{"type":"event","room":"match:42","id":"k3x-18","event":"chat","data":{"text":"hi"}}
//	{"type":"history","room":"match:42","events":[{"id":"k3x-3","event":"chat","data":…}]}
//	{"type":"gap","room":"match:42","from":"k3x-18","to":"k3x-20"}
//	{"type":"ack","ack":3,"id":"k3x-22"}
//	{"type":"pong","ack":4}
//	{"type":"error","code":"bad_room","message":"…","ack":1}
//	{"type":"reconnect","after_ms":2150}
//	{"type":"end","code":4002,"reason":"slow consumer","retry":true}
//	{"type":"keepalive"}
//
// joined: every event of the room after cursor follows on this connection; head
// is the room's newest event. A viewer resumes from the newest id of an event
// message it has seen, or, before the first, from the lowest cursor of its
// joined messages. recovered says that a
// since was given and nothing after it is missing; if one was given and it is
// false, code says why: history_gone, other_epoch or cursor_ahead (the since is
// beyond the newest event). Ids of event messages
// strictly increase on a connection, over all its rooms. A room that is joined
// later, with a past before what the connection has already seen, brings that
// past in one history message instead.
//
// gap: events of the room with from < id <= to were missed and do not come.
//
// reconnect: the server is going away, or a response has become long; come back
// after that time, with cursor as since if it is there.
//
// end and keepalive come on carriers that have no frames for that: why the
// session has ended and whether to come back, and that the connection lives.
//
// data is JSON as the publisher wrote it: numbers, escapes and the order of
// keys are kept, only white space between tokens is dropped.
//
// Rooms may be named in the URL instead: /live/ws?room=match:42&room=chat:42
// and since= or history=, which then hold for all of them.
//
// # Polls
//
// The answer to a poll is one object for all its rooms ("room" if it is one,
// "rooms" if several), the same for everyone who asks from the same cursor:
//
//	{"room":"match:42","cursor":"k3x-18","recovered":true,"events":[{"type":"event",…}],"next_ms":1000}
//
// cursor is the next since; next_ms is when to ask again. Where it applies there
// is also code (as in joined), gaps (a list of gap messages), reconnect
// ({"after_ms":2150}) and end (an end message).
//
// # Messages by request
//
// Viewers whose carrier goes one way send the same messages in the body of a
// request: one, a list of them, or {"session":…,"token":…,"messages":[…]}. The
// answers come with the response, in order; see Envelope.
package protocol
