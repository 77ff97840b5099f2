package transport

import (
	"bufio"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"grandstand/session"
)

// desk is a connection that sends.
type desk struct {
	h *house
	c interface{ Write(p []byte) (int, error) }
	r *bufio.Reader
}

func (h *house) desk() *desk {
	c := h.dial(0)
	return &desk{h, c, bufio.NewReader(c)}
}

// post sends a body of a content type, with further header lines.
func (d *desk) post(query, kind, body string, lines ...string) reply {
	d.h.t.Helper()
	if kind != "" {
		lines = append(lines, "Content-Type: "+kind)
	}
	return exchange(d.h.t, d.c, d.r, fmt.Sprintf("POST /live/send%s HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n%s\r\n\r\n%s",
		query, len(body), strings.Join(append(lines, "X: y"), "\r\n"), body))
}

// want checks that an answer is a 200 with this body.
func (d *desk) want(a reply, body string) {
	d.h.t.Helper()
	if a.status != 200 || a.body != body || a.field["content-type"] != "application/json" ||
		a.field["cache-control"] != "no-store" || a.field["x-content-type-options"] != "nosniff" || a.last() {
		d.h.t.Errorf("%d %v %s, want 200 %s", a.status, a.field, a.body, body)
	}
}

// wantRefused checks that an answer is an error, after which the connection
// stays.
func (d *desk) wantRefused(a reply, status int, code string) {
	d.h.t.Helper()
	if a.status != status || a.code() != code || a.last() || strings.Contains(a.body, "evil") {
		d.h.t.Errorf("%d %s, want %d %s", a.status, a.body, status, code)
	}
}

// senders runs a test with each carrier that has sessions to send for.
func senders(t *testing.T, test func(t *testing.T, c carrier)) {
	eachCarrier(t, func(t *testing.T, c carrier) {
		if !c.polls {
			test(t, c)
		}
	})
}

// TestSuiteSend: what is posted for a session is as if it had been sent on its
// connection: in the rooms, in the past of rooms it joins, and to itself.
func TestSuiteSend(t *testing.T) {
	senders(t, func(t *testing.T, c carrier) {
		h := openHouse(t, nil)
		v, other := c.open(h, query{rooms: []string{"a"}}), h.watch("?room=a")
		other.want("joined")
		d := h.desk()
		me := "?session=" + v.joined[0].Session
		ack := func(id uint64, rest string) string {
			return `{"type":"ack","id":"` + h.hub.Cursor(id) + `"` + rest + `}`
		}

		d.want(d.post(me, "application/json", `{"type":"publish","room":"a","event":"n","data":{ "b" : 1 }}`), ack(1, ""))
		v.wantEvent("a", 1, `{"b":1}`)
		if m := other.want("event"); string(m.Data) != `{"b":1}` {
			t.Errorf("another got %s", m.Data)
		}
		d.want(d.post(me, "text/plain;charset=UTF-8", `{"type":"ping","ack":7}`), `{"type":"pong","ack":7}`)

		h.publish("b", "n", "2")
		a := d.post(me, "application/json; charset=utf-8", `{"type":"join","room":"b","ack":3}`)
		m, err := parseSaid([]byte(a.body))
		if err != nil || m.Type != "joined" || m.Room != "b" || m.Session != v.joined[0].Session || m.Ack != 3 {
			t.Errorf("join: %d %s, %v", a.status, a.body, err)
		}
		v.wantEvent("b", h.publish("b", "n", "3"), "3")
		d.wantRefused(d.post(me, "application/json", `{"type":"join","room":"b"}`), 400, "already_joined")

		d.want(d.post(me, "application/json", `{"type":"leave","room":"b"}`), `{"type":"ack"}`)
		h.publish("b", "n", "4")
		v.wantEvent("a", h.publish("a", "n", "5"), "5")
		d.wantRefused(d.post(me, "application/json", `{"type":"leave","room":"b"}`), 400, "not_joined")

		v.kill()
		await(t, "it to be gone", func() bool { return h.hub.Stats().Sessions == 1 })
		d.wantRefused(d.post(me, "application/json", `{"type":"ping"}`), 404, "not_found")
	})
}

