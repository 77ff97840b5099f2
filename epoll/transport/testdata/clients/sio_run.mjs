// Runs the cells of the matrix: in Node and in pages.
import {talk} from "./sio_cells.mjs";
import {ends} from "./sio_cells_ends.mjs";
import {order} from "./sio_cells_order.mjs";
import {many} from "./sio_cells_rooms.mjs";
import {Peer, within} from "./sio_client.mjs";

const cells = {...talk, ...many, ...order, ...ends};

// cellNames are all, in the order of the table.
export const cellNames = Object.keys(cells);

// cell runs one and returns "ok", "-" if it is not for that kind of client, or
// what is wrong. at has the kind, the way, the host and wire.
async function run(name, at, list) {
  const cell = list[name];
  if (cell.when && !cell.when(at.kind)) return "-";
  const c = {...at, peers: [], name: `${name.replaceAll(" ", "-")}-${Math.random().toString(36).slice(2)}`};
  c.peer = options => new Peer(c, options);
  c.open = options => c.peer(options).up();
  try {
    await within(name, cell(c), 30000);
    return "ok";
  } catch (e) {
    return String(e?.message ?? e);
  } finally {
    for (const p of c.peers) p.close();
  }
}

// column runs the cells of one kind of client on one way, one after the other.
// only, if given, is a part of the names of those to run; list has other cells.
export async function column(at, only = "", list = cells) {
  const results = {};
  for (const name of Object.keys(list)) if (name.includes(only)) results[name] = await run(name, at, list);
  return results;
}
