// A chat as an application that the server asks over HTTP, with nothing but
// Node. What it is asked, and what it may answer, is in server/hooks/doc.go.
//
//   GRANDSTAND_HOOKS_SECRET=... node sio_hook_chat.mjs [PORT]
//
// prints its URL, for hooks.url. The server needs no other setting, but for
// viewers.transports: [], as viewers on the ways of those enter any room. Clients
// connect with a nick, in auth or, those of 2.x, in the query. They emit
// enter(room), say(room, text) and quit(room), each with an ack, and listen for
// line({nick, text}), came(nick) and left(nick).
import {createHmac, timingSafeEqual} from "node:crypto";
import http from "node:http";

const secret = process.env.GRANDSTAND_HOOKS_SECRET;

// signed says whether a request is the server's, and of now.
function signed(headers, body) {
  const {"x-grandstand-timestamp": at = "", "x-grandstand-signature": signature = ""} = headers;
  const want = `v1=${createHmac("sha256", secret).update(`${at}.`).update(body).digest("hex")}`;
  return signature.length === want.length && timingSafeEqual(Buffer.from(signature), Buffer.from(want)) &&
    Math.abs(Date.now() / 1000 - Number(at)) <= 300;
}

const refuse = (code, message) => ({reject: {code, message}});

// hooks answer, by their names. data is what connect has kept: the nick.
const hooks = {
  connect({auth, query}) {
    const nick = auth?.nick ?? query?.nick?.[0];
    return nick && nick.length <= 20 ? {data: nick} : refuse("no_nick", "a nick is needed");
  },
  event({event, args, rooms = [], socket, data: nick}) {
    const [room, text] = args ?? [];
    if (typeof room !== "string") return refuse("bad_room", "a room has a name");
    if (event === "enter") return {join: [room], emit: [{to: [room], except: [socket], event: "came", data: nick}], ack: [null]};
    if (!rooms.includes(room)) return refuse("not_joined", "enter first");
    if (event === "quit") return {leave: [room], emit: [{to: [room], except: [socket], event: "left", data: nick}], ack: [null]};
    if (event !== "say") return refuse("bad_event", "enter, say or quit");
    if (typeof text !== "string" || !text || text.length > 1000) return refuse("bad_data", "a line has 1 to 1000 letters");
    return {emit: [{to: [room], event: "line", data: {nick, text}}], ack: [null]};
  },
  disconnect: ({rooms = [], data: nick}) => rooms.length ? {emit: [{to: rooms, event: "left", data: nick}]} : {},
};

const server = http.createServer(async (request, response) => {
  const parts = [];
  for await (const p of request) parts.push(p);
  const body = Buffer.concat(parts);
  if (!signed(request.headers, body)) return response.writeHead(401).end();
  const call = JSON.parse(body);
  response.setHeader("Content-Type", "application/json");
  // What nobody here has thought of is not allowed.
  response.end(JSON.stringify(hooks[call.hook]?.(call) ?? refuse("forbidden", `no ${call.hook} here`)));
});
server.listen(Number(process.argv[2] ?? 0), "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}/`));
