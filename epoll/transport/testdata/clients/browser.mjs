// A page in Chromium, driven by the DevTools protocol.
import {spawn} from "node:child_process";
import WebSocket from "ws";
import {fail, within} from "./lib.mjs";

const browserFlags = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
  "--remote-debugging-port=0",
];

// Page is one tab. thrown holds what the browser complained of: exceptions, and
// what the page's security policy forbade. asked holds the addresses of all that
// was loaded, the page itself first.
export class Page {
  thrown = [];
  asked = [];
  #waiting = new Map();
  #calls = 0;
  #browser;
  #pipe;
  #session;
  #loaded = () => {};

  // open starts a browser with its profile in a folder, and goes to a URL.
  static async open(profile, url) {
    const p = new Page();
    p.#browser = spawn("chromium", [...browserFlags, `--user-data-dir=${profile}`, "about:blank"],
      {stdio: ["ignore", "ignore", "pipe"]});
    process.on("exit", () => p.#browser.kill("SIGKILL"));
    p.#pipe = new WebSocket(await within("Chromium", p.#devtools()));
    await within("DevTools", new Promise((resolve, reject) => {
      p.#pipe.on("open", resolve);
      p.#pipe.on("error", reject);
    }));
    p.#pipe.on("message", text => p.#take(JSON.parse(text)));
    const {targetId} = await p.call("Target.createTarget", {url: "about:blank"});
    p.#session = (await p.call("Target.attachToTarget", {targetId, flatten: true})).sessionId;
    for (const domain of ["Runtime", "Page", "Log", "Network"]) await p.call(`${domain}.enable`);
    const loaded = new Promise(resolve => { p.#loaded = resolve; });
    await p.call("Page.navigate", {url});
    await within(url, loaded);
    return p;
  }

  // #devtools is the address the browser prints once it listens.
  #devtools() {
    return new Promise((resolve, reject) => {
      let said = "";
      this.#browser.stderr.on("data", d => {
        said += d;
        const m = said.match(/DevTools listening on (ws:\S+)/);
        if (m) resolve(m[1]);
      });
      this.#browser.on("error", reject);
      this.#browser.on("exit", code => reject(new Error(`Chromium ended with ${code}: ${said}`)));
    });
  }

  #take(m) {
    if (m.method === "Runtime.exceptionThrown") {
      const d = m.params.exceptionDetails;
      this.thrown.push(d.exception?.description ?? d.text);
    } else if (m.method === "Log.entryAdded" && m.params.entry.source === "security") {
      this.thrown.push(m.params.entry.text);
    }
    if (m.method === "Network.requestWillBeSent") this.asked.push(m.params.request.url);
    if (m.method === "Page.loadEventFired") this.#loaded();
    this.#waiting.get(m.id)?.(m);
    this.#waiting.delete(m.id);
  }

  // call sends one command and returns its result.
  async call(method, params = {}) {
    const id = ++this.#calls;
    const answer = new Promise(resolve => this.#waiting.set(id, resolve));
    this.#pipe.send(JSON.stringify({id, method, params, sessionId: this.#session}));
    const m = await within(method, answer);
    if (m.error) fail(`${method}: ${m.error.message}`);
    return m.result;
  }

  // on evaluates an expression in the page.
  async on(expression) {
    const r = await this.call("Runtime.evaluate", {expression, awaitPromise: true, returnByValue: true});
    if (r.exceptionDetails) fail(`${expression}: ${r.exceptionDetails.exception?.description}`);
    return r.result.value;
  }

  // until evaluates one until it is true.
  until(what, expression) {
    return within(what, this.on(`new Promise(resolve => {
      const look = () => (${expression}) ? resolve(true) : setTimeout(look, 20);
      look();
    })`)).catch(async e => fail(`${e.message}; the page says: ${await this.on("document.body.innerText")}; it threw: ${this.thrown}`));
  }

  // close ends the browser, so that nobody writes to the profile any more.
  async close() {
    const gone = new Promise(resolve => this.#browser.on("exit", resolve));
    this.#session = undefined;
    this.#pipe.send(JSON.stringify({id: ++this.#calls, method: "Browser.close"}));
    await within("Chromium's end", gone);
  }
}
