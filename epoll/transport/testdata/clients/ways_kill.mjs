// Viewers that are cut off at random and go on by another way.
import {mkdtempSync, rmSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {parseArgs} from "node:util";
import {fail, viewers, within} from "./lib.mjs";
import {Cutter} from "./ways_cut.mjs";
import {clients} from "./ways_node.mjs";
import {Viewers} from "./ways_page.mjs";
import {Tally, chance, pause, publishing, report, seen, table} from "./ways_tally.mjs";

const usage = `node ways_kill.mjs VIEWERS CONTROL [--events 1000] [--rate 50] [--history long|short] [--seed N]

VIEWERS and CONTROL are the HOST:PORT of a running server. Publishes events in
a room with a viewer begun on each way, and some by live.js in Chromium. Every
second to three the connection of each is killed, by the client or by the
network, and it resumes with its cursor on another way; live.js by itself, on
the transports it is allowed. With long it may stay
away for a fifth of a second and has to get every event exactly once. With short
the server keeps 16 events of rooms "short*" (a rule of its configuration) and
it may stay away for 1.5 s: each missing event has to be in a gap it was told,
and none that came.

The last line is what was measured, as JSON. The acceptance runs are the
defaults with both histories: 25 s each.`;

const {values: arg} = parseArgs({allowPositionals: true, options: {
  events: {type: "string", default: "1000"}, rate: {type: "string", default: "50"},
  history: {type: "string", default: "long"}, seed: {type: "string"}, help: {type: "boolean"},
}});
if (arg.help) {
  console.log(usage);
  process.exit(0);
}
const events = Number(arg.events), rate = Number(arg.rate), short = arg.history === "short";
const seed = Number(arg.seed ?? Date.now() % 1e6);
if (!(events > 0 && rate > 0 && seed >= 0) || !(short || arg.history === "long")) fail(usage);
console.log(`seed ${seed}`);
const room = `${arg.history}-${Date.now().toString(36)}`;
const away = short ? 1500 : 200; // ms, at most

let over = false;

// Hopper is a viewer that changes its way whenever its connection ends.
class Hopper {
  hops = []; // the ways it has been on
  #chance;
  #net;
  #client;

  constructor(way, seed) {
    this.tally = new Tally(way, "node");
    this.hops.push(way);
    this.#chance = chance(seed);
  }

  async begin() {
    this.#net = await Cutter.before(viewers);
    this.#open(this.hops[0]);
    await within(`${this.hops[0]}: the first cursor`, this.tally.ready);
    this.#live();
  }

  // #open goes on by a way. Only the client of the day may speak.
  #open(way) {
    let mine;
    const current = () => mine === undefined || mine === this.#client;
    mine = this.#client = clients[way](this.#net.host, {
      room, since: () => this.tally.cursor,
      take: m => current() && this.tally.take(m),
      lost: () => current() && this.#hop(),
    });
  }

  // #hop stays away for a while and goes on by another way.
  async #hop() {
    this.#client.close();
    this.#client = null;
    await pause(this.#chance() * away);
    const others = Object.keys(clients).filter(w => w !== this.hops.at(-1));
    const way = others[Math.floor(this.#chance() * others.length)];
    this.hops.push(way);
    this.#open(way);
  }

  // #live is killed every second to three.
  async #live() {
    for (;;) {
      await pause(1000 + 2000 * this.#chance());
      if (over) return;
      if (!this.#client) continue;
      // A poller between two polls does not notice a cut; that is no kill.
      if (this.#chance() < 0.5) this.#net.cut();
      else this.#hop();
    }
  }
}

// harass cuts the connections of live.js, which then goes on by itself.
async function harass(net, chance) {
  let kills = 0;
  for (;;) {
    await pause(1000 + 2000 * chance());
    if (over) return kills;
    if (net.cut() > 0) kills++;
  }
}

const hoppers = Object.keys(clients).map((way, i) => new Hopper(way, seed + i));
await Promise.all(hoppers.map(h => h.begin()));

const profile = mkdtempSync(join(tmpdir(), "kill-"));
process.on("exit", () => rmSync(profile, {recursive: true, force: true, maxRetries: 5}));
const page = await Viewers.open(profile);
await page.library();
// live.js with its own choice, and confined to each of its transports.
const lives = [];
for (const only of [undefined, "websocket", "sse", "stream", "longpoll", "poll"]) {
  const net = await Cutter.before(viewers), tally = await page.start("live.js", room, net.host,
    only ? `${only} live.js` : "live.js", only ? {transports: [only]} : {});
  lives.push({tally, harassed: harass(net, chance(seed + 100 + lives.length))});
}

const ids = await publishing(room, events, rate);
over = true;
const kills = [...hoppers.map(h => h.hops.length - 1), ...await Promise.all(lives.map(l => l.harassed))];
const tallies = [...hoppers, ...lives].map(v => v.tally);
// live.js waits longer each time its connection does not last.
const wrong = await seen(tallies, ids.at(-1), () => page.look(), 40000);
wrong.push(...await page.look());

const rows = tallies.map((t, i) => {
  const {way, client, received, dups, order, equal} = t.row(ids);
  return {first: way, client, received, dups, order, equal, gaps: t.gaps.length,
    kills: kills[i], hops: (hoppers[i]?.hops ?? t.opened).join(" ")};
});
table(rows);
tallies.forEach((t, i) => {
  const name = `${t.way} by ${t.client}`;
  for (const w of t.unexplained(ids)) wrong.push(`${name}: ${w}`);
  if (!short && !rows[i].equal) wrong.push(`${name}: ${rows[i].received} of ${events} events, ${rows[i].dups} twice`);
});
const sum = key => rows.reduce((n, r) => n + r[key], 0), gaps = sum("gaps");
if (sum("kills") < rows.length) wrong.push(`only ${sum("kills")} kills: publish for longer`);
if (short && gaps === 0) wrong.push("nobody was told of a gap: is the history of this room short?");
await page.close();
report({seed, events, rate, history: arg.history, kills: sum("kills"), gaps, rows}, wrong);
