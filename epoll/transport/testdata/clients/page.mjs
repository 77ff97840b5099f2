// Opens the page at / in Chromium and plays with it, by the DevTools protocol.
// The third argument is a folder for the browser's profile.
import {spawn} from "node:child_process";
import WebSocket from "ws";
import {fail, more, publish, same, viewers, within} from "./lib.mjs";

const room = "match:42";
const browser = spawn("chromium", [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
  "--remote-debugging-port=0", `--user-data-dir=${more[0]}`, "about:blank",
], {stdio: ["ignore", "ignore", "pipe"]});
process.on("exit", () => browser.kill("SIGKILL"));

// devtools is the address the browser prints once it listens.
const devtools = await within("Chromium", new Promise((resolve, reject) => {
  let said = "";
  browser.stderr.on("data", d => {
    said += d;
    const m = said.match(/DevTools listening on (ws:\S+)/);
    if (m) resolve(m[1]);
  });
  browser.on("error", reject);
  browser.on("exit", code => reject(new Error(`Chromium ended with ${code}: ${said}`)));
}));

// call sends one command and returns its result.
const pipe = new WebSocket(devtools);
await within("DevTools", new Promise((resolve, reject) => { pipe.on("open", resolve); pipe.on("error", reject); }));
const waiting = new Map();
let calls = 0, session;
const thrown = [];
pipe.on("message", text => {
  const m = JSON.parse(text);
  if (m.method === "Runtime.exceptionThrown") thrown.push(m.params.exceptionDetails.exception?.description ?? m.params.exceptionDetails.text);
  waiting.get(m.id)?.(m);
  waiting.delete(m.id);
});
async function call(method, params = {}) {
  const id = ++calls;
  const answer = new Promise(resolve => waiting.set(id, resolve));
  pipe.send(JSON.stringify({id, method, params, sessionId: session}));
  const m = await within(method, answer);
  if (m.error) fail(`${method}: ${m.error.message}`);
  return m.result;
}

// on evaluates an expression in the page; until does so until it is true.
async function on(expression) {
  const r = await call("Runtime.evaluate", {expression, awaitPromise: true, returnByValue: true});
  if (r.exceptionDetails) fail(`${expression}: ${r.exceptionDetails.exception?.description}`);
  return r.result.value;
}
const until = (what, expression) => within(what, on(`new Promise(resolve => {
  const look = () => (${expression}) ? resolve(true) : setTimeout(look, 20);
  look();
})`)).catch(async e => fail(`${e.message}; the page says: ${await on("document.body.innerText")}; it threw: ${thrown}`));

const {targetId} = await call("Target.createTarget", {url: "about:blank"});
session = (await call("Target.attachToTarget", {targetId, flatten: true})).sessionId;
await call("Runtime.enable");
await call("Page.enable");
await call("Page.navigate", {url: `http://${viewers}/#${room}`});

const shown = text => `document.querySelector("#list")?.innerText.includes(${JSON.stringify(text)})`;
await until("connected", `document.querySelector("#state")?.className === "open"`);

// from outside, as data and not as HTML
await publish(room, "goal", '{"text":"one <b>nil</b>"}');
await until("an event published by HTTP", shown("one <b>nil</b>"));

// from the page itself
await on(`document.querySelector("#text").value = "from the page"; document.querySelector("#send").click()`);
await until("an event published by the page", shown("from the page"));

// in a second room the first one's events do not show
await on(`document.querySelector("#rooms").value = "other"; document.querySelector("#watch").requestSubmit()`);
await until("another room", `document.querySelector("#state").className === "open" && !${shown("from the page")}`);
await publish("other", "chat", '{"text":"elsewhere"}');
await until("an event of the other room", shown("elsewhere"));

same("exceptions in the page", thrown, []);

// Closed, not killed: the profile's folder is removed once this program ends.
const gone = new Promise(resolve => browser.on("exit", resolve));
session = undefined;
pipe.send(JSON.stringify({id: ++calls, method: "Browser.close"}));
await within("Chromium's end", gone);
process.exit(0);
