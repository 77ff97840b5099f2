package http1

import (
	"bytes"
	"slices"
	"testing"
)

// parse gives the one request in holds. Its parser lives as long as it does.
func parse(t *testing.T, in string) *Request {
	t.Helper()
	lim := DefaultLimits()
	n, req, err := NewParser(&lim).Parse([]byte(in))
	if err != nil || req == nil || n != len(in) {
		t.Fatalf("Parse(%q) = %d, %v, %v, want one request of %d bytes", in, n, req, err, len(in))
	}
	return req
}

func TestPath(t *testing.T) {
	tests := []struct{ target, path, query string }{
		{target: "/", path: "/"},
		{target: "/a/b", path: "/a/b"},
		{target: "/a/b/", path: "/a/b/"},
		{target: "/?", path: "/"},
		{target: "/a?b?c", path: "/a", query: "b?c"},
		{target: "/a?b/../%zz", path: "/a", query: "b/../%zz"},
		{target: "//a///b", path: "/a/b"},
		{target: "/./a/./b/.", path: "/a/b/"},
		{target: "/a/b/../c", path: "/a/c"},
		{target: "/a/b/..", path: "/a/"},
		{target: "/a/..", path: "/"},
		{target: "/a/../", path: "/"},
		{target: "/a/%2e%2E/b", path: "/b"},
		{target: "/.well-known/x", path: "/.well-known/x"},
		{target: "/a/..b/.c./...", path: "/a/..b/.c./..."},
		{target: "/%41%c3%A4+", path: "/A\xc3\xa4+"},
		{target: "/%ff", path: "/\xff"},
		{target: "/a%3fb", path: "/a?b"},
		{target: "/a%25b", path: "/a%b"},
		{target: "http://a:80/b?c", path: "/b", query: "c"},
		{target: "HTTPS://A:80", path: "/"},
		{target: "http://a:80?c", path: "/", query: "c"},
	}
	for _, tt := range tests {
		req := parse(t, "GET "+tt.target+" HTTP/1.1\r\nHost: a:80\r\n\r\n")
		if string(req.Path()) != tt.path || string(req.RawQuery()) != tt.query || string(req.Target()) != tt.target {
			t.Errorf("target %q: path %q, query %q, target %q, want %q, %q",
				tt.target, req.Path(), req.RawQuery(), req.Target(), tt.path, tt.query)
		}
	}
}

func TestQuery(t *testing.T) {
	req := parse(t, "GET /%61?room=a&room=b%20c&&x=1+2&e=&f&%72oom=d&p=100%&q=%4&=g HTTP/1.1\r\nHost: a\r\n\r\n")
	tests := []struct {
		name string
		want []string
	}{
		{name: "room", want: []string{"a", "b c", "d"}},
		{name: "x", want: []string{"1 2"}},
		{name: "e", want: []string{""}},
		{name: "f", want: []string{""}},
		{name: "p", want: []string{"100%"}},
		{name: "q", want: []string{"%4"}},
		{name: "", want: []string{"g"}},
		{name: "Room"},
	}
	for _, tt := range tests {
		var got []string
		req.QueryArgs(tt.name, func(v []byte) bool {
			got = append(got, string(v))
			return true
		})
		if !slices.Equal(got, tt.want) {
			t.Errorf("QueryArgs(%q) = %q, want %q", tt.name, got, tt.want)
		}
		first := req.QueryArg(tt.name)
		if (first != nil) != (len(tt.want) > 0) || first != nil && string(first) != tt.want[0] {
			t.Errorf("QueryArg(%q) = %q, want the first of %q", tt.name, first, tt.want)
		}
	}
	if string(req.Path()) != "/a" {
		t.Errorf("Path() after the queries = %q, want /a", req.Path())
	}
}

func TestHeader(t *testing.T) {
	req := parse(t, "GET / HTTP/1.1\r\nhOST:a\r\nX-One: \t 1 \t\r\nEmpty:\r\nX-Two: a, \"b\" ,C\t,,\r\n"+
		"x-one: 2\r\nLast-Event-ID: \xc3\xa4\r\n\r\n")
	tests := []struct {
		name, want string
		count      int
	}{
		{name: "host", want: "a", count: 1},
		{name: "X-ONE", want: "1", count: 2},
		{name: "empty", want: "", count: 1},
		{name: "last-event-id", want: "\xc3\xa4", count: 1},
		{name: "x-on"},
	}
	for _, tt := range tests {
		got := req.Header(tt.name)
		if string(got) != tt.want || (got != nil) != (tt.count > 0) {
			t.Errorf("Header(%q) = %q, want %q", tt.name, got, tt.want)
		}
		if n := req.HeaderCount(tt.name); n != tt.count {
			t.Errorf("HeaderCount(%q) = %d, want %d", tt.name, n, tt.count)
		}
	}
	for token, want := range map[string]bool{"A": true, "c": true, "b": false, "": true, "d": false} {
		if got := req.HasToken("x-two", token); got != want {
			t.Errorf("HasToken(x-two, %q) = %t, want %t", token, got, want)
		}
	}
	if got := req.Host(); !bytes.Equal(got, []byte("a")) {
		t.Errorf("Host() = %q, want a", got)
	}
	n := 0
	req.Headers(func(_, _ []byte) bool { n++; return n < 2 })
	if n != 2 {
		t.Errorf("Headers went on to %d after false, want 2", n)
	}
}

func TestHosts(t *testing.T) {
	for _, host := range []string{"a", "a.b-c_d~e.", "127.0.0.1:8080", "[::1]", "[2001:db8::1]:443", "a:0", "A:65535"} {
		if got := parse(t, "GET / HTTP/1.1\r\nHost: "+host+"\r\n\r\n").Host(); string(got) != host {
			t.Errorf("Host() = %q, want %q", got, host)
		}
	}
	if got := parse(t, "GET / HTTP/1.0\r\n\r\n").Host(); got != nil {
		t.Errorf("Host() of a 1.0 request without = %q, want nil", got)
	}
}

func TestIsUpgrade(t *testing.T) {
	tests := []struct {
		name, version, fields string
		want                  bool
	}{
		{name: "browser", version: "1.1", fields: "Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n", want: true},
		{name: "no connection", version: "1.1", fields: "Upgrade: websocket\r\n"},
		{name: "no upgrade", version: "1.1", fields: "Connection: upgrade\r\n"},
		{name: "other", version: "1.1", fields: "Connection: upgrade\r\nUpgrade: h2c\r\n"},
		{name: "1.0", version: "1.0", fields: "Connection: upgrade\r\nUpgrade: websocket\r\n"},
	}
	for _, tt := range tests {
		req := parse(t, "GET / HTTP/"+tt.version+"\r\nHost: a\r\n"+tt.fields+"\r\n")
		if got := req.IsUpgrade("websocket"); got != tt.want {
			t.Errorf("%s: IsUpgrade(websocket) = %t, want %t", tt.name, got, tt.want)
		}
	}
}
