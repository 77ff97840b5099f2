// Opens the page at / in Chromium and plays with it.
// The third argument is a folder for the browser's profile.
import {Page} from "./browser.mjs";
import {more, publish, same, viewers} from "./lib.mjs";

const room = "match:42";
const page = await Page.open(more[0], `http://${viewers}/#${room}`);

const shown = text => `document.querySelector("#list")?.innerText.includes(${JSON.stringify(text)})`;
await page.until("connected", `document.querySelector("#state")?.className === "open"`);

// from outside, as data and not as HTML
await publish(room, "goal", '{"text":"one <b>nil</b>"}');
await page.until("an event published by HTTP", shown("one <b>nil</b>"));

// from the page itself
await page.on(`document.querySelector("#text").value = "from the page"; document.querySelector("#send").click()`);
await page.until("an event published by the page", shown("from the page"));

// in a second room the first one's events do not show
await page.on(`document.querySelector("#rooms").value = "other"; document.querySelector("#watch").requestSubmit()`);
await page.until("another room", `document.querySelector("#state").className === "open" && !${shown("from the page")}`);
await publish("other", "chat", '{"text":"elsewhere"}');
await page.until("an event of the other room", shown("elsewhere"));

same("exceptions in the page", page.thrown, []);

// Closed, not killed: the profile's folder is removed once this program ends.
await page.close();
process.exit(0);
