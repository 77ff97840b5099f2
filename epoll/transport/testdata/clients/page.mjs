// Opens the page at / in Chromium and plays with it: every way in has its
// column, with the same events.
// The third argument is a folder for the browser's profile.
import {Page} from "./browser.mjs";
import {more, publish, same, viewers} from "./lib.mjs";

const room = "match:42";
const ways = ["websocket", "sse", "stream", "longpoll", "poll", "iframe", "jsonp", "multipart"];
const page = await Page.open(more[0], `http://${viewers}/?way=all#${room}`);

const lists = `[...document.querySelectorAll("#columns ol")].map(l => l.innerText)`;
const shown = text => `${lists}.every(l => l.includes(${JSON.stringify(text)}))`;
const open = `document.querySelector("#state").classList.contains("open")`;
await page.until("connected", open);
same("columns", await page.on(`[...document.querySelectorAll("#columns section")].map(s => s.id)`), ways.map(w => `way-${w}`));

// from outside, as data and not as HTML
await publish(room, "goal", '{"text":"one <b>nil</b>"}');
await page.until("an event published by HTTP", shown("one <b>nil</b>"));

// from the page itself, with its latency
await page.on(`document.querySelector("#text").value = "from the page"; document.querySelector("#send").click()`);
await page.until("an event published by the page", shown("from the page"));
await page.until("latencies", `[...document.querySelectorAll("#columns .delay")].every(d => /ms$/.test(d.textContent))`);
same("events", await page.on(`[...document.querySelectorAll("#columns .events")].map(d => d.textContent)`), ways.map(() => "2"));

// in a second room the first one's events do not show
await page.on(`document.querySelector("#rooms").value = "other"; document.querySelector("#watch").requestSubmit()`);
await page.until("another room", `${open} && !${lists}.some(l => l.includes("from the page"))`);
await publish("other", "chat", '{"text":"elsewhere"}');
await page.until("an event of the other room", shown("elsewhere"));

// without a WebSocket, too, it can publish
for (const way of ways.slice(0, 4)) await page.on(`document.querySelector("#ways input[value=${way}]").click()`);
same("columns left", await page.on(`document.querySelectorAll("#columns section").length`), 4);
await page.on(`document.querySelector("#text").value = "by request"; document.querySelector("#send").click()`);
await page.until("an event published by request", shown("by request"));

same("exceptions in the page", page.thrown, []);

// Closed, not killed: the profile's folder is removed once this program ends.
await page.close();
process.exit(0);
