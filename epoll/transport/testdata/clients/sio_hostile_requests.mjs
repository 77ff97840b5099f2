// Requests that no client should send, and sessions used in ways they should
// not be.
import net from "node:net";
import {control, viewers} from "./lib.mjs";
import {within} from "./sio_client.mjs";
import {Poller, Probe, Socket, ask, lives} from "./sio_hostile_wire.mjs";

const wrong = [];

function same(what, got, want) {
  const g = JSON.stringify(got), w = JSON.stringify(want);
  if (g !== w) wrong.push(`${what}: got ${g}, want ${w}`);
}

const refusals = ["Transport unknown", "Session ID unknown", "Bad handshake method", "Bad request", "Forbidden", "Unsupported protocol version"];
const refused = code => [400, "application/json", JSON.stringify({code, message: refusals[code]})];

const gone = async (what, p) => {
  const {status, type, text} = await p.get();
  same(`${what}: afterwards`, [status, type, text], refused(1));
};

// table is requests, and what each is answered.
async function table() {
  const polls = await new Poller({headers: {Origin: "http://a.example"}}).begin(), socket = await new Socket().begin(), sid = "A".repeat(20);
  const four = await new Poller({path: "/four/"}).begin();
  const hand = "EIO=4&transport=polling";
  for (const [method, query, want, options] of [
    ["GET", "EIO=4", 0], ["GET", "EIO=4&transport=", 0], ["GET", "EIO=4&transport=flash", 0], ["GET", "", 0], ["GET", "EIO=4&transport=__proto__", 0], ["POST", "EIO=4&transport=x", 0],
    ["GET", `${hand}&sid=${sid}`, 1], ["GET", `${hand}&sid=x`, 1], ["POST", `${hand}&sid=${sid}`, 1, {body: "2"}], ["GET", `${hand}&sid=${"x".repeat(2000)}`, 1],
    ["GET", `${hand}&sid=${polls.sid}%00`, 1], ["GET", `${hand}&sid=${polls.sid.toLowerCase()}x`, 1], ["GET", `${hand}&sid=${four.sid}`, 1],
    ["GET", polls.query, 1, {headers: {Origin: "http://b.example"}}], ["POST", polls.query, 1, {headers: {Origin: "null"}, body: "4x"}],
    ["POST", hand, 2], ["PUT", hand, 2], ["DELETE", hand, 2], ["PATCH", hand, 2, {body: "x"}],
    ["GET", "EIO=4&transport=websocket", 3], ["GET", `EIO=4&transport=websocket&sid=${polls.sid}`, 3], ["GET", `${hand}&sid=${socket.sid}`, 3], ["POST", `${hand}&sid=${socket.sid}`, 3, {body: "1"}],
    ["GET", hand, 3, {headers: {Origin: `http://${"x".repeat(3000)}`}}], ["GET", `${hand}&j=${"1".repeat(100)}`, 3],
    ["GET", "EIO=5&transport=polling", 5, {path: "/four/"}], ["GET", "transport=polling", 5, {path: "/four/"}], ["GET", "EIO=3&transport=polling", 5, {path: "/four/"}],
    ["GET", "EIO=4x&transport=polling", 5, {path: "/four/"}], ["GET", "EIO=4&transport=websocket", 0, {path: "/polls/"}],
  ]) {
    const {status, type, text, error} = await ask(method, query, options);
    same(`${method} ${query.slice(0, 60)} ${JSON.stringify(options ?? "").slice(0, 60)}`, error ?? [status, type, text], refused(want));
  }
  for (const query of ["EIO=5&transport=polling", "transport=polling", "EIO=3&transport=polling"]) { // all but 4 is 3
    const a = await ask("GET", query);
    same(query, [a.status, /^\d+:0\{"sid":"[\w-]{20}"/.test(a.text)], [200, true]);
    await ask("POST", `EIO=3&transport=polling&sid=${a.text.match(/"sid":"([^"]+)"/)[1]}`, {body: "1:1"});
  }
  same("PUT with a session", (await ask("PUT", polls.query, polls.options)).status, 405); // the reference says 500
  const page = {headers: {Origin: "http://b.example"}};
  same("a page may read why", (await ask("GET", "EIO=4", page)).headers["access-control-allow-origin"], "http://b.example");
  same("a target without end", (await ask("GET", "x".repeat(6000))).status, 414);
  await polls.send("40");
  same("nothing of that has hurt the session", await lives(polls), true);
  socket.send("40");
  same("nor the other", await lives(socket), true);
  for (const s of [polls, four, socket]) await s.end();
}

// upgrades are WebSockets that are refused, or closed at once.
async function upgrades() {
  const plain = (text, p) => p.opened.then(got => same(text, got, {status: 400, text, type: "text/html"}));
  await plain("Session ID unknown", new Probe(`EIO=4&transport=websocket&sid=${"A".repeat(20)}`));
  await plain("Transport unknown", new Probe("EIO=4&transport=flash"));
  await plain("Unsupported protocol version", new Probe("EIO=5&transport=websocket", {path: "/four/"}));
  const polls = new Probe("EIO=4&transport=polling");
  same("a WebSocket for polling", [await polls.opened, await polls.closed], [101, 1005]);
  const other = await new Poller({headers: {Origin: "http://a.example"}}).begin();
  await plain("Session ID unknown", new Probe(`EIO=4&transport=websocket&sid=${other.sid}`, {headers: {Origin: "http://b.example"}}));
  await other.end();
  for (const say of [["nonsense"], ["2"], ["5"], ["3probe"], ['42["x"]'], [""], [Buffer.from("2probe")], ["x".repeat(900000)], ["2probe", '42["x"]'], ["2probe", "2probe"], ["2probe", Buffer.alloc(9)], ["2probe", "6"]]) {
    const s = await new Poller().begin(), probe = new Probe(`EIO=4&transport=websocket&sid=${s.sid}`), what = `probe of ${say.map(m => String(m).slice(0, 20))}`;
    await probe.opened;
    probe.send(...say);
    await within(what, probe.closed).catch(e => wrong.push(e.message));
    await s.send("40");
    same(what, await lives(s), true);
    const second = new Probe(`EIO=4&transport=websocket&sid=${s.sid}`); // may try again
    await second.opened;
    second.send("2probe");
    same(`${what}, and another`, await second.until("3probe"), "3probe");
    const third = new Probe(`EIO=4&transport=websocket&sid=${s.sid}`);
    same("two at once", [await third.opened, await third.closed], [101, 1005]);
    second.send("5");
    second.send('4277["leave","nobody"]');
    same("changed over", (await second.until("4377"))?.includes("not_joined"), true);
    const late = await s.get();
    same("a poll after that", [late.status, late.type, late.text], refused(3));
    second.end();
  }
}

// hold sends a part of a request and keeps the connection.
const hold = text => new Promise(resolve => {
  const [host, port] = viewers.split(":"), c = net.connect(port, host, () => c.write(text, () => resolve(c)));
  c.on("error", () => {});
});
const half = (p, body) => `POST /socket.io/?${p.query} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n${body}`;

// awhile waits until f is true.
async function awhile(what, f) {
  for (const end = Date.now() + 10000; Date.now() < end; await new Promise(resolve => setTimeout(resolve, 20))) if (await f()) return;
  wrong.push(`${what}: not within 10 s`);
}

// sessions are used as they should not be.
async function sessions() {
  const open = async () => {
    const p = await new Poller().begin();
    await p.send("40");
    await p.until("40");
    return p;
  };
  let p = await open();
  const both = (await Promise.all([p.get(), p.get()])).map(a => [a.status, a.text]).sort();
  same("two GETs at once", both, [[200, "1"], [400, ""]]);
  await gone("two GETs at once", p);
  p = await open();
  let c = await hold(half(p, "4"));
  await new Promise(resolve => setTimeout(resolve, 50));
  same("two POSTs at once", (await p.post("3")).status, 400);
  await gone("two POSTs at once", p);
  c.destroy();
  for (const [what, body, options, answer] of [
    ["nonsense", "abc", {}, [200, "ok"]], ["nothing", "", {}, [200, "ok"]], ["binary", "4x", {headers: {"Content-Type": "application/octet-stream"}}, [400, ""]],
    ["a bad base64", "b!!!", {}, [200, "ok"]], ["separators", "\x1e\x1e", {}, [200, "ok"]], ["a ping", "2", {}, [200, "ok"]],
  ]) {
    p = await open();
    const {status, text} = await p.post(body, options);
    same(what, [status, text], answer);
    await awhile(what, async () => (await p.get()).status === 400);
    same(`POST after ${what}`, (await p.post("3")).text, refused(1)[2]);
  }
  for (const body of ["5:42", "999999999:4", "-1:4x", "4x", ":", `${"9".repeat(30)}:4x`, "1:4 1:4"]) {
    const old = await new Poller({eio: 3}).begin();
    await old.post(body);
    await awhile(`a payload of 2.x, ${body}`, async () => (await old.get()).status === 400);
  }
  p = await open();
  await p.post(`42["publish","${p.sid}","e",1]\x1eabc\x1e42["publish","${p.sid}","e",2]`);
  await awhile("before the bad one", async () => {
    const room = await fetch(`http://${control}/v1/rooms/${p.sid}/history`);
    return room.ok && (await room.json()).events.length === 1;
  });
  await gone("before the bad one", p);
  await awhile("its poll", async () => { // until the poll is there before the POST
    p = await open();
    const parked = p.get();
    same("goodbye", (await p.post("1")).text, "ok");
    const {text} = await parked;
    if (text !== refused(1)[2]) same("its poll", text, "6");
    return text === "6";
  });
  await gone("goodbye", p);
  for (const [what, text] of [["a poll dropped", p => `GET /socket.io/?${p.query} HTTP/1.1\r\nHost: x\r\n\r\n`], ["a POST dropped", p => half(p, "4x")]]) {
    p = await open();
    c = await hold(text(p));
    await new Promise(resolve => setTimeout(resolve, 100));
    c.destroy();
    await awhile(what, async () => (await p.post("3")).status === 400);
  }
  p = await open();
  c = await hold(`GET /socket.io/?${p.query} HTTP/1.1\r\nHost: x\r\n\r\n`.repeat(10000)); // 1 MB behind one that waits
  const end = new Promise(resolve => c.on("close", resolve));
  c.resume();
  await within("1 MB pipelined", end).catch(e => wrong.push(e.message));
  await awhile("1 MB pipelined", async () => (await p.post("3")).status === 400);
}

// ids: 20 characters that nobody has twice, nor guesses from another.
async function ids() {
  const list = [];
  for (let i = 0; i < 300; i++) {
    const p = await new Poller({eio: i % 2 ? 3 : 4}).begin();
    list.push(p.sid);
    await p.end();
  }
  same("ids", [list.every(id => /^[\w-]{20}$/.test(id)), new Set(list).size], [true, list.length]);
  for (let at = 0; at < 20; at++) { // each of 64 characters has its turn: with 300, at least 40 do
    const seen = new Set(list.map(id => id[at])).size;
    if (seen < 40) wrong.push(`ids: ${seen} different characters at ${at}, want at least 40`);
  }
}

// requests does all of that and returns what went otherwise than it should.
export async function requests() {
  for (const f of [table, upgrades, sessions, ids]) await f();
  return wrong;
}
