// Drives the native protocol with the npm package ws. With the argument
// deflate, permessage-deflate has to be agreed on.
import WebSocket from "ws";
import {Inbox, fail, more, publish, same, viewers, within} from "./lib.mjs";

const deflate = more[0] === "deflate";
const room = "match:42";

// open connects and collects what comes, parsed, with the text beside it.
async function open(query, protocols) {
  const socket = new WebSocket(`ws://${viewers}/live/ws${query}`, protocols, {perMessageDeflate: deflate});
  const inbox = new Inbox();
  socket.on("message", (data, binary) => {
    if (binary) fail("a binary message came");
    inbox.put({text: String(data), ...JSON.parse(data)});
  });
  const closed = new Promise(resolve => socket.on("close", (code, reason) => resolve({code, reason: String(reason)})));
  await within("open", new Promise((resolve, reject) => {
    socket.on("open", resolve);
    socket.on("error", reject);
  }));
  return {socket, inbox, closed, say: m => socket.send(typeof m === "string" ? m : JSON.stringify(m))};
}

// joined, live event, bytes as published
const a = await open(`?room=${room}`, "grandstand.v1");
same("subprotocol", a.socket.protocol, "grandstand.v1");
same("extension", a.socket.extensions.includes("permessage-deflate"), deflate);
let m = await a.inbox.next("joined by URL");
same("joined by URL", [m.type, m.room, m.recovered, m.viewers], ["joined", room, false, 1]);

const odd = '{"z":1.0,"a":12345678901234567890,"e":"\\u00e9 \u00e9 \\/"}';
const first = await publish(room, "goal", odd);
m = await a.inbox.next("event");
same("event", [m.type, m.room, m.id, m.event], ["event", room, first, "goal"]);
if (!m.text.endsWith(`"data":${odd}}`)) fail(`data: got ${m.text}, want it to end in ${odd}`);

// the same from a viewer, of a size that takes all three length forms
for (const size of [1, 125, 126, 4096, 30000]) {
  const text = "x".repeat(size);
  a.say({type: "publish", room, event: "chat", data: {text}, ack: size});
  const got = [await a.inbox.next("ack or event"), await a.inbox.next("event or ack")];
  const event = got.find(g => g.type === "event"), ack = got.find(g => g.type === "ack");
  same(`chat of ${size}`, [event?.data.text === text, ack?.ack, ack?.id], [true, size, event?.id]);
}

// control frames and errors
const pong = within("pong frame", new Promise(resolve => a.socket.on("pong", p => resolve(String(p)))));
a.socket.ping("are you there");
same("pong frame", await pong, "are you there");
a.say({type: "ping", ack: 7});
m = await a.inbox.next("pong");
same("pong", [m.type, m.ack], ["pong", 7]);
a.say("not JSON");
m = await a.inbox.next("error");
same("error", [m.type, m.code], ["error", "bad_message"]);

// a second viewer without a subprotocol, joining by message with history
const b = await open("");
same("no subprotocol", b.socket.protocol, "");
b.say({type: "join", room, history: 2, ack: 1});
m = await b.inbox.next("joined");
same("joined", [m.type, m.ack, m.viewers], ["joined", 1, 2]);
same("history", [(await b.inbox.next("history")).data.text.length, (await b.inbox.next("history")).data.text.length], [4096, 30000]);

// the first goes, misses three, comes back and gets just those
a.socket.close(1000);
same("close", (await within("close", a.closed)).code, 1000);
const missed = [];
for (const n of [1, 2, 3]) missed.push(await publish(room, "n", String(n)));
const since = (await b.inbox.next("n")).id;
same("order", since, missed[0]);
const c = await open(`?room=${room}&since=${since}`, ["other", "grandstand.v1"]);
m = await c.inbox.next("joined again");
same("joined again", [m.type, m.cursor, m.recovered], ["joined", since, true]);
same("resumed", [(await c.inbox.next("2")).id, (await c.inbox.next("3")).id], missed.slice(1));

// leave: the room's events stop, and nothing else
c.say({type: "leave", room, ack: 9});
same("leave", (await c.inbox.next("ack")).ack, 9);
await publish(room, "n", "4");
c.say({type: "ping", ack: 10});
same("after leave", (await c.inbox.next("pong")).type, "pong");

c.socket.close(4000, "enough");
same("close with a code of ours", (await within("close", c.closed)).code, 4000);
b.socket.terminate();
