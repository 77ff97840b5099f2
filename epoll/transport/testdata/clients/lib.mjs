// What the programs of this folder share. Each is run as
//
//   node PROGRAM VIEWERS CONTROL [MORE...]
//
// with two HOST:PORT, and exits with 0 when all went as it should.

export const [viewers, control, ...more] = process.argv.slice(2);

// Ends the program when a step takes too long: what it waits for is not coming.
const patience = 15000;

export function fail(why) {
  console.error(why);
  process.exit(1);
}

process.on("unhandledRejection", e => fail(e.stack ?? e));

// within waits for a promise; what names it in the complaint.
export function within(what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: nothing within ${patience} ms`)), patience);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

export function same(what, got, want) {
  const g = JSON.stringify(got), w = JSON.stringify(want);
  if (g !== w) fail(`${what}: got ${g}, want ${w}`);
}

// publish goes by the control port and returns the event's id. data is JSON
// text, so that a test can say which bytes.
export async function publish(room, event, data) {
  const answer = await within("publish", fetch(`http://${control}/v1/publish`, {
    method: "POST",
    headers: {"Content-Type": "application/json"},
    body: `{"room":${JSON.stringify(room)},"event":${JSON.stringify(event)},"data":${data}}`,
  }));
  if (!answer.ok) fail(`publish: ${answer.status} ${await answer.text()}`);
  return (await answer.json()).id;
}

// Inbox holds messages until somebody asks for them.
export class Inbox {
  #kept = [];
  #asker;

  put(message) {
    if (!this.#asker) return void this.#kept.push(message);
    const asker = this.#asker;
    this.#asker = undefined;
    asker(message);
  }

  // next is the oldest message not yet taken; what says what it should be.
  next(what) {
    if (this.#kept.length) return Promise.resolve(this.#kept.shift());
    return within(what, new Promise(resolve => { this.#asker = resolve; }));
  }
}
