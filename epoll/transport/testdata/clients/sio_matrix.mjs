// Every version of the stock Socket.IO client in Node, on every way to connect:
// what it has to be able to do, cell by cell.
import {viewers, more} from "./lib.mjs";
import {kinds} from "./sio_kinds.mjs";
import {column} from "./sio_run.mjs";
import {matrix} from "./sio_table.mjs";
import {Cutter} from "./ways_cut.mjs";

const usage = `node sio_matrix.mjs VIEWERS CONTROL [--kind NAME] [--way NAME] [--cell PART] [--reference]

VIEWERS is the HOST:PORT of a server with the application of sio_app.mjs.
CONTROL is not used. The flags run a part only: one version, one way, the cells
with PART in their name, what the reference can. Exits with 1 unless all cells that are for a version are ok.`;

if (process.argv.includes("--help")) {
  console.log(usage);
  process.exit(0);
}
const flag = name => more.includes(name) ? more[more.indexOf(name) + 1] : "";
const chosen = (names, one) => names.filter(n => !one || n === one);

const reference = more.includes("--reference");
const wire = () => Cutter.before(viewers);
const columns = chosen(Object.keys(kinds), flag("--kind")).flatMap(kind =>
  chosen(["polling", "websocket", "upgrading", "upgraded"], flag("--way")).map(async way =>
    ({kind, way, cells: await column({kind: kinds[kind], way, host: viewers, wire, reference}, flag("--cell"))})));
matrix(await Promise.all(columns));
