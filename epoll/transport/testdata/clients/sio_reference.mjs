// Runs a program of this folder against the reference servers, socket.io and
// engine.io for Node, so that what it complains of otherwise is the server's:
//
//   node sio_reference.mjs PROGRAM [MORE...]
//
// They have the application of sio_app.mjs, and as much of Grandstand's own
// rooms as the programs need: see sio_emulation.mjs.
import {spawn} from "node:child_process";
import http from "node:http";
import {Server as Engine} from "engine.io";
import {Server} from "socket.io";
import msgpack from "socket.io-msgpack-parser";
import {application} from "./sio_app.mjs";
import {control, rooms} from "./sio_emulation.mjs";
import {raw} from "./sio_raw.mjs";

const [program, ...more] = process.argv.slice(2);
if (!program) {
  console.error("node sio_reference.mjs PROGRAM [MORE...]");
  process.exit(2);
}

const everyone = {allowEIO3: true, cors: {origin: true, credentials: true}};
const recovery = {connectionStateRecovery: {maxDisconnectionDuration: 120000}};
const paths = {
  "/socket.io/": recovery,
  "/someapi/socket.io": {pingInterval: 1000, pingTimeout: 1000},
  "/msgpack/": {...recovery, parser: msgpack},
};

const viewers = http.createServer((_, response) => response.writeHead(404).end());
const servers = Object.entries(paths).map(([path, options]) => new Server(viewers, {...everyone, ...options, path}));
for (const io of servers) {
  application(io);
  rooms(io);
}
const engine = new Engine(everyone);
engine.attach(viewers, {path: "/engine.io/"});
raw(engine);

const listening = server => new Promise(resolve => {
  server.listen(0, "127.0.0.1", () => resolve(`127.0.0.1:${server.address().port}`));
});
const child = spawn(process.execPath, [program, await listening(viewers), await listening(control(servers)), ...more, "--reference"],
  {stdio: "inherit"});
child.on("exit", (code, signal) => process.exit(signal ? 1 : code));
