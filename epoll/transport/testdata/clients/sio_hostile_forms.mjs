// What no client should send in the other two forms: packets of msgpack, and
// requests of JSONP.
import {Decoder} from "socket.io-msgpack-parser";
import {within} from "./sio_client.mjs";
import {Poller, Socket, ask} from "./sio_hostile_wire.mjs";

const path = "/packed/";

// b is bytes: numbers, and the characters of texts.
const b = (...parts) => Buffer.concat(parts.map(p => typeof p === "number" ? Buffer.from([p]) : Buffer.from(p)));
const str = s => b(0xa0 + Buffer.byteLength(s), s);
const map = (...pairs) => b(0x80 + pairs.length / 2, ...pairs.map((p, i) => i % 2 === 0 ? str(p) : p));
const array = (...values) => b(0x90 + values.length, ...values);
const num = n => b(n);
const nil = b(0xc0);

const packet = (type, data, nsp = str("/"), ...more) => map("type", num(type), "nsp", nsp, "data", data, ...more);
const connect = map("type", num(0), "nsp", str("/"));
const event = packet(2, array(str("x")));
const leave = packet(2, array(str("leave"), str("nobody")), str("/"), "id", num(77));
const reserved = ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"];

// fatal are messages of a socket that is in "/": each ends the connection.
const fatal = [
  '42["x"]', "4", b(), b(0xc0), b(0xc1), b(0x80), b(0x90), str("x"), event.subarray(0, -1), b(event, 0), b(event, event),
  b(0xdf, 0xff, 0xff, 0xff, 0xff), b(0xdd, 0xff, 0xff, 0xff, 0xff), b(0xdb, 0xff, 0xff, 0xff, 0xff), b(0xc6, 0xff, 0xff, 0xff, 0xff), b(0xde, 0xff, 0xff), b(0x81),
  packet(2, b(0xdd, 0xff, 0xff, 0xff, 0xff)), packet(2, b(0x91, 0xdb, 0xff, 0xff, 0xff, 0xff)), packet(2, array(str("x"), b(0xc6, 0xff, 0xff, 0xff, 0xff))),
  packet(2, array(str("x"), b(...Array(10000).fill(0x91), 0xc0))), packet(2, array(str("x"), b(...Array(10000).fill(b(0x81, 0xa1, "a")), 0xc0))),
  packet(5, array(str("x"))), packet(6, array()), packet(7, array(str("x"))), packet(127, array(str("x"))), packet(0xff, array(str("x"))),
  map("type", str("2"), "nsp", str("/"), "data", array(str("x"))), map("type", b(0xca, 0x40, 0x20, 0, 0), "nsp", str("/"), "data", array(str("x"))),
  map("nsp", str("/"), "data", array(str("x"))), map("type", num(2), "data", array(str("x"))), map("type", num(2), "nsp", str("/")),
  packet(2, array(str("x")), num(1)), packet(2, array(str("x")), nil), packet(2, array(str("x")), str("/nope")), packet(2, array(str("x")), str("/chat")),
  packet(2, array()), packet(2, array(nil)), packet(2, array(map())), packet(2, map()), packet(2, str("x")), packet(2, nil),
  ...reserved.map(name => packet(2, array(str(name)))),
  packet(2, array(str("x")), str("/"), "id", nil), packet(2, array(str("x")), str("/"), "id", str("1")), packet(2, array(str("x")), str("/"), "id", b(0xff)),
  packet(2, array(str("x")), str("/"), "id", b(0xcf, ...Array(8).fill(0xff))), packet(2, array(str("x")), str("/"), "id", b(0xcb, ...Array(8).fill(0x3f))),
  packet(3, array()), packet(3, map(), str("/"), "id", num(1)), packet(4, map()), packet(4, str("x")), connect, packet(0, array()), packet(0, num(1)), packet(1, array()),
  packet(2, array(b(0xa1, 0xff))), packet(2, array(str("x"), b(0xa1, 0xff))), packet(2, array(str("x"), b(0xc1))), packet(2, array(str("x"), b(0xd4, 1, 2))),
];

// early are messages of one that is in no namespace.
const early = [event, packet(1, nil), packet(3, array(), str("/"), "id", num(1)), packet(0, array()), packet(0, str("x")), "40"];

// harmless are messages of a socket that is in "/".
const harmless = [
  event, packet(3, array(), str("/"), "id", b(0xcd, 3, 231)), packet(2, array(num(1), str("x"))), packet(2, array(str("nobody listens"), map("a", array(b(0xc4, 2, 1, 2))))),
  packet(2, array(str("x"), b(0xc6, 0, 1, 134, 160, ...Buffer.alloc(100000, 7)))), packet(0, map(), str("/nope")), packet(0, map(), str("/chat")), packet(2, array(str("x"), b(0x81, 0x01, 0x02))), map("extra", num(1), "type", num(2), "nsp", str("/"), "data", array(str("x"))),
];

// heard waits for a packet, on either carrier: null at the end.
async function heard(s, right) {
  for (;;) {
    const got = await s.packet();
    if (got === null) return null;
    let k;
    new Decoder().on("decoded", p => { k = p; }).add(got);
    if (right(k)) return k;
  }
}

class PackedSocket extends Socket {
  #got = [];
  #told = () => {};

