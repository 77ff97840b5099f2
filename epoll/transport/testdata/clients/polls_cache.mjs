// A hundred thousand polls through nginx as a cache.
import {readFileSync} from "node:fs";
import {parseArgs} from "node:util";
import {fail, publish, viewers, within} from "./lib.mjs";
import {run} from "./nginx.mjs";
import {Audience} from "./polls_audience.mjs";
import {clients} from "./ways_node.mjs";
import {Cutter} from "./ways_cut.mjs";
import {Tally, pause, report, seen} from "./ways_tally.mjs";

const usage = `node polls_cache.mjs VIEWERS CONTROL [--requests 100000] [--seconds 10] [--rooms 2] [--conf FILE]

VIEWERS and CONTROL are the HOST:PORT of a running server. Starts nginx with
FILE (default configs/host/nginx-cache.conf, its addresses replaced) before it,
and REQUESTS/SECONDS plain pollers who come again when the answer to the last
poll says so, a second later, over a few kept connections. Half watch a room
with five events a second, the others rooms with one in three.

Claims: the server is asked at most twice a second for a room; no answer is
behind by more than max-age (1 s) and another second; nobody misses an event or
has one twice; some polls are answered 304. A WebSocket, streams and a long-poll
through the same nginx get each event as it is published.
The last line is what was measured, as JSON. The acceptance run is the default.`;

const {values: arg} = parseArgs({allowPositionals: true, options: {
  requests: {type: "string", default: "100000"}, seconds: {type: "string", default: "10"},
  rooms: {type: "string", default: "2"}, help: {type: "boolean"},
  conf: {type: "string", default: new URL("../../../../configs/host/nginx-cache.conf", import.meta.url).pathname},
}});
if (arg.help) {
  console.log(usage);
  process.exit(0);
}
const requests = Number(arg.requests), seconds = Number(arg.seconds), rooms = Number(arg.rooms);
if (!(requests > 0 && seconds > 0 && rooms > 0)) fail(usage);

// Plain polls that reach the server are counted on the wire.
const origin = await Cutter.before(viewers);
let asked = 0, renewed = 0;
origin.passing = text => {
  asked += text.match(/GET \/live\/poll\?(?![^ ]*wait=)/g)?.length ?? 0;
  renewed += text.match(/If-None-Match/g)?.length ?? 0;
};

function here(text, what, by) {
  if (!text.includes(what)) fail(`${arg.conf} has no "${what}" to replace`);
  return text.replace(what, by);
}
const front = await run((dir, host) => {
  let conf = readFileSync(arg.conf, "utf8");
  conf = here(conf, "/var/cache/nginx/grandstand", `${dir}/cache`);
  conf = here(conf, "server 127.0.0.1:8080;", `server ${origin.host};`);
  return here(conf, "listen 80;", `listen ${host};`);
});

const names = Array.from({length: rooms}, (_, i) => `polled-${i}-${Date.now().toString(36)}`);
const audience = new Audience(front.host, names, requests, Math.ceil(requests / seconds));
const ids = []; // of the first room
let over = false;

// speak publishes in a room until all is over.
async function speak(room, every) {
  for (let i = 0; !over; i++) {
    const id = await publish(room, "n", `{"i":${i},"at":${Date.now()}}`);
    audience.published(room, id);
    if (room === names[0]) ids.push(id);
    await pause(every);
  }
}

// What is not to be cached has to come through as it is sent.
const passed = ["websocket", "sse", "stream", "longpoll"].map(way => {
  const t = new Tally(way, "nginx");
  clients[way](front.host, {room: names[0], since: () => t.cursor, take: m => t.take(m), lost: why => over || fail(`${way}: ${why}`)});
  return t;
});
await within("joined through nginx", Promise.all(passed.map(t => t.ready)));
const speakers = names.map((room, i) => speak(room, i === 0 ? 200 : 3000));
await pause(500);

const begun = Date.now();
await audience.play();
const took = (Date.now() - begun) / 1000;
over = true;
await Promise.all(speakers);
const wrong = [...audience.wrong, ...await seen(passed, ids.at(-1))];
for (const t of passed) {
  const {equal, p50_ms} = t.row(ids);
  if (!equal || !(p50_ms < 200)) wrong.push(`${t.way}: ${t.ids.length} of ${ids.length} events through nginx, half of them within ${p50_ms} ms`);
}

const figures = {
  ...audience.figures(), seconds: took, requests_per_second: Math.round(requests / took), rooms,
  origin_requests: asked, origin_conditional: renewed, origin_per_room_second: Number((asked / took / rooms).toFixed(2)),
};
console.table(figures);
if (figures.origin_per_room_second > 2) wrong.push(`the server was asked ${figures.origin_per_room_second} times a second for each room, want at most 2`);
// nginx counts in whole seconds, and while it renews an answer others have the
// one before; that takes a moment on a busy machine.
const behind = 2000, renewal = 100;
if (figures.stale_max_ms > behind + renewal) wrong.push(`an answer was ${figures.stale_max_ms} ms behind, want at most ${behind}`);
// In a room where something happens all the time nothing is ever unchanged.
if (rooms > 1 && figures.not_modified === 0) wrong.push("no poll was answered 304");
await front.stop();
report(figures, wrong);
