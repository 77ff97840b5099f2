// Has an application that is asked over HTTP answer binary with binary: what is
// sent comes back as the ack, and more of it in two events.
import {io} from "sio48";
import io2 from "sio25";
import parser from "socket.io-msgpack-parser";
import {same, viewers, within} from "./lib.mjs";

// bytes shows binary of any kind as what is in it.
const bytes = v => Buffer.isBuffer(v) || v instanceof Uint8Array ? `bytes ${[...v]}` :
  Array.isArray(v) ? v.map(bytes) :
    v && typeof v === "object" ? Object.fromEntries(Object.entries(v).map(([k, x]) => [k, bytes(x)])) : v;

for (const [name, open, options] of [
  ["4.x, polling", io, {transports: ["polling"]}], ["4.x, websocket", io, {transports: ["websocket"]}],
  ["2.x, websocket", io2, {transports: ["websocket"]}], ["2.x, base64", io2, {transports: ["polling"], forceBase64: true}],
  ["msgpack", io, {path: "/msgpack/", parser}],
]) {
  const socket = open(`http://${viewers}`, {...options, forceNew: true, reconnection: false});
  const event = e => within(`${name}: ${e}`, new Promise(done => socket.once(e, (...args) => done(args.slice(0, 2)))));
  await event("connect");
  const own = event("own"), all = event("all");
  const ack = within(`${name}: ack`, new Promise(done => {
    socket.emit("echo", {a: Buffer.from([1, 2])}, [Buffer.alloc(0), "x"], (...args) => done(args));
  }));
  same(`${name}: ack`, bytes(await ack), [{a: "bytes 1,2"}, ["bytes ", "x"]]);
  same(`${name}: own`, bytes(await own), ["for you", {b: ["bytes ", "bytes 1"]}]);
  same(`${name}: all`, bytes((await all)[0]), "bytes 0,255");
  socket.close();
}
process.exit(0);
