// Package hooks asks an application in any language what to do: it sends what
// happens to the sockets to an HTTP endpoint and returns the answers.
//
// The first part of this page is for who writes such an application, the
// second for who calls this package.
//
// # A request
//
// Each is a POST to hooks.url with a JSON object in UTF-8 as its body:
//
//	POST /hook HTTP/1.1
//	Content-Type: application/json
//	X-Grandstand-Hook: event
//	X-Grandstand-Id: 5Q2WZ3F6KH7R4M3XN2DJ5TCA7E
//	X-Grandstand-Attempt: 1
//	X-Grandstand-Timestamp: 1767225600
//	X-Grandstand-Signature: v1=9c1b...
//
//	{"hook":"event","id":"5Q2WZ3F6KH7R4M3XN2DJ5TCA7E","time":"2026-01-01T00:00:00.123Z",
//	 "socket":"Zk3...","namespace":"/","transport":"websocket","address":"192.0.2.7",
//	 "event":"message","args":["hello"],"rooms":["lobby"],"data":{"nick":"ada"}}
//
// The hooks, and the fields that come with each of them beside hook, id, time,
// socket, namespace, transport, address and data:
//
//	connect     auth, query, headers: a socket wants in
//	join        room, rooms: it wants to join a room
//	publish     room, event, args, rooms: it wants to publish to a room
//	event       event, args, attachments, rooms: it sent any other event
//	disconnect  reason, rooms: it is gone
//
// join and publish are about what the server would carry out by itself. Beside
// an application it does so only where viewers.engineio[].socketio says: join
// and publish have to name events there, as the default, auto, leaves all
// events to the application, and handshake_rooms has to be always for rooms of
// the handshake to count. Otherwise auth.rooms is like all else in auth.
//
// Of paths that carry plain Engine.IO there are connect and disconnect: namespace
// is the path, transport the one that the client began with, and of the answer
// reject and disconnect count.
//
// Fields that are empty are left out, and there may be more of them one day:
// pass over those you do not know. query has a list of values for each name.
// args is a list. Binary arguments are in attachments, in base64, and in args
// stands {"_placeholder":true,"num":N} for the N-th of them, from 0. data is
// whatever your last answer with data said about this socket, so that an
// application need not remember anything itself.
//
// # An answer
//
// Status 200 with a JSON object, all of whose fields may be left out, or 204:
//
//	reject      {"code":"...","message":"...","data":...}: refuse what was asked. On
//	            connect the client gets a connect_error, else an error as its ack
//	ack         [...]: arguments of the acknowledgement, if the client wants one
//	attachments [...]: the binary in ack
//	emit        [{...}]: events to send, in order:
//	              to         [...] rooms and ids of sockets; left out: this socket
//	              all        true: every socket of the namespace, instead of to
//	              except     [...] rooms and ids of sockets that do not get it
//	              namespace  left out: that of the request; another one only with
//	                         to or all, because this socket is in no other
//	              event      the name
//	              args       [...] its arguments, or instead of them
//	              data       its one argument, any JSON
//	              attachments  [...] the binary in args or data
//	join        [...]: rooms that this socket joins, before anything is emitted
//	leave       [...]: rooms that it leaves, behind what is emitted
//	disconnect  true: end this socket, after all else
//	data        any JSON: keep it with this socket; null forgets what was kept
//
// Binary goes back as it came: each value once in attachments, in base64, and
// where it belongs {"_placeholder":true,"num":N}, N from 0, at any depth. Of
// those numbers none may be missing, twice, or without its value. Where there are
// no attachments, such an object is just an object. So this echoes an event:
//
//	{"ack":[{"_placeholder":true,"num":0}],"attachments":["AQI="],
//	 "emit":[{"event":"seen","args":["it",{"_placeholder":true,"num":0}],"attachments":["AQI="]}]}
//
// Beside reject there may be emit and disconnect, nothing else. After a
// disconnect only emit counts. When a room of join cannot be joined, because of
// its name or a limit, the client gets that error as its ack, and of the rest of
// the answer only data and disconnect count. An answer that names an unknown field, has one
// of another type or one twice, or is longer than hooks.max_body, does not
// count at all: a misspelt reject must not let anybody in. It is logged and
// counted as an error.
//
// # Whether it is from us
//
// With hooks.secret, at least 32 bytes, X-Grandstand-Signature is "v1=" and in
// hexadecimal the HMAC-SHA256, with the secret as its key, of the timestamp
// header's value, a dot, and the body's bytes as they came. An application
// should compute the same before it parses the body, compare in constant time,
// and refuse with 401 what differs, and what has a timestamp more than five
// minutes from now: somebody may have recorded it. In Node:
//
//	const mac = createHmac("sha256", secret).update(`${timestamp}.`).update(body).digest("hex");
//	const ok = signature.length === 67 && timingSafeEqual(Buffer.from(signature), Buffer.from(`v1=${mac}`))
//	  && Math.abs(Date.now() / 1000 - Number(timestamp)) <= 300;
//
// In Go, Verify does it. A request that is repeated within these minutes has an
// id that was there before: applications to which that matters remember ids
// for ten minutes, and answer as before.
//
// # When it does not go well
//
// A request that cannot be sent, takes longer than hooks.timeout, or is answered
// with 429 or 5xx is sent again, up to hooks.attempts times in all, with the
// same id and body and a new timestamp. The pause before it is random, from
// nothing to hooks.backoff, doubled each time up to hooks.max_backoff; a
// Retry-After, in seconds or a date, makes it at least that long. When it would
// last beyond hooks.deadline, the call is given up at once. So an application may get a
// call more than once, and should do nothing twice for one id. A request on a
// connection that turns out to be closed is sent once more without counting.
//
// Any other status (3xx is not followed, 4xx means that the request or the
// configuration is wrong) and a bad answer are final: the next attempt would
// bring the same.
//
// A call without an answer counts as hooks.when_down says: allow, as if the
// answer had been {}, or deny, as if it had been a rejection with the code
// hook_unavailable. Both are counted.
//
// After hooks.breaker.failures failed requests in a row (those that would be
// sent again; a 404 shows that somebody is there) no request is sent for
// hooks.breaker.cooldown, and calls end at once, as when_down says. Then one is
// let through: if it goes well, all are again. A disconnect, which nobody waits
// for, waits until then instead, as long as its deadline allows.
//
// # Order
//
// Calls are carried out side by side. Of one socket, connect is answered before
// anything else is asked. Whether two events that a client sent at once arrive
// in their order is not promised, as they may go over different connections;
// time says which was first. A disconnect may overtake an event that is sent
// for the second time.
//
// # For callers
//
// New makes the client; Wants says whether to call at all. Ask and AskThen put
// a question, Tell passes on what has happened. Every call ends within the
// configuration's deadline: the queue is first in, first out, so by then those
// before it have ended, and a worker is free to say so.
//
// There are as many workers as hooks.concurrency allows, started when there is
// something to do and gone when there is not, and each holds its place while it
// waits between attempts: an application in trouble gets fewer requests. Beyond
// them hooks.queue calls wait, and as many disconnects beside them; one more is
// treated as unanswered. Notices have at most half of the workers.
package hooks
