// A stock Socket.IO client that is in a room from the start and keeps a tally of
// what comes there.
import {fail, within} from "./lib.mjs";
import {ways} from "./sio_client.mjs";
import {kinds} from "./sio_kinds.mjs";
import {Tally, pause} from "./ways_tally.mjs";

// Member is one. What is not as it should be is in `wrong`.
export class Member {
  wrong = [];
  climbing = false; // it upgrades
  leaving = false;  // its connection may end
  upgrades = 0;
  cuts = 0;
  recovered = 0;

  // kind is a name of sio_kinds.mjs, way one of sio_client.mjs. options are the
  // client's.
  constructor({kind, way, room, host, tally = new Tally(way, kind), event = "n", ...options}) {
    const k = kinds[kind];
    Object.assign(this, {kind, way, tally});
    // a 2.x client has no auth
    const joins = k.protocol === 5 ? {auth: {rooms: [room]}} : {query: {room}};
    this.socket = k.io(`http://${host}/`, {
      forceNew: true, path: k.path, transports: ways[way].transports, reconnectionDelay: 50, reconnectionDelayMax: 100,
      ...k.options, ...joins, ...options,
    });
    this.socket.on(event, (data, meta) => this.tally.take({type: "event", id: meta.id, data}));
    for (const event of ["connect_error", "error"]) {
      this.socket.on(event, e => this.leaving || fail(`${way} by ${kind}: ${e.message ?? e}`));
    }
    this.socket.on("disconnect", reason => this.leaving || this.wrong.push(`${way} by ${kind}: ${reason}`));
  }

  get engine() {
    return this.socket.io.engine;
  }

  // up waits until it is connected, which is after it has joined.
  async up() {
    if (!this.socket.connected) await within("connect", new Promise(resolve => this.socket.once("connect", resolve)));
    this.#count();
    return this;
  }

  // #count counts the upgrades of the connection there is.
  #count() {
    this.engine.on("upgrade", () => this.upgrades++);
  }

  // upgrade begins what the client does by itself as soon as it is open, unless
  // its option upgrade is false.
  upgrade() {
    const {engine} = this;
    this.climbing = true;
    for (const event of ["upgrade", "upgradeError", "close"]) engine.once(event, () => { this.climbing = false; });
    (engine._probe ?? engine.probe).call(engine, "websocket");
  }

  // steady says whether it is connected and in no upgrade: who is cut in one may
  // take no notice before a heartbeat is late, see cut of sio_cells_ends.mjs.
  get steady() {
    return this.socket.connected && !this.climbing && !this.leaving;
  }

  // lose ends the connection by end, again and again until the client has
  // noticed, and waits until it is back, as the one it was.
  async lose(end) {
    const {id} = this.socket;
    this.leaving = true;
    const back = new Promise(resolve => this.socket.once("connect", resolve));
    let gone = false;
    this.socket.once("disconnect", () => { gone = true; });
    while (!gone) {
      end();
      await pause(10);
    }
    await within("reconnect", back);
    this.leaving = false;
    this.cuts++;
    if (this.socket.recovered === true && this.socket.id === id) this.recovered++;
    else this.wrong.push(`${this.way} by ${this.kind}: not recovered, ${this.tally.ids.length} events after its begin`);
    this.#count();
  }

  close() {
    this.leaving = true;
    this.socket.io.skipReconnect = true;
    this.socket.close();
  }
}