// TestSuiteSendPast: a room that is joined by the way, with a past before what
// the connection has seen, brings that past in the answer.
func TestSuiteSendPast(t *testing.T) {
	senders(t, func(t *testing.T, c carrier) {
		h := openHouse(t, nil)
		v := c.open(h, query{rooms: []string{"a"}})
		since := v.joined[0].Cursor
		h.publish("b", "n", `"past"`)
		v.wantEvent("a", h.publish("a", "n", "1"), "1")
		d := h.desk()
		a := d.post("?session="+v.joined[0].Session, "application/json", `{"type":"join","room":"b","since":"`+since+`"}`)
		if a.status != 200 || !strings.HasPrefix(a.body, `[{"type":"joined","room":"b","cursor":"`+since+`","recovered":true,`) ||
			!strings.HasSuffix(a.body, `{"type":"history","room":"b","events":[{"id":"`+h.hub.Cursor(1)+`","event":"n","data":"past"}]}]`) {
			t.Errorf("%d %s", a.status, a.body)
		}
		v.wantEvent("b", h.publish("b", "n", "3"), "3")
	})
}

// TestSuiteSendForms: the same message in all the ways it may be written.
func TestSuiteSendForms(t *testing.T) {
	h := openHouse(t, nil)
	v := h.watch("?room=a")
	id := v.want("joined").Session
	d := h.desk()
	data := `{"text":"é & =+"}`
	message := `"type":"publish","room":"a","event":"n","data":` + data
	form := url.Values{"type": {"publish"}, "room": {"a"}, "event": {"n"}, "data": {data}, "session": {id}}
	for i, a := range []reply{
		d.post("?session="+id, "application/json", "{"+message+"}"),
		d.post("?session="+id, "Text/Plain", " {"+message+"}\r\n"),
		d.post("", "application/json", `{"session":"`+id+`",`+message+"}"),
		d.post("", "application/x-www-form-urlencoded", form.Encode()),
		d.post("?session="+id, "application/x-www-form-urlencoded;charset=utf-8", form.Encode()),
	} {
		d.want(a, `{"type":"ack","id":"`+h.hub.Cursor(uint64(i+1))+`"}`)
		if m := v.want("event"); string(m.Data) != data || m.Event != "n" {
			t.Errorf("way %d: event %+v, want %s", i, m, data)
		}
	}
	// With a number to find the answer by.
	form.Set("ack", "9")
	d.want(d.post("", "application/x-www-form-urlencoded", form.Encode()), `{"type":"ack","id":"`+h.hub.Cursor(6)+`","ack":9}`)
}

// TestSuiteSendBatch: several messages in order, each with its answer, also
// when one of them is refused.
func TestSuiteSendBatch(t *testing.T) {
	h := openHouse(t, func(s *settings) { s.cfg.Send.MaxMessages = 4 })
	v := h.watch("?room=a")
	id := v.want("joined").Session
	d := h.desk()
	list := `[{"type":"publish","room":"a","event":"n","data":1},{"type":"leave","room":"x","ack":5},` +
		`{"type":"nothing"},{"type":"publish","room":"a","event":"n","data":2,"ack":6}]`
	for i, a := range []reply{
		d.post("?session="+id, "application/json", list),
		d.post("", "text/plain", `{"session":"`+id+`","messages":`+list+`}`),
	} {
		if a.status != 200 {
			t.Fatalf("%d %s", a.status, a.body)
		}
		first, last := uint64(2*i+1), uint64(2*i+2)
		for _, part := range []string{
			`[{"type":"ack","id":"` + h.hub.Cursor(first) + `"},{"type":"error","code":"not_joined",`,
			`"ack":5},{"type":"error","code":"bad_message",`,
			`},{"type":"ack","id":"` + h.hub.Cursor(last) + `","ack":6}]`,
		} {
			if !strings.Contains(a.body, part) {
				t.Errorf("%s without %s", a.body, part)
			}
		}
		v.wantEvents("a", 1, 2)
	}
	one := d.post("?session="+id, "application/json", `[{"type":"ping"}]`)
	d.want(one, `[{"type":"pong"}]`)
	d.wantRefused(d.post("?session="+id, "application/json", `[`+strings.Repeat(`{"type":"ping"},`, 4)+`{"type":"ping"}]`), 400, "too_many")
	d.wantRefused(d.post("?session="+id, "application/json", `[]`), 400, "bad_message")
	d.wantRefused(d.post("?session="+id, "application/json", `{"messages":[]}`), 400, "bad_message")
}

