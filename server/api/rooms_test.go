package api

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"grandstand/session"
)

// TestEmptyServer: every route has an answer before anything has happened.
func TestEmptyServer(t *testing.T) {
	r := newRig(t, nil)
	r.want("rooms", r.do("GET", "/v1/rooms", ""), 200, `{"rooms":[]}`)
	for _, path := range []string{"/v1/rooms/a", "/v1/rooms/a/history", "/v1/sessions/a", "/v1/sessions/AAAAAAAAAAAAAAAAAAAA"} {
		r.refused(path, r.do("GET", path, ""), session.CodeNotFound, "no such")
	}
	r.refused("clear", r.do("DELETE", "/v1/rooms/a", ""), session.CodeNotFound, "no such room")
	r.refused("end", r.do("DELETE", "/v1/sessions/a", ""), session.CodeNotFound, "no such session")
}

// TestRoom shows one room, with the policy of its rule.
func TestRoom(t *testing.T) {
	r := newRig(t, func(s *settings) {
		history, age, flush := 2, time.Minute, 50*time.Millisecond
		s.hub.Rules = []session.Rule{{Match: "short*", History: &history, HistoryAge: &age, FlushInterval: &flush}}
	})
	for range 3 {
		r.publish("short", `"x"`)
	}
	r.view(0, "short")
	r.view(1, "short")
	got := r.do("GET", "/v1/rooms/short", "")
	r.want("room", got, 200, fmt.Sprintf(`{"name":"short","head":"EPOCH-3","viewers":2,"events":2,"bytes":%d,"trimmed":"EPOCH-1",`+
		`"config":{"history":2,"history_bytes":4194304,"history_age":"1m0s","max_replay":256,"flush_interval":"50ms","flush_duty":2,"slow":"skip"}}`, 2*(112+1+3)))
	head := r.do("HEAD", "/v1/rooms/short", "")
	if head.status != 200 || head.body != "" || head.header.Get("Content-Length") != fmt.Sprint(len(got.body)) {
		t.Errorf("HEAD = %d %q, Content-Length %s, want 200, no body, %d", head.status, head.body, head.header.Get("Content-Length"), len(got.body))
	}
}

// TestRoomNames: whatever a name may hold can be written in a path.
func TestRoomNames(t *testing.T) {
	r := newRig(t, nil)
	tests := []struct{ name, path string }{
		{"match:42", "match:42"},
		{"match:42", "match%3A42"},
		{"a/b", "a%2Fb"},
		{"a/b", "a%2fb"},
		{"/", "%2F"},
		{"a/history", "a%2Fhistory"},
		{"//x//", "%2F%2Fx%2F%2F"},
		{"..", ".."},
		{"a/../b", "a%2F..%2Fb"},
		{"a+b", "a+b"},
		{"A-Z_0.9@=,~", "A-Z_0.9@=,~"},
	}
	for _, tt := range tests {
		id := r.publish(tt.name, `1`)
		got := r.raw("GET /v1/rooms/"+tt.path+" HTTP/1.0\r\nHost: x\r\n\r\n", 1)[0]
		if want := fmt.Sprintf(`{"name":%q,"head":%q,`, tt.name, id); got.status != 200 || !strings.HasPrefix(got.body, want) {
			t.Errorf("%s = %d %s, want %s...", tt.path, got.status, got.body, want)
		}
		got = r.raw("GET /v1/rooms/"+tt.path+"/history HTTP/1.0\r\nHost: x\r\n\r\n", 1)[0]
		if want := fmt.Sprintf(`{"room":%q,"events":[`, tt.name); got.status != 200 || !strings.HasPrefix(got.body, want) {
			t.Errorf("%s/history = %d %s, want %s...", tt.path, got.status, got.body, want)
		}
	}
	r.refused("open slash", r.do("GET", "/v1/rooms/a/b", ""), codeUnknownPath, "%2F")
	// An application's own may hold more.
	r.hub.Of("/")
	r.want("emit", r.do("POST", "/v1/emit", `{"to":["süße \"Räume\""],"event":"e"}`), 200, `{"ok":true}`)
	got := r.do("GET", "/v1/rooms/s%C3%BC%C3%9Fe%20%22R%C3%A4ume%22", "")
	if want := `{"name":"süße \"Räume\"","head":`; got.status != 200 || !strings.HasPrefix(got.body, want) {
		t.Errorf("an application's room = %d %s, want %s...", got.status, got.body, want)
	}
	r.refused("no room", r.do("GET", "/v1/rooms/a%20b", ""), session.CodeNotFound, "no such room")
	r.refused("the server's own", r.do("GET", "/v1/rooms/%00%2F", ""), session.CodeBadRoom, "control character")
	bad := r.raw("GET /v1/rooms/a%2 HTTP/1.0\r\nHost: x\r\n\r\n", 1)[0]
	r.refused("bad escape", bad, session.CodeBadMessage, "escape")
}

