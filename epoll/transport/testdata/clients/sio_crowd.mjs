// One room, watched by stock Socket.IO clients of every version on every way,
// and by viewers on other ways in; some change the way, some are cut off.
import {parseArgs} from "node:util";
import {fail, viewers, within} from "./lib.mjs";
import {kinds} from "./sio_kinds.mjs";
import {Member} from "./sio_member.mjs";
import {Cutter} from "./ways_cut.mjs";
import {clients} from "./ways_node.mjs";
import {Tally, chance, pause, publishing, report, seen, table} from "./ways_tally.mjs";

const usage = `node sio_crowd.mjs VIEWERS CONTROL [--events 1000] [--rate 50] [--sockets 100] [--seed N] [--reference]

VIEWERS and CONTROL are the HOST:PORT of a running server with recovery on its
path /socket.io/. Publishes events in a room with 100 sockets of
socket.io-client 4.8, 4.0, 3.1, 2.5 and 2.3, on polls, on WebSockets and on
polls that begin to upgrade at a random time; and with two viewers on each of
WebSocket, SSE and long-polls. Every half second to two the connections of 4.8
are cut, by the client or by the network, and recover.

Exits with 1 unless each has every event exactly once, with the ids that the
publisher was told, in their order, and each that was cut was told that it
recovered. The last line is what was measured, as JSON. The acceptance run is
the default, 20 s, against a server whose configuration is

  viewers: {engineio: [{path: /socket.io/, socketio: {recovery: true}}]}`;

const {values: arg} = parseArgs({allowPositionals: true, options: {
  events: {type: "string", default: "1000"}, rate: {type: "string", default: "50"},
  sockets: {type: "string", default: "100"}, seed: {type: "string"},
  reference: {type: "boolean"}, help: {type: "boolean"},
}});
if (arg.help) {
  console.log(usage);
  process.exit(0);
}
const events = Number(arg.events), rate = Number(arg.rate), seed = Number(arg.seed ?? Date.now() % 1e6);
if (!(events > 0 && rate > 0 && seed >= 0)) fail(usage);
console.log(`seed ${seed}`);
const room = `crowd-${Date.now().toString(36)}`, during = events / rate * 1000;
let over = false;

// member opens socket number i.
async function member(i) {
  const versions = Object.keys(kinds).filter(k => kinds[k].path === "/socket.io");
  const kind = versions[i % versions.length], way = ["polling", "websocket", "upgrading"][Math.floor(i / versions.length) % 3];
  const net = kinds[kind].recovers ? await Cutter.before(viewers) : undefined;
  const m = new Member({kind, way, room, host: net?.host ?? viewers, upgrade: false});
  return Object.assign(await m.up(), {net, chance: chance(seed + i)});
}

// climb begins the upgrade at a random time, and again when it has lost it.
async function climb(m, within) {
  while (!over) {
    await pause(within * m.chance());
    if (m.steady && m.engine.transport.name === "polling") m.upgrade();
  }
}

// harass cuts a member off, at random.
async function harass(m) {
  for (;;) {
    await pause(500 + 1500 * m.chance());
    if (over) return;
    if (!m.steady || !m.tally.ids.length) continue; // nothing to go on from
    await m.lose(m.chance() < 0.5 ? () => m.net.cut() : () => m.engine.close());
  }
}

const members = await Promise.all(Array.from({length: Number(arg.sockets)}, (_, i) => member(i)));

// native is a viewer on another way in.
function native(way) {
  const tally = new Tally(way, "node");
  clients[way](viewers, {room, since: () => tally.cursor, take: m => tally.take(m), lost: why => fail(`${way}: ${why}`)});
  return tally;
}
const others = arg.reference ? [] : ["websocket", "sse", "longpoll"].flatMap(way => [native(way), native(way)]);
await within("all joined", Promise.all(others.map(t => t.ready)));

const harassed = members.filter(m => m.net).map(harass);
for (const m of members) if (m.way === "upgrading") climb(m, m.net ? 500 : during * 0.9);
const ids = await publishing(room, events, rate);
over = true;
await Promise.all(harassed);
const tallies = [...members.map(m => m.tally), ...others];
const wrong = await seen(tallies, ids.at(-1));
await pause(200); // what comes twice may come later

wrong.push(...members.flatMap(m => m.wrong));
for (const t of tallies) {
  const r = t.row(ids);
  if (!r.equal) wrong.push(`${t.way} by ${t.client}: ${r.received} of ${events} events, ${r.dups} twice, ${r.order ? "in order" : "out of order"}`);
}
const sum = (list, key) => list.reduce((n, m) => n + m[key], 0);
const groups = new Map();
for (const t of tallies) groups.set(`${t.client} ${t.way}`, [...groups.get(`${t.client} ${t.way}`) ?? [], t]);
const rows = [...groups.values()].map(of => {
  const all = of.map(t => t.row(ids)), mine = members.filter(m => of.includes(m.tally));
  return {
    client: of[0].client, way: of[0].way, sockets: of.length, received: sum(all, "received"), dups: sum(all, "dups"),
    equal: all.filter(r => r.equal).length, upgrades: sum(mine, "upgrades"), cuts: sum(mine, "cuts"),
    recovered: sum(mine, "recovered"), p99_ms: Math.max(...all.map(r => r.p99_ms)),
  };
});
table(rows);
const cuts = sum(members, "cuts"), upgrades = sum(members, "upgrades");
if (!cuts || !upgrades) wrong.push(`${cuts} cuts and ${upgrades} upgrades: publish for longer`);
report({seed, events, rate, sockets: members.length, viewers: others.length, cuts, recovered: sum(members, "recovered"), upgrades, rows}, wrong);
