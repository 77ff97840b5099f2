package transport

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// carrier is a client of one way in. The suite (suite_*_test.go) drives all of
// them, and a new way in needs one row in carriers to be held to it.
type carrier struct {
	name   string
	way    string // what the server calls it
	path   string // with the beginning of the query
	kind   string // content type of its answers
	http10 bool
	polls  bool // asks for every answer
	parks  bool // and these may wait
	script bool // its JSON stands in a script
	plain  bool // its events do not say the room
	decode func(s *streamLink) (said, error)
}

// carriers are all of them.
func carriers() []carrier {
	all := []carrier{
		{name: "websocket", way: wayWebSocket, path: "ws?"},
		{name: "poll", way: wayPoll, path: "poll?", kind: "application/json", polls: true},
		{name: "longpoll", way: wayLongPoll, path: "poll?wait=20s&", kind: "application/json", polls: true, parks: true},
		{name: "longpoll10", way: wayLongPoll, path: "poll?wait=20&", kind: "application/json", polls: true, parks: true, http10: true},
		{name: "jsonp", way: wayJSONP, path: "jsonp?callback=app.on_news$1&wait=20s&", kind: "text/javascript; charset=utf-8", polls: true, parks: true, script: true},
		{name: "stream", way: wayStream, path: "stream?padding=700&", kind: "application/x-ndjson", decode: decodeLine},
		{name: "sse", way: waySSE, path: "sse?", kind: "text/event-stream", plain: true, decode: decodeEvent},
		{name: "sse-message", way: waySSE, path: "sse?format=message&", kind: "text/event-stream", decode: decodeEventMessage},
		{name: "iframe", way: wayIframe, path: "iframe?callback=app.on_news$1&", kind: "text/html; charset=utf-8", script: true, decode: decodeScript},
		{name: "multipart", way: wayMultipart, path: "multipart?", kind: "multipart/x-mixed-replace; boundary=grandstand", decode: decodePart},
	}
	for _, c := range all {
		if c.way == wayStream || c.way == waySSE {
			c.name, c.http10 = c.name+"10", true
			all = append(all, c)
		}
	}
	return all
}

// eachCarrier runs a test of the suite.
func eachCarrier(t *testing.T, test func(t *testing.T, c carrier)) {
	for _, c := range carriers() {
		t.Run(c.name, func(t *testing.T) { test(t, c) })
	}
}

// said is any message of the native protocol, or that an answer to a poll is
// taken apart into.
type said struct {
	message
	Code    json.RawMessage `json:"code"` // a number at an end
	AfterMS *int64          `json:"after_ms"`
	Reason  string          `json:"reason"`
	Retry   bool            `json:"retry"`
	Message string          `json:"message"`
}

func (s said) String() string {
	return fmt.Sprintf("%s of room %q: id %s, event %q, data %.40s, %s to %s, cursor %s, recovered %t, code %s, %s",
		s.Type, s.Room, s.ID, s.Event, s.Data, s.From, s.To, s.Cursor, s.Recovered, s.Code, s.Reason)
}

// parseSaid reads a message, which has to be compact and of known members.
func parseSaid(p []byte) (m said, err error) {
	var compact bytes.Buffer
	if err := json.Compact(&compact, p); err != nil || compact.String() != string(p) {
		return m, fmt.Errorf("message %.200q is not compact JSON: %v", p, err)
	}
	d := json.NewDecoder(bytes.NewReader(p))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil || m.Type == "" {
		return m, fmt.Errorf("message %.200q: %v", p, err)
	}
	return m, nil
}

// query is what a client asks for.
type query struct {
	rooms   []string
	since   string
	history int
	rcvbuf  int      // of the socket; 0: the kernel's choice
	lines   []string // further header lines
}

// target is the URL of a query.
func (c carrier) target(h *house, q query) string {
	path := h.srv.cfg.Prefix + "/" + c.path + "room=" + strings.Join(escaped(q.rooms), "&room=")
	if q.since != "" {
		path += "&since=" + url.QueryEscape(q.since)
	}
	if q.history > 0 {
		path += "&history=" + strconv.Itoa(q.history)
	}
	return path
}

func escaped(names []string) []string {
	names = slices.Clone(names)
	for i, name := range names {
		names[i] = url.QueryEscape(name)
	}
	return names
}