// TestSuiteSendRefused: what is not taken, all on one connection.
func TestSuiteSendRefused(t *testing.T) {
	no := false
	h := openHouse(t, func(s *settings) { s.rooms.Rules = []session.Rule{{Match: "quiet", ClientPublish: &no}} })
	v := h.watch("?room=a&room=quiet")
	me := "?session=" + v.want("joined").Session
	d := h.desk()
	const js, form, ping = "application/json", "application/x-www-form-urlencoded", `{"type":"ping"}`
	for _, tt := range []struct {
		name, query, kind, body string
		status                  int
		code                    string
	}{
		{"nobody", "", js, ping, 401, "bad_token"},
		{"unknown session", "?session=evil", js, ping, 404, "not_found"},
		{"unknown token", "?token=evil", js, `{"type":"publish","room":"a","event":"n","data":1}`, 403, "forbidden"},
		{"no type", me, "", ping, 415, "unsupported_media_type"},
		{"other type", me, "application/xml", ping, 415, "unsupported_media_type"},
		{"type that only begins so", me, "application/json5", ping, 415, "unsupported_media_type"},
		{"multipart form", me, "multipart/form-data; boundary=x", ping, 415, "unsupported_media_type"},
		{"nothing", me, js, "", 400, "bad_message"},
		{"no JSON", me, js, `{"type":"ping"`, 400, "bad_message"},
		{"two", me, js, ping + ping, 400, "bad_message"},
		{"a number", me, js, "1", 400, "bad_message"},
		{"a string", me, js, `"evil"`, 400, "bad_message"},
		{"null", me, js, "null", 400, "bad_message"},
		{"list of numbers", me, js, "[1]", 400, "bad_message"},
		{"unknown message", me, js, `{"type":"evil"}`, 400, "bad_message"},
		{"bad room", me, js, `{"type":"join","room":"evil room"}`, 400, "bad_room"},
		{"bad cursor", me, js, `{"type":"join","room":"b","since":"evil"}`, 400, "bad_cursor"},
		{"bad event", me, js, `{"type":"publish","room":"a","event":"","data":1}`, 400, "bad_event"},
		{"no JSON in a form", me, form, "type=publish&room=a&event=n&data=%7Bevil", 400, "bad_data"},
		{"script in a form", me, form, "type=publish&room=a&event=n&data=1})%3Bevil()%3B({", 400, "bad_data"},
		{"lines in a form", me, form, "type=publish&room=a&event=n&data=1%0A%0Aid%3A+evil", 400, "bad_data"},
		{"open string in a form", me, form, "type=publish&room=a&event=n&data=%22evil", 400, "bad_data"},
		{"escaped quote in a form", me, form, "type=publish&room=a&event=n&data=%5C%22", 400, "bad_data"},
		{"bytes that are no text in a form", me, form, "type=publish&room=a&event=n&data=%22%FF%22", 400, "bad_data"},
		{"bad ack in a form", me, form, "type=ping&ack=evil", 400, "bad_message"},
		{"too large", me, js, `{"type":"publish","room":"a","event":"n","data":"` + strings.Repeat("x", 64<<10) + `"}`, 413, ""},
		{"not allowed there", me, js, `{"type":"publish","room":"quiet","event":"n","data":1}`, 403, "forbidden"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := desk{h.in(t), d.c, d.r}
			if tt.code == "" { // the gate's, which closes
				d = *h.in(t).desk()
				if a := d.post(tt.query, tt.kind, tt.body); a.status != tt.status {
					t.Errorf("%d %s, want %d", a.status, a.body, tt.status)
				}
				return
			}
			d.wantRefused(d.post(tt.query, tt.kind, tt.body), tt.status, tt.code)
		})
	}
	a := exchange(t, d.c, d.r, "GET /live/send HTTP/1.1\r\nHost: a\r\n\r\n")
	if a.status != 405 || a.code() != "method_not_allowed" || a.field["allow"] != "POST, OPTIONS" {
		t.Errorf("GET: %d %v, want 405", a.status, a.field)
	}
	v.want("joined")
	v.alive()
}

