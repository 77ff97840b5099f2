// A stock Socket.IO client as the cells of the matrix handle it. What is here
// and in the cells runs in Node and in pages.

// patience is how long a step may take.
const patience = 10000;

export function within(what, promise, ms = patience) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: nothing within ${ms} ms`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

export const pause = ms => new Promise(resolve => setTimeout(resolve, ms));

// same compares by JSON, with binary as lists of bytes.
export function same(what, got, want) {
  const g = JSON.stringify(plain(got)), w = JSON.stringify(plain(want));
  if (g !== w) throw new Error(`${what}: got ${short(g)}, want ${short(w)}`);
}

const short = text => text?.length > 300 ? `${text.slice(0, 300)}... (${text.length})` : text;

// plain has {bytes: [...]} in the place of binary.
function plain(v) {
  if (v instanceof ArrayBuffer) return {bytes: [...new Uint8Array(v)]};
  if (ArrayBuffer.isView(v)) return {bytes: [...new Uint8Array(v.buffer, v.byteOffset, v.byteLength)]};
  if (Array.isArray(v)) return v.map(plain);
  if (v && typeof v === "object") return Object.fromEntries(Object.entries(v).map(([k, w]) => [k, plain(w)]));
  return v;
}

// bytes is binary in the form that all versions take: 2.x does not know views.
export const bytes = (...list) => typeof Buffer === "function" ? Buffer.from(list) : new Uint8Array(list).buffer;

// ways are what a client may connect by. On one that upgrades a cell starts
// either at once, so that what it does meets the upgrade, or after it.
export const ways = {
  polling: {transports: ["polling"], ends: "polling"},
  websocket: {transports: ["websocket"], ends: "websocket"},
  upgrading: {transports: ["polling", "websocket"], ends: "websocket"},
  upgraded: {transports: ["polling", "websocket"], ends: "websocket", wait: true},
  jsonp: {transports: ["polling"], ends: "polling", options: {forceJSONP: true}},
  base64: {transports: ["polling", "websocket"], ends: "websocket", options: {forceBase64: true}},
};

// Box holds what comes until it is asked for.
export class Box {
  #kept = [];
  #asker;

  put(v) {
    if (!this.#asker) return void this.#kept.push(v);
    const asker = this.#asker;
    this.#asker = undefined;
    asker(v);
  }

  get(what) {
    if (this.#kept.length) return Promise.resolve(this.#kept.shift());
    return within(what, new Promise(resolve => { this.#asker = resolve; }));
  }

  get size() {
    return this.#kept.length;
  }
}

// Peer is one socket.
export class Peer {
  #boxes = new Map();

  // c is the cell's context: kind (see sio_kinds.mjs), way, host.
  // over is another peer whose connection to use.
  constructor(c, {nsp = "/", host = c.host, path = c.kind.path, over, ...options} = {}) {
    this.c = c;
    this.way = ways[c.way];
    this.socket = over ? over.socket.io.socket(nsp, options) : c.kind.io(`http://${host}${nsp}`, {
      forceNew: true, path, transports: this.way.transports, reconnectionDelay: 100, reconnectionDelayMax: 200,
      randomizationFactor: 0, ...this.way.options, ...c.kind.options, ...options,
    });
    c.peers.push(this);
    this.hear("connect", "disconnect", "welcome", this.refusal);
  }

  // refusal is the event that tells of a refused namespace.
  get refusal() {
    return this.c.kind.protocol === 5 ? "connect_error" : "error";
  }

  // hear keeps events of some names.
  hear(...events) {
    for (const event of events) {
      const box = new Box();
      this.#boxes.set(event, box);
      this.socket.on(event, (...args) => box.put(args));
    }
    return this;
  }

  // next is the arguments of the oldest event of a name not yet taken; only so
  // many of them, if count is given: with recovery there is an offset behind.
  async next(event, count) {
    const args = await this.#boxes.get(event).get(event);
    return count === undefined ? args : args.slice(0, count);
  }

  // left is how many events of a name have come and were not taken.
  left(event) {
    return this.#boxes.get(event).size;
  }

  // up waits until it is connected, and upgraded if that is to be.
  async up() {
    await this.next("connect");
    if (this.way.wait) await this.settled();
    return this;
  }

  // settled waits until the transport is the one to stay with.
  async settled() {
    const engine = () => this.socket.io.engine;
    const until = Date.now() + patience;
    while (engine()?.transport?.name !== this.way.ends || engine().upgrading) {
      if (Date.now() > until) throw new Error(`transport: got ${engine()?.transport?.name}, want ${this.way.ends}`);
      await pause(10);
    }
  }

  emit(event, ...args) {
    this.socket.emit(event, ...args);
  }

  // ask sends an event and waits for the arguments of its ack.
  ask(event, ...args) {
    return within(`ack of ${event}`, new Promise(resolve => this.socket.emit(event, ...args, (...answer) => resolve(answer))));
  }

  // sync returns once all that was sent to it before has come.
  async sync() {
    same("sync", await this.ask("echo", "sync"), ["sync"]);
  }

  // close is not a way to leave in style: the whole connection goes.
  close() {
    this.socket.io.skipReconnect = true;
    this.socket.close();
    this.socket.io.engine?.close();
  }
}
