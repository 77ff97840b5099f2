// One room, watched on every way in at once by stock clients.
import {mkdtempSync, rmSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {EventSource} from "eventsource";
import {fail, more, viewers, within} from "./lib.mjs";
import * as curl from "./ways_curl.mjs";
import {clients} from "./ways_node.mjs";
import {Viewers} from "./ways_page.mjs";
import {ofEvent} from "./ways_parse.mjs";
import {Tally, publishing, report, seen, table} from "./ways_tally.mjs";

const usage = `node ways.mjs VIEWERS CONTROL [EVENTS=1000] [RATE=50]

VIEWERS and CONTROL are the HOST:PORT of a running server. Publishes EVENTS
events, RATE a second, in a room with one viewer on each way:

  in Node      WebSocket (ws), SSE (eventsource)
  curl         polls, long-polls, stream, multipart
  Chromium     iframe by callback and by postMessage, JSONP by script elements,
               stream by XMLHttpRequest and by fetch, SSE by EventSource, live.js

Exits with 1 unless each has every event exactly once, with the ids that the
publisher was told, in their order. The last line is the table as JSON.
The acceptance run is the default, 1000 events at 50 a second: about 30 s.`;

if (process.argv.includes("--help")) {
  console.log(usage);
  process.exit(0);
}
const events = Number(more[0] ?? 1000), rate = Number(more[1] ?? 50);
if (!(events > 0 && rate > 0)) fail(usage);
const room = `ways-${Date.now().toString(36)}`;

const tallies = [];
function tally(way, client) {
  const t = new Tally(way, client);
  tallies.push(t);
  return t;
}

const profile = mkdtempSync(join(tmpdir(), "ways-"));
process.on("exit", () => rmSync(profile, {recursive: true, force: true, maxRetries: 5}));
const page = await Viewers.open(profile);
await page.all(room);

const ws = tally("websocket", "ws");
clients.websocket(viewers, {room, since: () => "", take: m => ws.take(m), lost: why => fail(`ws: ${why}`)});

const sse = tally("sse", "eventsource");
const source = new EventSource(`http://${viewers}/live/sse?room=${room}`);
for (const name of ["n", "grandstand:joined", "grandstand:gap", "grandstand:reconnect", "grandstand:end"]) {
  source.addEventListener(name, e => sse.take(ofEvent(room, name, e.lastEventId, e.data)));
}
source.onerror = e => fail(`eventsource: ${e.code} ${e.message}`);

curl.poll(room, tally("poll", "curl"));
curl.poll(room, tally("longpoll", "curl"), {wait: "25s"});
curl.ndjson(room, tally("stream", "curl"));
curl.multipart(room, tally("multipart", "curl"));
await within("all joined", Promise.all(tallies.map(t => t.ready)));

const ids = await publishing(room, events, rate);
tallies.push(...page.tallies);
const wrong = await seen(tallies, ids.at(-1), () => page.look());
wrong.push(...await page.look());

const rows = tallies.map(t => t.row(ids));
table(rows);
for (const r of rows) {
  if (!r.equal) wrong.push(`${r.way} by ${r.client}: ${r.received} of ${events} events, ${r.dups} twice, ${r.order ? "in order" : "out of order"}`);
}
await page.close();
report({events, rate, rows}, wrong);
