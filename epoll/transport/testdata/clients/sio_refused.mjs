// Has a stock client send what the server does not take, and looks at what it is
// told of it: the close frame's reason, in the details of its disconnect.
import {io} from "sio48";
import {same, viewers, within} from "./lib.mjs";

const deep = n => n ? [deep(n - 1)] : 0;
for (const [name, args, want] of [
  ["nested", ["echo", deep(64)], "socketio: too_deep: the payload is nested above the limit"],
  ["11 attachments", ["echo", ...Array.from({length: 11}, () => Buffer.alloc(1))],
    "socketio: too_many_attachments: the attachments of a packet are above the limit"],
]) {
  const socket = io(`http://${viewers}`, {transports: ["websocket"], forceNew: true, reconnection: false});
  await within("connect", new Promise(done => socket.once("connect", done)));
  const gone = within(name, new Promise(done => socket.once("disconnect", (...why) => done(why))));
  socket.emit(...args);
  const [reason, {context}] = await gone;
  same(name, [reason, context.code, context.reason], ["transport close", 1008, want]);
}
process.exit(0);
