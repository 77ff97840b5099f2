// Talks in the chat of sio_hook_chat.mjs by stock clients of 4.x and 2.x.
import {io} from "sio48";
import old from "sio25";
import {Inbox, same, viewers, within} from "./lib.mjs";

// enter connects, and collects what comes.
function enter(connect, nick) {
  const socket = connect(`http://${viewers}`, {auth: {nick}, forceNew: true, reconnection: false});
  const inbox = new Inbox();
  for (const name of ["connect", "connect_error", "user joined", "message", "user left"])
    socket.on(name, (...args) => inbox.put([name, ...args.map(a => a instanceof Error ? a.message : a)]));
  return {
    socket,
    next: async (...want) => same(want[0], await inbox.next(want[0]), want),
    // ask emits, and compares what it is answered with.
    ask: async (want, ...args) => same(args[0], await within(args[0], new Promise(done => socket.emit(...args, done))), want),
  };
}

const ada = enter(io, "ada"), bob = enter(io, "bob"), nobody = enter(io, "");
await ada.next("connect");
await bob.next("connect");
await nobody.next("connect_error", "who are you?");

await ada.ask({ok: true}, "join room", "lobby");
await bob.ask({ok: true}, "join room", "lobby");
await ada.next("user joined", "bob");
await bob.ask({ok: true}, "message", "hello, ada");
await ada.next("message", "bob", "hello, ada");
await ada.ask({ok: true}, "message", "hello");
await bob.next("message", "ada", "hello"); // and his own did not come before it

await ada.ask({code: "bad_message", message: "say something"}, "message", "");
await ada.ask({code: "unknown", message: "no event sing"}, "sing", 1);

bob.socket.disconnect();
await ada.next("user left", "bob");

// A 2.x client gives no auth, so this application does not let it in; its
// version has an event "error" for that.
const eve = old(`http://${viewers}`, {forceNew: true, reconnection: false});
const refused = await within("refusal of 2.x", new Promise(done => eve.on("error", done)));
same("refusal of 2.x", refused, {code: "no_nick", message: "who are you?"});
process.exit(0);
