// Cells of sio_rooms.mjs about rooms: see sio_run.mjs for what a cell is.
import WebSocket from "ws";
import {publish, viewers} from "./lib.mjs";
import {bytes, same, within} from "./sio_client.mjs";
import {clients} from "./ways_node.mjs";

// took is all of an event that has come to a peer so far. What is answered
// comes behind what was published before.
export async function took(p, event = "e") {
  await p.ask("leave", "nobody");
  const all = [];
  while (p.left(event)) all.push(await p.next(event));
  return all;
}

// inside are options to come into rooms with: the handshake's.
export const inside = (c, room) => c.kind.protocol === 5 ? {auth: {rooms: [room]}} : {query: {room}};

// enter opens a peer in a room that hears e.
export async function enter(c, room = c.name, options = {}) {
  const p = c.peer({...inside(c, room), ...options}).hear("e", "grandstand:gap");
  await p.up();
  return p;
}

// code is that of an answer's error, which has a message too.
export async function code(p, ...args) {
  const [answer] = await p.ask(...args);
  if (answer.code) same(`message of ${answer.code}`, typeof answer.message, "string");
  return answer.code;
}

async function handshake(c) {
  const room = c.name, a = await enter(c), b = (await c.open({query: {room}})).hear("e");
  const id = await publish(room, "e", '{"n":[1.0]}');
  const want = [{n: [1]}, {room, id}];
  same("by auth or query", await a.next("e"), want);
  same("by query", await b.next("e"), want);
  const more = await publish(room, "e", "2");
  same("once each", [await took(a), await took(b)], Array(2).fill([[2, {room, id: more}]]));
  const bad = c.peer(inside(c, "bad name"));
  const [refusal] = await bad.next(bad.refusal);
  same("refused", c.kind.protocol === 5 ? refusal.data.code : typeof refusal, c.kind.protocol === 5 ? "bad_room" : "string");
  // what is missed between two connections
  if (c.kind.protocol === 5) {
    const late = await enter(c, room, {auth: {rooms: [room], since: id}});
    same("since", await took(late), [[2, {room, id: more}]]);
    const past = await enter(c, room, {auth: {rooms: [room], history: 1}});
    same("history", await took(past), [[2, {room, id: more}]]);
  }
  const chat = await enter(c, room, {nsp: "/chat"});
  const third = await publish(room, "e", "3");
  same("in a namespace", await chat.next("e"), [3, {room, id: third}]);
}

async function joining(c) {
  const room = c.name, a = (await c.open()).hear("e");
  const [joined] = await a.ask("join", room);
  same("joined", [joined.room, joined.recovered, joined.viewers, joined.code], [room, false, 1, undefined]);
  const id = await publish(room, "e", "null");
  same("event", await a.next("e"), [null, {room, id}]);
  same("again", await code(a, "join", room), "already_joined");
  same("left", await a.ask("leave", {room}), [{room}]);
  same("left again", await code(a, "leave", room), "not_joined");
  await publish(room, "e", "2");
  same("after", await took(a), []);
  for (const [args, want] of [
    [[""], "bad_room"], [["a b"], "bad_room"], [["x".repeat(257)], "bad_room"], [[], "bad_message"], [[5], "bad_message"], [[{room: 5}], "bad_message"],
    [[{}], "bad_room"], [[{room, since: "nonsense"}], "bad_cursor"], [[{room, history: -1}], "bad_message"], [[{room: bytes(1)}], "bad_message"],
  ]) same(`join ${JSON.stringify(args)}`, await code(a, "join", ...args), want);
  a.emit("join", room); // nobody waits for the answer
  await took(a);
  const last = await publish(room, "e", "3");
  same("without an ack", await a.next("e"), [3, {room, id: last}]);
}

async function past(c) {
  const room = c.name, a = (await c.open()).hear("e");
  const ids = [];
  for (const n of [1, 2, 3, 4]) ids.push(await publish(room, "e", String(n)));
  const events = from => [1, 2, 3, 4].slice(from).map(n => [n, {room, id: ids[n - 1]}]);
  let [joined] = await a.ask("join", {room, history: 2});
  same("history", [await took(a), joined.head, joined.recovered], [events(2), ids[3], false]);
  await a.ask("leave", room);
  [joined] = await a.ask("join", {room, since: ids[0]});
  same("since", [await took(a), joined.recovered, joined.code], [events(1), true, undefined]);
  await a.ask("leave", room);
  // too long ago for a short history
  const short = `short-${room}`, sent = [];
  for (let n = 0; n < 9; n++) sent.push(await publish(short, "e", String(n)));
  const b = (await c.open()).hear("e", "grandstand:gap");
  [joined] = await b.ask("join", {room: short, since: sent[0]});
  same("gone", [joined.recovered, joined.code], [false, "history_gone"]);
  same("gap", (await b.next("grandstand:gap"))[0], {room: short, from: sent[0], to: sent[4]});
  same("what is left", (await took(b)).map(e => e[0]), [5, 6, 7, 8]);
}

