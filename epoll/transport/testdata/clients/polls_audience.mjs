// Plain pollers by the thousand, over a few connections.
import net from "node:net";
import {number} from "./ways_tally.mjs";

const connections = 8;
const tick = 5; // ms: how exactly pollers keep their time

// Audience is pollers of some rooms, until they have made so many requests.
export class Audience {
  wrong = [];
  #left; // requests to make, and
  #unanswered;
  #due = new Map(); // pollers by the tick they ask in
  #rooms = new Map(); // what was published in each
  #pipes = [];
  #stale = [];
  #latency = [];
  #delays = [];
  #counts = {answered: 0, not_modified: 0, events: 0};
  #parsed = new Map(); // answers are the same for many
  #heard = Date.now();

  constructor(host, rooms, requests, pollers) {
    this.host = host;
    this.pollers = pollers;
    this.#left = this.#unanswered = requests;
    for (const r of rooms) this.#rooms.set(r, {numbers: [], at: []});
    // half in the first room
    this.all = Array.from({length: pollers}, (_, i) => ({
      room: rooms[i % 2 === 0 || rooms.length === 1 ? 0 : 1 + (i >> 1) % (rooms.length - 1)], since: "", last: -1, asked: 0,
    }));
  }

  // published notes an event, and that it is there from now on.
  published(room, id) {
    const r = this.#rooms.get(room);
    r.numbers.push(number(id));
    r.at.push(Date.now());
  }

  // play has everyone come within the first second, and then when told to.
  async play() {
    this.#pipes = await Promise.all(Array.from({length: connections}, () => this.#connect()));
    let now = Math.floor(Date.now() / tick);
    this.all.forEach((p, i) => this.#come(p, now + Math.floor(i * 1000 / tick / this.pollers)));
    while (this.#unanswered > 0 && this.wrong.length === 0) {
      await new Promise(resolve => setTimeout(resolve, tick));
      for (const end = Math.floor(Date.now() / tick); now <= end; now++) this.#ask(now);
      if (Date.now() - this.#heard > 10000) this.wrong.push(`${this.#unanswered} polls are not answered`);
    }
    for (const {socket} of this.#pipes) socket.destroy();
  }

  #come(p, when) {
    const there = this.#due.get(when);
    if (there) there.push(p);
    else this.#due.set(when, [p]);
  }

  // #ask sends the polls due at a tick.
  #ask(when) {
    const text = this.#pipes.map(() => "");
    for (const p of this.#due.get(when) ?? []) {
      if (this.#left === 0) break;
      const i = this.#left-- % this.#pipes.length;
      const head = p.since ? `&since=${p.since} HTTP/1.1\r\nIf-None-Match: "${p.since}"` : " HTTP/1.1";
      text[i] += `GET /live/poll?room=${p.room}${head}\r\nHost: test\r\n\r\n`;
      p.asked = Date.now();
      this.#pipes[i].asked.push(p);
    }
    this.#due.delete(when);
    text.forEach((t, i) => t && this.#pipes[i].socket.write(t));
  }

  // #connect opens a connection on which answers come in the order of the polls.
  async #connect() {
    const [name, port] = this.host.split(":");
    const socket = net.connect(Number(port), name);
    await new Promise(resolve => socket.on("connect", resolve));
    const pipe = {socket, asked: [], rest: ""};
    socket.setEncoding("latin1");
    socket.on("data", text => this.#take(pipe, text));
    socket.on("close", () => {
      if (this.#unanswered > 0) this.wrong.push(`a connection was closed with ${this.#unanswered} polls to go`);
    });
    return pipe;
  }

  // #take splits what came into answers. RFC 9112 6.3.
  #take(pipe, text) {
    pipe.rest += text;
    this.#heard = Date.now();
    let from = 0;
    for (;;) {
      const end = pipe.rest.indexOf("\r\n\r\n", from);
      if (end < 0) break;
      const head = pipe.rest.slice(from, end + 2), status = Number(head.slice(9, 12));
      const size = status === 304 ? 0 : Number(head.match(/\r\ncontent-length: (\d+)\r\n/i)?.[1]);
      if (!(size >= 0)) return void this.wrong.push(`an answer without Content-Length: ${head}`);
      if (pipe.rest.length < end + 4 + size) break;
      this.#answer(pipe.asked.shift(), status, pipe.rest.slice(end + 4, end + 4 + size));
      from = end + 4 + size;
    }
    pipe.rest = pipe.rest.slice(from);
  }

  #answer(p, status, body) {
    const now = Date.now();
    this.#unanswered--;
    let next = 1000;
    if (status === 304) this.#counts.not_modified++;
    else if (status === 200) next = this.#page(p, body, now);
    else this.wrong.push(`${status} ${body}`);
    const r = this.#rooms.get(p.room), unseen = r.at[p.last + 1];
    this.#stale.push(unseen === undefined ? 0 : Math.max(0, p.asked - unseen));
    this.#latency.push(now - p.asked);
    this.#come(p, Math.floor((now + next) / tick));
  }

  // #page takes the events of an answer and returns when to come again.
  #page(p, body, now) {
    this.#counts.answered++;
    let a = this.#parsed.get(body);
    if (!a) {
      if (this.#parsed.size > 1000) this.#parsed.clear();
      this.#parsed.set(body, a = JSON.parse(body));
    }
    if (!p.since) p.last = this.#rooms.get(p.room).numbers.findLastIndex(n => n <= number(a.cursor));
    for (const e of a.events) {
      if (e.data.i !== p.last + 1) this.wrong.push(`event ${e.data.i} of ${p.room} after ${p.last}`);
      p.last = e.data.i;
      this.#counts.events++;
      this.#delays.push(now - e.data.at);
    }
    p.since = a.cursor;
    return a.next_ms;
  }

  // figures are what was measured. stale is how far an answer was behind when it
  // was asked for; latency is how long it took; delay is the age of an event when
  // it is first seen, which has the second between two polls in it as well.
  figures() {
    const of = (name, all) => {
      const sorted = all.sort((a, b) => a - b), at = s => sorted[Math.floor((sorted.length - 1) * s)];
      return {[`${name}_p50_ms`]: at(0.5), [`${name}_p99_ms`]: at(0.99), [`${name}_max_ms`]: at(1)};
    };
    return {pollers: this.pollers, ...this.#counts, ...of("stale", this.#stale), ...of("latency", this.#latency), ...of("delay", this.#delays)};
  }
}
