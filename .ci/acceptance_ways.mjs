#!/usr/bin/env node
// make acceptance: the figures of the HTTP ways in (issue 3), measured on this
// machine: parked long-polls, event streams, the pool of threads they replace,
// and a broadcast beside real clients and hostile ones.
//
//   node .ci/acceptance_ways.mjs [--starts 3] [--only parked,sse,threads,beside]
//
// Writes bench/results/acceptance_ways.json and exits with 1 when a row misses.
import { spawn } from 'node:child_process';
import { broadcast, kinds } from './beside.mjs';
import { bench, clean, control, measure, med, median, metric, note, ours, row, serve, server, starts, times, until } from './measure.mjs';

const by = (transport) => ['--transport', transport];
const idle = (transport) => times(starts, () => bench('connect', ours, server({ rooms: {} }), [...by(transport), '--viewers', '19000', '--ramp', '0', '--hold', '15s', '--settle', '60s']));
const paced = (transport, viewers, rate, seconds) => bench('fanout', ours, server(), [...by(transport), '--viewers', String(viewers), '--rate', String(rate), '--size', '128', '--duration', `${seconds}s`]);

const lines = {
  async parked() {
    row('3 19,000 parked long-polls: RSS per connection', med(idle('longpoll'), 'rss_per_conn_bytes'), '<=', 1000, 'B');
    const p = await serve();
    const b = spawn('./bin/bench', ['connect', ...by('longpoll'), '--url', ours.url, '--publish', ours.publish, '--viewers', '19000', '--ramp', '0', '--hold', '5m', '--client-cpus', '1', '--quiet'], { stdio: 'ignore' });
    await until('19,000 parked', async () => metric(await control('/metrics'), 'grandstand_viewers', 'transport="longpoll"') >= 19000);
    row('3 19,000 parked long-polls: goroutines', metric(await control('/metrics'), 'grandstand_goroutines'), '<=', 16, '');
    b.kill('SIGKILL');
    p.kill('SIGTERM');
    row('3 exit code', await p.exited, '<=', 0, '');
    // An event a second: all have parked again long before the next.
    const woken = times(starts, () => paced('longpoll', 19000, 1, 12));
    row('3 one event wakes 19,000: p99', med(woken, 'p99_ms'), '<=', 400, 'ms');
    clean('3 one event wakes 19,000', woken);
    const polls = [], sockets = [];
    for (let i = 0; i < starts; i++) {
      polls.push(paced('longpoll', 10000, 5, 8));
      sockets.push(paced('websocket', 10000, 5, 8));
    }
    row('3 10,000 x 5/s: CPU per answered poll / WebSocket delivery', med(polls, 'cpu_us_per_delivery') / med(sockets, 'cpu_us_per_delivery'), '<=', 3, 'x');
    clean('3 10,000 long-polls x 5/s', polls);
    const full = times(starts, () => bench('saturate', ours, server(), [...by('longpoll'), '--viewers', '10000', '--window', '4', '--size', '128', '--duration', '6s']));
    row('3 10,000 long-polls saturated, W=4: deliveries per CPU-s', med(full, 'deliveries_per_cpu_s'), '>=', 300000, '');
    clean('3 10,000 long-polls saturated', full);
  },
  sse() {
    row('3 19,000 SSE: RSS per connection', med(idle('sse'), 'rss_per_conn_bytes'), '<=', 900, 'B');
    const a = [], b = [];
    for (let i = 0; i < starts; i++) {
      a.push(paced('sse', 19000, 5, 8));
      b.push(paced('websocket', 19000, 5, 8));
    }
    row('3 19,000 SSE x 5/s: CPU per delivery / WebSocket', med(a, 'cpu_us_per_delivery') / med(b, 'cpu_us_per_delivery'), '<=', 1.2, 'x');
    clean('3 19,000 SSE x 5/s', a);
  },
  threads() {
    const r = bench('capacity', ours, server(), ['--viewers', '19000', '--threads', '300']);
    row('4 a pool of 300 threads: viewers served within 1 s', r.pool300_viewers, '<=', 300, '');
    row('4 Grandstand: viewers served within 1 s', r.grandstand_viewers, '>=', 19000, '');
  },
};

// beside measures a broadcast alone and next to real clients and hostile input.
lines.beside = async function beside() {
  const p99 = Object.fromEntries(Object.keys(kinds).map((k) => [k, []]));
  const together = [];
  for (let i = 0; i < starts; i++) {
    for (const kind of Object.keys(kinds)) {
      const { figures, failed } = await broadcast(kind);
      p99[kind].push(figures.p99_ms);
      if (kind === 'beside') together.push(figures);
      console.error(`  ${kind}: p50 ${figures.p50_ms} p99 ${figures.p99_ms} ms, lost ${figures.lost}, faults ${figures.faults}`);
      if (kinds[kind].clients) row(`8 ${kind}, start ${i + 1}: clients that failed`, failed, '<=', 0, '');
    }
  }
  const m = (kind) => median(p99[kind]);
  row('8 10,000 WebSockets x 5/s: p99 beside all other ways / alone', m('beside') / m('alone'), '<=', 1.2, 'x');
  row('8 the same / with the same clients at another process', m('beside') / m('elsewhere'), '<=', 1.2, 'x');
  note('8 the bare write(2) loop: p99 with those clients at another process / alone', m('limit elsewhere') / m('limit alone'), 'x');
  clean('8 10,000 WebSockets beside all other ways', together);
};

await measure(lines, 'bench/results/acceptance_ways.json');
