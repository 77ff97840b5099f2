// The page at / through a bad day: rooms in the query, a flood of events, lost
// connections, a server that goes away, a gap, and a room it may not publish to.
// The third argument is a folder for the browser's profile.
//
// Beside /v1/publish the control port has /drop, which cuts all connections,
// and /reconnect?after_ms=N, which asks all viewers to come back later.
import {Page} from "./browser.mjs";
import {control, fail, more, publish, same, viewers, within} from "./lib.mjs";

async function post(path) {
  const answer = await within(path, fetch(`http://${control}${path}`, {method: "POST"}));
  if (!answer.ok) fail(`${path}: ${answer.status}`);
}

const ways = ["websocket", "sse", "stream", "multipart"];
const page = await Page.open(more[0], `http://${viewers}/?room=a&room=quiet&${ways.map(w => `way=${w}`).join("&")}`);
const open = `document.querySelector("#state").classList.contains("open")`;
const columns = `[...document.querySelectorAll("#columns section")]`;
const rows = `${columns}.map(c => [...c.querySelectorAll("li")].map(l => l.textContent))`;
const figure = name => `${columns}.map(c => c.querySelector(".${name}").textContent)`;
const has = text => `${rows}.every(list => list.some(r => r.includes(${JSON.stringify(text)})))`;
const newest = text => `${rows}.every(list => list[0]?.includes(${JSON.stringify(text)}))`;
const each = value => ways.map(() => value);

// rooms named in the query
await page.until("connected", open);
await page.until("the viewers of both rooms", `${figure("viewers")}.every(v => /^a \\d, quiet \\d$/.test(v))`);
same("rooms", await page.on(`[document.querySelector("#rooms").value, location.hash]`), ["a quiet", "#a&quiet"]);

// data is text
await publish("a", "html", '{"text":"<img src=x onerror=boom()>"}');
await page.until("markup as text", has("<img src=x onerror=boom()>"));
same("elements made of data", await page.on(`document.querySelectorAll("img, #columns script").length`), 0);
await publish("a", "exact", '{"n":[1.5,null],"text":"x"}');
await page.on(`document.querySelector("#raw").click()`);
await page.until("data as JSON", has('{"n":[1.5,null],"text":"x"}'));
await page.on(`document.querySelector("#raw").click()`);

// many: the list is bounded and the newest is on top
for (let i = 0; i < 300; i++) await publish("a", "n", `{"i":${i}}`);
await page.until("the last of many", newest("i 299"));
same("rows", await page.on(`${rows}.map(list => list.length)`), each(100));
same("events", await page.on(figure("events")), each("302"));

// a lost connection: what happens meanwhile is there afterwards, once
await post("/drop");
for (const text of ["one", "two", "three"]) await publish("a", "meanwhile", JSON.stringify({text}));
await page.until("what was missed", `${open} && ${has("meanwhilethree")}`);
same("in order and once", await page.on(`${rows}.map(list => list.slice(0, 4).map(r => r.slice(-5)).join(" "))`), each("three letwo leone i 299"));
same("gaps so far", await page.on(figure("gaps")), each("0"));

// asked to come back later, with a log too short for what happens meanwhile
await post("/reconnect?after_ms=5000");
await page.until("away", `${columns}.every(c => c.querySelector(".state.down"))`);
for (let i = 0; i < 450; i++) await publish("a", "away", `{"i":${i}}`);
await page.until("back, with a gap notice and the newest", `${open} && ${newest("i 449")}`);
same("gaps", await page.on(figure("gaps")), each("1"));

// publishing: allowed, with its latency, and not
const send = text => page.on(`document.querySelector("#text").value = ${JSON.stringify(text)}; document.querySelector("#send").click()`);
await send("mine");
await page.until("my own event and its latency", `${has("mine")} && ${figure("delay")}.every(d => /ms$/.test(d))`);
await page.on(`document.querySelector("#to").value = "quiet"`);
await send("secret");
await page.until("the refusal", `document.querySelector("#note").textContent.includes("forbidden")`);
same("the text is still there", await page.on(`document.querySelector("#text").value`), "secret");

// a name that is none
await page.on(`document.querySelector("#rooms").value = "a <b>"; document.querySelector("#watch").requestSubmit()`);
await page.until("the complaint", `document.querySelector("#note").textContent.includes("<b>")`);

same("exceptions in the page", page.thrown, []);
await page.close();
process.exit(0);
