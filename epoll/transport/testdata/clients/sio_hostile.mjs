// Everything malformed that a client can send, while others watch who should not
// notice.
import {control, publish, viewers} from "./lib.mjs";
import {Peer, pause} from "./sio_client.mjs";
import {packed, scripted} from "./sio_hostile_forms.mjs";
import {rounds} from "./sio_hostile_packets.mjs";
import {requests} from "./sio_hostile_requests.mjs";
import {kinds} from "./sio_kinds.mjs";
import {report} from "./ways_tally.mjs";

const usage = `node sio_hostile.mjs VIEWERS CONTROL

The server has no application, the namespaces / and /chat, and beside
/socket.io/ the paths /four/ (version 4 alone), /polls/ (polling alone) and
/packed/ (msgpack). Exits
with 1 unless each answer is the right one, the sockets of others lose nothing,
and the server is left as it was.`;

if (process.argv.includes("--help")) {
  console.log(usage);
  process.exit(0);
}

// figures are those of the server that have to come back to where they were.
// Workers of the pool, which has as many as were ever needed, do not count.
async function figures() {
  const text = await (await fetch(`http://${control}/metrics`)).text();
  const read = name => Number(text.match(new RegExp(`^${name} (\\S+)$`, "m"))?.[1] ?? NaN);
  return {
    sessions: read("grandstand_sessions"), members: read("grandstand_members"), connections: read("grandstand_connections"),
    goroutines: read("go_goroutines") - read("grandstand_pool_workers"),
  };
}

const bystanders = [];
for (const [kind, way] of [["4.8", "websocket"], ["2.5", "polling"]]) {
  const p = new Peer({kind: kinds[kind], way, host: viewers, peers: []});
  const seen = {name: `${kind} by ${way}`, p, ids: [], ends: []};
  p.socket.on("e", (_, meta) => seen.ids.push(meta.id));
  p.socket.on("disconnect", why => seen.ends.push(why));
  await p.next("connect");
  await p.ask("join", "bystanders");
  bystanders.push(seen);
}

const wrong = [], published = [];
let busy = true;
const news = (async () => {
  while (busy) {
    published.push(await publish("bystanders", "e", "1"));
    await pause(20);
  }
})();
// As it is when nothing else goes on: at most, because who polls has no
// connection between two polls.
const before = await figures();
for (const end = Date.now() + 5000; before.connections < bystanders.length && Date.now() < end; await pause(20)) {
  for (const [name, n] of Object.entries(await figures())) before[name] = Math.max(before[name], n);
}
const packets = await rounds();
const more = await packed();
wrong.push(...packets.wrong, ...more.wrong, ...await scripted(), ...await requests());
busy = false;
await news;

for (const {name, p, ids, ends} of bystanders) {
  await p.ask("leave", "nobody");
  if (JSON.stringify(ids) !== JSON.stringify(published)) wrong.push(`${name}: ${ids.length} of ${published.length} events, or out of order`);
  if (ends.length) wrong.push(`${name}: disconnected by ${ends}`);
}
let after = await figures();
const back = () => after.sessions === before.sessions && after.members === before.members && after.connections <= before.connections && after.goroutines <= before.goroutines;
// the control port keeps a goroutine for up to 20 s after its connection
for (const end = Date.now() + 25000; !back() && Date.now() < end; after = await figures()) await pause(100);
if (!back()) wrong.push(`the server: ${JSON.stringify(after)}, before ${JSON.stringify(before)}`);
report({packets: packets.tried + more.tried, published: published.length, before, after, failed: wrong.length}, wrong);
