// What the rivals on Node share: the port to publish at, and the life of the process.
import http from "node:http";

// serve listens for viewers at the first argument of the command line, and for
// POST /v1/publish {"room","event","data"} or {"events":[...]} at the second.
// publish gets each event with its number, in their order. It ends with SIGTERM.
export function serve(viewers, publish) {
  const [at, control] = process.argv.slice(2).map(address);
  if (!at || !control) {
    console.error(`node ${process.argv[1]} HOST:PORT CONTROL_HOST:PORT`);
    process.exit(2);
  }
  let next = 0;
  http.createServer(async (req, res) => {
    if (req.url !== "/v1/publish") return void res.end("{}");
    const parts = [];
    for await (const p of req) parts.push(p);
    try {
      const body = JSON.parse(Buffer.concat(parts)), ids = [];
      for (const event of body.events ?? [body]) {
        const id = `r-${++next}`;
        publish(event, id);
        ids.push(id);
      }
      res.setHeader("Content-Type", "application/json");
      res.end(JSON.stringify(body.events ? {ids} : {id: ids[0]}));
    } catch (e) {
      res.writeHead(400).end(String(e));
    }
  }).listen(control);
  viewers.listen({...at, backlog: 4096});
  process.on("SIGTERM", () => process.exit(0));
}

function address(s) {
  const i = s.lastIndexOf(":"), port = Number(s.slice(i + 1));
  return i > 0 && port > 0 && {host: s.slice(0, i).replace(/^\[|\]$/g, ""), port};
}
