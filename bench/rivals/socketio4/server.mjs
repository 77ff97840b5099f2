// A room server on socket.io 4: node server.mjs HOST:PORT CONTROL_HOST:PORT
//
// Sockets join the rooms of auth.rooms and of room= in the URL.
import http from "node:http";
import {Server} from "socket.io";
import {serve} from "../control.mjs";

const viewers = http.createServer();
const io = new Server(viewers, {serveClient: false});
io.on("connection", socket => {
  const {auth, query} = socket.handshake;
  socket.join([...new Set([...auth.rooms ?? [], ...[query.room ?? []].flat()])]);
});

serve(viewers, ({room, event, data}) => io.to(room).emit(event, data));
