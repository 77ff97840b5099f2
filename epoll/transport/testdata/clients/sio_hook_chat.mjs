// The chat, written as hooks: an application that Grandstand asks over HTTP.
// server/hooks/doc.go says what it is sent and how it answers.
//
//   SECRET=... node sio_hook_chat.mjs [PORT]
//
// prints the address it listens on, which is what hooks.url has to be; SECRET is
// hooks.secret. Clients give auth {nick}, emit "join room" with a room and an
// ack, then "message" with a text; they get "user joined", "message" and "user
// left". It keeps nothing: the nick comes back with each call as data.
import {createHmac, timingSafeEqual} from "node:crypto";
import {createServer} from "node:http";

const secret = process.env.SECRET ?? "";
const text = v => typeof v === "string" && v.length > 0 && v.length <= 1000;
const others = (call, event, ...args) => call.rooms?.length ? [{to: call.rooms, except: [call.socket], event, args}] : [];

// hooks answer calls, by their name; what is not here is answered with {}.
const hooks = {
  connect: ({auth}) => text(auth?.nick) ? {data: {nick: auth.nick}} : {reject: {code: "no_nick", message: "who are you?"}},
  event: call => events[call.event]?.(call, ...call.args ?? []) ?? {reject: {code: "unknown", message: `no event ${call.event}`}},
  disconnect: call => ({emit: others(call, "user left", call.data?.nick)}),
};

// events answer what clients send.
const events = {
  "join room": ({socket, data}, room) => text(room)
    ? {join: [room], ack: [{ok: true}], emit: [{to: [room], except: [socket], event: "user joined", args: [data.nick]}]}
    : {reject: {code: "bad_room", message: "which room?"}},
  message: (call, line) => text(line)
    ? {ack: [{ok: true}], emit: others(call, "message", call.data.nick, line)}
    : {reject: {code: "bad_message", message: "say something"}},
};

// genuine tells whether a request comes from who knows the secret, now.
function genuine(headers, body) {
  const at = headers["x-grandstand-timestamp"], given = Buffer.from(headers["x-grandstand-signature"] ?? "");
  const want = Buffer.from(`v1=${createHmac("sha256", secret).update(`${at}.`).update(body).digest("hex")}`);
  return given.length === want.length && timingSafeEqual(given, want) && Math.abs(Date.now() / 1000 - at) <= 300;
}

const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  if (secret && !genuine(request.headers, body)) return response.writeHead(401).end();
  const call = JSON.parse(body);
  response.writeHead(200, {"Content-Type": "application/json"}).end(JSON.stringify(hooks[call.hook]?.(call) ?? {}));
});
server.listen(Number(process.argv[2] ?? 0), "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}/`));
