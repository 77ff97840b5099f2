// Pages with a stock Socket.IO client in them, which run the cells of the
// matrix. They come from a server of their own, so that the server under test
// is of another origin; through it a page can also cut connections.
import {readFileSync} from "node:fs";
import http from "node:http";
import {createRequire} from "node:module";
import {Cutter} from "./ways_cut.mjs";

const require = createRequire(import.meta.url);

// html loads a client, and begins when told: done has the columns by way.
const html = (script, kind) => `<!doctype html><title>Socket.IO</title>
<script src="${script}"></script>
<script type="module">
import {column} from "/sio_run.mjs";
const ask = async path => {
  const answer = await fetch(path, {method: "POST"});
  if (!answer.ok) throw new Error(path + ": " + answer.status);
  return answer.text();
};
const wire = async () => {
  const host = await ask("/wire");
  return {host, cut: () => ask("/cut?" + host), hold: () => ask("/hold?" + host), free: () => ask("/free?" + host)};
};
window.done = {};
window.begin = async (ways, port, more) => {
  // a browser opens six connections to a host: each way has one of its own
  await Promise.all(ways.map(async way => {
    const at = {kind: {io, ...${JSON.stringify(kind)}}, way, host: way + ".localhost:" + port, wire, ...more};
    window.done[way] = await column(at, more.cell);
  }));
};
</script>`;

// stage serves the page of a client, its dist file at /dist/NAME in the package,
// and the modules; it returns its HOST:PORT. host is where wires lead. bundle, if
// given, is another URL of the file.
export function stage(name, file, kind, host, bundle = `/${file}`) {
  const script = readFileSync(require.resolve(`${name}/dist/${file}`));
  const wires = new Map();
  const server = http.createServer(async (request, response) => {
    const [path, argument] = request.url.split("?");
    const send = (type, body) => response.writeHead(200, {"Content-Type": type}).end(body);
    if (path === "/wire") {
      const wire = await Cutter.before(host);
      wires.set(wire.host, wire);
      return send("text/plain", wire.host);
    }
    if (["/cut", "/hold", "/free"].includes(path)) return send("text/plain", String(wires.get(argument)[path.slice(1)]()));
    if (path === "/") return send("text/html", html(bundle, kind));
    if (path === `/${file}`) return send("text/javascript", script);
    if (/^\/\w+\.mjs$/.test(path)) return send("text/javascript", readFileSync(new URL(`.${path}`, import.meta.url)));
    response.writeHead(404).end();
  });
  return new Promise(resolve => {
    server.listen(0, "127.0.0.1", () => resolve(`127.0.0.1:${server.address().port}`));
  });
}
