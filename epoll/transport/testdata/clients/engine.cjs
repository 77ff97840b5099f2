// Drives an echo over Engine.IO with the npm packages engine.io-client 6 and 3:
// by polls, by a WebSocket, and by an upgrade from one to the other.
const assert = require("node:assert");

const viewers = process.argv[2];
const clients = [
  {version: 4, Socket: require("eio6").Socket},
  {version: 3, Socket: require("eio3").Socket},
];
const ways = [["polling"], ["websocket"], ["polling", "websocket"]];

// Ends the program when a step takes too long: what it waits for is not coming.
function within(what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: nothing within 10 s`)), 10000);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// Link is a client with what came kept until somebody asks.
class Link {
  constructor(client, transports, options = {}) {
    this.name = `version ${client.version} ${transports.join("+")}`;
    this.kept = [];
    this.socket = new client.Socket(`ws://${viewers}`, {path: "/socket.io", transports, perMessageDeflate: {threshold: 0}, ...options});
    this.socket.binaryType = "nodebuffer";
    this.socket.on("message", data => {
      if (this.asker) this.asker(data); else this.kept.push(data);
      this.asker = undefined;
    });
    this.open = new Promise(resolve => this.socket.on("open", resolve));
    this.upgraded = new Promise(resolve => this.socket.on("upgrade", resolve));
    this.closed = new Promise(resolve => this.socket.on("close", resolve));
    this.socket.on("error", e => { this.error = e; });
  }

  async next() {
    if (this.kept.length) return this.kept.shift();
    return within(`${this.name}: message`, new Promise(resolve => { this.asker = resolve; }));
  }

  async echo(data) {
    this.socket.send(data);
    const got = await this.next();
    if (typeof data === "string") return assert.strictEqual(got, data, this.name);
    assert.ok(Buffer.isBuffer(got), `${this.name}: binary came back as ${typeof got}`);
    assert.ok(got.equals(data), `${this.name}: other bytes`);
  }
}

async function talk(client, transports) {
  const v = new Link(client, transports);
  await within(`${v.name}: open`, v.open);
  await v.echo("early");
  if (transports.length > 1) {
    for (let i = 0; i < 200; i++) v.socket.send(`n${i}`);
    for (let i = 0; i < 200; i++) assert.strictEqual(await v.next(), `n${i}`, v.name);
    await within(`${v.name}: upgrade`, v.upgraded);
  }
  for (const text of ["", "a", "h\u00e9llo \u{1f600}\u2028\n\\n\x1e".replace("\x1e", client.version === 4 ? "" : "\x1e"),
    "x".repeat(100000), "\u{1f600}".repeat(20000)]) {
    if (text === "") continue; // an empty message is none to the older client
    await v.echo(text);
  }
  for (const bytes of [Buffer.from([0]), Buffer.from([1, 2, 3, 255, 0]), Buffer.alloc(100000, 7)]) await v.echo(bytes);
  v.socket.send("between");
  v.socket.send(Buffer.from("binary"));
  v.socket.send("after both");
  assert.strictEqual(await v.next(), "between");
  assert.strictEqual(String(await v.next()), "binary");
  assert.strictEqual(await v.next(), "after both");
  v.socket.send("big x");
  assert.strictEqual((await v.next()).length, 100000);
  // Longer than both times together: the heartbeats are what keeps it.
  const beats = new Promise(resolve => setTimeout(resolve, 1500));
  await Promise.race([beats, v.closed.then(why => assert.fail(`${v.name}: closed by ${why}`))]);
  await v.echo("still here");
  v.socket.close();
  assert.strictEqual(await within(`${v.name}: close`, v.closed), "forced close", v.name);
}

async function serverCloses(client, transports) {
  const v = new Link(client, transports);
  await within(`${v.name}: open`, v.open);
  if (transports.length > 1) await within(`${v.name}: upgrade`, v.upgraded);
  v.socket.send("end");
  assert.strictEqual(await v.next(), "bye", v.name);
  assert.strictEqual(await within(`${v.name}: end`, v.closed), "transport close", v.name);
}

async function refused(client) {
  const v = new Link(client, ["polling"], {path: "/nothing"});
  assert.strictEqual(await within("refused", new Promise(resolve => v.socket.on("close", resolve))), "transport error");
}

(async () => {
  const all = [];
  for (const client of clients) {
    for (const transports of ways) all.push(talk(client, transports), serverCloses(client, transports));
    all.push(refused(client));
  }
  await Promise.all(all);
})().then(() => process.exit(0), e => { console.error(e.stack ?? e); process.exit(1); });
