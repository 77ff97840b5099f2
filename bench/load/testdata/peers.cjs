// Servers of npm that the harness is tried against: node peers.cjs KIND, run in
// the folder that has the packages. It prints its port and ends with its input.
//
// POST / publishes {room, event, data}. A viewer joins with ["join", room], and
// publishes with ["publish", room, event, data].
'use strict';

const http = require('node:http');
const { createRequire } = require('node:module');
const load = createRequire(process.cwd() + '/x.js');

const kinds = {
  // Messages of ws: {"joined"} answers a join, an event is {"in", "name", "n", "data"}.
  ws(server) {
    const { WebSocketServer } = load('ws');
    const rooms = new Map();
    let n = 0;
    const publish = (room, name, data) => {
      const message = JSON.stringify({ in: room, name, n: n++, data });
      for (const c of rooms.get(room) ?? []) c.send(message);
    };
    new WebSocketServer({ server }).on('connection', (c) => c.on('message', (m) => {
      if (m.toString() === 'beat') return c.send('beaten');
      const [what, room, ...rest] = JSON.parse(m);
      if (what === 'publish') return publish(room, ...rest);
      if (!rooms.has(room)) rooms.set(room, new Set());
      rooms.get(room).add(c);
      c.send(JSON.stringify({ joined: room }));
      c.on('close', () => rooms.get(room).delete(c));
    }));
    return publish;
  },
  socketio(server) { return socketio(new (load('socket.io').Server)(server, beats)); },
  socketio2(server) { return socketio(load('siod25')(server, beats)); },
};

const beats = { pingInterval: 1000, pingTimeout: 2000 };

function socketio(io) {
  const publish = (room, name, data) => io.of('/').to(room).emit(name, data);
  for (const space of ['/', '/arena']) {
    io.of(space).on('connection', (s) => {
      s.on('join', (room, done) => { s.join(room); done?.(); });
      s.on('publish', publish);
    });
  }
  return (room, name, data) => {
    publish(room, name, data);
    io.of('/arena').to(room).emit(name, data);
  };
}

const server = http.createServer();
const publish = kinds[process.argv[2]](server);
const taken = server.listeners('request').slice();
server.removeAllListeners('request');
server.on('request', (req, res) => {
  if (req.url !== '/') return taken.length ? taken.forEach((f) => f(req, res)) : res.writeHead(404).end();
  let body = '';
  req.on('data', (p) => { body += p; });
  req.on('end', () => {
    for (const { room, event, data } of [].concat(JSON.parse(body))) publish(room, event, data);
    res.end('{"done":true}');
  });
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.resume().on('end', () => process.exit(0));
