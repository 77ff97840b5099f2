// The cells of the matrix of plain Engine.IO: what a client and the application
// of sio_raw.mjs have to be able to do with each other. Each is async (c) => {}
// and throws what is wrong; c.open(options) is a new Link that is open.
import {Box, bytes, pause, same, ways, within} from "./sio_client.mjs";

// Link is one engine.io-client.
export class Link {
  messages = new Box();

  constructor(c, {host = c.host, ...options} = {}) {
    this.way = ways[c.way];
    this.socket = new c.kind.Socket(`ws://${host}`, {
      path: "/engine.io", transports: this.way.transports, query: {from: "a b&c"}, ...this.way.options, ...options,
    });
    c.links.push(this);
    this.socket.on("message", data => this.messages.put(data));
    this.socket.on("error", () => {}); // close follows
    this.closed = new Promise(resolve => this.socket.on("close", resolve));
    this.opened = new Promise((resolve, reject) => {
      this.socket.on("open", resolve);
      this.socket.on("close", why => reject(new Error(`closed by ${why}`)));
    });
    this.opened.catch(() => {});
  }

  async up() {
    await within("open", this.opened);
    if (this.way.wait) await this.settled();
    return this;
  }

  async settled() {
    const until = Date.now() + 10000;
    while (this.socket.transport.name !== this.way.ends || this.socket.upgrading) {
      if (Date.now() > until) throw new Error(`transport: got ${this.socket.transport.name}, want ${this.way.ends}`);
      await pause(10);
    }
  }

  send(data) {
    this.socket.send(data);
  }

  next() {
    return this.messages.get("message");
  }

  // ask sends and returns the next message.
  async ask(data) {
    this.send(data);
    return this.next();
  }
}

async function open(c) {
  const a = await c.open();
  if (!/^[\w-]{20}$/.test(a.socket.id)) throw new Error(`sid: got ${a.socket.id}, want 20 characters`);
  same("heartbeat", [a.socket.pingInterval ?? a.socket._pingInterval, a.socket.pingTimeout ?? a.socket._pingTimeout], [25000, 20000]);
  await a.settled();
  same("echo", await a.ask("x"), "x");
}

async function text(c) {
  const a = await c.open();
  const texts = ["a", "4", "b", "0{}", "\u00e9\u20ac\u{1f600}\u2028", "a\nb\\nc\\\\nd", "%41+&d=", "12:45", ..."\u00e9\u20ac\u{1f600}x"];
  if (c.kind.version === 3) texts.push("\x1e"); // in 4 it parts packets
  for (const t of texts) same("echo", await a.ask(t), t);
  for (const t of texts) a.send(t);
  for (const t of texts) same("echoes", await a.next(), t);
}

async function binary(c) {
  const a = await c.open();
  const lists = [[0], [1, 2, 3, 255, 0], [4], [98, 52], Array.from({length: 1000}, (_, i) => i & 255)];
  for (const l of lists) same("echo", await a.ask(bytes(...l)), bytes(...l));
  // side by side with text, whatever is sent in one go
  for (let i = 0; i < 100; i++) a.send(i % 3 ? bytes(i, 0) : `t${i}\u00e9`);
  for (let i = 0; i < 100; i++) same(`number ${i}`, await a.next(), i % 3 ? bytes(i, 0) : `t${i}\u00e9`);
  await a.settled();
}

async function large(c) {
  const a = await c.open();
  for (const unit of ["x", "\u20ac", "\u{1f600}"]) {
    const t = unit.repeat(100000 / Buffer.byteLength(unit));
    same(`of ${unit}`, await a.ask(t) === t, true);
  }
  const b = Buffer.alloc(100000, 7);
  same("binary", b.equals(Buffer.from(await a.ask(b))), true);
}

async function bursts(c) {
  const a = await c.open();
  a.send("/burst 1000");
  a.send("/pairs 300");
  for (let i = 0; i < 1000; i++) same("burst", await a.next(), String(i));
  for (let i = 0; i < 300; i++) {
    same("pairs", await a.next(), String(i));
    same("pairs", await a.next(), bytes(0, 0, i >> 8, i & 255));
  }
  for (let i = 0; i < 1000; i++) a.send(`u${i}`);
  for (let i = 0; i < 1000; i++) same("up", await a.next(), `u${i}`);
  await a.settled();
}

async function client(c) {
  const a = await c.open(), b = await c.open(), id = a.socket.id;
  a.socket.close();
  same("reason here", await within("close", a.closed), "forced close");
  same("reason there", await b.ask(`/ended ${id}`), "transport close");
}

async function server(c) {
  const a = await c.open(), b = await c.open(), id = a.socket.id;
  a.send("last");
  a.send("/close");
  same("before", await a.next(), "last");
  same("reason here", await within("close", a.closed), "transport close");
  same("reason there", await b.ask(`/ended ${id}`), "forced close");
}

async function lost(c) {
  const wire = await c.wire(), b = await c.open(), a = await c.open({host: wire.host}), id = a.socket.id;
  await a.settled();
  await a.ask("known on both sides");
  let gone;
  a.closed.then(why => { gone = why; });
  while (!gone) {
    wire.cut();
    await pause(20);
  }
  for (const [where, why] of [["here", gone], ["there", await b.ask(`/ended ${id}`)]]) {
    if (!["transport close", "transport error"].includes(why)) throw new Error(`reason ${where}: got ${why}`);
  }
}

async function unknown(c) {
  const a = c.link({path: "/no-such-path"});
  same("a path that is none", await within("close", a.closed), "transport error");
}

export const cells = {open, text, binary, large, bursts, "client closes": client, "server closes": server, "connection lost": lost, "no such path": unknown};
