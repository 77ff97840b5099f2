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

const page = await Page.open(more[0], `http://${viewers}/?room=a&room=quiet`);
const open = `(document.querySelector("#state").className === "open")`;
const figure = name => `[...document.querySelectorAll("#figures div")].find(d => d.children[0].textContent === ${JSON.stringify(name)})?.children[1].textContent`;
const rows = `[...document.querySelectorAll("#list li")].map(l => l.textContent)`;
const has = text => `${rows}.some(r => r.includes(${JSON.stringify(text)}))`;

// rooms named in the query
await page.until("connected", open);
await page.until("both rooms", `${figure("Viewers of a")} === "1" && ${figure("Viewers of quiet")} === "1"`);
same("rooms", await page.on(`[document.querySelector("#rooms").value, location.hash]`), ["a quiet", "#a&quiet"]);

// data is text, to the digit
await publish("a", "html", '{"text":"<img src=x onerror=boom()>"}');
await page.until("markup as text", has("<img src=x onerror=boom()>"));
same("elements made of data", await page.on(`document.querySelectorAll("img, #list script").length`), 0);
await publish("a", "exact", '{"n":12345678901234567890,"f":1.0}');
await page.on(`document.querySelector("#raw").click()`);
await page.until("data as published", has('{"n":12345678901234567890,"f":1.0}'));
await page.on(`document.querySelector("#raw").click()`);

// many: the list is bounded and the newest is on top
for (let i = 0; i < 300; i++) await publish("a", "n", `{"i":${i}}`);
await page.until("the last of many", `${rows}[0]?.includes("i 299")`);
same("rows and events", await page.on(`[${rows}.length, ${figure("Events")}]`), [200, "302"]);

// a lost connection: what happens meanwhile is there afterwards, once
await post("/drop");
for (const text of ["one", "two", "three"]) await publish("a", "meanwhile", JSON.stringify({text}));
await page.until("what was missed", `${open} && ${has("meanwhilethree")}`);
same("in order and once", await page.on(`${rows}.slice(0, 3).map(r => r.slice(-5))`), ["three", "letwo", "leone"]);
same("gaps so far", await page.on(figure("Gaps")), "0");

// asked to come back later, with a log too short for what happens meanwhile
await post("/reconnect?after_ms=1500");
await page.until("away", `!${open}`);
for (let i = 0; i < 450; i++) await publish("a", "away", `{"i":${i}}`);
await page.until("back, with a gap notice and the newest", `${open} && ${rows}[0]?.includes("i 449")`);
same("gaps", await page.on(`[${figure("Gaps")}, document.querySelectorAll("#list li").length]`), ["1", 200]);

// publishing: allowed, with its delay, and not
const send = text => page.on(`document.querySelector("#text").value = ${JSON.stringify(text)}; document.querySelector("#send").click()`);
await send("mine");
await page.until("my own event and its delay", `${has("mine")} && /ms$/.test(${figure("Delay of the last")})`);
await page.until("a round trip", `/ms$/.test(${figure("Round trip")})`);
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
