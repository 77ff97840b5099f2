// The matrix of sio_matrix.mjs in headless Chromium, with the files that pages
// load of the newest client and of the last 2.x.
import {mkdtempSync, rmSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {Page} from "./browser.mjs";
import {more, viewers} from "./lib.mjs";
import {pause} from "./sio_client.mjs";
import {stage} from "./sio_stage.mjs";
import {matrix} from "./sio_table.mjs";

const usage = `node sio_chromium.mjs VIEWERS CONTROL [--kind NAME] [--way NAME] [--cell PART] [--bundle NAME] [--reference]

As sio_matrix.mjs. With JSONP polling beside, which only 2.x has. The page of
the version that --bundle names loads its client from the server under test, at
/socket.io/socket.io.js.`;

if (process.argv.includes("--help")) {
  console.log(usage);
  process.exit(0);
}
const flag = name => more.includes(name) ? more[more.indexOf(name) + 1] : "";
const chosen = (names, one) => names.filter(n => !one || n === one);

const path = "/socket.io", ways = ["polling", "websocket", "upgrading", "upgraded"];
const pages = {
  "4.8": {client: ["sio48", "socket.io.js", {protocol: 5, path, recovers: true}], ways},
  "2.5": {client: ["sio25", "socket.io.js", {protocol: 4, path}], ways: [...ways, "jsonp"]},
};

// run runs one page's columns. The browser lives as long.
async function run(kind) {
  const profile = mkdtempSync(join(tmpdir(), "sio-"));
  process.on("exit", () => rmSync(profile, {recursive: true, force: true, maxRetries: 5}));
  const {client, ways} = pages[kind], mine = chosen(ways, flag("--way"));
  const bundle = flag("--bundle") === kind ? `http://${viewers}${path}/socket.io.js` : undefined;
  const page = await Page.open(profile, `http://${await stage(...client, viewers, bundle)}/`);
  const port = viewers.slice(viewers.lastIndexOf(":") + 1);
  await page.until("the page", "window.begin");
  const at = {cell: flag("--cell"), reference: more.includes("--reference")};
  await page.on(`void begin(${JSON.stringify(mine)}, ${port}, ${JSON.stringify(at)})`);
  for (;;) {
    const done = await page.on("done");
    const wrong = page.thrown.map(t => [`in the page: ${t}`, "thrown"]);
    if (mine.every(way => done[way])) {
      await page.close();
      return mine.map((way, i) => ({kind, way, cells: {...done[way], ...i ? {} : Object.fromEntries(wrong)}}));
    }
    await pause(100);
  }
}

matrix((await Promise.all(chosen(Object.keys(pages), flag("--kind")).map(run))).flat());
