// Cells of the matrix about how connections end and begin again: see
// sio_cells.mjs. c.wire() is a host of its own to connect to, with cut(), which
// resets its connections, and hold(), after which they are silent for good.
import {bytes, pause, same, within} from "./sio_client.mjs";

const recovers = kind => kind.recovers;
const plainPath = kind => kind.path === "/socket.io";

function among(what, got, want) {
  if (!want.includes(got)) throw new Error(`${what}: got ${got}, want ${want.join(" or ")}`);
}

// watch is a peer that is told how others ended.
async function watch(c) {
  const p = await c.open();
  return async id => (await p.ask("ended", id))[0];
}

// cut cuts until it is noticed: a client between two polls has no connection.
// While they upgrade, neither side may take notice until a heartbeat is late:
// clients pause polling and forget it when the WebSocket fails, servers wait for
// the next poll. So the upgrade is over, and known to be on both sides.
async function cut(p, wire) {
  await p.settled();
  await p.sync();
  const gone = p.next("disconnect").then(([reason]) => reason);
  let reason;
  while (reason === undefined) {
    await wire.cut();
    reason = await Promise.race([gone, pause(20)]);
  }
  return reason;
}

async function client(c) {
  const ended = await watch(c), a = await c.open(), id = a.socket.id;
  a.socket.disconnect();
  same("reason here", (await a.next("disconnect"))[0], "io client disconnect");
  same("reason there", await ended(id), "client namespace disconnect");
  a.socket.connect();
  await a.up();
  await a.sync();
  if (a.socket.id === id) throw new Error("the id is the old one");
}

async function server(c) {
  const ended = await watch(c);
  for (const close of [false, true]) {
    const a = await c.open(), chat = c.peer({nsp: "/chat", over: a});
    await chat.up();
    const id = a.socket.id;
    a.emit("disconnect-me", close);
    same(`reason here, ${close}`, (await a.next("disconnect"))[0], "io server disconnect");
    same(`reason there, ${close}`, await ended(id), "server namespace disconnect");
    if (close) same("reason in /chat", (await chat.next("disconnect"))[0], "io server disconnect");
    else await chat.sync();
    a.socket.connect();
    if (!close && c.kind.protocol === 4) continue; // it waits to be connected by the server
    await a.up();
    await a.sync();
  }
}

async function lost(c) {
  const ended = await watch(c), wire = await c.wire();
  const a = await c.open({host: wire.host, reconnection: false}), id = a.socket.id;
  among("reason here", await cut(a, wire), ["transport close", "transport error"]);
  among("reason there", await ended(id), ["transport close", "transport error"]);
}

async function heartbeat(c) {
  const ended = await watch(c), wire = await c.wire();
  // who comes back while the wire is held is not heard of again
  const patient = {reconnectionDelay: 2000, reconnectionDelayMax: 2000, randomizationFactor: 0.1};
  const a = await c.open({host: wire.host, path: "/someapi/socket.io", ...patient}), id = a.socket.id;
  await pause(2500); // two and a half intervals
  same("disconnects of the living", a.left("disconnect"), 0);
  await a.sync();
  await wire.hold();
  same("reason here", (await a.next("disconnect"))[0], "ping timeout");
  // engine.io 6 forgets the heartbeats of 2.x once it has upgraded
  if (!c.reference || c.kind.protocol === 5) same("reason there", await ended(id), "ping timeout");
  await wire.free(); // not before: a poller says goodbye
  await a.up();
  await a.sync();
}
heartbeat.when = plainPath;

async function reconnect(c) {
  const wire = await c.wire();
  const a = (await c.open({host: wire.host, path: "/someapi/socket.io"})).hear("bounced"), id = a.socket.id;
  const tried = new Promise(resolve => a.socket.io.on("reconnect", resolve));
  await a.ask("join-room", c.name);
  await cut(a, wire);
  a.emit("bounce", "sent while away", bytes(1));
  await a.up();
  same("bounced", await a.next("bounced", 2), ["sent while away", bytes(1)]);
  if (!(await within("reconnect", tried) >= 1)) throw new Error("no attempts were counted");
  const [me] = await a.ask("whoami");
  same("whoami", [me.id === id, me.rooms, me.recovered], [false, [], false]);
  await a.settled();
}
reconnect.when = plainPath;

// missing publishes what a misses while it is away: to its room, to itself, to
// all, from one that is in the room, and not to it.
async function missing(c, a, b, from) {
  const x = (...args) => b.ask(...args.slice(0, -1), "x", args.at(-1));
  await x("emit-room", c.name, from);
  await x("emit-room", a.socket.savedId, bytes(from));
  await x("except-room", c.name, `${c.name}-a`, "not for a");
  await x("emit-room", `${c.name}-other`, "not its room");
  await x("broadcast-room", c.name, {deep: [bytes(), from]});
  await x("emit-room", c.name, from + 1);
  return [from, bytes(from), {deep: [bytes(), from]}, from + 1];
}

async function recovery(c) {
  const wire = await c.wire(), b = await c.open();
  const a = (await c.open({host: wire.host})).hear("x"), id = a.socket.id;
  a.socket.savedId = id;
  for (const room of [c.name, `${c.name}-a`]) await a.ask("join-room", room);
  await b.ask("join-room", c.name);
  await b.ask("emit-room", c.name, "x", "before");
  same("before", await a.next("x", 1), ["before"]);
  for (const round of [10, 20]) {
    await cut(a, wire);
    const want = await missing(c, a, b, round);
    await a.up();
    same("recovered", [a.socket.recovered, a.socket.id], [true, id]);
    await b.ask("emit-room", c.name, "x", "after");
    for (const w of [...want, "after"]) same("missed", await a.next("x", 1), [w]);
    const [me] = await a.ask("whoami");
    same("whoami", [me.id, me.recovered, me.rooms], [id, true, [c.name, `${c.name}-a`]]);
    same("more", a.left("x"), 0);
  }
  await a.settled();
}
recovery.when = recovers;

// What cannot be recovered: a socket that left, a private id that is none, an
// offset that is none.
async function unrecoverable(c) {
  const b = await c.open();
  const ways = {
    "left": a => a.socket.disconnect(),
    "strange pid": a => { a.socket._pid = "nope"; },
    // for good: what other columns emit to all comes with an offset too
    "strange offset": a => Object.defineProperty(a.socket, "_lastOffset", {get: () => "nope", set() {}}),
  };
  for (const [name, spoil] of Object.entries(ways)) {
    const wire = await c.wire();
    const a = (await c.open({host: wire.host})).hear("x"), id = a.socket.id;
    await a.ask("join-room", c.name);
    await b.ask("emit-room", c.name, "x", "before");
    await a.next("x");
    spoil(a);
    if (a.socket.connected) await cut(a, wire);
    await b.ask("emit-room", c.name, "x", "missed");
    // Who was cut comes back by itself: connect() in the midst of that would
    // send CONNECT twice.
    if (name === "left") a.socket.connect();
    await a.up();
    same(name, [a.socket.recovered, a.socket.id === id], [false, false]);
    const [me] = await a.ask("whoami");
    same(`${name}: whoami`, [me.recovered, me.rooms], [false, []]);
    same(`${name}: what it missed`, a.left("x"), 0);
    await a.ask("join-room", c.name);
    await b.ask("emit-room", c.name, "x", "again");
    same(name, await a.next("x", 1), ["again"]);
  }
}
unrecoverable.when = recovers;

export const ends = {
  "client leaves": client, "server disconnects": server, "connection lost": lost, heartbeat, reconnect, recovery, unrecoverable,
};
