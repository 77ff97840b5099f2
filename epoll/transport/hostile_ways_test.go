package transport

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// mark stands in whatever hostile requests say. No answer has it: what comes
// back of a request is what an attacker builds on.
const mark = "zqx9marker"

// attempt is a request, and how it is refused.
type attempt struct {
	name, raw string
	status    int
	code      string
	allow     string
	secret    string // must not come back either
}

// bystanders are a WebSocket and a parked long-poll that get every event,
// whatever others send meanwhile.
type bystanders struct {
	h      *house
	socket *viewer
	parked net.Conn
	r      *bufio.Reader
	n      int
}

func (h *house) bystanders() *bystanders {
	h.t.Helper()
	b := &bystanders{h: h, socket: h.watch("?room=stand"), parked: h.dial(0)}
	b.r = bufio.NewReader(b.parked)
	b.socket.want("joined")
	b.park(h.hub.Cursor(0))
	await(h.t, "both to be in their room", func() bool { return h.hub.Stats().Members == 2 })
	return b
}

// park sends the next long-poll.
func (b *bystanders) park(since string) {
	fmt.Fprintf(b.parked, get, "/live/poll?room=stand&wait=50s&session=stand&since="+since, "")
}

// unharmed publishes, and both have it.
func (b *bystanders) unharmed() {
	b.h.t.Helper()
	for _, c := range []net.Conn{b.socket.conn, b.parked} {
		if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
			b.h.t.Fatal(err)
		}
	}
	cursor := b.h.hub.Cursor(b.h.publish("stand", "n", strconv.Itoa(b.n)))
	b.socket.wantEvents("stand", b.n, b.n)
	a, err := readReply(b.r, "GET")
	if want := fmt.Sprintf(`"id":%q,"event":"n","data":%d}]`, cursor, b.n); err != nil || a.status != 200 ||
		!strings.Contains(a.body, want) {
		b.h.t.Fatalf("the parked poll got %d %s, %v, want %s", a.status, a.body, err, want)
	}
	b.park(cursor)
	b.n++
}

// refused sends an attempt and checks the answer, byte for byte, and that the
// connection is then what HTTP says it is: closed, or good for another request.
func (h *house) refused(at attempt) {
	h.t.Helper()
	c := h.dial(0)
	defer c.Close()
	var all strings.Builder
	r := bufio.NewReader(io.TeeReader(c, &all))
	io.WriteString(c, at.raw) // an error: it was refused before its end
	a, err := readReply(r, "GET")
	if err != nil {
		h.t.Errorf("%s: %v", at.name, err)
		return
	}
	if a.status != at.status || a.code() != at.code || a.field["allow"] != at.allow {
		h.t.Errorf("%s: %d %s, allow %q, want %d %s, %q", at.name, a.status, a.code(), a.field["allow"], at.status, at.code, at.allow)
	}
	if a.last() {
		if rest, err := io.ReadAll(r); err != nil || len(rest) > 0 {
			h.t.Errorf("%s: then %.60q, %v, want the end", at.name, rest, err)
		}
	} else if next := exchange(h.t, c, r, fmt.Sprintf(get, "/live/info", "")); next.status != 200 {
		h.t.Errorf("%s: then %d %s, want 200", at.name, next.status, next.body)
	}
	text := all.String()
	if strings.Contains(strings.ToLower(text), mark) || at.secret != "" && strings.Contains(text, at.secret) {
		h.t.Errorf("%s: the answer quotes the request: %q", at.name, text)
	}
}

// entry is a way in and a query that it takes.
type entry struct {
	name, path string
	args       []string
}

// entries are all, but the way up.
func entries() []entry {
	const room = "room=a"
	return []entry{
		{"poll", "poll", []string{room}},
		{"longpoll", "poll", []string{room, "since=e-1", "wait=20"}},
		{"jsonp", "jsonp", []string{room, "callback=f"}},
		{"longpoll-jsonp", "jsonp", []string{room, "callback=f", "since=e-1", "wait=20"}},
		{"stream", "stream", []string{room}},
		{"sse", "sse", []string{room}},
		{"iframe", "iframe", []string{room, "callback=f"}},
		{"multipart", "multipart", []string{room}},
		{"info", "info", []string{room}},
	}
}

