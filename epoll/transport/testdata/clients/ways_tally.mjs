// What a viewer has seen, and whether that is what was published.
import {fail, publish} from "./lib.mjs";

// number is an id's place in its epoch.
export const number = id => BigInt(id.slice(id.lastIndexOf("-") + 1));

// Tally is one viewer's: the ids in the order they came, the gaps it was told,
// and the cursor it resumes with.
export class Tally {
  ids = [];
  gaps = [];
  cursor;
  ready; // resolves with the first cursor
  #begun;
  #delays = [];

  constructor(way, client) {
    this.way = way;
    this.client = client;
    this.ready = new Promise(resolve => { this.#begun = resolve; });
  }

  // take is for a native message, or an answer to a poll.
  take(m) {
    if (m.events) return this.#page(m);
    if (m.type === "joined") this.#at(this.cursor ?? m.cursor);
    else if (m.type === "event") this.#event(m);
    else if (m.type === "gap") this.gaps.push(m);
    else if (m.type === "error") fail(`${this.way} by ${this.client}: ${JSON.stringify(m)}`);
  }

  #page(m) {
    for (const g of m.gaps ?? []) this.gaps.push(g);
    for (const e of m.events) this.#event(e);
    if (!m.type) this.#at(m.cursor); // an answer's; a history has none
  }

  #event(e) {
    this.ids.push(e.id);
    if (e.data?.at) this.#delays.push(Date.now() - e.data.at);
    this.#at(e.id);
  }

  #at(cursor) {
    this.cursor = cursor;
    this.#begun(cursor);
  }

  // late sets the delays, of a tally kept elsewhere.
  late(delays) {
    this.#delays = delays;
  }

  // knows says whether an id has come.
  knows(id) {
    return this.ids.includes(id);
  }

  // row compares with the ids published, in their order.
  row(published) {
    const once = new Set(this.ids);
    let back = 0;
    for (let i = 1; i < this.ids.length; i++) if (number(this.ids[i]) <= number(this.ids[i - 1])) back++;
    return {
      way: this.way, client: this.client, received: this.ids.length, dups: this.ids.length - once.size,
      order: back === 0, equal: JSON.stringify(this.ids) === JSON.stringify(published), ...this.delay(),
    };
  }

  // delay is how late events came, in milliseconds, where they say when they
  // were published.
  delay() {
    const sorted = this.#delays.sort((a, b) => a - b);
    const at = share => sorted[Math.floor((sorted.length - 1) * share)];
    return sorted.length ? {p50_ms: at(0.5), p99_ms: at(0.99)} : {};
  }

  // unexplained says what is wrong with what came, if gaps may be told: events
  // twice or out of order, missing and in no gap, or come and in one.
  unexplained(published) {
    const r = this.row(published), wrong = [];
    if (r.dups) wrong.push(`${r.dups} events twice`);
    if (!r.order) wrong.push("events out of order");
    const told = this.gaps.map(g => ({from: number(g.from), to: number(g.to)}));
    const inGap = id => told.some(g => g.from < number(id) && number(id) <= g.to);
    const got = new Set(this.ids), all = new Set(published);
    const lost = published.filter(id => !got.has(id) && !inGap(id));
    const lied = this.ids.filter(inGap);
    const strange = this.ids.filter(id => !all.has(id));
    if (lost.length) wrong.push(`${lost.length} missing and in no gap, first ${lost[0]}`);
    if (lied.length) wrong.push(`${lied.length} came and are in a gap, first ${lied[0]}`);
    if (strange.length) wrong.push(`${strange.length} nobody published, first ${strange[0]}`);
    const last = number(published.at(-1));
    for (const g of told) if (g.from >= g.to || g.to > last) wrong.push(`a gap from ${g.from} to ${g.to}, the last being ${last}`);
    return wrong;
  }
}

// publishing publishes count events at a rate a second and returns their ids.
// Each has its number and when it was published as its data.
export async function publishing(room, count, rate, from = 0) {
  const ids = [], begun = Date.now();
  for (let i = 0; i < count; i++) {
    const wait = begun + i * 1000 / rate - Date.now();
    if (wait > 0) await pause(wait);
    ids.push(await publish(room, "n", `{"i":${from + i},"at":${Date.now()}}`));
  }
  return ids;
}

export const pause = ms => new Promise(resolve => setTimeout(resolve, ms));

// seen waits until every tally knows the id, and complains of those that do not
// within so many milliseconds. refresh brings the tallies up to date.
export async function seen(tallies, id, refresh = () => {}, patience = 15000) {
  const until = Date.now() + patience;
  for (;;) {
    await refresh();
    const late = tallies.filter(t => !t.knows(id));
    if (late.length === 0) return [];
    if (Date.now() > until) return late.map(t => `${t.way} by ${t.client}: ${id} has not come; ${t.ids.length} have, the last is ${t.ids.at(-1)}`);
    await pause(50);
  }
}

// chance returns numbers from 0 to 1, the same for the same seed: mulberry32.
export function chance(state) {
  return () => {
    state = (state + 0x6D2B79F5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

// table prints rows under their keys.
export function table(rows) {
  const keys = Object.keys(rows[0]);
  const width = k => Math.max(k.length, ...rows.map(r => String(r[k] ?? "").length));
  for (const r of [Object.fromEntries(keys.map(k => [k, k])), ...rows]) {
    console.log(keys.map(k => String(r[k] ?? "").padEnd(width(k))).join("  ").trimEnd());
  }
}

// report prints the figures as the last line and ends the program: with 1 and
// the reasons, if there are any.
export function report(figures, wrong) {
  for (const w of wrong) console.error(w);
  console.log(JSON.stringify({...figures, ok: wrong.length === 0}));
  process.exit(wrong.length === 0 ? 0 : 1);
}
