// Clients on polls whose requests come on any connection.
import http from "node:http";
import {parseArgs} from "node:util";
import {fail, viewers, within} from "./lib.mjs";
import {Bare} from "./sio_bare.mjs";
import {Member} from "./sio_member.mjs";
import {Tally, pause, publishing, report, seen, table} from "./ways_tally.mjs";

const usage = `node sio_sticky.mjs VIEWERS CONTROL [--events 1000] [--rate 50] [--clients 5] [--reference]

VIEWERS and CONTROL are the HOST:PORT of a running server with the application
of sio_app.mjs. Publishes events in a room that is watched by polls of

  socket.io-client 4.8 and 2.5, two sockets of each client, and bare clients
  closed  with a connection for each request, closed after it
  pooled  with whatever connection is free of a pool that all share

five clients of each, which all the time ask for acks and for events to come
back. Exits with 1 unless each socket has every event of the room exactly once,
in order, and all it asked for, in order. The last line is what was measured, as
JSON.`;

const {values: arg} = parseArgs({allowPositionals: true, options: {
  events: {type: "string", default: "1000"}, rate: {type: "string", default: "50"},
  clients: {type: "string", default: "5"}, reference: {type: "boolean"}, help: {type: "boolean"},
}});
if (arg.help) {
  console.log(usage);
  process.exit(0);
}
const events = Number(arg.events), rate = Number(arg.rate), clients = Number(arg.clients);
if (!(events > 0 && rate > 0 && clients > 0)) fail(usage);
const room = `sticky-${Date.now().toString(36)}`, lanes = 4;
let over = false;

// Pool counts the connections that it makes and the requests that they carry.
class Pool extends http.Agent {
  made = 0;
  carried = 0;

  createConnection(...args) {
    this.made++;
    return super.createConnection(...args);
  }

  addRequest(...args) {
    this.carried++;
    return super.addRequest(...args);
  }
}

// stock opens a client with two sockets: both in the room.
async function stock(kind, agent) {
  const m = await new Member({kind, way: "polling", room, host: viewers, agent}).up();
  const chat = m.socket.io.socket("/chat"), tally = new Tally("polling", kind);
  await within("connect", new Promise(resolve => chat.on("connect", resolve)));
  chat.on("n", (data, meta) => tally.take({type: "event", id: meta.id, data}));
  return Promise.all([party(m.socket, m.tally), party(chat, tally, true)]);
}

// party is what drive drives.
async function party(socket, tally, join) {
  const ask = (...args) => new Promise(resolve => socket.emit(...args, (...answer) => resolve(answer)));
  // the sockets of the namespace are not the client's to put into the room
  if (join) await within("join", ask("join", room));
  const p = {tally, ask, emit: (...args) => socket.emit(...args), bounced: []};
  socket.on("bounced", n => p.bounced.push(n));
  return p;
}

async function bare(agent) {
  const p = {tally: new Tally("polling", "bare"), bounced: []};
  const client = new Bare(viewers, {agent, take(event, data, meta) {
    if (event === "n") p.tally.take({type: "event", id: meta.id, data});
    if (event === "bounced") p.bounced.push(data);
  }});
  await client.open({rooms: [room]});
  return [Object.assign(p, {ask: (...args) => client.ask(...args), emit: (...args) => client.emit(...args)})];
}

// drive asks until it is over, several times at once.
async function drive(p) {
  p.asked = 0;
  p.wrong = [];
  await Promise.all(Array.from({length: lanes}, async () => {
    while (!over) {
      const n = p.asked++;
      p.emit("bounce", n);
      const [got] = await within("ack", p.ask("echo", n));
      if (got !== n) p.wrong.push(`ack: got ${got}, want ${n}`);
    }
  }));
  for (let i = 0; i < 200 && p.bounced.length < p.asked; i++) await pause(20);
  await pause(200); // what comes twice may come later
  if (p.bounced.length !== p.asked || p.bounced.some((n, i) => n !== i)) {
    p.wrong.push(`${p.bounced.length} of ${p.asked} came back, the first wrong one is number ${p.bounced.findIndex((n, i) => n !== i)}`);
  }
}

const opens = {"4.8": agent => stock("4.8", agent), "2.5": agent => stock("2.5", agent), bare};
const groups = [];
for (const [client, open] of Object.entries(opens)) {
  for (const pool of ["closed", "pooled"]) {
    const agent = new Pool({keepAlive: pool === "pooled"});
    groups.push({client, pool, agent, parties: (await Promise.all(Array.from({length: clients}, () => open(agent)))).flat()});
  }
}
const parties = groups.flatMap(g => g.parties), driven = parties.map(drive);
const ids = await publishing(room, events, rate);
over = true;
const wrong = await seen(parties.map(p => p.tally), ids.at(-1));
await Promise.all(driven);

const sum = (list, key) => list.reduce((n, m) => n + m[key], 0);
const rows = groups.map(({client, pool, agent, parties}) => {
  const all = parties.map(p => p.tally.row(ids)), name = `${client}, ${pool}`;
  for (const r of all) if (!r.equal) wrong.push(`${name}: ${r.received} of ${events} events, ${r.dups} twice, ${r.order ? "in order" : "out of order"}`);
  for (const p of parties) wrong.push(...p.wrong.map(w => `${name}: ${w}`));
  if (pool === "closed" && agent.made < agent.carried) wrong.push(`${name}: ${agent.made} connections for ${agent.carried} requests`);
  return {
    client, pool, sockets: parties.length, received: sum(all, "received"), dups: sum(all, "dups"),
    equal: all.filter(r => r.equal).length, acks: sum(parties, "asked"), requests: agent.carried, connections: agent.made,
  };
});
table(rows);
report({events, rate, rows}, wrong);