// with is the target with another value of an argument.
func (e *entry) with(key, value string) string {
	args := slices.DeleteFunc(slices.Clone(e.args), func(arg string) bool { return strings.HasPrefix(arg, key+"=") })
	return "/live/" + e.path + "?" + strings.Join(append(args, key+"="+value), "&")
}

// argument is one of a query, the ways in that read it, and what they refuse.
type argument struct {
	key, ways, code string
	values          []string
}

// injections are values that no argument has: they end a line, a string, a tag
// or a text as C has it, or are no text at all.
func injections() []string {
	return []string{
		mark + "%0d%0aX-" + mark + ":%20y%0d%0a%0d%0a", mark + "%0a", "%0d" + mark, mark + "%00", "%00" + mark,
		mark + "%22%3E%3C/script%3E%3Cscript%3Ealert(1)//", mark + "</script>", mark + "'", mark + "%5C%22", mark + "\\u0022",
		mark + "%e2%80%a8", mark + "%80%ff", mark + "%C3%A9", mark + "%", mark + "%zz", mark + "%250d%250a", mark + "+" + mark,
		mark + ";" + mark, mark + "(1)", "*/" + mark + "/*", mark + "-->",
	}
}

// arguments are all, with what is refused of each beside injections.
func arguments() []argument {
	const polls, streams = " poll longpoll jsonp longpoll-jsonp ", " stream sse iframe multipart "
	numbers := []string{mark, "-1", "1." + mark, "0x10", "1e3", "99999999999999999999", "2147483648", "%2B1", "%D9%A1"}
	long := strings.Repeat(mark, 26)
	return []argument{
		{"room", polls + streams + " info ", "bad_room", []string{"", mark + "%20", "%3C" + mark + "%3E", mark + "*", mark + "%3F", long}},
		{"since", polls + streams, "bad_cursor", []string{mark, mark + "-", "-1", "-" + mark, mark + "-" + mark,
			mark + "-18446744073709551616", mark + "--1", mark + "-1-2", "e-000000000000000000001", long + "-1", mark + "-%2B1"}},
		{"history", polls + streams + " info ", "bad_message", numbers},
		{"wait", polls, "bad_message", []string{mark, mark + "s", "25" + mark, "99999999999h", "1e3", "1d", "s"}},
		{"session", polls, "bad_message", []string{mark + ".", mark + "/..", long, mark + "%C3%A9"}},
		{"callback", " jsonp longpoll-jsonp iframe ", "bad_callback", []string{"", long, "." + mark, "9" + mark, mark + "[0]", mark + "%2520", mark + "%20",
			mark + "-1", mark + "=1", mark + "`", "%EF%BB%BF" + mark, "%26%23106;" + mark, mark + "%E2%80%8B"}},
		{"origin", " iframe ", "bad_message", []string{"*", "null", mark, "//" + mark + ".example", "javascript:" + mark, "data:text/html," + mark,
			"https://" + mark + "@page.example", "https://page.example/" + mark, "https://page.example:" + mark, "https://page.example%23" + mark,
			"https://page.example%3F" + mark, "https://page.example%22);alert(%22" + mark, "https://page.example%0d%0aX-" + mark + ":y",
			"https://page.example%00", "https://*.club.example", "https://" + mark + "%E2%80%A8.club.example", "https://page.example%5C" + mark}},
		{"padding", streams, "bad_message", numbers},
		{"keepalive", streams, "bad_message", numbers},
		{"format", " sse ", "bad_message", []string{mark, "event%00", "Message", "message%0d%0a" + mark}},
	}
}

// openListed opens a house that lets some pages in.
func openListed(t testing.TB, change func(s *settings)) *house {
	return openHouse(t, func(s *settings) {
		s.cfg.Origins = []string{"https://page.example", "https://*.club.example"}
		if change != nil {
			change(s)
		}
	})
}

