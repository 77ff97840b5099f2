// nginx as a child, with a folder of its own.
import {spawn} from "node:child_process";
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from "node:fs";
import net from "node:net";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {fail, within} from "./lib.mjs";

// run starts nginx with what stands in its http block; http gets the folder it
// may write to and the HOST:PORT to listen on. The promise is for {host, stop}.
export async function run(http) {
  const dir = mkdtempSync(join(tmpdir(), "nginx-"));
  const host = `127.0.0.1:${await freePort()}`;
  const temp = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(t => `${t}_temp_path ${dir}/${t};`);
  for (const d of ["cache", "logs"]) mkdirSync(join(dir, d));
  writeFileSync(join(dir, "nginx.conf"), `
    daemon off;
    ${process.getuid() === 0 ? "user root;" : "" /* or it could not write to the folder */}
    worker_processes 1;
    pid ${dir}/pid;
    error_log stderr warn;
    events { worker_connections 4096; }
    http {
      access_log off;
      keepalive_requests 1000000; # few connections are many viewers here
      ${temp.join("\n")}
      ${http(dir, host)}
    }`);
  const child = spawn("nginx", ["-p", dir, "-c", join(dir, "nginx.conf")], {
    stdio: ["ignore", "ignore", "pipe"],
    env: {...process.env, PATH: `${process.env.PATH}:/usr/sbin`}, // where users do not look
  });
  let said = "", ended = false;
  child.stderr.on("data", d => { said += d; });
  child.on("error", e => fail(`nginx: ${e.message}; run .ci/needs`));
  const gone = new Promise(resolve => child.on("exit", code => {
    ended = true;
    resolve();
    if (code) fail(`nginx ended with ${code}: ${said}`);
  }));
  const stop = () => {
    child.kill("SIGTERM"); // the workers end as well
    return within("nginx's end", gone);
  };
  process.on("exit", () => {
    child.kill("SIGTERM");
    rmSync(dir, {recursive: true, force: true, maxRetries: 5});
  });
  await within("nginx", listening(host, () => ended));
  return {host, stop};
}

// freePort is one that nobody listens on now.
async function freePort() {
  const s = net.createServer();
  await new Promise(resolve => s.listen(0, "127.0.0.1", resolve));
  const {port} = s.address();
  await new Promise(resolve => s.close(resolve));
  return port;
}

async function listening(host, given) {
  const [name, port] = host.split(":");
  while (!given()) {
    const up = await new Promise(resolve => {
      const s = net.connect(Number(port), name, () => resolve(true)).on("error", () => resolve(false));
      s.on("connect", () => s.destroy());
    });
    if (up) return;
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}