// passes are tokens by name.
type passes map[string]Grant

func (p passes) Verify(token string) (Grant, error) {
	g, ok := p[token]
	if !ok {
		return Grant{}, &session.Error{Code: codeBadToken, Message: "no such token"}
	}
	return g, nil
}

func (p passes) Anonymous() string { return "anybody" }

// TestSuiteSendToken: without a session, by what a token allows; it may come in
// three places.
func TestSuiteSendToken(t *testing.T) {
	no := false
	h := openHouse(t, func(s *settings) {
		s.tokens = passes{"anybody": {}, "press": {Subject: "p", Publish: []string{"quiet", "news*"}}}
		s.rooms.Rules = []session.Rule{{Match: "quiet", ClientPublish: &no}}
	})
	v := h.watch("?room=a&room=quiet&room=news:1")
	for range 3 {
		v.want("joined")
	}
	d := h.desk()
	const js = "application/json"
	publish := func(room string) string { return `"type":"publish","room":"` + room + `","event":"n","data":1` }
	for i, tt := range []struct {
		query, body, line string
		room              string
	}{
		{query: "?token=press", body: "{" + publish("quiet") + "}", room: "quiet"},
		{body: "{" + publish("news:1") + "}", line: "Authorization: Bearer press", room: "news:1"},
		{body: "{" + publish("quiet") + "}", line: "authorization: bearer press", room: "quiet"},
		{body: `{"token":"press",` + publish("quiet") + "}", room: "quiet"},
		{query: "?token=anybody", body: "{" + publish("a") + "}", room: "a"},
	} {
		lines := []string{"X: z"}
		if tt.line != "" {
			lines = append(lines, tt.line)
		}
		a := d.post(tt.query, js, tt.body, lines[len(lines)-1])
		d.want(a, `{"type":"ack","id":"`+h.hub.Cursor(uint64(i+1))+`"}`)
		if m := v.want("event"); m.Room != tt.room {
			t.Errorf("event of %s, want %s", m.Room, tt.room)
		}
	}
	d.wantRefused(d.post("?token=press", js, "{"+publish("a")+"}"), 403, "forbidden")
	d.wantRefused(d.post("?token=anybody", js, "{"+publish("quiet")+"}"), 403, "forbidden")
	d.wantRefused(d.post("?token=evil", js, "{"+publish("a")+"}"), 401, "bad_token")
	d.wantRefused(d.post("?token=press", js, `{"type":"join","room":"a"}`), 400, "bad_message")
	for room, token := range map[string]bool{"a": true, "quiet": false} { // where it is good for something
		a := h.ask("GET /live/info?room=" + room + " HTTP/1.1\r\nHost: a\r\n\r\n")
		if strings.Contains(a.body, `"token":"anybody"`) != token || !strings.Contains(a.body, `"rooms":{"`+room+`":{"cursor":"`+h.hub.Cursor(0)[:5]) {
			t.Errorf("info of %s: %s", room, a.body)
		}
	}
}