// TestHostileArguments: every argument of every way in, with everything that
// is not a value of it.
func TestHostileArguments(t *testing.T) {
	h := openListed(t, nil)
	other := h.bystanders()
	for _, e := range entries() {
		for _, arg := range arguments() {
			if !strings.Contains(arg.ways, " "+e.name+" ") {
				continue
			}
			t.Run(e.name+"/"+arg.key, func(t *testing.T) {
				h := h.in(t)
				for _, v := range append(arg.values, injections()...) {
					h.refused(attempt{name: v, raw: fmt.Sprintf(get, e.with(arg.key, v), ""), status: 400, code: arg.code})
				}
				// As it is, without an escape: the gate's to refuse.
				h.refused(attempt{name: "NUL", raw: fmt.Sprintf(get, e.with(arg.key, mark+"\x00"), ""), status: 400, code: "bad_target"})
				h.refused(attempt{name: "LF", raw: fmt.Sprintf(get, e.with(arg.key, mark+"\n"), ""), status: 400, code: "bad_line_end"})
				h.refused(attempt{name: "CR LF", raw: fmt.Sprintf(get, e.with(arg.key, mark+"\r\nX: y"), ""), status: 400, code: "bad_request_line"})
				h.refused(attempt{name: "UTF-8", raw: fmt.Sprintf(get, e.with(arg.key, mark+"é"), ""), status: 400, code: "bad_target"})
			})
			other.unharmed()
		}
	}
}

// TestHostileHeads: what is around the query, for every way in and the way up.
func TestHostileHeads(t *testing.T) {
	h := openListed(t, nil)
	other := h.bystanders()
	for _, e := range append(entries(), entry{"send", "send", []string{"session=" + mark}}) {
		t.Run(e.name, func(t *testing.T) {
			for _, at := range headAttempts(&e) {
				h.in(t).refused(at)
			}
		})
		other.unharmed()
	}
	if n := h.hub.Stats().Rooms; n != 1 {
		t.Errorf("%d rooms, want that of the others alone", n)
	}
}

// headAttempts are those for a way in.
func headAttempts(e *entry) (list []attempt) {
	add := func(name, raw string, status int, code string) {
		list = append(list, attempt{name: name, raw: raw, status: status, code: code})
	}
	target, method, allow := e.with("x", mark), "GET", "GET, HEAD, OPTIONS"
	if e.name == "send" {
		method, allow = "POST", "POST, OPTIONS"
	}
	form := method + get[len("GET"):]
	for _, v := range []string{mark, "null", "https://" + mark + ".example", "https://page.example." + mark, "http://page.example/" + mark,
		"https://page.example, https://" + mark, "https://page.example\xff" + mark, "https://club.example", "%0d%0aX-" + mark + ": y"} {
		add("origin "+v, fmt.Sprintf(form, target, "Origin: "+v+"\r\n"), 403, "bad_origin")
	}
	for _, field := range []string{"Origin", "Last-Event-ID", "If-None-Match", "Authorization", "Content-Type"} {
		line := field + ": " + mark
		add(field+" with NUL", fmt.Sprintf(form, target, line+"\x00\r\n"), 400, "bad_header_value")
		add(field+" with CR", fmt.Sprintf(form, target, line+"\rX-"+mark+": y\r\n"), 400, "bad_header_value")
		add(field+" with LF", fmt.Sprintf(form, target, line+"\nX-"+mark+": y\r\n"), 400, "bad_line_end")
		add(field+" folded", fmt.Sprintf(form, target, line+"\r\n "+mark+"\r\n"), 400, "folded_line")
	}
	for _, m := range []string{"GET", "POST", "PUT", "DELETE", "PATCH"} {
		if !strings.Contains(allow, m) {
			list = append(list, attempt{"method " + m, fmt.Sprintf(m+get[len("GET"):], target, ""), 405, "method_not_allowed", allow, ""})
		}
	}
	add("unknown method", fmt.Sprintf(strings.ToUpper(mark)[:3]+form[len(method):], target, ""), 501, "method_not_implemented")
	add("lower method", fmt.Sprintf(strings.ToLower(method)+form[len(method):], target, ""), 400, "bad_method")
	add("unknown path", fmt.Sprintf(form, "/live/"+e.path+"/"+mark, ""), 404, "not_found")
	add("unknown name", fmt.Sprintf(form, "/live/"+mark+e.path, ""), 404, "not_found")
	add("unknown name with NUL", fmt.Sprintf(form, "/live/"+e.path+"%00"+mark, ""), 400, "bad_path")
	add("out of the root", fmt.Sprintf(form, "/live/../../"+mark, ""), 400, "bad_path")
	add("giant argument", fmt.Sprintf(form, e.with("x", strings.Repeat(mark, 500)), ""), 414, "target_too_long")
	add("ten thousand rooms", fmt.Sprintf(form, e.with("x", strings.Repeat("&room="+mark, 10000)), ""), 414, "target_too_long")
	add("megabyte", fmt.Sprintf(form, e.with("x", strings.Repeat(mark, 100<<10)), ""), 414, "target_too_long")
	add("giant field", fmt.Sprintf(form, target, "Cookie: "+strings.Repeat(mark, 1000)+"\r\n"), 431, "head_too_large")
	add("many fields", fmt.Sprintf(form, target, strings.Repeat("X: "+mark+"\r\n", 100)), 431, "too_many_headers")
	switch e.name {
	case "sse":
		for _, v := range []string{mark, "-1", mark + "-18446744073709551616", mark + "\xff-1", "%00", "end%00" + mark} {
			add("Last-Event-ID "+v, fmt.Sprintf(form, target, "Last-Event-ID: "+v+"\r\n"), 400, "bad_cursor")
		}
	case "iframe":
		add("origin= that is not in the list", fmt.Sprintf(form, e.with("origin", "https://"+mark+".example"), ""), 403, "bad_origin")
	}
	if e.name != "send" {
		add("many rooms", fmt.Sprintf(form, e.with("x", strings.Repeat("&room=b", 500)), ""), 400, "too_many")
	}
	return list
}

