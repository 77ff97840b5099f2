// Cells of sio_rooms.mjs about the control port.
import {control} from "./lib.mjs";
import {bytes, pause, same} from "./sio_client.mjs";
import {enter, took} from "./sio_rooms_cells.mjs";

// call sends a request to the control port.
async function call(method, path, body) {
  const answer = await fetch(`http://${control}${path}`, {
    method, ...(body && {body: JSON.stringify(body), headers: {"Content-Type": "application/json"}}),
  });
  return {status: answer.status, ...await answer.json()};
}

const post = (path, body) => call("POST", path, body);

// done is a request that has to go well.
async function done(path, body) {
  const {status, ...answer} = await post(path, body);
  same(`${path} ${JSON.stringify(body)}`, status, 200);
  return answer;
}

// heard is what e has brought each peer.
const heard = peers => Promise.all(peers.map(p => took(p)));

// three are two peers in a room and one that is not.
async function three(c, options) {
  const all = [await enter(c, c.name, options), await enter(c, c.name, options), await c.open(options)];
  all[2].hear("e");
  return all;
}

async function emit(c) {
  const room = c.name, all = await three(c), [a, b, d] = all, args = ["x", {y: [null]}];
  const expect = async (what, body, want) => {
    await done("/v1/emit", {event: "e", args, ...body});
    same(what, await heard(all), want.map(n => Array(n).fill(args)));
  };
  await expect("a room", {to: [room]}, [1, 1, 0]);
  await expect("one", {to: [d.socket.id]}, [0, 0, 1]);
  await expect("a room and one", {to: [room, d.socket.id]}, [1, 1, 1]);
  await expect("once for all reasons", {to: [room, a.socket.id]}, [1, 1, 0]);
  await expect("except one", {to: [room], except: [a.socket.id]}, [0, 1, 0]);
  await expect("except a room", {to: [room, d.socket.id], except: [room]}, [0, 0, 1]);
  await expect("nobody", {to: ["nobody is here".replaceAll(" ", "-")]}, [0, 0, 0]);
  await expect("uncompressed", {to: [room], compress: false}, [1, 1, 0]);
  await done("/v1/emit", {to: [room], event: "e", args: [{_placeholder: true, num: 0}, 1], attachments: ["AQI="]});
  same("binary", await heard(all), [[[bytes(1, 2), 1]], [[bytes(1, 2), 1]], []]);
  await done("/v1/emit", {to: [a.socket.id], event: "e"});
  same("no arguments", await heard(all), [[[]], [], []]);
  // a namespace is everybody's: the name has to be ours
  const chat = c.peer({nsp: "/chat", over: a}).hear(room);
  await chat.next("connect");
  for (const p of all) p.hear(room);
  const counts = async () => {
    for (const p of [...all, chat]) await p.ask("leave", "nobody");
    return [...all, chat].map(p => p.left(room));
  };
  await done("/v1/emit", {event: room});
  same("the namespace", await counts(), [1, 1, 1, 0]);
  await done("/v1/emit", {event: room, except: [room], namespace: "/"});
  same("the namespace but for a room", await counts(), [1, 1, 2, 0]);
  await done("/v1/emit", {event: room, namespace: "/chat", to: [chat.socket.id]});
  same("another", await counts(), [1, 1, 2, 1]);
  for (let i = 0; i < 50 && !d.left("e"); i++) {
    await pause(i); // the poll behind the last answer is on its way, and what is volatile does not wait for it
    await done("/v1/emit", {event: "e", to: [d.socket.id], volatile: true});
    await d.ask("leave", "nobody");
  }
  if (!d.left("e")) throw new Error("no volatile event came, of 50");
}

async function refusals() {
  for (const [body, status, code] of [
    [{event: "e", namespace: "/nope"}, 404, "bad_namespace"], [{}, 400, "bad_event"], [{event: "connect"}, 400, "bad_event"], [{event: "e", to: ["a\nb"]}, 400, "bad_room"],
    [{event: "e", args: {}}, 400, "bad_message"], [{event: "e", attachments: ["?"]}, 400, "bad_message"], [{event: "e", rooms: ["r"]}, 400, "bad_message"],
    [{event: "e", ack_ms: 60000}, 400, "bad_message"],
  ]) {
    const answer = await post("/v1/emit", body);
    same(`emit ${JSON.stringify(body)}`, [answer.status, answer.error?.code], [status, code]);
  }
  same("join nobody", (await post("/v1/sockets/join", {rooms: ["r"]})).status, 400);
  same("disconnect nobody", (await post("/v1/sockets/disconnect", {})).status, 400);
  same("no such session", (await call("DELETE", `/v1/sessions/${"A".repeat(20)}`)).status, 404);
}

