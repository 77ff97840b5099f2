// Viewers in one page of Chromium: iframes, scripts, XMLHttpRequest,
// EventSource, fetch, and live.js. Each has a host name of its own below
// localhost, which browsers take for this machine: six connections to one host
// is all they open, and so all but one are of another origin.
import {Page} from "./browser.mjs";
import {viewers, within} from "./lib.mjs";
import {Tally} from "./ways_tally.mjs";

const port = viewers.slice(viewers.lastIndexOf(":") + 1);

// ways are what runs in the page, as text: functions of view, which takes
// messages, of the room, and of where the server is.
const ways = {
  "iframe callback": [undefined, (view, room, at) => {
    window.iframeCallback = m => view.take(m);
    frame(`${at}/live/iframe?room=${room}&callback=iframeCallback`);
  }],
  "iframe postMessage": ["posting", (view, room, at) => {
    addEventListener("message", e => {
      if (e.origin === at) view.take(e.data);
    });
    frame(`${at}/live/iframe?room=${room}&origin=${location.origin}`);
  }],
  "jsonp script": ["jsonp", (view, room, at) => {
    const ask = () => {
      const script = document.createElement("script");
      window.jsonpCallback = a => {
        view.take(a);
        script.remove();
        ask();
      };
      script.onerror = () => view.broken("script");
      const since = view.cursor ? `&wait=25s&since=${view.cursor}` : "";
      script.src = `${at}/live/jsonp?room=${room}&callback=jsonpCallback${since}`;
      document.head.append(script);
    };
    ask();
  }],
  "stream XMLHttpRequest": ["xhr", (view, room, at) => {
    const xhr = new XMLHttpRequest();
    let read = 0;
    xhr.onprogress = () => {
      const end = xhr.responseText.lastIndexOf("\n") + 1;
      view.lines(xhr.responseText.slice(read, end));
      read = end;
    };
    xhr.onloadend = () => view.broken(`status ${xhr.status}`);
    xhr.open("GET", `${at}/live/stream?room=${room}&padding=2048`);
    xhr.send();
  }],
  "stream fetch": ["fetch", async (view, room, at) => {
    const response = await fetch(`${at}/live/stream?room=${room}`);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let rest = ""; ;) {
      const {value, done} = await reader.read();
      if (done) return view.broken("ended");
      rest += value;
      const end = rest.lastIndexOf("\n") + 1;
      view.lines(rest.slice(0, end));
      rest = rest.slice(end);
    }
  }],
  "sse EventSource": ["eventsource", (view, room, at) => {
    const source = new EventSource(`${at}/live/sse?room=${room}`);
    source.addEventListener("grandstand:joined", e => view.take(JSON.parse(e.data)));
    source.addEventListener("n", e => view.take({type: "event", id: e.lastEventId, data: JSON.parse(e.data)}));
    source.onerror = () => view.broken("error");
  }],
  "live.js": ["live", (view, room, at, options) => {
    const live = new Live(`${at}/live`, {rooms: [room], ...options});
    live.on("n", (data, {id}) => view.event({id, data}));
    live.when("joined", m => view.take(m));
    live.when("gap", m => view.gaps.push(m));
    live.when("open", transport => view.opened.push(transport));
    live.when("down", why => view.downs.push(String(why)));
    live.when("closed", why => view.broken(`closed: ${why}`));
  }],
};

// scaffold is what the page has before: views by name, and how they count.
function scaffold() {
  window.views = {};
  window.frame = src => {
    const f = document.createElement("iframe");
    f.src = src;
    document.body.append(f);
  };
  window.newView = name => views[name] = {
    ids: [], gaps: [], late: [], cursor: "", problem: "",
    opened: [], downs: [], // by live.js: the transports it was on, and why no longer
    broken(why) { this.problem ||= why; },
    lines(text) {
      for (const line of text.split("\n")) if (line.trim()) this.take(JSON.parse(line));
    },
    take(m) {
      if (m.type === "joined") this.cursor ||= m.cursor;
      if (m.type === "event") this.event(m);
      for (const e of m.type ? [] : m.events ?? []) this.event(e);
      if (!m.type) this.cursor = m.cursor;
      if (m.type === "gap") this.gaps.push(m);
      if (m.error || m.type === "error" || m.type === "end") this.broken(JSON.stringify(m));
    },
    event(e) {
      this.ids.push(e.id);
      this.late.push(Date.now() - e.data.at);
      this.cursor = e.id;
    },
  };
}

// Viewers is a page with viewers in it.
export class Viewers {
  tallies = [];

  // open starts a browser on a page that is nobody's: an error of the server's.
  static async open(profile, host = viewers) {
    const v = new Viewers();
    v.page = await Page.open(profile, `http://${host}/no-such-page`);
    await v.page.on(`(${scaffold})()`);
    return v;
  }

  // library loads live.js from a server.
  library(host = viewers) {
    return within("live.js", this.page.on(`new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = "http://${host}/live.js";
      script.onload = () => resolve(true);
      script.onerror = () => reject(new Error("live.js does not load"));
      document.head.append(script);
    })`));
  }

  // begin begins one viewer. at is another HOST:PORT than its own below
  // localhost; options are for live.js.
  async begin(way, room, at, name = way, options = {}) {
    const [sub, run] = ways[way];
    const host = at ?? (sub ? `${sub}.localhost:${port}` : viewers);
    const tally = new Tally(...cut(name));
    tally.name = name;
    this.tallies.push(tally);
    await this.page.on(`(${run})(newView(${JSON.stringify(name)}), ${JSON.stringify(room)}, "http://${host}", ${JSON.stringify(options)}), 0`);
    return tally;
  }

  // start begins one viewer and waits until it knows where it is.
  async start(way, room, at, name = way, options = {}) {
    const tally = await this.begin(way, room, at, name, options), view = `views[${JSON.stringify(name)}]`;
    await this.page.until(`${name}: joined`, `${view}.cursor || ${view}.problem`);
    return tally;
  }

  // all starts one viewer on each way.
  async all(room) {
    await this.library();
    // first, while it may still need connections of its own
    await this.start("live.js", room);
    for (const way of Object.keys(ways)) if (way !== "live.js") await this.start(way, room);
  }

  // look brings the tallies up to date and returns what viewers complained of.
  async look() {
    const views = await this.page.on("views");
    const wrong = [];
    for (const t of this.tallies) {
      const v = views[t.name];
      t.cursor = v.cursor;
      t.ids = v.ids;
      t.gaps = v.gaps;
      t.late(v.late);
      t.opened = v.opened;
      t.downs = v.downs;
      if (v.problem) wrong.push(`${t.name}: ${v.problem}`);
    }
    return [...wrong, ...this.page.thrown];
  }

  close() {
    return this.page.close();
  }
}

// cut makes way and client of a name.
function cut(name) {
  const i = name.indexOf(" ");
  return i < 0 ? ["auto", `Chromium ${name}`] : [name.slice(0, i), `Chromium ${name.slice(i + 1)}`];
}
