// Grandstand for browsers: see live.d.ts.
self.Live = function (url, {rooms = [], since = "", history = 0, token, pauseHidden, timeout = 2e3,
	transports: names = ["websocket", "sse", "stream", "longpoll", "poll"]} = {}) {
const me = this, none = new AbortController(), now = Date.now, fns = {}, asked = {}, seen = {};
let main = none, next = none; // in use, and a better one being tried
let at = 0, tries = 2, count = 0, beat = 25, hidden = 0, due, better;

const ask = (way, more = "") => `${url}/${way}?since=${me.cursor}&history=${history}&keepalive=${beat}${more}` +
	[...rooms].map(r => "&room=" + encodeURIComponent(r)).join("");

const ways = {
	async websocket(c) {
		const s = new WebSocket(new URL(ask("ws"), location).href.replace("http", "ws"));
		s.onopen = () => c.send = m => s.send(JSON.stringify(m));
		s.onmessage = e => take(c, JSON.parse(e.data));
		s.onclose = e => take(c, {type: "end", reason: e.reason, retry: e.code !== 4005});
		c.signal.onabort = () => s.close();
	},
	sse: c => stream(c, "sse", "&format=message"),
	stream: c => stream(c, "stream"),
	longpoll: c => poll(c, "&wait="),
	poll,
};

async function get(c, way, more) {
	const r = await fetch(ask(way, more), {signal: c.signal});
	if (r.ok) return r;
	const {error: e = {}} = await r.json().catch(() => none);
	if (e.code === "bad_cursor") me.cursor = tell("gap", {from: me.cursor}) || "";
	else if (e.code && r.status < 401) halt("closed", e.message);
	lost(c, e.message || r.status);
	due += 1e3 * r.headers.get("Retry-After");
}

async function stream(c, way, more) {
	const r = (await get(c, way, more)).body.getReader(), text = new TextDecoder();
	for (let rest = "", p; !(p = await r.read()).done;) {
		const lines = (rest + text.decode(p.value, {stream: true})).split("\n");
		rest = lines.pop();
		for (const l of lines) if (/{/.test(l)) take(c, JSON.parse(l.replace("data:", "")));
	}
	lost(c);
}

async function poll(c, wait) {
	for (;;) {
		const a = await (await get(c, "poll", c.open && wait && wait + beat)).json();
		const ms = c.open || !wait ? a.next_ms : 0;
		a.type = "joined";
		for (const m of [].concat(c.open ? [] : a, a.gaps || [], a.events, a.end || [])) take(c, m);
		if (c.signal.aborted) return;
		me.cursor = a.cursor;
		c.heard = now() + ms;
		if (a.reconnect) again(a.reconnect.after_ms);
		if (ms) await new Promise(go => setTimeout(go, ms));
	}
}

function begin(i) {
	const c = Object.assign(new AbortController(), {i, since: me.cursor, heard: now()}), name = names[i];
	// Short: a proxy that buffers opens, and holds back.
	c.patience = timeout * (/poll/.test(name) || main.open && !i ? 5 : 1);
	ways[name](c).catch(e => lost(c, e.message));
	return c;
}

function be(state, ...why) {
	me.state = state;
	me.transport = names[main.i];
	tell(state, ...why);
}

function halt(...state) {
	due = Infinity;
	main.abort();
	next.abort();
	main = next = none;
	for (const k in asked) asked[k](none);
	be(...state);
}

function again(ms, why) {
	halt("down", why, ms);
	due = now() + ms;
}

function lost(c, why) {
	if (c === next) next = none, c.abort();
	if (c.signal.aborted) return;
	const idle = now() - c.heard, well = now() - c.open > 2e3;
	const step = well ? why === "silence" && !c.send : tries > 1;
	// Cut for being idle? Or was it the server?
	beat = !well ? 25 : step || idle < 5e3 ? beat : Math.max(5, idle * .6e-3 | 0);
	if (well) tries = 0;
	at = (at + step) % names.length;
	again(step && at ? 0 : Math.random() * Math.min(3e4, 1e3 * 2 ** tries++), why);
}

function take(c, m) {
	if (c.signal.aborted) return;
	const {type, room, id, cursor} = m;
	if (type === "end") return m.retry ? lost(c, m.reason) : halt("closed", m.reason);
	c.heard = now();
	if (!c.open) {
		if (c === next) main.abort();
		main = c;
		next = none;
		at = c.i;
		better = (c.open = now()) + 3e4;
		be("open", names[at]);
	}
	c.patience = beat * (c.send ? 1e3 : 2400);
	// EPOCH-NUMBER; the number grows.
	const [epoch, n] = (id || cursor || "").split("-"), key = [room, epoch];
	if (type === "event") {
		me.cursor = id;
		if (n <= seen[key]) return;
		seen[key] = +n;
		tell(" " + m.event, m.data, m);
		tell(" *", m.data, m);
	} else if (asked[m.ack]) asked[m.ack](m);
	else tell(type, m);
	if (type === "joined") {
		c.session = m.session;
		// Until an event comes: the lowest.
		if (!(n >= c.low)) c.low = +n, me.cursor = cursor;
		if (c.since) tell("recovered", m.recovered);
	}
	if (type === "reconnect") again(m.after_ms, type);
}

function tell(what, ...args) {
	for (const f of fns[what] || []) (async () => f(...args))(); // what f throws is reported
}

function look() {
	hidden = pauseHidden && document.hidden && hidden + 1;
	if (hidden > 9 && main.open) halt("paused");
	if (!hidden && me.state === "paused") again(0);
	if (rooms.size && now() >= due) due = Infinity, main = begin(at);
	for (const c of [main, next]) if (now() - c.heard > c.patience) {
		if (c.send && c.patience > 4e3) {
			// The server's pings are not seen.
			c.send({type: "ping"});
			c.heard = now();
			c.patience = 4e3;
		} else lost(c, "silence");
	}
	if (main.open && at && now() > better) better += 6e4, next = begin(count++ % at);
}

const change = (how, type) => room => {
	rooms[how](room);
	main.send ? main.send({type, room}) : again(0);
};
me.join = change("add", "join");
me.leave = change("delete", "leave");
me.when = (what, f) => (fns[what] = fns[what] || []).push(f);
me.on = (event, f) => me.when(" " + event, f);

const json = async (path, body) => (await fetch(url + path, body && {method: "POST", body: JSON.stringify(body)})).json();
me.publish = async (room, event, data) => {
	const m = {type: "publish", room, event, data, token, ack: ++count}, send = !token && main.send;
	if (!send && !token && !(m.session = main.session)) m.token = (await json("/info")).token;
	const a = await (send ? new Promise(done => send(m, asked[m.ack] = done)) : json("/send", m));
	delete asked[m.ack];
	if (a.id) return a.id;
	throw Object.assign(Error(), a.error || a);
};
me.close = () => halt("closed", clearInterval(tick));
me.cursor = since;
rooms = new Set(rooms);
const tick = setInterval(look, 200);
again(0);
look();
};