async function acks(c) {
  const [a, b] = await three(c), asked = {to: [c.name], event: "question", args: ["?"]};
  a.socket.on("question", (q, answer) => answer(`a${q}`, [1]));
  b.socket.on("question", (q, answer) => answer(bytes(1, 2)));
  const sorted = r => r.replies.sort((x, y) => x.socket === a.socket.id ? -1 : 1);
  let r = await done("/v1/emit", {...asked, ack_ms: 5000});
  same("all", [r.complete, ...sorted(r)], [true, {socket: a.socket.id, args: ["a?", [1]]},
    {socket: b.socket.id, args: [{_placeholder: true, num: 0}], attachments: ["AQI="]}]);
  b.socket.off("question");
  r = await done("/v1/emit", {...asked, ack_ms: 200});
  same("one", [r.complete, r.replies], [false, [{socket: a.socket.id, args: ["a?", [1]]}]]);
  r = await done("/v1/emit", {...asked, to: [b.socket.id], ack_ms: 100});
  same("none", r, {replies: [], complete: false});
  r = await done("/v1/emit", {...asked, to: ["nobody"], ack_ms: 100});
  same("nobody to ask", r, {replies: [], complete: true});
}

async function sockets(c) {
  const room = c.name, all = await three(c), ids = all.map(p => p.socket.id), [a, b, d] = all;
  const list = async (extra = "") => (await call("GET", `/v1/sockets?room=${room}${extra}`)).sockets;
  const members = async () => (await list()).map(s => s.id);
  const listed = await list();
  same("members", listed.map(s => s.id), ids.slice(0, 2).sort());
  same("what is told", [listed[0].namespace, listed[0].rooms, listed[0].transport.length > 0, /^127\.0\.0\.1/.test(listed[0].peer), listed[0].age_ms >= 0],
    ["/", [room], true, true, true]);
  const [first, second] = ids.slice(0, 2).sort();
  const page = await call("GET", `/v1/sockets?room=${room}&limit=1`);
  same("a page", [page.sockets.map(s => s.id), page.more], [[first], true]);
  same("the next", (await list(`&after=${encodeURIComponent(first)}`)).map(s => s.id), [second]);
  same("a namespace that is not", (await call("GET", "/v1/sockets?namespace=/nope")).status, 404);
  await done("/v1/sockets/join", {to: [d.socket.id], rooms: [room, `${room}:2`]});
  same("joined", await members(), ids.toSorted());
  same("and the client is", (await d.ask("join", room))[0].code, "already_joined");
  await done("/v1/sockets/leave", {to: [room], except: [a.socket.id, b.socket.id], rooms: [room]});
  same("left", await members(), ids.slice(0, 2).sort());
  same("disconnected", await done("/v1/sockets/disconnect", {to: [b.socket.id]}), {disconnected: 1});
  same("told so", (await b.next("disconnect"))[0], "io server disconnect");
  same("who is left", await members(), [a.socket.id]);
  const chat = c.peer({nsp: "/chat", over: a});
  await chat.next("connect");
  same("one of two namespaces", await done("/v1/sockets/disconnect", {to: [chat.socket.id], namespace: "/chat"}), {disconnected: 1});
  await chat.next("disconnect");
  same("the other goes on", await members(), [a.socket.id]);
  same("all that a connection carries", await done("/v1/sockets/disconnect", {to: [room], close: true}), {disconnected: 1});
  same("told so too", (await a.next("disconnect"))[0], "io server disconnect");
  const one = await call("GET", `/v1/sessions/${encodeURIComponent(d.socket.id)}`);
  same("a session", [one.status, one.id, one.rooms], [200, d.socket.id, [`${room}:2`]]);
  same("ended", (await call("DELETE", `/v1/sessions/${encodeURIComponent(d.socket.id)}`)).status, 200);
  same("the last is told", (await d.next("disconnect"))[0], "io server disconnect");
}

// Of 2.x clients, sockets outside of / have ids of another form.
async function elsewhere(c) {
  const all = await three(c, {nsp: "/chat"}), [a, b, d] = all, namespace = "/chat";
  const {sockets} = await call("GET", `/v1/sockets?namespace=/chat&room=${c.name}`);
  same("ids", sockets.map(s => s.id), [a.socket.id, b.socket.id].sort());
  await done("/v1/emit", {namespace, to: [a.socket.id, d.socket.id], event: "e", args: [1]});
  same("by id", await heard(all), [[[1]], [], [[1]]]);
  await done("/v1/emit", {namespace, to: [c.name], except: [a.socket.id], event: "e", args: [2]});
  same("but for an id", await heard(all), [[], [[2]], []]);
  same("published but for an id", (await post("/v1/publish", {room: c.name, event: "e", data: 3, except: a.socket.id})).status, 200);
  same("who got it", (await heard(all)).map(l => l.length), [0, 1, 0]);
  same("ended", (await call("DELETE", `/v1/sessions/${encodeURIComponent(d.socket.id)}`)).status, 200);
  same("told so", (await d.next("disconnect"))[0], "io server disconnect");
}

export const emitting = {emit, refusals, acks, sockets, elsewhere};
