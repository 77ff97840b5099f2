// Readers of what each way sends. A reader takes text as it comes, cut
// anywhere, and calls take with each native message.

// pieces calls found for each match of a pattern, and keeps what follows the
// last one for the next text.
function pieces(pattern, found) {
  let rest = "";
  return text => {
    rest += text;
    let end = 0;
    for (const m of rest.matchAll(pattern)) {
      end = m.index + m[0].length;
      found(m);
    }
    rest = rest.slice(end);
  };
}

// lines reads stream: a message in each line; padding is spaces.
export const lines = take => pieces(/([^\n]*)\n/g, m => m[1].trim() && take(JSON.parse(m[1])));

// scripts reads iframe: an argument of g in each script.
export const scripts = take => pieces(/<script>g\((.*)\)<\/script>\n/g, m => take(JSON.parse(m[1])));

// events reads sse in its default format. WHATWG HTML 9.2.6.
export const events = (take, room) => pieces(/((?:[^\n]+\n)*)\n/g, m => {
  const fields = {};
  for (const line of m[1].split("\n")) {
    const [, name, value] = line.match(/^([a-z]*): ?(.*)$/) ?? [];
    if (name) fields[name] = value;
  }
  if (fields.data !== undefined) take(ofEvent(room, fields.event, fields.id, fields.data));
});

// ofEvent is the native message of a server-sent event.
export function ofEvent(room, event, id, data) {
  if (event?.startsWith("grandstand:")) return JSON.parse(data);
  return {type: "event", room, id, event, data: JSON.parse(data)};
}

// parts reads multipart: each part says how many bytes it has. RFC 2046 5.1.
// Its text has to be latin1, a character for each byte.
export function parts(take) {
  let rest = "";
  return text => {
    rest += text;
    for (;;) {
      const m = rest.match(/^(?:--grandstand\r\n|\r\n)*((?:[^\r\n]+: [^\r\n]*\r\n)+)\r\n/);
      const size = Number(m?.[1].match(/^content-length: (\d+)\r$/im)?.[1]);
      if (m && Number.isNaN(size)) throw new Error(`a part without Content-Length: ${JSON.stringify(m[0])}`);
      if (!m || rest.length < m[0].length + size) return;
      const body = rest.slice(m[0].length, m[0].length + size);
      rest = rest.slice(m[0].length + size);
      take(JSON.parse(Buffer.from(body, "latin1").toString()));
    }
  };
}

// answer reads the answer to a poll, which is one of the messages here.
export function answer(text) {
  const a = JSON.parse(text);
  if (a.error) throw new Error(`poll: ${text}`);
  return a;
}

// callback reads the answer to JSONP.
export function callback(text) {
  const m = text.match(/^\/\*\*\/cb\((.*)\);$/s);
  if (!m) throw new Error(`jsonp: ${text}`);
  return answer(m[1]);
}
