// As much of Grandstand's own rooms, in which there is no application, as the
// programs need when they run against the reference: joining by handshake and
// by event, publishing, and the control port. Errors are missing, and events
// are numbered, not logged.
import http from "node:http";

let events = 0;
const id = () => `reference-${++events}`;

// spaces are the namespaces in which they are.
const spaces = io => [io.of("/"), io.of("/chat")];

// rooms adds them to a server.
export function rooms(io) {
  for (const nsp of spaces(io)) nsp.on("connection", socket => {
    const {auth, query} = socket.handshake;
    for (const room of [auth.rooms ?? [], query.room ?? []].flat()) socket.join(room);
    socket.on("join", (room, ack) => {
      socket.join(room);
      ack?.({room, cursor: id(), recovered: false});
    });
    socket.on("leave", (room, ack) => {
      socket.leave(room);
      ack?.({room});
    });
    socket.on("publish", (room, event, data, ack) => {
      const meta = {room, id: id()};
      io.to(room).emit(event, data, meta);
      ack?.(meta);
    });
  });
}

// control is the control port for some servers.
export function control(servers) {
  return http.createServer(async (request, response) => {
    let text = "";
    for await (const d of request) text += d;
    const {room, event, data} = JSON.parse(text), meta = {room, id: id()};
    for (const nsp of servers.flatMap(spaces)) nsp.to(room).emit(event, data, meta);
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify({id: meta.id}));
  });
}
