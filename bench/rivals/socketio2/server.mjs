// A room server on socket.io 2: node server.mjs HOST:PORT CONTROL_HOST:PORT
//
// Sockets join the rooms of room= in the URL; its protocol has no auth payload.
import http from "node:http";
import socketio from "socketio2";
import {serve} from "../control.mjs";

const viewers = http.createServer();
const io = socketio(viewers, {serveClient: false, perMessageDeflate: false});
io.on("connection", socket => {
  socket.join([socket.handshake.query.room ?? []].flat());
});

serve(viewers, ({room, event, data}) => io.to(room).emit(event, data));
