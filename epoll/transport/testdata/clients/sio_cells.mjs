// The cells of the matrix: what a client and the server have to be able to do
// with each other. Each is
//
//   async (c) => {}
//
// and throws what is wrong. c.open(options) is a new Peer that has connected,
// c.peer(options) one that may not; c.wire() is a connection that can be cut; c.name
// is unlike all others. A cell for some kinds of client has them in `when`.
import {bytes, pause, same, within} from "./sio_client.mjs";

const five = kind => kind.protocol === 5;

async function connect(c) {
  const a = await c.open();
  const id = a.socket.id, engine = a.socket.io.engine;
  if (!/^[\w-]{20}$/.test(id)) throw new Error(`id: got ${id}, want 20 characters`);
  // the 2.x client makes its id itself, from the engine's
  if (five(c.kind) === (id === engine.id)) throw new Error(`id: got ${id}, the engine's is ${engine.id}`);
  const [me] = await a.ask("whoami");
  same("whoami", [me.id, me.nsp, me.recovered, me.rooms], [id, "/", false, []]);
  same("welcome", await a.next("welcome", 1), ["/"]);
  await a.settled();
  await a.sync();
}

async function path(c) {
  const a = await c.open({path: "/someapi/socket.io"});
  same("echo", await a.ask("echo", 1), [1]);
  await a.settled();
}
path.when = kind => kind.path === "/socket.io";

async function query(c) {
  const odd = {plain: "x", odd: "a b&c=d+e%20\u00e9\u20ac", empty: ""};
  const a = await c.open({query: odd});
  const [me] = await a.ask("whoami");
  for (const [k, v] of Object.entries(odd)) same(`query ${k}`, me.query[k], v);
  if (five(c.kind)) return;
  // a namespace with a query of its own has the connection's too
  const chat = await c.peer({nsp: "/chat", over: a, query: {w: "1"}}).up();
  const [there] = await chat.ask("whoami");
  same("queries", [there.query.plain, there.auth.w], ["x", "1"]);
}

// 2.x has no auth; there, it is the query of the namespace.
async function auth(c) {
  const want = {token: "t\u00f6ken", n: "7"};
  const a = await c.open(five(c.kind) ? {auth: want} : {nsp: `/chat?${new URLSearchParams(want)}`});
  const [me] = await a.ask("whoami");
  for (const [k, v] of Object.entries(want)) same(`auth ${k}`, me.auth[k], v);
  if (!five(c.kind)) return;
  const b = await c.open({auth: tell => tell({deep: {list: [1, null, "x"]}})});
  same("auth by function", (await b.ask("whoami"))[0].auth.deep, {list: [1, null, "x"]});
}

async function namespaces(c) {
  const a = await c.open();
  const chat = c.peer({nsp: "/chat", over: a});
  await chat.up();
  same("welcome", await chat.next("welcome", 1), ["/chat"]);
  if (!five(c.kind)) same("id", chat.socket.id, `/chat#${a.socket.io.engine.id}`);
  same("whoami", (await chat.ask("whoami"))[0].nsp, "/chat");
  // rooms of one name, but not of one namespace
  await a.ask("join-room", c.name);
  await chat.ask("join-room", c.name);
  a.hear("x");
  chat.hear("x");
  await chat.ask("emit-room", c.name, "x", "in chat");
  same("in /chat", await chat.next("x", 1), ["in chat"]);
  await a.sync();
  same("events in /", a.left("x"), 0);
  // one leaves, the other stays
  chat.socket.disconnect();
  same("disconnect", (await chat.next("disconnect"))[0], "io client disconnect");
  await a.sync();
  chat.socket.connect();
  await chat.up();
  same("whoami again", (await chat.ask("whoami"))[0].rooms, []);
}

async function dynamic(c) {
  const a = await c.open({nsp: "/dyn-7"});
  same("whoami", (await a.ask("whoami"))[0].nsp, "/dyn-7");
  same("welcome", await a.next("welcome", 1), ["/dyn-7"]);
}

async function connect_error(c) {
  const refused = async nsp => {
    const p = c.peer({nsp});
    const [e] = await p.next(p.refusal);
    return five(c.kind) ? {message: e.message, data: e.data} : e;
  };
  const nope = await refused("/nope"), dyn = await refused("/dyn-");
  same("/nope", nope.message ?? nope, "Invalid namespace");
  same("/dyn-", dyn.message ?? dyn, "Invalid namespace");
  const content = {content: "show me a token"};
  same("/admin", await refused("/admin"), five(c.kind) ? {message: "not authorised", data: content} : content);
  if (!five(c.kind)) return void await c.open({nsp: "/admin?token=secret"});
  // the same socket, better prepared
  const p = c.peer({nsp: "/admin", auth: {token: "guess"}});
  await p.next("connect_error");
  same("connected", p.socket.connected, false);
  p.socket.auth = {token: "secret"};
  p.socket.connect();
  await p.up();
  same("whoami", (await p.ask("whoami"))[0].nsp, "/admin");
}

const values = [0, -1.5, true, null, "", "text \u00e9 \u{1f600} \u2028", [], {}, {a: [{b: {c: [1, "2"]}}], "k\"ey": "\\"}];

