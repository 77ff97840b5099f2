#!/usr/bin/env node
// make acceptance: the figures of the HTTP ways in (issue 3), measured on this
// machine: parked long-polls, event streams, the pool of threads they replace,
// and a broadcast beside real clients and hostile ones.
//
//   node .ci/acceptance_ways.mjs [--starts 3] [--only parked,sse,threads,beside]
//
// Writes bench/results/acceptance_ways.json and exits with 1 when a row misses.
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { bench, clean, control, dir, measure, med, metric, ours, row, serve, server, starts, times, until } from './measure.mjs';

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

// beside runs real clients and hostile input next to a broadcast.
lines.beside = async function beside() {
  execFileSync('taskset', ['-cp', '1', String(process.pid)]); // what is hostile here is not the server's core
  const watch = async (name) => {
    const out = join(dir, `${name}.json`);
    const b = spawn('./bin/bench', ['fanout', '--url', ours.url, '--publish', ours.publish, '--viewers', '10000', '--rate', '5', '--size', '128', '--duration', '40s', '--client-cpus', '1', '--quiet', '--json', out], { stdio: 'ignore' });
    const done = new Promise((r) => b.on('exit', r));
    await until('10,000 viewers', async () => metric(await control('/metrics'), 'grandstand_viewers', 'transport="websocket"') >= 10000);
    return async () => { await done; return JSON.parse(readFileSync(out)).figures; };
  };
  const alone = [], together = [];
  for (let i = 0; i < starts; i++) {
    for (const busy of [false, true]) {
      const p = await serve();
      const figures = await watch(`beside-${i}-${busy}`);
      const others = busy ? [clients('ways.mjs', '1000', '50'), clients('ways_kill.mjs', '--history', 'long'), hostile(30000)] : [];
      const f = await figures();
      const codes = await Promise.all(others);
      if (busy) row(`8 beside, start ${i + 1}: clients that failed`, codes.filter((c) => c !== 0).length, '<=', 0, '');
      (busy ? together : alone).push(f);
      p.kill('SIGTERM');
      await p.exited;
    }
  }
  row('8 10,000 WebSockets x 5/s: p99 beside all other ways / alone', med(together, 'p99_ms') / med(alone, 'p99_ms'), '<=', 1.2, 'x');
  clean('8 10,000 WebSockets beside all other ways', together);
};

// clients runs a program with real clients, and returns its exit code. They get
// what the harness leaves of its core: a browser before it would be measured.
function clients(program, ...args) {
  const addr = (u) => new URL(u).host;
  const p = spawn('nice', ['-n', '10', 'taskset', '-c', '1', 'node', program, addr(ours.url), addr(ours.publish), ...args], { cwd: 'epoll/transport/testdata/clients', stdio: ['ignore', 'ignore', 'inherit'] });
  return new Promise((r) => p.on('exit', (code) => r(code)));
}

// hostile sends nonsense for some time: a few hundred requests a second.
async function hostile(ms) {
  const end = Date.now() + ms;
  const bad = ['/live/jsonp?room=r&callback=alert(1)//', '/live/poll?room=%0d%0aX:1&since=x', '/live/sse?room=%3Cscript%3E', `/live/poll?room=r&since=${'9'.repeat(300)}`,
    `/live/iframe?room=r&callback=${'x'.repeat(2000)}`, `/live/stream?${'room=a&'.repeat(400)}`, '/live/poll?room=r&since=zzz-999999999&wait=25'];
  while (Date.now() < end) {
    await new Promise((done) => {
      const c = connect({ port: 18080, host: '127.0.0.1' });
      c.on('error', done).on('close', done).on('data', () => c.destroy());
      c.write(`GET ${bad[Math.floor(Math.random() * bad.length)]} HTTP/1.1\r\nHost: x\r\n\r\n`.repeat(3));
      setTimeout(() => c.destroy(), 50);
    });
  }
  return 0;
}

await measure(lines, 'bench/results/acceptance_ways.json');
