// A room server on ws: node server.mjs HOST:PORT CONTROL_HOST:PORT
//
// The frame of an event is built once and written to each socket as it is, which
// costs less than send() for each of them.
import http from "node:http";
import {Sender, WebSocketServer} from "ws";
import {serve} from "../control.mjs";

const viewers = http.createServer();
const rooms = new Map();
const wss = new WebSocketServer({server: viewers, perMessageDeflate: false});

wss.on("connection", (ws, req) => {
  const mine = new URL(req.url, "http://x").searchParams.getAll("room");
  for (const room of mine) {
    ws.send(JSON.stringify({type: "joined", room, cursor: "r-0", recovered: true}));
    if (!rooms.has(room)) rooms.set(room, new Set());
    rooms.get(room).add(ws);
  }
  ws.on("close", () => {
    for (const room of mine) rooms.get(room).delete(ws);
  });
  ws.on("error", () => {}); // close follows
});

serve(viewers, ({room, event, data}, id) => {
  const text = Buffer.from(JSON.stringify({type: "event", room, id, event, data}));
  const frame = Buffer.concat(Sender.frame(text, {fin: true, rsv1: false, opcode: 1, mask: false, readOnly: true}));
  for (const ws of rooms.get(room) ?? []) {
    if (ws.readyState === ws.OPEN) ws._socket.write(frame);
  }
});
