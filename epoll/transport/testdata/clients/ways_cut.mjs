// A connection between a client and the server that can be cut.
import net from "node:net";

// Cutter forwards a port of its own to host until told to cut. passing, if set,
// gets to see what clients send.
export class Cutter {
  passing;
  #pairs = new Set();
  #held; // the pairs that are, from hold to free

  static async before(host) {
    const c = new Cutter();
    const [, name, port] = host.match(/^(.*):(\d+)$/);
    c.server = net.createServer(near => c.#join(near, net.connect(Number(port), name)));
    await new Promise(resolve => c.server.listen(0, "127.0.0.1", resolve));
    c.host = `127.0.0.1:${c.server.address().port}`;
    return c;
  }

  #join(near, far) {
    const pair = [near, far];
    (this.#held ?? this.#pairs).add(pair);
    near.on("data", p => this.passing?.(p.toString("latin1")));
    for (const [from, to] of [[near, far], [far, near]]) {
      from.setNoDelay(true);
      if (this.#held) from.resume();
      else from.pipe(to);
      from.on("error", () => this.#pairs.has(pair) && to.destroy());
      from.on("close", () => {
        if (this.#pairs.delete(pair)) to.destroySoon();
      });
    }
  }

  // cut ends all connections, with a reset: what was under way is lost. It
  // returns how many there were.
  cut() {
    const n = this.#pairs.size;
    for (const [near, far] of this.#pairs) {
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
    this.#pairs.clear();
    return n;
  }

  // hold forwards nothing more of all connections, nor of those to come until
  // free: no bytes and no end, as if the network were gone.
  hold() {
    this.#held = new Set(this.#pairs);
    for (const [near, far] of this.#pairs) {
      near.unpipe(far).resume();
      far.unpipe(near).resume();
    }
    this.#pairs.clear();
  }

  // free lets new connections through again, and resets those that were held.
  free() {
    for (const [near, far] of this.#held) {
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
    this.#held = undefined;
  }
}
