#!/usr/bin/env node
// make acceptance: the figures of Socket.IO (issue 4), measured on this machine
// by turns with socket.io on Node: memory and heartbeats of idle clients, CPU at
// a steady pace, deliveries in saturation, by WebSocket and by polling alone.
//
//   node .ci/acceptance_socketio.mjs [--starts 3] [--only idle,polls,websocket,polling]
//
// Writes bench/results/acceptance_socketio.json and exits with 1 when a row
// misses. A window bounds what may go into one write, and so the ratio to Node:
// a bare loop, by the same transport and with that many events in every write, is
// measured too, as what no server is faster than. Saturated is a server when a
// wider window brings no more: that is the last row, the most of each.
import { bench, clean, limit, limitCommand, measure, med, node, nodeCommand, note, ours, row, server, starts } from './measure.mjs';

const namespace = '/arena';
const grandstand = { ...ours, url: 'http://127.0.0.1:18080/socket.io/' };
const config = { rooms: {}, viewers: { engineio: [{ path: '/socket.io/', socketio: { namespaces: [namespace] } }] } };

// both measures ours and Node's by turns. Neither may be flooded: Node accepts
// some thousand a second.
function both(command, way, viewers, flags) {
  const all = ['--transport', way, '--namespace', namespace, '--viewers', String(viewers), '--ramp', '2000', ...flags];
  const a = [], b = [];
  for (let i = 0; i < starts; i++) {
    a.push(bench(command, grandstand, server(config), all));
    b.push(bench(command, node, nodeCommand, all));
  }
  return [a, b];
}

// pair notes a figure of both and holds their ratio against a bound.
function pair(name, [a, b], key, unit, over, op, bound) {
  const mine = med(a, key), theirs = med(b, key);
  note(`${name}: ${key}, ours`, mine, unit);
  note(`${name}: ${key}, Node`, theirs, unit);
  row(`${name}: ${over}`, over.startsWith('Node') ? theirs / mine : mine / theirs, op, bound, 'x');
}

// idle holds clients for three whole rounds of the default heartbeat, 25 s.
function idle(name, way, viewers) {
  const [a, b] = both('connect', way, viewers, ['--rest', '5s', '--hold', '75s', '--settle', '1s']);
  row(`${name}: CPU while idle`, med(a, 'idle_cpu_percent'), '<=', 5, '% of a core');
  note(`${name}: CPU while idle, Node`, med(b, 'idle_cpu_percent'), '% of a core');
  row(`${name}: pings for each client in 75 s, the fewest of the starts`, Math.min(...a.map((f) => f.pings_per_viewer ?? 0)), '>=', 2.9, '');
  row(`${name}: ended`, Math.max(...a.map((f) => f.ended)), '<=', 0, 'clients');
  pair(name, [a, b], 'rss_per_conn_bytes', 'B', 'Node / ours', '>=', 8);
  clean(name, [...a, ...b]);
  return a;
}

const steady = ['--viewers', '10000', '--rate', '5', '--size', '128', '--duration', '10s'];

function paced(name, way) {
  const [a, b] = both('fanout', way, 10000, steady.slice(2));
  pair(name, [a, b], 'cpu_us_per_delivery', 'us', 'ours / Node', '<=', 0.5);
  note(`${name}: p99, ours`, med(a, 'p99_ms'), 'ms');
  note(`${name}: p99, Node`, med(b, 'p99_ms'), 'ms');
  const bare = bareLoop('fanout', way, 1, steady);
  note(`${name}: a bare loop / Node`, med(bare, 'cpu_us_per_delivery') / med(b, 'cpu_us_per_delivery'), 'x');
  clean(`${name}, ours`, a);
  clean(`${name}, Node`, b);
}

function saturated(name, way, windows) {
  const key = 'deliveries_per_cpu_s', most = { ours: 0, Node: 0 };
  for (const window of windows) {
    const load = ['--window', String(window), '--size', '128', '--duration', '6s'];
    const [a, b] = both('saturate', way, 10000, load);
    pair(`${name}, W=${window}`, [a, b], key, '', 'ours / Node', '>=', 20);
    most.ours = Math.max(most.ours, med(a, key));
    most.Node = Math.max(most.Node, med(b, key));
    const bare = bareLoop('saturate', way, window, ['--viewers', '10000', ...load]);
    note(`${name}, W=${window}: a bare loop with ${window} events in each write / Node`, med(bare, key) / med(b, key), 'x');
    clean(`${name}, W=${window}, ours`, a);
    clean(`${name}, W=${window}, Node`, b);
  }
  row(`${name}, the most of each at any window: ours / Node`, most.ours / most.Node, '>=', 20, 'x');
}

// bareLoop is what a loop reaches that does nothing but write, and by polling read:
// it waits for as many events as a write may hold.
function bareLoop(command, way, batch, flags) {
  const polls = way === 'socketio-polling';
  const target = { ...limit, url: polls ? limit.url.replace('ws:', 'http:').replace('/live/ws', '/socket.io/') : limit.url };
  const how = polls ? ['--transport', way, '--namespace', namespace] : [];
  return Array.from({ length: starts }, () => bench(command, target, `${limitCommand} --batch ${batch}`, [...how, ...flags]));
}

await measure({
  idle() {
    const a = idle('4 19,000 idle by WebSocket', 'socketio', 19000);
    row('4 19,000 idle by WebSocket: RSS per connection', med(a, 'rss_per_conn_bytes'), '<=', 1200, 'B');
  },
  polls() {
    idle('4 10,000 idle by polling', 'socketio-polling', 10000);
  },
  websocket() {
    paced('4 10,000 by WebSocket x 5/s', 'socketio');
    saturated('4 10,000 by WebSocket saturated', 'socketio', [4, 16, 64]);
  },
  polling() {
    paced('4 10,000 by polling x 5/s', 'socketio-polling');
    saturated('4 10,000 by polling saturated', 'socketio-polling', [4, 16, 64, 256, 1024]);
  },
}, 'bench/results/acceptance_socketio.json');
