// Viewers that are curl processes: one for a stream, one for each poll.
import {spawn} from "node:child_process";
import {fail, viewers} from "./lib.mjs";
import {query} from "./ways_node.mjs";
import {answer, lines, parts} from "./ways_parse.mjs";
import {pause} from "./ways_tally.mjs";

const running = new Set();
process.on("exit", () => { for (const c of running) c.kill("SIGKILL"); });

// curl runs one, calls found with what it prints, and resolves when it ends.
function curl(args, found) {
  const child = spawn("curl", ["--silent", "--show-error", "--fail-with-body", ...args], {stdio: ["ignore", "pipe", "pipe"]});
  running.add(child);
  let complaint = "";
  child.stdout.setEncoding("latin1"); // a character for each byte
  child.stdout.on("data", found);
  child.stderr.on("data", d => { complaint += d; });
  child.on("error", e => fail(`curl: ${e.message}; run .ci/needs`));
  return new Promise(resolve => child.on("close", code => {
    running.delete(child);
    resolve({code, complaint});
  }));
}

const utf8 = text => Buffer.from(text, "latin1").toString();
const url = (path, room, since, extra) => `http://${viewers}/live/${path}?${query(room, since, extra)}`;

// poll asks again and again, a process for each, until stopped.
export function poll(room, tally, extra = {}) {
  let open = true;
  const loop = async () => {
    while (open) {
      let text = "";
      const {code, complaint} = await curl([url("poll", room, tally.cursor, extra)], d => { text += d; });
      if (!open) return;
      if (code !== 0) fail(`curl ${tally.way}: ${code} ${complaint} ${text}`);
      const a = answer(utf8(text));
      tally.take(a);
      if (!extra.wait) await pause(a.next_ms);
    }
  };
  loop();
  return () => { open = false; };
}

// stream reads what comes from one process, until stopped.
const stream = (path, reader, decode) => (room, tally) => {
  let open = true;
  const read = reader(m => tally.take(m));
  curl(["--no-buffer", url(path, room)], d => open && read(decode(d))).then(({code, complaint}) => {
    if (open) fail(`curl ${path}: ended with ${code} ${complaint}`);
  });
  return () => { open = false; };
};

// Data here is ASCII, so no character is cut by decoding piecemeal.
export const ndjson = stream("stream", lines, utf8);
export const multipart = stream("multipart", parts, d => d);
