// The application of plain Engine.IO that eio_matrix.mjs talks to, written for
// the reference server. What a client sends comes back, text as text and binary
// as binary, but for some texts:
//
//   /burst N     N texts, "0", "1" and so on
//   /pairs N     N times a text and then the four bytes of the same number,
//                the highest first
//   /close       the server closes
//   /ended SID   the reason with which another one ended, once it has
export function raw(engine) {
  const ends = new Map(), waiting = new Map();
  engine.on("connection", socket => {
    socket.on("message", data => say(socket, data, ends, waiting));
    socket.on("close", reason => {
      ends.set(socket.id, reason);
      waiting.get(socket.id)?.(reason);
    });
  });
}

function say(socket, data, ends, waiting) {
  const [command, argument] = typeof data === "string" ? data.split(" ") : [];
  if (command === "/close") return socket.close();
  if (command === "/ended") {
    if (ends.has(argument)) return socket.send(ends.get(argument));
    return waiting.set(argument, reason => socket.send(reason));
  }
  if (command !== "/burst" && command !== "/pairs") return socket.send(data);
  for (let i = 0; i < Number(argument); i++) {
    socket.send(String(i));
    if (command === "/pairs") socket.send(Buffer.from([i >> 24, i >> 16, i >> 8, i]));
  }
}
