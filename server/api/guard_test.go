package api

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"grandstand/session"
)

const keyA, keyB = "0123456789abcdef", "fedcba9876543210-longer"

// TestKeys: with keys, everything under /v1 asks for one of them.
func TestKeys(t *testing.T) {
	r := newRig(t, func(s *settings) { s.api.Keys = []string{keyA, keyB} })
	tests := []struct {
		name, header string
		ok           bool
	}{
		{"first", "Authorization: Bearer " + keyA, true},
		{"second", "Authorization: Bearer " + keyB, true},
		{"scheme in lower case", "Authorization: bearer " + keyA, true},
		{"more space", "Authorization: Bearer   " + keyA, true},
		{"none", "X: y", false},
		{"empty", "Authorization: ", false},
		{"no key", "Authorization: Bearer", false},
		{"wrong", "Authorization: Bearer 0123456789abcdeF", false},
		{"beginning of one", "Authorization: Bearer " + keyB[:16], false},
		{"two", "Authorization: Bearer " + keyA + " " + keyB, false},
		{"other scheme", "Authorization: Basic " + keyA, false},
		{"bare", "Authorization: " + keyA, false},
	}
	for _, tt := range tests {
		for _, path := range []string{"/v1/rooms", "/v1/nothing", "/v1", "/v1/"} {
			got := r.do("GET", path, "", tt.header)
			if !tt.ok {
				r.refused(tt.name+" "+path, got, codeUnauthorized, "Bearer KEY")
				if h := got.header.Get("WWW-Authenticate"); h != `Bearer realm="grandstand"` {
					t.Errorf("%s: WWW-Authenticate = %q", tt.name, h)
				}
			} else if want := map[bool]int{true: 200, false: 404}[path == "/v1/rooms"]; got.status != want {
				t.Errorf("%s %s = %d, want %d", tt.name, path, got.status, want)
			}
		}
	}
	r.refused("publish", r.do("POST", "/v1/publish", `{"room":"a","event":"e"}`), codeUnauthorized, "")
	for _, path := range []string{"/healthz", "/readyz"} {
		r.want(path, r.do("GET", path, ""), 200, "ok")
	}
	r.refused("outside /v1", r.do("GET", "/v2", ""), codeUnknownPath, "")
	// However the path is written, it leads nowhere without a key.
	for _, target := range []string{"/%761/rooms", "//v1/rooms", "/./v1/rooms", "/healthz/../v1/rooms", "http://x/v1/rooms", "/v1/../v1/rooms", "/V1/rooms"} {
		got := r.raw("GET "+target+" HTTP/1.0\r\nHost: x\r\n\r\n", 1)
		if len(got) != 1 || got[0].status < 400 {
			t.Errorf("%s without a key = %v", target, got)
		}
	}
	if n := r.hub.Stats().Events; n != 0 {
		t.Errorf("%d events were committed without a key", n)
	}
}

// TestStranger: without a key no body is read, announced or not.
func TestStranger(t *testing.T) {
	r := newRig(t, func(s *settings) { s.api.Keys = []string{keyA} })
	big := strings.Repeat("x", 3<<20)
	r.refused("sent at once", r.do("POST", "/v1/publish", big), codeUnauthorized, "")
	head := "POST /v1/publish HTTP/1.1\r\nHost: x\r\nContent-Length: 3145728\r\n"
	r.refused("head only", r.raw(head+"\r\n", 1)[0], codeUnauthorized, "")
	r.refused("expect", r.raw(head+"Expect: 100-continue\r\n\r\n", 1)[0], codeUnauthorized, "")
	chunked := "POST /v1/publish HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n100000\r\n"
	r.refused("chunked", r.raw(chunked+big[:64<<10], 1)[0], session.CodeTooLarge, "without a key")
	r.refused("to a probe", r.raw(strings.Replace(head, "/v1/publish", "/healthz", 1)+"\r\n", 1)[0], session.CodeTooLarge, "")
}

