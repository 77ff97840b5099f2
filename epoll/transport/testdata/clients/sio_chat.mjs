// The chat, whichever way it is written: by configuration alone, in Go, or as an
// application that is asked over HTTP.
import {more, viewers} from "./lib.mjs";
import {kinds} from "./sio_kinds.mjs";
import {Peer, same} from "./sio_client.mjs";

const usage = `node sio_chat.mjs VIEWERS CONTROL --mode config|go|hooks

The server is one with configs/chat.yaml, that of server/node's example, or one
that asks sio_hook_chat.mjs. Exits with 1 unless all goes as it should.`;

if (process.argv.includes("--help")) {
  console.log(usage);
  process.exit(0);
}

// What a page does: against the configuration alone it says itself who it is.
const application = {
  enter: (p, room) => p.ask("enter", room),
  say: (p, room, text) => p.ask("say", room, text),
  quit: (p, room) => p.ask("quit", room),
};
const configured = {
  enter: (p, room) => p.ask("join", {room, history: 20}),
  say: (p, room, text) => p.ask("publish", room, "line", {nick: p.nick, text}),
  quit: (p, room) => p.ask("leave", room),
};
const mode = more[more.indexOf("--mode") + 1], alone = mode === "config";
const {enter, say, quit} = alone ? configured : application;

// person is somebody with a nick on one of the stock clients; more is what else
// it says of itself.
function person(kind, way, nick, {auth = {}, query = {}} = {}) {
  const mine = kinds[kind].protocol === 5 ? {auth: {nick, ...auth}, query} : {query: {nick, ...query}};
  const p = new Peer({kind: kinds[kind], way, host: viewers, peers: []}, nick && mine);
  p.nick = nick;
  return p.hear("line", "came", "left");
}

const heard = async (p, nick, text) => same(`${p.nick} hears`, (await p.next("line"))[0], {nick, text});
const told = async (p, event, nick) => alone || same(event, (await p.next(event))[0], nick); // only an application tells
const wrong = (what, answer, code) => same(what, [answer[0].code, typeof answer[0].message], [code, "string"]);

if (!alone) {
  for (const kind of ["4.8", "2.5"]) {
    const nobody = person(kind, "websocket"), [error] = await nobody.next(nobody.refusal);
    same("without a nick", (error.message ?? error).includes?.("a nick is needed") ?? error, true);
    nobody.close();
  }
}
const ada = person("4.8", "websocket", "ada"), bob = person("2.5", "upgrading", "bob"), eve = person("4.8", "polling", "eve");
for (const p of [ada, bob, eve]) await p.next("connect");
const lobby = "chat:lobby";

// Those who want to read along without ever entering.
const spies = alone ? [] : [
  person("4.8", "websocket", "eve", {auth: {rooms: [lobby]}, query: {room: lobby}}), person("2.5", "websocket", "eve", {query: {room: lobby}}),
  person("4.8", "polling", "eve", {auth: {rooms: ["my room"]}, query: {room: "my room", since: "?"}}), // an application's own data
  person("2.5", "polling", "eve", {query: {room: "my room"}}),
];
for (const p of spies) await p.next("connect");
for (const way of alone ? [] : ["poll", "sse"]) same(way, (await fetch(`http://${viewers}/live/${way}?room=${lobby}`)).status, 404);

same("ada enters", (await enter(ada, lobby))[0]?.code, undefined);
await enter(bob, lobby);
await told(ada, "came", "bob");
for (const p of spies) {
  p.emit("join", lobby);
  p.emit("publish", lobby, "line", {nick: "ada", text: "not hers"});
  wrong("not entered", await say(p, lobby, "psst"), "not_joined");
  wrong("not entered", await quit(p, lobby), "not_joined");
}
for (const [who, text] of [[ada, "hello"], [bob, "Gr\u00fc\u00dfe \u{1f44b} \"<b>\" \u2028"]]) {
  same("said", (await say(who, lobby, text))[0]?.code, undefined);
  for (const p of [ada, bob]) await heard(p, who.nick, text);
}
wrong("too long", await say(ada, lobby, "x".repeat(3000)), alone ? "too_large" : "bad_data");
wrong("not a room", await enter(ada, "a\nroom"), "bad_room");
wrong("where one may not", await say(eve, alone ? "news" : lobby, "psst"), alone ? "forbidden" : "not_joined");

await enter(eve, lobby);
if (alone) for (const [nick, text] of [["ada", "hello"], ["bob", "Gr\u00fc\u00dfe \u{1f44b} \"<b>\" \u2028"]]) await heard(eve, nick, text);
for (const p of [ada, bob]) await told(p, "came", "eve");
await quit(bob, lobby);
for (const p of [ada, eve]) await told(p, "left", "bob");
await say(ada, lobby, "bye");
for (const p of [ada, eve]) await heard(p, "ada", "bye");
same("bob has left", [bob.left("line"), bob.left("left")], [0, 0]);
eve.close();
await told(ada, "left", "eve");
for (const p of spies) { // whose answers come behind all that was sent before
  wrong("still not entered", await say(p, lobby, "psst"), "not_joined");
  for (const event of ["line", "came", "left"]) same(`a spy hears ${event}`, p.left(event), 0);
  p.close();
}
same("nothing of theirs", [ada.left("line"), ada.left("left")], [0, 0]);
for (const p of [ada, bob]) p.close();
console.log(`${mode}: ok`);
process.exit(0);
