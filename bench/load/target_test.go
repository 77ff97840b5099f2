package load

import (
	"errors"
	"strings"
	"testing"
)

func TestParseTarget(t *testing.T) {
	for _, tt := range []struct{ in, addr, err string }{
		{in: "ws://127.0.0.1:8080/live/ws", addr: "127.0.0.1:8080"},
		{in: "ws://[::1]:81/x?y=1", addr: "[::1]:81"},
		{in: "ws://127.0.0.1", addr: "127.0.0.1:80"},
		{in: "https://127.0.0.1/", err: "want ws://"},
		{in: "ws:///x", err: "want ws://"},
		{in: "ws://127.0.0.1:99999/", err: "99999"},
		{in: "://", err: "missing protocol"},
	} {
		got, err := ParseTarget(tt.in)
		switch {
		case tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)):
			t.Errorf("%s: %v, want %q", tt.in, err, tt.err)
		case tt.err == "" && (err != nil || got.Addr.String() != tt.addr):
			t.Errorf("%s: %s, %v, want %s", tt.in, got.Addr, err, tt.addr)
		}
	}
}

func TestUpgradeRequest(t *testing.T) {
	target, err := ParseTarget("ws://127.0.0.1:1/live?x=1")
	if err != nil {
		t.Fatal(err)
	}
	req := string(target.appendRequest(nil, []string{"match:42", "a b"}, "e-7", "grandstand.v1", "Origin: http://o\r\n"))
	for _, want := range []string{
		"GET /live?x=1&room=match%3A42&room=a+b&since=e-7 HTTP/1.1\r\n",
		"Host: 127.0.0.1:1\r\n",
		"Sec-WebSocket-Protocol: grandstand.v1\r\n",
		"Origin: http://o\r\n\r\n",
	} {
		if !strings.Contains(req, want) {
			t.Errorf("request lacks %q:\n%s", want, req)
		}
	}
}

func TestCheckUpgrade(t *testing.T) {
	const good = "HTTP/1.1 101 Switching Protocols\r\nsec-websocket-accept:  key \r\n\r\n"
	for _, tt := range []struct{ name, in, err string }{
		{name: "good", in: good},
		{name: "frames behind it", in: good + "\x81\x00"},
		{name: "another status", in: "HTTP/1.1 403 Forbidden\r\n\r\n", err: "HTTP/1.1 403"},
		{name: "another key", in: strings.Replace(good, "key", "KEY", 1), err: "want \"key\""},
		{name: "no key", in: "HTTP/1.1 101 x\r\n\r\n", err: "without Sec-WebSocket-Accept"},
		{name: "endless", in: "HTTP/1.1 101 x\r\nA: " + strings.Repeat("a", 9000), err: "over 8 KiB"},
	} {
		n, err := checkUpgrade([]byte(tt.in), "key")
		if tt.err == "" && (err != nil || n != len(good)) || tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
			t.Errorf("%s: %d, %v, want %q", tt.name, n, err, tt.err)
		}
	}
	for i := range good {
		if _, err := checkUpgrade([]byte(good[:i]), "key"); !errors.Is(err, errShort) {
			t.Fatalf("first %d bytes: %v, want errShort", i, err)
		}
	}
}

func FuzzCheckUpgrade(f *testing.F) {
	f.Add([]byte("HTTP/1.1 101 \r\nSec-WebSocket-Accept: key\r\n\r\nrest"))
	f.Fuzz(func(t *testing.T, p []byte) {
		n, err := checkUpgrade(p, "key")
		if err != nil {
			return
		}
		if n > len(p) || !strings.HasSuffix(string(p[:n]), "\r\n\r\n") {
			t.Fatalf("checkUpgrade(%q) = %d", p, n)
		}
		if _, err := checkUpgrade(p[:n-1], "key"); !errors.Is(err, errShort) {
			t.Fatalf("without its last byte: %v, want errShort", err)
		}
	})
}
