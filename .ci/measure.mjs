// What make acceptance measures with: fresh servers on one core, the harness on
// the other, and rows of figures against their bounds. Needs ./bin/server and
// ./bin/bench; nothing else may run meanwhile.
//
//   [--starts 3] [--only LINE,...]
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const arg = (name, dflt) => {
  const i = process.argv.indexOf('--' + name);
  return i < 0 ? dflt : process.argv[i + 1];
};
export const starts = Number(arg('starts', 3));
const only = arg('only', '').split(',').filter(Boolean);
export const dir = mkdtempSync(join(tmpdir(), 'acceptance-'));
const rows = [];
let runs = 0;

export const ours = { name: 'ours ', url: 'ws://127.0.0.1:18080/live/ws', publish: 'http://127.0.0.1:19090' };
export const limit = { name: 'limit', url: 'ws://127.0.0.1:18081/live/ws', publish: 'http://127.0.0.1:19091' };
export const node = { name: 'node ', url: 'http://127.0.0.1:18083/socket.io/', publish: 'http://127.0.0.1:19093' };
export const nodeCommand = 'node epoll/transport/testdata/clients/sio_server.mjs 18083 19093';
export const limitCommand = './bin/bench limit --listen 127.0.0.1:18081 --control 127.0.0.1:19091';

// server is the command of our server with some configuration on top of
// configs/bench.yaml: { rooms: { room: { history: 64 } } }.
export function server(extra, at = ours) {
  const base = `./bin/server --listen ${new URL(at.url).host} --control ${new URL(at.publish).host} --config `;
  if (!extra) return base + 'configs/bench.yaml';
  const file = join(dir, `config-${runs}.yaml`);
  writeFileSync(file, JSON.stringify({ viewers: { page: false, ping_interval: '5m', silence: '15m', message_rate: 0, ...extra.viewers }, listener: { max_conns: 0, max_conns_per_ip: 0, ...extra.listener }, log: { level: 'warn' }, control: { max_body: 67108864 }, rooms: extra.rooms }));
  return base + file;
}

// bench runs one command against a fresh server and returns its figures.
export function bench(command, target, spawned, flags) {
  runs++;
  const out = join(dir, `run-${runs}.json`);
  const args = [command, '--url', target.url, '--publish', target.publish, '--spawn', spawned, '--server-cpus', '0', '--client-cpus', '1', '--quiet', '--json', out, ...flags];
  let text = '';
  try {
    text = execFileSync('./bin/bench', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 26 });
  } catch (e) {
    if (e.status !== 1 || !existsSync(out)) throw new Error(`bench ${args.join(' ')}: ${e.status}\n${e.stdout}${e.stderr}`);
  }
  const r = JSON.parse(readFileSync(out));
  const f = r.figures;
  f.faults ??= 0;
  f.missed = r.missed ?? [];
  process.stderr.write(`  ${command} ${flags.join(' ')} -> ${target.name} p99 ${round(f.p99_ms)} ms, cpu/delivery ${round(f.cpu_us_per_delivery)} us, ${round(f.deliveries_per_cpu_s)} /cpu-s, lost ${f.lost}, faults ${f.faults}${(r.warnings ?? []).map((w) => ` [${w}]`).join('')}${f.missed.map((m) => ` MISSED ${m}`).join('')}\n`);
  return f;
}

const round = (x) => (x === undefined ? '-' : x >= 1000 ? Math.round(x).toLocaleString('en') : Number(x.toPrecision(4)));
export const median = (xs) => [...xs].sort((a, b) => a - b)[Math.floor((xs.length - 1) / 2)];
export const med = (all, key) => median(all.map((f) => f[key]));
export const sum = (all, key) => all.reduce((n, f) => n + (f[key] ?? 0), 0);

