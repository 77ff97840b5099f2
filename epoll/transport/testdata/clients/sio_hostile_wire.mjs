// Engine.IO by hand, for what no stock client would send.
import http from "node:http";
import WebSocket from "ws";
import {viewers} from "./lib.mjs";
import {within} from "./sio_client.mjs";

// ask sends one request on a connection of its own. The answer has status, type,
// text and headers; what is no answer has error.
export function ask(method, query, {path = "/socket.io/", headers = {}, body} = {}) {
  return within(`${method} ${query}`.slice(0, 100), new Promise(resolve => {
    const request = http.request(`http://${viewers}${path}?${query}`, {
      method, agent: false, headers: {...headers, ...(body !== undefined && {"Content-Length": Buffer.byteLength(body)})},
    }, async response => {
      let text = "";
      try {
        for await (const d of response.setEncoding("utf8")) text += d;
      } catch {
        return resolve({error: "cut"});
      }
      resolve({status: response.statusCode, type: response.headers["content-type"], headers: response.headers, text});
    });
    request.on("error", e => resolve({error: e.code ?? e.message}));
    request.end(body);
  }));
}

// Probe is a WebSocket and what it has been told.
export class Probe {
  #texts = [];
  #told = () => {};

  constructor(query, {path = "/socket.io/", headers} = {}) {
    this.ws = new WebSocket(`ws://${viewers}${path}?${query}`, {headers, perMessageDeflate: false});
    this.ws.on("message", (data, binary) => {
      this.#texts.push(binary ? data : String(data));
      this.#told();
    });
    this.ws.on("error", () => {}); // the answer, or close, follows
    this.closed = new Promise(resolve => this.ws.on("close", code => {
      resolve(code);
      this.#told();
    }));
    // opened is 101, or the answer that refuses it
    this.opened = within(`open ${query}`.slice(0, 100), new Promise(resolve => {
      this.ws.on("open", () => resolve(101));
      this.ws.on("unexpected-response", async (_, response) => {
        let text = "";
        for await (const d of response.setEncoding("utf8")) text += d;
        resolve({status: response.statusCode, text, type: response.headers["content-type"]});
      });
      this.ws.on("close", () => resolve("closed"));
    }));
  }

  send(...messages) {
    for (const m of messages) this.ws.send(m);
  }

  // until waits for a text that begins so, or null if it closes before.
  until(start) {
    return within(`a message ${start}`, (async () => {
      for (;;) {
        while (this.#texts.length) {
          const text = this.#texts.shift();
          if (typeof text === "string" && text.startsWith(start)) return text;
        }
        if (this.ws.readyState === WebSocket.CLOSED) return null;
        await new Promise(resolve => { this.#told = resolve; });
      }
    })());
  }

  end() {
    this.ws.terminate();
  }
}

// Socket is a session on a WebSocket from the start.
export class Socket extends Probe {
  constructor({eio = 4, ...options} = {}) {
    super(`EIO=${eio}&transport=websocket`, options);
    this.eio = eio;
  }

  async begin() {
    this.sid = JSON.parse((await this.until("0{")).slice(1)).sid;
    return this;
  }

  // over waits until the server has ended it and returns true; false if it lives.
  async over() {
    return within("the end", this.closed).then(() => true, () => false);
  }
}

// Poller is a session by polls.
export class Poller {
  #texts = [];

  constructor({eio = 4, path, headers} = {}) {
    Object.assign(this, {eio, options: {path, headers}});
  }

  async begin() {
    const a = await ask("GET", `EIO=${this.eio}&transport=polling`, this.options);
    this.sid = JSON.parse(a.text.slice(a.text.indexOf("{"))).sid;
    return this;
  }

  get query() {
    return `EIO=${this.eio}&transport=polling&sid=${this.sid}`;
  }

  get = (options = {}) => ask("GET", this.query, {...this.options, ...options});
  post = (body, options = {}) => ask("POST", this.query, {...this.options, body, ...options});

  // send posts messages together: text as it is, binary as base64.
  send(...messages) {
    const texts = messages.map(m => typeof m === "string" ? m : `b${this.eio === 3 ? 4 : ""}${m.toString("base64")}`);
    return this.post(this.eio === 3 ? texts.map(t => `${t.length}:${t}`).join("") : texts.join("\x1e"));
  }

  // until polls until a text begins so; null if the session ends before.
  async until(start) {
    for (const end = Date.now() + 10000; Date.now() < end;) {
      while (this.#texts.length) {
        const text = this.#texts.shift();
        if (text.startsWith(start)) return text;
        if (text === "1") return null;
      }
      const {status, text} = await this.get();
      if (status !== 200) return null;
      this.#texts.push(...(this.eio === 3 ? lengths(text) : text.split("\x1e")));
    }
    throw new Error(`${start}: nothing within 10 s`);
  }

  // over says whether the session has ended, and forgotten.
  async over() {
    const beat = this.until("\0").then(() => true); // the poll waits as long as it lives
    const done = await Promise.race([beat, new Promise(resolve => setTimeout(resolve, 3000, false))]);
    return done && (await this.get()).status === 400;
  }

  end() {
    return this.send("1");
  }
}

// lengths parts a payload of Engine.IO 3.
function lengths(text) {
  const list = [];
  for (let i = 0; i < text.length;) {
    const colon = text.indexOf(":", i), end = colon + 1 + Number(text.slice(i, colon));
    list.push(text.slice(colon + 1, end));
    i = end;
  }
  return list;
}

// lives says whether a session still answers: a room that it is not in.
export async function lives(s) {
  await s.send('4277["leave","nobody"]');
  return (await s.until("4377"))?.includes("not_joined") ?? false;
}