async function ack(c) {
  const a = await c.open();
  same("echo", await a.ask("echo", ...values), values);
  same("echo of nothing", await a.ask("echo"), []);
  a.socket.on("question", (...args) => args.pop()(...args, "answered"));
  same("answer", await a.ask("ask-me", ...values), [...values, "answered"]);
  // many at once, each with its own
  const many = Array.from({length: 50}, (_, i) => i);
  same("many", (await Promise.all(many.map(i => a.ask("echo", i)))).flat(), many);
  same("many asked", (await Promise.all(many.map(i => a.ask("ask-me", i)))).map(r => r[0]), many);
  same("without compression", await within("echo", new Promise(resolve => {
    const s = a.socket.compress(false);
    s.emit("echo", "z".repeat(2000), x => resolve(x.length));
  })), 2000);
}

async function timeouts(c) {
  const a = await c.open();
  a.socket.once("question", () => {});
  same("nobody answers", await a.ask("ask-late", 100), ["timeout"]);
  a.socket.once("question", answer => answer());
  same("somebody does", await a.ask("ask-late", 5000), ["answered"]);
  if (!a.socket.timeout) return; // since 4.4
  const e = await within("timeout", new Promise(resolve => a.socket.timeout(100).emit("silent", resolve)));
  same("the client's", e?.message, "operation has timed out");
}

async function emit(c) {
  const a = (await c.open()).hear("bounced");
  a.emit("bounce", ...values);
  same("bounced", await a.next("bounced", values.length), values);
  a.emit("bounce");
  await a.next("bounced");
  a.emit("nobody listens", 1);
  for (let i = 0; i < 200; i++) {
    a.emit("bounce", i);
    if (i % 20 === 0) await pause(1);
  }
  for (let i = 0; i < 200; i++) same("order", await a.next("bounced", 1), [i]);
  await a.settled();
}

// A thousand in one go are more than the server lets wait for its handlers: it
// takes them slower, and nobody notices.
async function bursts(c) {
  const a = (await c.open()).hear("bounced");
  const all = Array.from({length: 1000}, (_, i) => i);
  same("acks", (await Promise.all(all.map(i => a.ask("echo", i)))).flat(), all);
  for (const i of all) a.emit("bounce", i, bytes(i & 255));
  for (const i of all) same("order", await a.next("bounced", 2), [i, bytes(i & 255)]);
  await a.settled();
}

bursts.when = kind => kind.recovers && kind.path === "/socket.io"; // that is 4.8

const nested = () => [bytes(1, 2, 3), {in: [{deep: bytes(0, 255, 128, 30)}], and: "text \u00e9"}, bytes(...Array(300).keys()), "last"];

async function binary(c) {
  const a = (await c.open()).hear("bounced");
  a.emit("bounce", ...nested());
  same("bounced", await a.next("bounced", 4), nested());
  same("ack", await a.ask("echo", ...nested()), nested());
  a.socket.on("question", (...args) => args.pop()(...args, bytes(9)));
  same("answer", await a.ask("ask-me", ...nested()), [...nested(), bytes(9)]);
  // between texts, in order
  for (let i = 0; i < 50; i++) a.emit("bounce", i, ...i % 3 ? [bytes(i), bytes(i, i)] : ["text"]);
  for (let i = 0; i < 50; i++) {
    const want = [i, ...i % 3 ? [bytes(i), bytes(i, i)] : ["text"]];
    same("order", await a.next("bounced", want.length), want);
  }
  await a.settled();
}

async function large(c) {
  const a = await c.open();
  const [text] = await a.ask("big", 100000);
  same("down", [text.length, text.replaceAll("x", "")], [100000, ""]);
  for (const unit of ["x", "\u00e9", "\u20ac", "\u{1f600}"]) {
    const big = unit.repeat(Math.ceil(100000 / new TextEncoder().encode(unit).length));
    same(`both ways, of ${unit}`, (await a.ask("echo", big))[0] === big, true);
  }
  const many = Array.from({length: 100000}, (_, i) => (i * 7) & 255);
  same("binary", (await a.ask("echo", bytes(...many.slice(0, 50000)), bytes(...many.slice(50000)))).length, 2);
  const [back] = await a.ask("echo", bytes(...many));
  same("bytes", back, bytes(...many));
  await largeToMany(c);
}

// largeToMany sends as much to a room and to all of the namespace, where nobody
// else is.
async function largeToMany(c) {
  const nsp = `/dyn-${c.name.replace(/\W/g, "")}`, a = await c.open({nsp}), b = await c.open({nsp}), text = "\u20ac".repeat(34000), blob = bytes(...Array.from({length: 100000}, (_, i) => (i * 11) & 255));
  for (const p of [a, b]) {
    p.hear(c.name);
    await p.ask("join-room", c.name);
  }
  for (const to of [["emit-room", c.name], ["emit-all"]]) {
    await a.ask(...to, c.name, text, blob);
    for (const p of [a, b]) {
      const [t, b] = await p.next(c.name, 2), got = new Uint8Array(b);
      same(`${to[0]}: text`, t === text, true);
      same(`${to[0]}: binary`, [got.length, got.every((v, i) => v === ((i * 11) & 255))], [100000, true]);
    }
  }
}

export const talk = {connect, path, query, auth, namespaces, dynamic, connect_error, emit, ack, timeouts, bursts, binary, large};
