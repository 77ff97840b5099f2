// Packets that no client should send, on both carriers.
import {Poller, Socket, lives} from "./sio_hostile_wire.mjs";

const blob = size => Buffer.alloc(size, 7);
const hole = (num, more = "") => `{"_placeholder":true,"num":${num}${more}}`;
const reserved = ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"];

// fatal are messages of a socket that is in "/": each ends the connection.
const fatal = [
  ["47"], ["49"], ["4"], ["4x"], ["4-1"], ["42"], ["42{}"], ["42[]"], ["42[null]"], ["42[{}]"], ["42[[\"x\"]]"], ['42"x"'], ['42["x"'], ['42["x",]'], ['42["x"]]'], ["42[\"x\",NaN]"],
  ...reserved.map(name => [`42["${name}"]`]), ...reserved.slice(0, 2).map(name => [`451-["${name}",${hole(0)}]`, blob(1)]),
  ["40"], ["40{}"], ['42/chat,["x"]'], ['42/nope,["x"]'], ["41/chat,"], ["43/chat,1[]"], ['44{"message":"x"}'], ["44/nope,"],
  ['45["x"]'], ['450-["x"]'], ['45-["x"]'], ['451["x"]'], [`4511-["x"${`,${hole(0)}`.repeat(11)}]`], ['4599999999999999999999-["x"]'], ['45-1-["x"]'], ['451-'],
  [`451-["x",${hole(1)}]`, blob(1)], [`451-["x",${hole(-1)}]`, blob(1)], [`451-["x",${hole(10000000)}]`, blob(1)], [`451-["x",${hole('"0"')}]`, blob(1)], [`451-["x",${hole(0.5)}]`, blob(1)],
  [`452-["x",${hole(0)},${hole(1)}]`, blob(1), '42["x"]'], [blob(4)], [`451-["x",${hole(0)}]`, blob(1), blob(1)],
  ['42abc["x"]'], [`42${"9".repeat(20)}["x"]`], [`43${"9".repeat(20)}[]`], ["43[]"], ["431"], ["431{}"], ["46[]"], [`461-${hole(0)}`],
  [`42["x",${"[".repeat(10000)}${"]".repeat(10000)}]`], ["41", '42["x"]'], ["41", "41"], [`40/${"n".repeat(5000)},`],
  ["42[\"x\\ud8"], ['42["x\u0000"]'], // JSON has no control characters
];

// early are messages of one that is in no namespace yet.
const early = [['42["x"]'], ["41"], ["430[]"], ["44"], [`451-["x",${hole(0)}]`, blob(1)], ['40{"a":'], ["40[1]"], ['40"x"'], ["405"], ["40/chat,[]"]];

// harmless are messages of a socket that is in "/", and what is answered.
const harmless = [
  {say: ["43999[]"]}, {say: ['42[1,"x"]']}, {say: ['42["nobody listens",{"a":[]}]']}, {say: [`451-["x",${hole(0)}]`, blob(100000)]},
  {say: ["40/nope,"], answer: '44/nope,{"message":"Invalid namespace"}'}, {say: ["40/chat?a=b,"], answer: '44/chat?a=b,{"message":"Invalid namespace"}'},
  {say: ['40/nope'], answer: '44/nope,{"message":"Invalid namespace"}'}, {say: ["40/chat"], answer: '40/chat,{"sid":"'}, {say: ["41", "40"], answer: '40{"sid":"'},
  {say: ['42["x",{"_placeholder":true,"num":7}]']}, {say: [`4${"2"}["${"x".repeat(2000)}"]`]},
];

// third are those of Engine.IO 3, whose sockets are in "/" at once.
const third = [["40"], ['42["x"'], ['42["connect"]'], ["3"], ['42/chat,["x"]'], ['45["x"]'], [`451-["x",${hole(3)}]`, blob(1)], ["49"]];

// engineOnly are no messages, but packets of Engine.IO.
const engineOnly = [["9"], ["abc"], ["2"]];

const short = say => say.map(m => String(m).slice(0, 60)).join(" + ");

// rounds has all of them, on both carriers, each with a session of its own, and
// returns what went otherwise than it should.
export async function rounds() {
  const wrong = [];
  let tried = 0;
  const each = (name, Carrier, eio, list, joined, good) => list.map(async entry => {
    const say = entry.say ?? entry, s = await new Carrier({eio}).begin();
    tried++;
    try {
      if (joined) await s.send("40");
      if ((joined || eio === 3) && !await s.until("40")) throw new Error("not connected");
      await s.send(...say);
      const why = await good(s, entry);
      if (why) wrong.push(`${name} by ${Carrier.name}: ${short(say)}: ${why}`);
    } catch (e) {
      wrong.push(`${name} by ${Carrier.name}: ${short(say)}: ${e.message}`);
    }
    await s.end();
  });
  const ended = async s => await s.over() ? "" : "it goes on";
  const goesOn = async (s, {answer}) => {
    if (answer && !await s.until(answer)) return `no ${answer}`;
    return await lives(s) ? "" : "it has ended";
  };
  for (const Carrier of [Socket, Poller]) {
    await Promise.all([
      ...each("fatal", Carrier, 4, fatal, true, ended), ...each("early", Carrier, 4, early, false, ended),
      ...each("harmless", Carrier, 4, harmless, true, goesOn), ...each("of 2.x", Carrier, 3, third, false, ended),
      ...each("engine", Carrier, 4, engineOnly, true, ended), ...each("engine of 2.x", Carrier, 3, engineOnly.slice(0, 2), false, ended),
    ]);
  }
  return {tried, wrong: [...wrong, ...await large()]};
}

// large sends more than the limits.
async function large() {
  const wrong = [], event = `451-["x",${hole(0)}]`;
  for (const [what, say] of [["10 MB for a placeholder", [event, blob(10 << 20)]], ["10 MB of text", [`42["x","${"x".repeat(10 << 20)}"]`]]]) {
    const s = await new Socket().begin();
    s.send("40", ...say);
    const code = await s.closed;
    // what does not fit into the close frame's way may be cut off
    if (![1009, 1006].includes(code)) wrong.push(`${what}: closed with ${code}, want 1009`);
    const p = await new Poller().begin();
    await p.send("40");
    const {status, error, text} = await p.send(...say);
    if (status !== 413 && !error || text) wrong.push(`${what} by POST: ${status} ${text}, want 413 without a body`);
    if (!await lives(p)) wrong.push(`${what} by POST: the session has ended`);
    await p.end();
  }
  // each within the limit, but not together
  const s = await new Socket().begin();
  s.send("40", `455-["x",${[0, 1, 2, 3, 4].map(n => hole(n)).join()}]`, ...Array(5).fill(blob(950000)));
  if (!await s.over()) wrong.push("5 times 950 kB: it goes on");
  return wrong;
}
