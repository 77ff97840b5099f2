// Cells of the matrix about what happens at once: an emit is for those who are
// there when it is made, and what one handler sends comes in its order. See
// sio_cells.mjs.
import {same} from "./sio_client.mjs";

const times = Array.from({length: 10}, (_, i) => i);

// one is a peer that hears x, alone in a room of the cell's name.
async function one(c) {
  const a = (await c.open()).hear("x");
  same("join", await a.ask("join-room", c.name), [[c.name]]);
  return a;
}

// taken is what it has heard since.
async function taken(a) {
  await a.sync();
  const got = [];
  while (a.left("x")) got.push((await a.next("x", 1))[0]);
  return got;
}

async function inOrder(c) {
  const a = await one(c);
  for (const i of times) {
    same("ack", await a.ask("in-order", c.name, "x"), ["in order"]);
    same(`round ${i}`, await taken(a), [1, 2, 3, 4, 5]);
  }
}

async function lastWords(c) {
  const a = (await c.open()).hear("x");
  for (const i of times) await a.ask("join-emit-leave", c.name, "x", i);
  await Promise.all(times.map(i => a.ask("join-emit-leave", c.name, "x", i)));
  same("before leaving", await taken(a), [...times, ...times]);
  for (const close of [false, true]) {
    const b = await one(c);
    b.emit("last-words", c.name, "x", close);
    same("reason", (await b.next("disconnect"))[0], "io server disconnect");
    same("before the end", [await b.next("x", 1), await b.next("x", 1), await b.next("x", 1)], [[1], [2], [3]]);
  }
}

async function exceptThen(c) {
  const a = await one(c);
  for (const i of times) await a.ask("except-then-leave", c.name, `${c.name}-not`, "x", i);
  same("who was excepted and then left", await taken(a), []);
  for (const i of times) await a.ask("except-then-join", c.name, `${c.name}-not`, "x", i);
  same("who joined what was excepted", await taken(a), times);
}

export const order = {"order of emits": inOrder, "last words": lastWords, "except then join": exceptThen};