// row notes one figure against its bound; op is <= or >=.
export function row(name, value, op, bound, unit) {
  const ok = op === '<=' ? value <= bound : value >= bound;
  rows.push({ name, value, op, bound, unit, ok });
  console.log(`${ok ? 'ok  ' : 'MISS'} ${name}: ${round(value)} ${unit} (${op} ${bound})`);
}
// note is a figure without a bound, for who reads the rows.
export function note(name, value, unit) {
  rows.push({ name, value, unit, ok: true });
  console.log(`     ${name}: ${round(value)} ${unit}`);
}
// clean wants nothing lost, doubled, out of order or broken.
export function clean(name, all) {
  row(`${name}: lost`, sum(all, 'lost'), '<=', 0, 'deliveries');
  row(`${name}: faults`, sum(all, 'faults'), '<=', 0, '');
}
export const times = (n, f) => Array.from({ length: n }, (_, i) => f(i));
// pairs runs ours and the limit in turns.
export function pairs(n, command, flags, extra) {
  const a = [], b = [];
  for (let i = 0; i < n; i++) {
    a.push(bench(command, ours, server(extra), flags));
    b.push(bench(command, limit, limitCommand, flags));
  }
  return [a, b];
}

export const sleep = (ms) => new Promise((r) => setTimeout(r, ms));

// until waits for a condition.
export async function until(what, ok) {
  for (let i = 0; i < 600; i++) {
    if (await ok()) return;
    await sleep(50);
  }
  throw new Error(`${what}: not within 30 s`);
}

// control asks our server's control port.
export const control = async (path) => (await fetch(ours.publish + path)).text();

// metric is the sum of a metric over its labels, or of those with one label.
export const metric = (text, name, label = '') => text.split('\n')
  .filter((l) => (l.startsWith(name + ' ') || l.startsWith(name + '{')) && l.includes(label))
  .reduce((n, l) => n + Number(l.split(' ').at(-1)), 0);

// serve starts our server on core 0 and waits until it is ready. rss is in MiB.
export const serve = (extra = { rooms: {} }, at = ours) => started(server(extra, at), at.publish + '/readyz');

// serveLimit starts the bare write(2) loop on core 0.
export const serveLimit = () => started(limitCommand, limit.publish + '/v1/publish');

// started runs a command on core 0 and waits until something answers at a URL.
async function started(command, url) {
  const p = spawn('taskset', ['-c', '0', ...command.split(' ')], { stdio: ['ignore', 'ignore', 'inherit'] });
  const exited = new Promise((r) => p.on('exit', (code) => r(code)));
  await until('ready', async () => { try { return (await fetch(url)).status !== 503; } catch { return false; } });
  return { pid: p.pid, exited, kill: (signal) => p.kill(signal),
    rss: () => Number(readFileSync(`/proc/${p.pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]) / 1024 };
}

// measure runs the lines and saves their rows; the process exits with 1 when one
// misses.
export async function measure(lines, saved) {
  for (const [name, line] of Object.entries(lines)) {
    if (only.length && !only.includes(name)) continue;
    console.log(`== ${name}`);
    try {
      await line();
    } catch (e) {
      row(`${name}: ${e.message.slice(0, 2000)}`, 1, '<=', 0, '');
    }
  }
  const machine = execFileSync('uname', ['-sr'], { encoding: 'utf8' }).trim();
  const old = only.length && existsSync(saved) ? JSON.parse(readFileSync(saved)).rows.filter((r) => !rows.some((n) => n.name === r.name)) : [];
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  for (const r of rows) Object.assign(r, { starts, commit }); // rows of several runs stand in one file
  writeFileSync(saved, JSON.stringify({ at: new Date().toISOString(), commit, machine, rows: [...old, ...rows] }, null, 1) + '\n');
  rmSync(dir, { recursive: true });
  const bound = rows.filter((r) => r.op);
  const missed = bound.filter((r) => !r.ok);
  console.log(`${bound.length - missed.length} of ${bound.length} rows met`);
  process.exitCode = missed.length ? 1 : 0;
}
