// Clients that change from polls to a WebSocket while events arrive.
import {parseArgs} from "node:util";
import {Worker} from "node:worker_threads";
import {control, fail, viewers} from "./lib.mjs";
import {Bare} from "./sio_bare.mjs";
import {Member} from "./sio_member.mjs";
import {Tally, chance, pause, report, seen, table} from "./ways_tally.mjs";

const usage = `node sio_upgrade.mjs VIEWERS CONTROL [--clients 1000] [--stock 100] [--events 2000] [--rate 200] [--seed N] [--reference]

VIEWERS and CONTROL are the HOST:PORT of a running server. Publishes events in a
room with 1,000 Socket.IO clients on polls: half of 100 are socket.io-client 4.8
and half 2.5, the others speak as little of Engine.IO 4 as there is. Each
changes to a WebSocket at a random time; of the bare ones some hesitate in the
middle of it for up to 50 ms.

Exits with 1 unless all have changed, and each has every event exactly once, with
the ids that the publisher was told, in their order. The last line is what was
measured, as JSON. The acceptance run is the default: 10 s, in which Node may
fall behind; the room has to keep what it has not taken, so the configuration of
the server is

  rooms: {room: {history: 4096}}`;

const {values: arg} = parseArgs({allowPositionals: true, options: {
  clients: {type: "string", default: "1000"}, stock: {type: "string", default: "100"},
  events: {type: "string", default: "2000"}, rate: {type: "string", default: "200"},
  seed: {type: "string"}, reference: {type: "boolean"}, help: {type: "boolean"},
}});
if (arg.help) {
  console.log(usage);
  process.exit(0);
}
const [count, stock, events, rate] = [arg.clients, arg.stock, arg.events, arg.rate].map(Number);
const seed = Number(arg.seed ?? Date.now() % 1e6), random = chance(seed);
if (!(count >= stock && stock >= 0 && events > 0 && rate > 0 && seed >= 0)) fail(usage);
console.log(`seed ${seed}`);
const room = `upgrade-${Date.now().toString(36)}`, during = events / rate * 1000;

// bare is a client that is no stock one, with what a Member has.
async function bare() {
  const tally = new Tally("upgrading", "bare");
  const take = (event, data, meta) => event === "n" && tally.take({type: "event", id: meta.id, data});
  const client = await new Bare(viewers, {take}).open({rooms: [room]});
  return {
    tally, client, upgrades: 0, wrong: [],
    async upgrade() {
      await client.upgrade(random() < 0.5 ? 0 : 50 * random());
      this.upgrades++;
    },
  };
}

const kind = i => i % 2 ? "4.8" : "2.5";
const open = i => i < stock ? new Member({kind: kind(i), way: "upgrading", room, host: viewers, upgrade: false}).up() : bare();
const members = [];
while (members.length < count) { // not all handshakes at once: that is another test
  const from = members.length;
  members.push(...await Promise.all(Array.from({length: Math.min(50, count - from)}, (_, i) => open(from + i))));
}

// turn changes one at a random time.
async function turn(m) {
  await pause(during * (0.05 + 0.8 * random()));
  m.before = m.tally.ids.length;
  await m.upgrade();
}

const publisher = new Worker(new URL("publisher.mjs", import.meta.url), {argv: [viewers, control], workerData: {room, events, rate}});
publisher.on("error", e => fail(e.stack));
const published = new Promise(resolve => publisher.on("message", resolve));
await Promise.all(members.map(turn));
const {ids, took} = await published;
const tallies = members.map(m => m.tally);
const wrong = await seen(tallies, ids.at(-1));
await pause(200); // what comes twice may come later

wrong.push(...members.flatMap(m => m.wrong));
for (const m of members) {
  const r = m.tally.row(ids), name = `${m.tally.client}, upgraded after ${m.before} events`;
  if (!r.equal) wrong.push(`${name}: ${r.received} of ${events} events, ${r.dups} twice, ${r.order ? "in order" : "out of order"}`);
  if (m.upgrades !== 1) wrong.push(`${name}: ${m.upgrades} upgrades`);
}
const sum = (list, key) => list.reduce((n, m) => n + (m[key] ?? 0), 0);
const rows = ["4.8", "2.5", "bare"].map(client => {
  const of = members.filter(m => m.tally.client === client), all = of.map(m => m.tally.row(ids));
  return {
    client, clients: of.length, upgrades: sum(of, "upgrades"), received: sum(all, "received"), before: sum(of, "before"),
    dups: sum(all, "dups"), equal: all.filter(r => r.equal).length, p99_ms: Math.max(...all.map(r => r.p99_ms)),
  };
});
table(rows);
report({seed, events, rate, published_per_s: Math.round(events / took * 1000), clients: members.length, rows}, wrong);