// TestHostileCursors: a cursor that is one, but from another epoch or from the
// future, is told so under its code, with the newest place to go on from.
func TestHostileCursors(t *testing.T) {
	h := openListed(t, nil)
	other := h.bystanders()
	for range 3 {
		other.unharmed()
	}
	longest := strings.Repeat("a.", 31) + "$9" // of callbacks
	for _, e := range entries() {
		if e.name == "info" { // has nothing to resume
			continue
		}
		for _, tt := range []struct{ since, code string }{
			{mark + "-1", "other_epoch"}, {mark + "-18446744073709551615", "other_epoch"}, {"0-0", "other_epoch"},
			{h.hub.Cursor(1<<64 - 1), "cursor_ahead"}, {h.hub.Cursor(h.hub.Stats().Head + 1), "cursor_ahead"},
		} {
			e.args[0] = "room=stand"
			target, line := e.with("since", tt.since), ""
			if e.name == "sse" {
				target, line = e.with("since", h.hub.Cursor(1)), "Last-Event-ID: "+tt.since+"\r\n"
			}
			c := h.dial(0)
			fmt.Fprintf(c, get, strings.Replace(target, "callback=f", "callback="+longest, 1), line)
			r := bufio.NewReader(c)
			text := ""
			for !strings.Contains(text, `"code":"`) {
				p, err := r.ReadString('}')
				if text += p; err != nil {
					t.Fatalf("%s, since %s: %q, %v, want code %s", e.name, tt.since, text, err, tt.code)
				}
			}
			if !strings.HasPrefix(text, "HTTP/1.1 200 ") || !strings.Contains(text, `"code":"`+tt.code+`"`) ||
				!strings.Contains(text, `"recovered":false`) || !strings.Contains(text, `"`+h.hub.Cursor(h.hub.Stats().Head)+`"`) ||
				strings.Contains(target, "callback=") && !strings.Contains(text, longest+"(") {
				t.Errorf("%s, since %s: %q, want code %s and the newest cursor", e.name, tt.since, text, tt.code)
			}
			c.Close()
		}
		other.unharmed()
	}
}
