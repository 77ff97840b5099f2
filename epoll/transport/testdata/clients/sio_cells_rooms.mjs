// Cells of the matrix about many sockets: see sio_cells.mjs.
import {bytes, pause, same} from "./sio_client.mjs";

// three are peers that listen for x; the first two are in the room.
async function three(c) {
  const peers = await Promise.all([0, 1, 2].map(() => c.open()));
  for (const p of peers) p.hear("x");
  const [a, b] = peers;
  same("join", await a.ask("join-room", c.name), [[c.name]]);
  same("join", await b.ask("join-room", c.name), [[c.name]]);
  return peers;
}

// heard compares who has got what since, and how often.
async function heard(what, peers, want) {
  for (const [i, p] of peers.entries()) {
    await p.sync();
    const got = [];
    while (p.left("x")) got.push((await p.next("x", 1))[0]);
    same(`${what}: heard by ${"abc"[i]}`, got, want[i]);
  }
}

async function rooms(c) {
  const peers = await three(c), [a, b, d] = peers;
  same("members", await a.ask("room-ids", c.name), [[a.socket.id, b.socket.id].sort()]);
  await d.ask("emit-room", c.name, "x", 1);
  await heard("emit from outside", peers, [[1], [1], []]);
  await a.ask("emit-room", c.name, "x", 2);
  await heard("emit from inside", peers, [[2], [2], []]);
  same("leave", await a.ask("leave-room", c.name), [[]]);
  await a.ask("emit-room", c.name, "x", 3);
  await heard("after leaving", peers, [[], [3], []]);
  // the room named by an id has the socket of that id
  await a.ask("emit-room", d.socket.id, "x", 4);
  await heard("to one", peers, [[], [], [4]]);
  await a.ask("emit-room", "nobody is here", "x", 5);
  await heard("to nobody", peers, [[], [], []]);
  await a.ask("emit-room", c.name, "x", bytes(1, 2), {and: bytes(3)});
  await heard("binary", peers, [[], [bytes(1, 2)], []]);
  await names(peers, c.name);
}

// names are those of rooms and events as an application likes them.
async function names([a, b], mine) {
  for (const room of [`my room ${mine}`, `#g\u00e4ste ${mine} \u{1f44b}`, `"${mine}" \\ <b>&'`, `${mine} ${"x".repeat(150)}`]) {
    const event = `Ereignis f\u00fcr "${room}"`;
    same(`join ${room}`, await a.ask("join-room", room), [[room]]);
    a.hear(event);
    await b.ask("emit-room", room, event, 1);
    same(`in ${room}`, await a.next(event, 1), [1]);
    await a.ask("leave-room", room);
  }
  await Promise.all(Array.from({length: 100}, (_, i) => a.ask("join-room", `${mine} ${i}`)));
  same("rooms", (await a.ask("whoami"))[0].rooms.length, 100);
}

async function broadcast(c) {
  const peers = await three(c), [a, b, d] = peers;
  await a.ask("broadcast-room", c.name, "x", 1);
  await heard("from inside", peers, [[], [1], []]);
  await d.ask("broadcast-room", c.name, "x", 2);
  await heard("from outside", peers, [[2], [2], []]);
  // many, from two at once: each in its order
  const many = Array.from({length: 40}, (_, i) => i);
  await Promise.all(many.flatMap(i => [a.ask("broadcast-room", c.name, "x", `a${i}`), b.ask("broadcast-room", c.name, "x", `b${i}`)]));
  await heard("many", peers, [many.map(i => `b${i}`), many.map(i => `a${i}`), []]);
  // the namespace is everyone's: the name has to be ours
  for (const p of peers) p.hear(c.name);
  const counts = async () => {
    for (const p of peers) await p.sync();
    return peers.map(p => p.left(c.name));
  };
  await a.ask("broadcast-all", c.name, 3);
  same("to all others", await counts(), [0, 1, 1]);
  await a.ask("emit-all", c.name, 4);
  same("to all", await counts(), [1, 2, 2]);
}

async function except(c) {
  const peers = await three(c), [a, b, d] = peers, other = `${c.name}-other`;
  await d.ask("join-room", c.name);
  await b.ask("join-room", other);
  await a.ask("except-room", c.name, other, "x", 1);
  await heard("except a room", peers, [[1], [], [1]]);
  await a.ask("except-room", c.name, d.socket.id, "x", 2);
  await heard("except one", peers, [[2], [2], []]);
  await b.ask("leave-room", other);
  await a.ask("except-room", c.name, other, "x", 3);
  await heard("except an empty room", peers, [[3], [3], [3]]);
}

async function askRoom(c) {
  const [a, b] = await three(c);
  for (const [name, p] of [["a", a], ["b", b]]) p.socket.on("question", (q, answer) => answer(`${name} ${q}`));
  same("all answer", await a.ask("ask-room", c.name, 5000, "?"), ["all", ["a ?", "b ?"]]);
  b.socket.off("question");
  same("one does not", await a.ask("ask-room", c.name, 2000, "!"), ["timeout", ["a !"]]);
}

// Whether a volatile event finds the way free depends on the moment, but not
// whether it comes twice or out of order.
async function volatile(c) {
  const a = (await c.open()).hear("x");
  let came = 0;
  for (let i = 0; i < 50 && !came; i++) {
    await a.ask("volatile-me", "x", 3);
    let last = -1;
    while (a.left("x")) {
      const [n] = await a.next("x", 1);
      if (n <= last || n > 2) throw new Error(`volatile ${n} after ${last}`);
      last = n;
      came++;
    }
  }
  if (!came) throw new Error("no volatile event came, of 50 times 3");
  if (!a.socket.volatile) return; // the client's own, since 3.0
  a.hear("bounced");
  let sent = 0;
  for (; sent < 100 && !a.left("bounced"); sent++) {
    a.socket.volatile.emit("bounce", sent);
    await pause(20);
  }
  if (sent === 100) throw new Error("none of 100 volatile events of the client's came");
}

export const many = {rooms, broadcast, except, "ack of a room": askRoom, volatile};