// request is a GET of a target.
func (c carrier) request(target string, lines ...string) string {
	version := "HTTP/1.1"
	if c.http10 {
		version = "HTTP/1.0"
	}
	return "GET " + target + " " + version + "\r\nHost: grandstand\r\n" + strings.Join(append(lines, "\r\n"), "\r\n")
}

// link is a connection by a carrier, or for polls one after the other.
type link interface {
	// next waits for the next message; the end of the connection is an error.
	next() (said, error)
	// cursor is where to resume from, or "" if the messages tell.
	cursor() string
	// socket is the connection there is now, or nil.
	socket() *net.TCPConn
}

// client is a viewer by any carrier.
type client struct {
	carrier
	link
	t      testing.TB
	joined []said // by room
	early  []said // came between these
	place
}

// open connects and waits until all rooms are joined.
func (c carrier) open(h *house, q query) *client {
	h.t.Helper()
	v := &client{carrier: c, t: h.t}
	switch {
	case c.way == wayWebSocket:
		v.link = openSocketLink(h, c, q)
	case c.polls:
		v.link = &pollLink{h: h, c: c, q: q}
	default:
		v.link = openStreamLink(h, c, q)
	}
	for len(v.joined) < len(q.rooms) {
		m, err := v.next()
		if err != nil || m.Type != "joined" && m.Type != "gap" {
			v.t.Fatalf("%s: got %v and %v, want to be joined", c.name, m, err)
		}
		if v.note(m); m.Type == "joined" {
			v.joined = append(v.joined, m)
		} else {
			v.early = append(v.early, m) // of the room before
		}
	}
	return v
}

// read returns the next message that says something.
func (v *client) read() (said, error) {
	for {
		if len(v.early) > 0 {
			m := v.early[0]
			v.early = v.early[1:]
			return m, nil
		}
		m, err := v.next()
		if err == nil {
			v.note(m)
		}
		if err != nil || m.Type != "keepalive" {
			return m, err
		}
	}
}

// want reads a message of that type.
func (v *client) want(kind string) said {
	v.t.Helper()
	m, err := v.read()
	if err != nil {
		v.t.Fatalf("%s: %v, want a message of type %s", v.name, err, kind)
	}
	if m.Type != kind {
		v.t.Fatalf("%s: got %v, want a message of type %s", v.name, m, kind)
	}
	return m
}

// wantEvent reads an event.
func (v *client) wantEvent(room string, id uint64, data string) said {
	v.t.Helper()
	m := v.want("event")
	if v.script {
		data = inScript(data, v.name == wayIframe)
	}
	if number(v.t, m.ID) != id || m.Room != room && !v.plain || string(m.Data) != data {
		v.t.Fatalf("%s: got %v, want event %d of %s with %.40s", v.name, m, id, room, data)
	}
	return m
}

// wantEnd reads on to the end of the connection, which has to be a clean one.
func (v *client) wantEnd() {
	v.t.Helper()
	if m, err := v.read(); !errors.Is(err, errOver) {
		v.t.Errorf("%s: got %v and %v, want the end", v.name, m, err)
	}
	v.socket().Close()
}

// resume is the cursor to come back with.
func (v *client) resume() string {
	if at := v.cursor(); at != "" {
		return at
	}
	return v.at()
}

// kill cuts the connection, without a word.
func (v *client) kill() {
	if c := v.socket(); c != nil {
		c.SetLinger(0)
		c.Close()
	}
}

// errOver is the end of a response as it should be.
var errOver = errors.New("over")

// inScript is JSON as it may stand in a script: nothing ends a line (before
// ECMAScript 2019), nor, in that of a page, the element (HTML 4.12.1.3).
func inScript(data string, html bool) string {
	data = strings.NewReplacer("\u2028", `\u2028`, "\u2029", `\u2029`).Replace(data)
	if html {
		data = strings.ReplaceAll(data, "<", `\u003c`)
	}
	return data
}

// place is where a viewer resumes from, as the protocol's doc.go tells it to.
type place struct{ event, lowest string }

func (p *place) note(m said) {
	switch {
	case m.Type == "event":
		p.event = m.ID
	case m.Type == "reconnect" && m.Cursor != "":
		p.event = m.Cursor
	case m.Type == "joined" && (p.lowest == "" || before(m.Cursor, p.lowest)):
		p.lowest = m.Cursor
	}
}

func (p *place) at() string {
	if p.event != "" {
		return p.event
	}
	return p.lowest
}

// before compares cursors of one epoch.
func before(a, b string) bool { return len(a) < len(b) || len(a) == len(b) && a < b }
