// Stock Socket.IO clients and a server without an application: rooms by the
// configuration alone, and the control port.
import {viewers, more} from "./lib.mjs";
import {kinds} from "./sio_kinds.mjs";
import {emitting} from "./sio_rooms_control.mjs";
import {rooms} from "./sio_rooms_cells.mjs";
import {column} from "./sio_run.mjs";
import {matrix} from "./sio_table.mjs";

const usage = `node sio_rooms.mjs VIEWERS CONTROL [--kind NAME] [--way NAME] [--cell PART]

The server has the namespaces / and /chat and the paths /socket.io/, /bare/
(without meta) and /named/ (the events enter and exit, and none to publish),
a history of 4 in rooms that begin with short, and no publishing by viewers
in rooms that begin with closed. The flags run a part only. Exits with 1 unless
all cells are ok.`;

if (process.argv.includes("--help")) {
  console.log(usage);
  process.exit(0);
}
const flag = name => more.includes(name) ? more[more.indexOf(name) + 1] : "";
const chosen = (names, one) => names.filter(n => !one || n === one);

const columns = chosen(["4.8", "4.0", "2.5"], flag("--kind")).flatMap(kind =>
  chosen(["polling", "websocket", "upgrading"], flag("--way")).map(async way =>
    ({kind, way, cells: await column({kind: kinds[kind], way, host: viewers}, flag("--cell"), {...rooms, ...emitting})})));
matrix(await Promise.all(columns));