async function publishing(c) {
  const room = c.name, [a, b, other] = [await enter(c), await enter(c), (await c.open()).hear("e")];
  const heard = async () => [await took(a), await took(b), await took(other)].map(l => l.map(e => e[0]));
  const [sent] = await a.ask("publish", room, "e", {text: "hi"});
  same("answer", [sent.room, typeof sent.id], [room, "string"]);
  for (const p of [a, b]) same("the same id", await p.next("e"), [{text: "hi"}, {room, id: sent.id}]);
  same("an object", (await a.ask("publish", {room, event: "e", data: 2}))[0].room, room);
  same("heard", await heard(), [[2], [2], []]);
  await a.ask("publish", {room, event: "e", data: 3, broadcast: true});
  same("broadcast", await heard(), [[], [3], []]);
  await b.ask("publish", room, "e");
  same("no data", await heard(), [[null], [null], []]);
  for (const [args, want] of [
    [[room], "bad_event"], [[room, ""], "bad_event"], [[room, "x".repeat(257)], "bad_event"], [[room, "grandstand:gap"], "bad_event"], [["", "e"], "bad_room"],
    [[room, "e", bytes(1)], "bad_data"], [[room, "e", {deep: [bytes(1)]}], "bad_data"], [[room, "e", "x".repeat(70000)], "too_large"], [[7, "e"], "bad_message"],
    [[`closed-${room}`, "e", 1], "forbidden"],
    // names that clients end the connection for
    ...["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"].map(name => [[room, name, 1], "bad_event"]),
  ]) same(`publish ${JSON.stringify(args).slice(0, 60)}`, await code(a, "publish", ...args), want);
  same("after errors", await heard(), [[], [], []]);
}

async function namespaces(c) {
  const room = c.name, root = await enter(c), chat = c.peer({nsp: "/chat", over: root}).hear("e");
  await chat.next("connect");
  same("joined by the second", (await chat.ask("join", room))[0].viewers, 2);
  const id = await publish(room, "e", "1");
  same("both, once", [await took(root), await took(chat)], Array(2).fill([[1, {room, id}]]));
  const [sent] = await chat.ask("publish", room, "e", 2);
  same("from the second", [await took(root), await took(chat)], Array(2).fill([[2, {room, id: sent.id}]]));
  await chat.ask("publish", {room, event: "e", data: 3, broadcast: true});
  same("to the first only", [await took(root), await took(chat)].map(l => l.map(e => e[0])), [[3], []]);
  await chat.ask("leave", room);
  await publish(room, "e", "4");
  same("after leaving", [await took(root), await took(chat)].map(l => l.map(e => e[0])), [[4], []]);
}

async function names(c) {
  const room = c.name, bare = await enter(c, room, {path: "/bare"}), named = (await c.open({path: "/named"})).hear("e");
  same("enter", (await named.ask("enter", room))[0].room, room);
  const id = await publish(room, "e", "1");
  same("no meta", await bare.next("e"), [1]);
  same("meta", await named.next("e"), [1, {room, id}]);
  let answered = false;
  for (const event of ["join", "leave", "publish"]) named.socket.emit(event, room, "e", 2, () => { answered = true; });
  same("exit", await named.ask("exit", room), [{room}]);
  same("no such events", answered, false);
  same("nothing published", (await took(bare)).length, 0);
}

// Who knows no Socket.IO gets the same, whoever publishes it.
async function everyway(c) {
  const room = c.name, a = await enter(c), got = {websocket: [], sse: [], longpoll: []}, open = [];
  for (const way of Object.keys(got)) {
    await within(way, new Promise(begun => open.push(clients[way](viewers, {
      room, since: () => got[way].cursor, lost: why => got[way].push(why),
      take(m) {
        for (const e of m.events ?? [m]) if (e.event) got[way].push([e.event, e.data, e.id]);
        got[way].cursor = m.cursor ?? m.id ?? got[way].cursor;
        begun();
      },
    }))));
  }
  const native = new WebSocket(`ws://${viewers}/live/ws?room=${room}`);
  await within("open", new Promise(resolve => native.on("open", resolve)));
  const ids = [await publish(room, "e", '{"a":1}'), (await a.ask("publish", room, "e", [2]))[0].id];
  native.send(JSON.stringify({type: "publish", room, event: "e", data: "3"}));
  const want = [{a: 1}, [2], "3"], events = [];
  for (const data of want) {
    const [d, meta] = await a.next("e");
    same("data", d, data);
    events.push(["e", d, meta.id]);
  }
  same("ids", events.slice(0, 2).map(e => e[2]), ids);
  for (const [way, list] of Object.entries(got)) {
    const end = Date.now() + 10000;
    while (list.length < want.length && Date.now() < end) await new Promise(resolve => setTimeout(resolve, 10));
    same(way, list, events);
  }
  for (const v of open) v.close();
  native.terminate();
}

export const rooms = {handshake, joining, past, publishing, namespaces, names, "every way": everyway};
