// The application that the Socket.IO programs of this folder talk to, written
// for the reference server. A server under test has to have the same, name by
// name; what each event does stands beside it. "ack" is the last argument of an
// event that was sent with one.
//
//   path                recovery  heartbeat             parser
//   /socket.io/         yes       25 s, 20 s            JSON
//   /someapi/socket.io  no        1 s, timeout 1 s      JSON
//   /msgpack/           yes       25 s, 20 s            socket.io-msgpack-parser
//   /engine.io/         plain Engine.IO                 see sio_raw.mjs
//
// Both protocol versions are allowed on each, pages of any origin may come with
// credentials, messages may have 1,000,000 bytes. Every path has the namespaces
//
//   /, /chat, every name that matches /^\/dyn-\w+$/, and /admin, which refuses
//   whoever's auth (2.x: the query of the namespace) has no token "secret", with
//   the message "not authorised" and the data {"content": "show me a token"}.
//
// Whoever has joined one is sent the event "welcome" with the name of the
// namespace. Rooms are those of a namespace of a path.

// ends are the reasons of sockets that went, by id, and who waits for them.
const ends = new Map(), waiting = new Map();

function ended(id, reason) {
  ends.set(id, reason);
  for (const tell of waiting.get(id) ?? []) tell(reason);
  waiting.delete(id);
}

const rooms = socket => [...socket.rooms].filter(r => r !== socket.id).sort();

// split takes the ack off the arguments.
const split = args => [args.slice(0, -1), args.at(-1)];

// handlers are what sockets may send.
export const handlers = {
  // answers with the arguments
  echo(socket, ...all) {
    const [args, ack] = split(all);
    ack(...args);
  },
  // sends the event "bounced" with the arguments
  bounce: (socket, ...args) => socket.emit("bounced", ...args),
  // sends the event "question" with the arguments and an ack, and answers with
  // what that is answered with
  "ask-me"(socket, ...all) {
    const [args, ack] = split(all);
    socket.emit("question", ...args, (...answer) => ack(...answer));
  },
  // sends the event "question" with an ack that has ms milliseconds, and answers
  // with "answered" or "timeout"
  "ask-late": (socket, ms, ack) => socket.timeout(ms).emit("question", e => ack(e ? "timeout" : "answered")),
  // has an ack that is never called
  silent() {},
  // joins, and answers with the sorted list of the socket's rooms, without its own
  "join-room"(socket, room, ack) {
    socket.join(room);
    ack(rooms(socket));
  },
  // the same for leaving
  "leave-room"(socket, room, ack) {
    socket.leave(room);
    ack(rooms(socket));
  },
  // answers with the sorted ids of a room's sockets
  "room-ids": async (socket, room, ack) => ack([...await socket.nsp.in(room).allSockets()].sort()),
  // sends an event with the arguments to a room, and then answers "sent"
  "emit-room"(socket, room, event, ...all) {
    const [args, ack] = split(all);
    socket.nsp.to(room).emit(event, ...args);
    ack("sent");
  },
  // the same, but not to the sender
  "broadcast-room"(socket, room, event, ...all) {
    const [args, ack] = split(all);
    socket.to(room).emit(event, ...args);
    ack("sent");
  },
  // the same, to a room but not to who is in the other
  "except-room"(socket, room, other, event, ...all) {
    const [args, ack] = split(all);
    socket.nsp.to(room).except(other).emit(event, ...args);
    ack("sent");
  },
  // the same, to everyone in the namespace
  "emit-all"(socket, event, ...all) {
    const [args, ack] = split(all);
    socket.nsp.emit(event, ...args);
    ack("sent");
  },
  // the same, but not to the sender
  "broadcast-all"(socket, event, ...all) {
    const [args, ack] = split(all);
    socket.broadcast.emit(event, ...args);
    ack("sent");
  },
  // sends "question" with an argument and an ack of ms milliseconds to a room,
  // and answers with whether all answered, "all" or "timeout", and with the
  // sorted list of the first argument of each answer
  "ask-room"(socket, room, ms, question, ack) {
    socket.nsp.to(room).timeout(ms).emit("question", question, (e, answers) => ack(e ? "timeout" : "all", answers.sort()));
  },
  // sends an event n times, volatile, with 0, 1, ... as its argument, and then
  // answers "sent"
  "volatile-me"(socket, event, n, ack) {
    for (let i = 0; i < n; i++) socket.volatile.emit(event, i);
    ack("sent");
  },
  // disconnects the socket from its namespace, or closes the connection
  "disconnect-me": (socket, close) => socket.disconnect(close),
  // answers with the reason with which a socket of any namespace or path ended,
  // by its id, once it has
  ended(socket, id, ack) {
    if (ends.has(id)) return ack(ends.get(id));
    waiting.set(id, [...waiting.get(id) ?? [], ack]);
  },
  // answers with what the server knows of the socket; query and auth are of the
  // handshake, parameters of Engine.IO's own may be in the query
  whoami: (socket, ack) => ack({
    id: socket.id, nsp: socket.nsp.name, recovered: socket.recovered ?? false, rooms: rooms(socket),
    query: socket.handshake.query, auth: socket.handshake.auth,
  }),
  // sends an event to itself and to a room it is in by turns, with 1 to 5, the
  // fourth by its id, and then answers "in order"
  "in-order"(socket, room, event, ack) {
    socket.emit(event, 1);
    socket.nsp.to(room).emit(event, 2);
    socket.emit(event, 3);
    socket.nsp.to(socket.id).emit(event, 4);
    socket.emit(event, 5);
    ack("in order");
  },
  // joins a room, sends an event to it, leaves it, and then answers "done"
  "join-emit-leave"(socket, room, event, n, ack) {
    socket.join(room);
    socket.nsp.to(room).emit(event, n);
    socket.leave(room);
    ack("done");
  },
  // sends an event with 1 to itself, 2 by its id and 3 to a room it is in, and
  // disconnects
  "last-words"(socket, room, event, close) {
    socket.emit(event, 1);
    socket.nsp.to(socket.id).emit(event, 2);
    socket.nsp.to(room).emit(event, 3);
    socket.disconnect(close);
  },
  // joins a room, sends an event to another but not to that, leaves it, and then
  // answers "done"
  "except-then-leave"(socket, room, other, event, n, ack) {
    socket.join(other);
    socket.nsp.to(room).except(other).emit(event, n);
    socket.leave(other);
    ack("done");
  },
  // sends such an event, joins that room for a moment, and then answers "done"
  "except-then-join"(socket, room, other, event, n, ack) {
    socket.nsp.to(room).except(other).emit(event, n);
    socket.join(other);
    ack("done");
    socket.leave(other);
  },
  // answers with a string of so many characters
  big: (socket, size, ack) => ack("x".repeat(size)),
};

// namespaces of a server of the reference.
export function application(io) {
  const admin = io.of("/admin").use((socket, next) => {
    if (socket.handshake.auth.token === "secret") return next();
    next(Object.assign(new Error("not authorised"), {data: {content: "show me a token"}}));
  });
  for (const nsp of [io.of("/"), io.of("/chat"), io.of(/^\/dyn-\w+$/), admin]) {
    nsp.on("connection", socket => {
      for (const [event, handle] of Object.entries(handlers)) socket.on(event, (...args) => handle(socket, ...args));
      socket.on("disconnect", reason => ended(socket.id, reason));
      socket.emit("welcome", socket.nsp.name);
    });
  }
}
