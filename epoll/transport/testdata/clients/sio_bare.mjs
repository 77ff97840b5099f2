// A client of Engine.IO 4 and Socket.IO 5 as bare as can be, so that a program
// can have a thousand: it begins on polls and changes to a WebSocket when told.
// It does what protocols ask of one, in their order, and no more.
import http from "node:http";
import WebSocket from "ws";
import {fail, within} from "./lib.mjs";
import {pause} from "./ways_tally.mjs";

const separator = "\x1e";

// read are the packets that were read: many clients get the same.
const read = new Map();

function parse(text) {
  let packet = read.get(text);
  if (!packet) {
    const [, id, json] = text.match(/^..(\d*)(.*)$/s);
    packet = {id: id && Number(id), args: JSON.parse(json)};
    if (read.size > 10000) read.clear();
    read.set(text, packet);
  }
  return packet;
}

// Bare is one, in the root namespace.
export class Bare {
  // polled and streamed count events by what brought them.
  polled = 0;
  streamed = 0;
  #waiting = []; // packets to post
  #posting;      // the POST under way
  #asking;       // the poll under way
  #paused = false;
  #joined;
  #socket;
  #acks = new Map();
  #next = 0;

  // take gets the arguments of events, their name first. agent is for polls and
  // POSTs: one of keepAlive false has a connection for each.
  constructor(host, {path = "/socket.io/", agent = new http.Agent({keepAlive: true}), take}) {
    Object.assign(this, {host, path, agent, take});
  }

  // open connects, with auth.
  async open(auth = {}) {
    const [hello] = (await this.#request("GET")).split(separator);
    if (hello[0] !== "0") fail(`handshake: ${hello}`);
    this.sid = JSON.parse(hello.slice(1)).sid;
    const joined = new Promise(resolve => { this.#joined = resolve; });
    this.#poll();
    this.send(`40${JSON.stringify(auth)}`);
    await within("connect", joined);
    return this;
  }

  #url(transport) {
    return `${this.host}${this.path}?EIO=4&transport=${transport}${this.sid ? `&sid=${this.sid}` : ""}`;
  }

  // #request is a poll or a POST; its answer, or "" once it is closed.
  #request(method, body) {
    return new Promise(resolve => {
      const gone = e => this.closed ? resolve("") : fail(`${method}: ${e.message}`);
      http.request(`http://${this.#url("polling")}`, {method, agent: this.agent}, async response => {
        let text = "";
        try {
          for await (const d of response.setEncoding("utf8")) text += d;
        } catch (e) {
          return gone(e);
        }
        if (response.statusCode !== 200 && !this.closed) fail(`${method}: ${response.statusCode} ${text}`);
        resolve(text);
      }).on("error", gone).end(body);
    });
  }

  async #poll() {
    while (!this.#paused && !this.closed) {
      this.#asking = this.#request("GET");
      const packets = await this.#asking;
      if (this.closed) return;
      for (const p of packets.split(separator)) this.#packet(p);
    }
  }

  // send sends a packet: by one POST at a time.
  send(packet) {
    if (this.#socket) return this.#socket.send(packet);
    this.#waiting.push(packet);
    this.#posting ??= this.#post();
  }

  async #post() {
    while (this.#waiting.length && !this.#paused) await this.#request("POST", this.#waiting.splice(0).join(separator));
    this.#posting = undefined;
  }

  emit(...args) {
    this.send(`42${JSON.stringify(args)}`);
  }

  // ask emits with an ack, and returns its arguments.
  ask(...args) {
    const id = this.#next++;
    const answer = new Promise(resolve => this.#acks.set(id, resolve));
    this.send(`42${id}${JSON.stringify(args)}`);
    return answer;
  }

  // upgrade changes to a WebSocket; hesitate is how many milliseconds there is
  // nothing to bring events.
  async upgrade(hesitate = 0) {
    const socket = new WebSocket(`ws://${this.#url("websocket")}`, {perMessageDeflate: false});
    socket.on("error", e => this.closed || fail(`WebSocket: ${e.message}`));
    socket.on("close", code => this.closed || fail(`WebSocket: closed with ${code}`));
    await new Promise(resolve => socket.on("open", resolve));
    const probed = new Promise(resolve => socket.once("message", text => resolve(String(text))));
    socket.send("2probe");
    const answer = await within("probe", probed);
    if (answer !== "3probe") fail(`probe: ${answer}`);
    socket.on("message", text => this.#packet(String(text)));
    // The server ends the poll; what came with it was taken before.
    this.#paused = true;
    await within("pause", Promise.all([this.#asking, this.#posting]));
    await pause(hesitate);
    socket.send("5");
    this.#socket = socket;
    for (const p of this.#waiting.splice(0)) socket.send(p);
  }

  #packet(text) {
    switch (text.slice(0, 2)) {
      case "2": return this.send("3");
      case "6": return;
      case "40": return this.#joined();
      case "42": {
        if (this.#socket) this.streamed++; else this.polled++;
        const {id, args} = parse(text);
        if (id !== "") fail(`an ack is asked for: ${text}`);
        return this.take(...args);
      }
      case "43": {
        const {id, args} = parse(text);
        if (!this.#acks.has(id)) fail(`answered twice: ${text}`);
        this.#acks.get(id)(args);
        return void this.#acks.delete(id);
      }
      default: fail(`packet: ${text}`);
    }
  }

  close() {
    this.closed = true;
    this.#socket?.terminate();
    this.agent.destroy();
  }
}