// TestOrigin: a port without keys is not for pages in a browser.
func TestOrigin(t *testing.T) {
	const body = `{"room":"a","event":"e"}`
	open := newRig(t, nil)
	for _, origin := range []string{"http://evil.example", "null", "http://" + open.addr} {
		open.refused(origin, open.do("POST", "/v1/publish", body, "Origin: "+origin), session.CodeForbidden, "browser")
	}
	open.want("probe", open.do("GET", "/healthz", "", "Origin: null"), 200, "ok")
	keyed := newRig(t, func(s *settings) { s.api.Keys = []string{keyA} })
	got := keyed.do("POST", "/v1/publish", body, "Origin: https://desk.example", "Authorization: Bearer "+keyA)
	keyed.want("with a key", got, 200, `{"id":"EPOCH-1"}`)
}

// TestMethods: what a path does not do is a 405 that says what it does, whatever
// the body.
func TestMethods(t *testing.T) {
	r := newRig(t, nil)
	tests := []struct{ path, allow string }{
		{"/v1/publish", "POST"},
		{"/v1/broadcast", "POST"},
		{"/v1/emit", "POST"},
		{"/v1/sockets", "GET, HEAD"},
		{"/v1/sockets/join", "POST"},
		{"/v1/sockets/leave", "POST"},
		{"/v1/sockets/disconnect", "POST"},
		{"/v1/rooms", "GET, HEAD"},
		{"/v1/rooms/a", "GET, HEAD, DELETE"},
		{"/v1/rooms/a/history", "GET, HEAD"},
		{"/v1/sessions/a", "GET, HEAD, DELETE"},
		{"/healthz", "GET, HEAD"},
		{"/readyz", "GET, HEAD"},
		{"/metrics", "GET, HEAD"},
	}
	if len(tests) != len(r.srv.routes) {
		t.Errorf("%d paths, of %d", len(tests), len(r.srv.routes))
	}
	for _, tt := range tests {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"} {
			if strings.Contains(" "+tt.allow+",", " "+method+",") {
				continue
			}
			for _, body := range []string{"", `{"room":"a","event":"e"}`} {
				if body != "" && method == "TRACE" { // it has none: RFC 9110 9.3.8
					continue
				}
				got := r.do(method, tt.path, body)
				if got.header.Get("Allow") != tt.allow || got.status != 405 {
					t.Errorf("%s %s = %d, Allow %q, want 405, %q", method, tt.path, got.status, got.header.Get("Allow"), tt.allow)
				}
				if method != "HEAD" {
					r.refused(method+" "+tt.path, got, codeMethod, tt.allow)
				}
			}
		}
	}
	for _, path := range []string{"/", "/v1", "/v1/", "/v1/rooms/", "/v1/rooms//history", "/v1/rooms/a/", "/v1/rooms/a/history/", "/v1/sessions/", "/v1/publish/", "/v1/Rooms", "/health", "/metrics/x"} {
		got := r.raw("GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n", 1)[0]
		r.refused(path, got, codeUnknownPath, "nothing is here")
	}
}

