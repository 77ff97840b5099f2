// What the server calls the end of a WebSocket, with clients that end it as no
// stock client does: see sio_app.mjs for the application, and
//
//   node sio_reference.mjs sio_ends.mjs
//
// for the same at the reference.
import {io} from "sio48";
import WebSocket from "ws";
import {fail, same, viewers, within} from "./lib.mjs";

const watcher = io(`http://${viewers}`, {transports: ["websocket"]});
const ended = id => within(`the end of ${id}`, watcher.emitWithAck("ended", id));

// enter connects to the root namespace, and knows its id there.
function enter(version) {
  const ws = new WebSocket(`ws://${viewers}/socket.io/?EIO=${version}&transport=websocket`);
  ws.on("error", () => {}); // how it ends is the server's to tell
  return within("the id", new Promise((done, failed) => {
    ws.on("close", () => failed(new Error("closed")));
    ws.on("message", data => {
      const text = String(data);
      if (version === 3 && text.startsWith("0{")) done([ws, JSON.parse(text.slice(1)).sid]);
      if (version === 4 && text.startsWith("0{")) ws.send("40");
      if (version === 4 && text.startsWith("40{")) done([ws, JSON.parse(text.slice(2)).sid]);
    });
  }));
}

const large = "x".repeat(1100000);
const ways = {
  "end of TCP": [ws => ws._socket.end(), "transport close"],
  // The reference has both names for it, as its next write fails or not.
  "reset of TCP": [ws => ws._socket.resetAndDestroy(), "transport close or transport error"],
  "close frame": [ws => ws.close(1000), "transport close"],
  "close frame without a code": [ws => ws.close(), "transport close"],
  "too large": [ws => ws.send(`42["echo","${large}"]`), "transport error", 1009],
  "too large in parts": [ws => {
    ws.send(`42["echo","${large.slice(600000)}`, {fin: false});
    ws.send(`${large.slice(500000)}"]`, {fin: true});
  }, "transport error", 1009],
  "unknown frame": [ws => ws._socket.write(Buffer.from([0x83, 0x80, 0, 0, 0, 0])), "transport error", 1002],
  "frame without a mask": [ws => ws._socket.write(Buffer.from([0x81, 0x02, 0x34, 0x32])), "transport error", 1002],
  "no UTF-8": [ws => ws.send(Buffer.from([0x34, 0x32, 0xff]), {binary: false}), "transport error", 1007],
  "no packet": [ws => ws.send("9x"), "parse error"],
};

if (!watcher.connected) await within("connect", new Promise(done => watcher.once("connect", done)));
for (const version of [4, 3]) {
  for (const [name, [end, reason, code]] of Object.entries(ways)) {
    const [ws, id] = await enter(version).catch(e => fail(`${name}, EIO ${version}: ${e.message}`));
    const closed = within(`${name}: close`, new Promise(done => ws.once("close", done)));
    end(ws);
    const why = await ended(id);
    if (!reason.split(" or ").includes(why)) fail(`${name}, EIO ${version}: got ${why}, want ${reason}`);
    const got = await closed;
    if (code) same(`${name}, EIO ${version}: code`, got, code);
  }
}
process.exit(0);
