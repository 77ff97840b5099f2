// Reads a thousand events with the npm package ws, losing the connection on the
// way, and closes with several codes. With the argument deflate,
// permessage-deflate has to be agreed on.
//
// Beside /v1/publish the control port has /burst?room=NAME&n=N, which publishes
// events with the data {"i":0,...}, {"i":1,...} and so on.
import WebSocket from "ws";
import {Inbox, control, fail, more, same, viewers, within} from "./lib.mjs";

const deflate = more[0] === "deflate";
const total = 1000;

async function open(query, protocol) {
  const socket = new WebSocket(`ws://${viewers}/live/ws${query}`, protocol, {perMessageDeflate: deflate});
  const inbox = new Inbox();
  socket.on("message", data => inbox.put(JSON.parse(data)));
  socket.on("error", e => fail(e.stack));
  const closed = new Promise(resolve => socket.on("close", code => resolve(code)));
  await within("open", new Promise(resolve => socket.on("open", resolve)));
  same("compression", socket.extensions.includes("permessage-deflate"), deflate);
  return {socket, inbox, closed};
}

// take reads events up to number end and returns the id of the last.
async function take(v, from, end, last) {
  for (let i = from; i < end; i++) {
    const m = await v.inbox.next(`event ${i}`);
    same("event", [m.type, m.room, m.data.i], ["event", "order", i]);
    const id = BigInt(m.id.split("-")[1]);
    if (id <= last) fail(`id ${id} after ${last}`);
    last = id;
    v.since = m.id;
  }
  return last;
}

let v = await open("?room=order", "grandstand.v1");
same("joined", (await v.inbox.next("joined")).type, "joined");
const burst = await within("burst", fetch(`http://${control}/burst?room=order&n=${total}`, {method: "POST"}));
same("burst", burst.status, 200);
let last = await take(v, 0, 600, 0n);
v.socket.terminate();

const since = v.since;
v = await open(`?room=order&since=${since}`);
const joined = await v.inbox.next("joined");
same("joined again", [joined.type, joined.recovered, joined.cursor], ["joined", true, since]);
last = await take(v, 600, total, last);

// pings both small and as large as they may be
for (const payload of ["", "p".repeat(125)]) {
  const pong = within("pong", new Promise(resolve => v.socket.once("pong", p => resolve(String(p)))));
  v.socket.ping(payload);
  same("pong", await pong, payload);
}

// the server's answer has the code it was given
for (const code of [1000, 1001, 1003, 1007, 1011, 3000, 3999, 4000, 4999]) {
  const w = await open("");
  w.socket.close(code, "because");
  same("close code", await within("close", w.closed), code);
}

// binary is not spoken here
v.socket.send(Buffer.from("{}"));
same("binary", await within("close", v.closed), 1003);