  constructor() {
    super({path});
    this.ws.on("message", (data, binary) => { if (binary) this.#got.push(data); this.#told(); });
    this.ws.on("close", () => { this.#got.push(null); this.#told(); });
  }

  packet() {
    return within("a packet", (async () => {
      while (!this.#got.length) await new Promise(resolve => { this.#told = resolve; });
      return this.#got.shift();
    })());
  }
}

class PackedPoller extends Poller {
  constructor() {
    super({path});
  }

  async packet() {
    const text = await this.until("b");
    return text && Buffer.from(text.slice(1), "base64");
  }
}

const lives = async s => {
  await s.send(leave);
  return (await heard(s, k => k.type === 3 && k.id === 77))?.data[0].code === "not_joined";
};

// packed has all of them, on both carriers, each with a session of its own.
export async function packed() {
  const wrong = [];
  let tried = 0;
  const each = (name, Carrier, list, joined, good) => list.map(async say => {
    const s = await new Carrier().begin(), what = `msgpack, ${name} by ${Carrier.name}: ${typeof say === "string" ? say : say.subarray(0, 40).toString("hex")}`;
    tried++;
    try {
      if (joined) {
        await s.send(connect);
        if (!await heard(s, k => k.type === 0)) throw new Error("not connected");
      }
      await s.send(say);
      const why = await good(s);
      if (why) wrong.push(`${what}: ${why}`);
    } catch (e) {
      wrong.push(`${what}: ${e.message}`);
    }
    await s.end();
  });
  const ended = async s => await s.over() ? "" : "it goes on";
  const goesOn = async s => await lives(s) ? "" : "it has ended";
  for (const Carrier of [PackedSocket, PackedPoller]) {
    await Promise.all([...each("fatal", Carrier, fatal, true, ended), ...each("early", Carrier, early, false, ended), ...each("harmless", Carrier, harmless, true, goesOn)]);
  }
  return {tried, wrong};
}

// unwrap takes the payload out of a script.
function unwrap(text, index) {
  const start = `___eio[${index}](`;
  if (!text.startsWith(start) || !text.endsWith(");")) throw new Error(`no script of ${index}: ${text.slice(0, 60)}`);
  return JSON.parse(text.slice(start.length, -2));
}

// scripted sends requests of JSONP: what is no index, no form, no payload.
export async function scripted() {
  const wrong = [], query = "EIO=3&transport=polling";
  const same = (what, got, want) => {
    if (JSON.stringify(got) !== JSON.stringify(want)) wrong.push(`JSONP, ${what}: got ${JSON.stringify(got)}, want ${JSON.stringify(want)}`);
  };
  const open = async (j = "0", index = j) => {
    const a = await ask("GET", `${query}&j=${j}`), text = unwrap(a.text, index);
    return {j, index, query: `${query}&j=${j}&sid=${JSON.parse(text.slice(text.indexOf("{"))).sid}`};
  };
  const post = (s, body, type = "application/x-www-form-urlencoded") => ask("POST", s.query, {body, headers: {"Content-Type": type}});
  const one = packet => form(`${packet.length}:${packet}`);
  const form = payload => `d=${encodeURIComponent(payload)}`;
  const lives = async s => {
    await post(s, one('4277["leave","nobody"]'));
    for (let i = 0; i < 5; i++) {
      const a = await ask("GET", s.query);
      if (a.status !== 200) return false;
      if (unwrap(a.text, s.index).includes("not_joined")) return true;
    }
    return false;
  };
  for (const [j, index] of [["abc", ""], ["", ""], ["1);alert(1)//", "11"], ["%3C/script%3E7", "7"], ["-1", "1"], ["1".repeat(20), "1".repeat(20)]]) {
    const s = await open(j, index);
    same(`j=${j}`, await lives(s), true);
    await post(s, form("1:1"));
  }
  same("j without end", (await ask("GET", `${query}&j=${"1".repeat(21)}`)).status, 400);
  for (const [what, body] of [
    ["no form", "24:4277"], ["an empty form", ""], ["an empty d", "d="], ["half an escape", "d=%4"], ["an escape of no byte", "d=%zz"], ["no UTF-8", "d=%ff%fe"],
    ["a length that lies", form('99:42["x"]')], ["no length", form('42["x"]')], ["nonsense", form("3:abc")], ["another name", "e=1%3A2"], ["a nul", form("2:4\0")],
  ]) {
    const s = await open(), a = await post(s, body);
    same(what, [a.status, a.text], [200, "ok"]);
    for (const end = Date.now() + 5000; (await ask("GET", s.query)).status === 200;) {
      if (Date.now() > end) {
        wrong.push(`JSONP, ${what}: it goes on`);
        break;
      }
    }
  }
  const s = await open();
  same("over the limit", (await post(s, one(`42["${"x".repeat(1100000)}"]`))).status, 413);
  same("nor is it hurt by that", await lives(s), true);
  same("a line's end, escaped", (await post(s, form('12:42["a\\\\nb",1]'))).status, 200);
  same("nor by that", await lives(s), true);
  const text = await post(s, "d=4", "text/plain"); // whatever it says it is
  same("another type", [text.status, text.text], [200, "ok"]);
  return wrong;
}