// TestContent: a body is JSON, by its own account too, and says its length.
func TestContent(t *testing.T) {
	r := newRig(t, nil)
	const body = `{"room":"a","event":"e"}`
	for _, kind := range []string{"text/plain", "multipart/form-data; boundary=x", "application/xml", "json", "application/json2"} {
		r.refused(kind, r.do("POST", "/v1/publish", body, "Content-Type: "+kind), codeMediaType, "want application/json")
	}
	r.refused("gzip", r.do("POST", "/v1/publish", body, "Content-Encoding: gzip"), codeMediaType, "gzip")
	r.want("identity", r.do("POST", "/v1/publish", body, "Content-Encoding: identity"), 200, `{"id":"EPOCH-1"}`)
	head := "POST /v1/publish HTTP/1.1\r\nHost: x\r\n"
	r.refused("no length", r.raw(head+"\r\n", 1)[0], codeLength, "")
	r.refused("length 0", r.raw(head+"Content-Length: 0\r\n\r\n", 1)[0], session.CodeBadMessage, "not JSON")
	chunked := head + "Transfer-Encoding: chunked\r\n\r\n8\r\n{\"room\":\r\n10\r\n\"a\",\"event\":\"e\"}\r\n0\r\n\r\n"
	r.want("chunked", r.raw(chunked, 1)[0], 200, `{"id":"EPOCH-2"}`)
	r.refused("chunked, empty", r.raw(head+"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 1)[0], session.CodeBadMessage, "not JSON")
}

// TestHostile: what cannot be read ends the connection, with an answer.
func TestHostile(t *testing.T) {
	r := newRig(t, nil)
	const head = "POST /v1/publish HTTP/1.1\r\nHost: x\r\n"
	const body = `{"room":"a","event":"e"}`
	tests := []struct {
		name, request string
		code          session.Code
	}{
		{"not HTTP", "\x16\x03\x01\x02\x00\r\n\r\n", session.CodeBadMessage},
		{"no host", "GET /healthz HTTP/1.1\r\n\r\n", session.CodeBadMessage},
		{"two lengths", head + "Content-Length: 24\r\nContent-Length: 24\r\n\r\n" + body, session.CodeBadMessage},
		{"length and chunked", head + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", session.CodeBadMessage},
		{"chunked and length", head + "Transfer-Encoding: chunked\r\ncontent-LENGTH: 5\r\n\r\n0\r\n\r\n", session.CodeBadMessage},
		{"bad length", head + "Content-Length: +24\r\n\r\n" + body, session.CodeBadMessage},
		{"bad chunk", head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", session.CodeBadMessage},
		{"unknown coding", head + "Transfer-Encoding: xchunked\r\n\r\n", session.CodeBadMessage},
		{"long head", "GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 2*maxHead) + "\r\n\r\n", codeHeader},
		{"long body", head + "Content-Length: 99999999\r\n\r\n", session.CodeTooLarge},
		{"long body, expected", head + "Expect: 100-continue\r\nContent-Length: 99999999\r\n\r\n", session.CodeTooLarge},
	}
	for _, tt := range tests {
		got := r.raw(tt.request+"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", 2)
		if len(got) != 1 {
			t.Errorf("%s: %d answers, want 1 and the end: %v", tt.name, len(got), got)
			continue
		}
		r.refused(tt.name, got[0], tt.code, "")
		if strings.Contains(got[0].body, "xxxx") {
			t.Errorf("%s: the answer quotes the request: %s", tt.name, got[0].body)
		}
	}
	if n := r.hub.Stats().Events; n != 0 {
		t.Errorf("%d events were committed", n)
	}
}

// TestTooLarge: a caller that sends on and on still gets its answer.
func TestTooLarge(t *testing.T) {
	r := newRig(t, func(s *settings) { s.api.MaxBody = 2048 })
	r.refused("a little", r.do("POST", "/v1/publish", strings.Repeat(" ", 2049)), session.CodeTooLarge, "2048")
	r.refused("a lot", r.do("POST", "/v1/publish", strings.Repeat(" ", 8<<20)), session.CodeTooLarge, "2048")
	fits := `{"room":"a","event":"e"` + strings.Repeat(" ", 2048-24) + "}"
	r.want("at the limit", r.do("POST", "/v1/publish", fits), 200, `{"id":"EPOCH-1"}`)
}

// TestExpect: a caller that asks first is told to go on, also on a connection
// whose last answer is long ago.
func TestExpect(t *testing.T) {
	r := newRig(t, func(s *settings) { s.api.ReadTimeout = 100 * time.Millisecond })
	c, err := net.Dial("tcp", r.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	br := bufio.NewReader(c)
	for i := range 2 {
		if i > 0 {
			<-time.After(150 * time.Millisecond) // longer than a write may take
		}
		io.WriteString(c, "POST /v1/publish HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 24\r\n\r\n")
		line, err := br.ReadString('\n')
		if err != nil || !strings.HasPrefix(line, "HTTP/1.1 100 ") {
			t.Fatalf("request %d: got %q, %v, want 100 Continue", i, line, err)
		}
		br.ReadString('\n') // the empty line
		io.WriteString(c, `{"room":"a","event":"e"}`)
		res, err := http.ReadResponse(br, nil)
		if err != nil || res.StatusCode != 200 {
			t.Fatalf("request %d: %v, %v, want 200", i, res, err)
		}
		io.Copy(io.Discard, res.Body)
	}
	<-time.After(150 * time.Millisecond)
	io.WriteString(c, "nonsense\r\n\r\n")
	if res, err := http.ReadResponse(br, nil); err != nil || res.StatusCode != 400 {
		t.Fatalf("nonsense after a while: %v, %v, want 400", res, err)
	}
}
