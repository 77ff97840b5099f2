// live.js in Chromium through proxies that misbehave.
import {mkdtempSync, rmSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {parseArgs} from "node:util";
import {fail, viewers} from "./lib.mjs";
import {run} from "./nginx.mjs";
import {clients} from "./ways_node.mjs";
import {Viewers} from "./ways_page.mjs";
import {pause, publishing, report, seen, table} from "./ways_tally.mjs";

const usage = `node proxies.mjs VIEWERS CONTROL [--silence 15] [--only NAME,...]

VIEWERS and CONTROL are the HOST:PORT of a running server. Starts nginx with
several ways to be in the way before it, and for each a viewer by live.js in
Chromium, which is told nothing. It has to be connected within 10 s by itself.
Then come a burst of events, SILENCE seconds of nothing, and another burst; each
event has to come exactly once, and those of the bursts within 5 s.

The last line is what was measured, as JSON. The acceptance run is the default.`;

const {values: arg} = parseArgs({allowPositionals: true, options: {
  silence: {type: "string", default: "15"}, only: {type: "string"}, help: {type: "boolean"},
}});
if (arg.help) {
  console.log(usage);
  process.exit(0);
}
const silence = Number(arg.silence);
if (!(silence > 0)) fail(usage);

// What a location says. Without Upgrade nginx makes plain requests of
// WebSockets. Without a version it speaks HTTP/1.0, where it keeps what it
// buffers: chunks it passes on as they come, buffering or not.
const buffers = "proxy_buffering on; proxy_ignore_headers X-Accel-Buffering;";
const cuts = "proxy_buffering off; proxy_read_timeout 10s;";
const modern = `proxy_http_version 1.1; proxy_set_header Connection "";`;
const upgrades = "proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;";
const proxies = {
  "buffers": buffers,
  "cuts": cuts + upgrades,
  "cuts, no WebSocket": cuts + modern,
  "buffers and cuts": buffers + "proxy_read_timeout 10s;",
};
const names = Object.keys(proxies).filter(n => !arg.only || arg.only.split(";").includes(n));
const fronts = await Promise.all(names.map(name => run((_, host) =>
  `server { listen ${host}; location / { proxy_pass http://${viewers}; ${proxies[name]} } }`)));

const profile = mkdtempSync(join(tmpdir(), "proxies-"));
process.on("exit", () => rmSync(profile, {recursive: true, force: true, maxRetries: 5}));
const page = await Viewers.open(profile);
await page.library();

const room = `proxied-${Date.now().toString(36)}`, wrong = [], connected = {};

// A plain stream through each shows that the proxy does misbehave.
const witnesses = fronts.map(front => {
  const w = {heard: 0, lost: 0};
  clients.sse(front.host, {room, since: () => "", take: () => { w.heard++; }, lost: () => { w.lost++; }});
  return w;
});

const begun = Date.now();
const tallies = await Promise.all(names.map((name, i) => page.begin("live.js", room, fronts[i].host, `live.js ${name}`)));
while (Object.keys(connected).length < names.length && Date.now() < begun + 15000) {
  await page.look();
  tallies.forEach((t, i) => { if (t.cursor) connected[names[i]] ??= Date.now() - begun; });
  await pause(50);
}
for (const name of names) if (!(connected[name] <= 10000)) wrong.push(`${name}: connected after ${connected[name]} ms, want at most 10000`);

// burst publishes and waits for everyone.
const ids = [];
async function burst() {
  ids.push(...await publishing(room, 20, 50, ids.length));
  wrong.push(...await seen(tallies, ids.at(-1), () => page.look(), 10000));
}
await burst();
names.forEach((name, i) => { // nginx passes on what comes with the head
  const held = witnesses[i].heard < ids.length;
  if (name.startsWith("buffers") !== held) wrong.push(`${name}: a stream got ${witnesses[i].heard} messages of ${ids.length} at once`);
});
await pause(silence * 1000);
await burst();
wrong.push(...await page.look());

const rows = tallies.map((t, i) => {
  const {received, dups, order, equal, p50_ms, p99_ms} = t.row(ids);
  return {proxy: names[i], connected_ms: connected[names[i]], transports: t.opened.join(" "), downs: t.downs.join(" "), received, dups, order, equal, p50_ms, p99_ms};
});
table(rows);
for (const r of rows) {
  if (!r.equal) wrong.push(`${r.proxy}: ${r.received} of ${ids.length} events, ${r.dups} twice, ${r.order ? "in order" : "out of order"}`);
  if (!(r.p99_ms < 5000)) wrong.push(`${r.proxy}: events came up to ${r.p99_ms} ms late, want less than 5000`);
}
names.forEach((name, i) => {
  if (name.includes("cuts") !== witnesses[i].lost > 0) wrong.push(`${name}: a quiet stream was cut ${witnesses[i].lost} times`);
});
await page.close();
await Promise.all(fronts.map(f => f.stop()));
report({silence, rows}, wrong);
