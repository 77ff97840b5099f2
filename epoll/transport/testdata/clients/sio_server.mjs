// A plain server of the reference, to be measured beside ours:
//
//   node sio_server.mjs PORT CONTROL_PORT
//
// Sockets join the rooms of auth.rooms and of room= in the URL, in any namespace.
// POST /v1/publish {"room","event","data"} or {"events":[...]} on the control
// port emits to a room. It ends with SIGTERM.
import http from "node:http";
import {Server} from "socket.io";

const [port, control] = process.argv.slice(2).map(Number);
if (!port || !control) {
  console.error("node sio_server.mjs PORT CONTROL_PORT");
  process.exit(2);
}

const viewers = http.createServer();
const io = new Server(viewers, {serveClient: false});
const spaces = [io.of("/"), io.of(/^\/\w+$/)];
for (const nsp of spaces) {
  nsp.on("connection", socket => {
    const {auth, query} = socket.handshake;
    socket.join([...auth.rooms ?? [], ...[query.room ?? []].flat()]);
  });
}

async function publish(req, res) {
  if (req.url !== "/v1/publish") return void res.writeHead(req.url === "/readyz" ? 200 : 404).end("{}");
  let text = "";
  for await (const p of req) text += p;
  const body = JSON.parse(text), ids = [];
  for (const {room, event, data} of body.events ?? [body]) {
    for (const nsp of io._nsps.values()) nsp.to(room).emit(event, data);
    ids.push(`n-${++publish.n}`);
  }
  res.writeHead(200, {"Content-Type": "application/json"}).end(JSON.stringify(body.events ? {ids} : {id: ids[0]}));
}
publish.n = 0;

http.createServer((req, res) => publish(req, res).catch(e => res.writeHead(400).end(String(e)))).listen(control, "127.0.0.1");
viewers.listen({port, host: "127.0.0.1", backlog: 4096});
process.on("SIGTERM", () => process.exit(0));
