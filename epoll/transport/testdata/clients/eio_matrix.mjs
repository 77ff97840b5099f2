// The stock Engine.IO clients, on every way to connect, against the application
// of sio_raw.mjs on the path /engine.io/.
import {Socket as Socket6} from "eio6";
import eio3 from "eio3";
import {Link, cells} from "./eio_cells.mjs";
import {more, viewers} from "./lib.mjs";
import {within} from "./sio_client.mjs";
import {matrix} from "./sio_table.mjs";
import {Cutter} from "./ways_cut.mjs";

const usage = `node eio_matrix.mjs VIEWERS CONTROL [--cell PART]

Exits with 1 unless all cells are ok, or those with PART in their name.`;

if (process.argv.includes("--help")) {
  console.log(usage);
  process.exit(0);
}
const only = more.includes("--cell") ? more[more.indexOf("--cell") + 1] : "";

const kinds = {
  "engine.io-client 6": {version: 4, Socket: Socket6},
  "engine.io-client 3": {version: 3, Socket: eio3.Socket},
};

async function run(cell, kind, way) {
  const c = {kind, way, host: viewers, wire: () => Cutter.before(viewers), links: []};
  c.link = options => new Link(c, options);
  c.open = options => c.link(options).up();
  try {
    await within("the cell", cell(c), 30000);
    return "ok";
  } catch (e) {
    return String(e?.message ?? e);
  } finally {
    for (const l of c.links) l.socket.close();
  }
}

async function column(kind, way) {
  const results = {};
  for (const [name, cell] of Object.entries(cells)) if (name.includes(only)) results[name] = await run(cell, kinds[kind], way);
  return {kind, way, cells: results};
}

matrix(await Promise.all(Object.keys(kinds).flatMap(kind =>
  ["polling", "websocket", "upgrading", "upgraded", "base64"].map(way => column(kind, way)))));