// TestRoomList pages through the rooms.
func TestRoomList(t *testing.T) {
	r := newRig(t, nil)
	for i := range 250 {
		r.publish(fmt.Sprintf("match:%03d", i), `1`)
	}
	r.publish("a+b/c", `1`)
	tests := []struct {
		query       string
		n           int
		first, next string
	}{
		{"", 100, "a+b/c", "match:098"},
		{"?limit=1", 1, "a+b/c", "a+b/c"},
		{"?limit=1000", 251, "a+b/c", ""},
		{"?after=match:098", 100, "match:099", "match:198"},
		{"?after=match:198", 51, "match:199", ""},
		{"?after=match:199&limit=50", 50, "match:200", ""},
		{"?after=a%2Bb%2Fc&limit=2", 2, "match:000", "match:001"},
		{"?prefix=match:01&limit=4", 4, "match:010", "match:013"},
		{"?prefix=match:01&after=match:017", 2, "match:018", ""},
		{"?prefix=nothing", 0, "", ""},
	}
	for _, tt := range tests {
		got := r.do("GET", "/v1/rooms"+tt.query, "")
		var page roomPage
		if err := json.Unmarshal([]byte(got.body), &page); err != nil || got.status != 200 {
			t.Errorf("%q = %d %s", tt.query, got.status, got.body)
			continue
		}
		first := ""
		if len(page.Rooms) > 0 {
			first = page.Rooms[0].Name
		}
		if len(page.Rooms) != tt.n || first != tt.first || page.Next != tt.next {
			t.Errorf("%q: %d rooms from %q, next %q, want %d from %q, next %q", tt.query, len(page.Rooms), first, page.Next, tt.n, tt.first, tt.next)
		}
	}
}

// TestParams: what a request says is heeded or refused.
func TestParams(t *testing.T) {
	r := newRig(t, func(s *settings) { s.api.MaxHistory = 10 })
	r.publish("a", `1`)
	tests := []struct {
		path    string
		code    session.Code
		message string
	}{
		{"/v1/rooms?limit=0", session.CodeBadMessage, "1 to 1000"},
		{"/v1/rooms?limit=1001", session.CodeBadMessage, "1 to 1000"},
		{"/v1/rooms?limit=-1", session.CodeBadMessage, "1 to 1000"},
		{"/v1/rooms?limit=ten", session.CodeBadMessage, "1 to 1000"},
		{"/v1/rooms?limt=5", session.CodeBadMessage, `no parameter \"limt\"`},
		{"/v1/rooms?limit=1&limit=2", session.CodeBadMessage, `\"limit\" twice`},
		{"/v1/rooms/a?x=1", session.CodeBadMessage, `no parameter \"x\"`},
		{"/v1/rooms/a/history?limit=11", session.CodeBadMessage, "1 to 10"},
		{"/v1/rooms/a/history?since=x", session.CodeBadCursor, ""},
		{"/v1/rooms/a/history?since=e-1x", session.CodeBadCursor, ""},
		{"/healthz?verbose", session.CodeBadMessage, ""},
	}
	for _, tt := range tests {
		r.refused(tt.path, r.do("GET", tt.path, ""), tt.code, tt.message)
	}
}

// TestSession shows, ends and misses a session.
func TestSession(t *testing.T) {
	r := newRig(t, nil)
	v := r.view(1, "a", "b/c")
	r.publish("a", `1`)
	eventually(t, "delivery", func() bool { return v.received() != "" })
	path := "/v1/sessions/" + v.ID()
	r.want("session", r.do("GET", path, ""), 200, fmt.Sprintf(
		`{"id":%q,"transport":"test","peer":"192.0.2.1:5","rooms":["a","b/c"],"cursor":"EPOCH-1","behind":0,"blocked":false,"age_seconds":0}`, v.ID()))
	idle := r.view(0).ID()
	r.want("without rooms", r.do("GET", "/v1/sessions/"+idle, ""), 200, fmt.Sprintf(
		`{"id":%q,"transport":"test","peer":"192.0.2.1:5","rooms":[],"cursor":"EPOCH-0","behind":0,"blocked":false,"age_seconds":0}`, idle))
	r.want("end", r.do("DELETE", path, ""), 200, `{"ended":1}`)
	eventually(t, "the session is gone", func() bool { return r.do("GET", path, "").status == 404 })
	if len(v.ended) != 1 || v.ended[0] != session.AllReasons().Kicked {
		t.Errorf("ended with %+v, want once, kicked", v.ended)
	}
}

// TestClear ends a room's viewers and nobody else.
func TestClear(t *testing.T) {
	r := newRig(t, nil)
	var in, out []*viewer
	for i := range 20 {
		in = append(in, r.view(i%2, "other", "x/y"))
		out = append(out, r.view(i%2, "other"))
	}
	r.want("clear", r.do("DELETE", "/v1/rooms/x%2Fy", ""), 200, `{"ended":20}`)
	eventually(t, "the sessions are gone", func() bool { return r.hub.Stats().Sessions == len(out) })
	for i := range in {
		if len(in[i].ended) != 1 || len(out[i].ended) != 0 {
			t.Fatalf("viewer %d: in the room ended %v, outside %v", i, in[i].ended, out[i].ended)
		}
	}
	r.want("again", r.do("DELETE", "/v1/rooms/x%2Fy", ""), 200, `{"ended":0}`)
}
