// Clients in Node for every way, as bare as can be: node:http and the readers
// of ways_parse.mjs, and npm's ws. Each is
//
//   open(host, {room, since, take, lost}) -> {close()}
//
// take gets native messages and answers to polls, lost is called when the
// connection ends other than by close. since changes as the viewer goes on, so
// it is a function.
import http from "node:http";
import WebSocket from "ws";
import {fail} from "./lib.mjs";
import {answer, callback, events, lines, parts, scripts} from "./ways_parse.mjs";

export const query = (room, since, extra = {}) =>
  new URLSearchParams({room, ...(since ? {since} : {}), ...extra}).toString();

function websocket(host, v) {
  const socket = new WebSocket(`ws://${host}/live/ws?${query(v.room, v.since())}`);
  let open = true;
  socket.on("message", data => open && v.take(JSON.parse(data)));
  socket.on("error", () => {}); // close follows
  socket.on("close", code => open && v.lost(`closed with ${code}`));
  return {close() {
    open = false;
    socket.terminate();
  }};
}

// streaming is a client for one endless response.
const streaming = (path, read, {extra, encoding = "utf8"} = {}) => (host, v) => {
  let open = true;
  const gone = why => open && v.lost(why);
  const request = http.get(`http://${host}/live/${path}?${query(v.room, v.since(), extra)}`, {agent: false}, response => {
    if (response.statusCode !== 200) return void refused(path, response, gone);
    response.setEncoding(encoding);
    const feed = read(m => open && v.take(m), v.room);
    response.on("data", text => open && feed(text));
    response.on("error", e => gone(e.message));
    response.on("end", () => gone("ended"));
  });
  request.on("error", e => gone(e.message));
  return {close() {
    open = false;
    request.destroy();
  }};
};

// refused ends the program unless the server only asks to come back later.
async function refused(path, response, gone) {
  if (response.statusCode === 503) return gone("busy");
  let text = "";
  for await (const d of response) text += d;
  fail(`${path}: ${response.statusCode} ${text}`);
}

// polling is a client that asks again and again on one connection.
const polling = (path, read, extra = {}) => (host, v) => {
  const agent = new http.Agent({keepAlive: true, maxSockets: 1});
  let open = true, timer;
  const gone = why => {
    if (open) v.lost(why);
  };
  const ask = () => {
    // without a cursor a poll is answered at once
    const wait = v.since() && extra.wait ? {wait: extra.wait} : {};
    http.get(`http://${host}/live/${path}?${query(v.room, v.since(), {...extra, ...wait})}`, {agent}, async response => {
      if (response.statusCode !== 200) return refused(path, response, gone);
      let text = "";
      try {
        for await (const d of response.setEncoding("utf8")) text += d;
      } catch (e) {
        return gone(e.message);
      }
      if (!open) return;
      const a = read(text);
      v.take(a);
      if (open) timer = setTimeout(ask, extra.wait ? 0 : a.next_ms);
    }).on("error", e => gone(e.message));
  };
  ask();
  return {close() {
    open = false;
    clearTimeout(timer);
    agent.destroy();
  }};
};

// clients are all ways by name.
export const clients = {
  websocket,
  sse: streaming("sse", events),
  stream: streaming("stream", lines, {extra: {padding: 2048}}),
  multipart: streaming("multipart", parts, {encoding: "latin1"}),
  iframe: streaming("iframe", scripts, {extra: {callback: "cb"}}),
  longpoll: polling("poll", answer, {wait: "25s"}),
  poll: polling("poll", answer),
  jsonp: polling("jsonp", callback, {callback: "cb", wait: "25s"}),
};
