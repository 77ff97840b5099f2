package ws

import (
	"strings"
	"testing"
)

// fields is a request head for tests.
type fields map[string]string

// Header is the value of the named field.
func (f fields) Header(name string) []byte {
	if v, ok := f[name]; ok {
		return []byte(v)
	}
	return nil
}

// HasToken looks for token in the list of the named field.
func (f fields) HasToken(name, token string) bool {
	for item := range strings.SplitSeq(f[name], ",") {
		if strings.EqualFold(strings.TrimSpace(item), token) {
			return true
		}
	}
	return false
}

// opening is the request of RFC 6455 §1.2 with changes; "-" removes a field.
func opening(changes ...string) fields {
	f := fields{
		"Host": "server.example.com", "Upgrade": "websocket", "Connection": "keep-alive, Upgrade",
		"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version": "13",
	}
	for i := 0; i < len(changes); i += 2 {
		if f[changes[i]] = changes[i+1]; changes[i+1] == "-" {
			delete(f, changes[i])
		}
	}
	return f
}

func TestUpgrade(t *testing.T) {
	const deflate = "permessage-deflate; client_max_window_bits"
	for _, tt := range []struct {
		name       string
		f          fields
		protocols  []string
		deflate    bool
		protocol   string
		extensions string
	}{
		{name: "§1.2", f: opening()},
		{name: "case of tokens", f: opening("Upgrade", "WebSocket", "Connection", "upgrade")},
		{name: "preferred by the server", f: opening("Sec-WebSocket-Protocol", "chat, superchat"),
			protocols: []string{"v2", "superchat", "chat"}, protocol: "superchat"},
		{name: "none in common", f: opening("Sec-WebSocket-Protocol", "chat"), protocols: []string{"v2"}},
		{name: "case of subprotocols", f: opening("Sec-WebSocket-Protocol", "Chat"), protocols: []string{"chat"}},
		{name: "none known", f: opening("Sec-WebSocket-Protocol", "chat")},
		{name: "none offered", f: opening(), protocols: []string{"chat"}},
		{name: "compression off", f: opening("Sec-WebSocket-Extensions", deflate)},
		{name: "compression on", f: opening("Sec-WebSocket-Extensions", deflate), deflate: true, extensions: deflateAnswer},
		{name: "compression declined", f: opening("Sec-WebSocket-Extensions", "permessage-deflate; server_max_window_bits=9"), deflate: true},
		{name: "compression not offered", f: opening(), deflate: true},
	} {
		cfg := DefaultConfig()
		cfg.Deflate = tt.deflate
		h, err := Upgrade("GET", tt.f, tt.protocols, &cfg)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if got := string(h.Accept[:]); got != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" { // §1.3
			t.Errorf("%s: Accept = %q", tt.name, got)
		}
		if h.Protocol != tt.protocol || h.Extensions != tt.extensions || h.Deflate != (tt.extensions != "") {
			t.Errorf("%s: got %q, %q, %t, want %q, %q", tt.name, h.Protocol, h.Extensions, h.Deflate, tt.protocol, tt.extensions)
		}
	}
}

func TestUpgradeRefused(t *testing.T) {
	const key, version = "Sec-WebSocket-Key", "Sec-WebSocket-Version"
	for _, tt := range []struct {
		name   string
		method string
		f      fields
		status int
		code   string
		field  string // a field the response must carry
	}{
		{name: "POST", method: "POST", f: opening(), status: 405, code: "bad_method", field: "Allow: GET"},
		{name: "method in small letters", method: "get", f: opening(), status: 405, code: "bad_method", field: "Allow: GET"},
		{name: "no Upgrade", f: opening("Upgrade", "-"), status: 426, code: "not_websocket", field: "Upgrade: websocket"},
		{name: "other Upgrade", f: opening("Upgrade", "h2c"), status: 426, code: "not_websocket", field: "Upgrade: websocket"},
		{name: "no Connection", f: opening("Connection", "-"), status: 400, code: "bad_connection"},
		{name: "Connection keep-alive", f: opening("Connection", "keep-alive"), status: 400, code: "bad_connection"},
		{name: "no version", f: opening(version, "-"), status: 426, code: "bad_version", field: version + ": 13"},
		{name: "version 8", f: opening(version, "8"), status: 426, code: "bad_version", field: version + ": 13"},
		{name: "two versions", f: opening(version, "13, 13"), status: 426, code: "bad_version", field: version + ": 13"},
		{name: "no key", f: opening(key, "-"), status: 400, code: "bad_key"},
		{name: "empty key", f: opening(key, ""), status: 400, code: "bad_key"},
		{name: "15 bytes", f: opening(key, "dGhlIHNhbXBsZSBub25j"), status: 400, code: "bad_key"},
		{name: "17 bytes", f: opening(key, "dGhlIHNhbXBsZSBub25jZSE="), status: 400, code: "bad_key"},
		{name: "18 bytes", f: opening(key, "dGhlIHNhbXBsZSBub25jZSEh"), status: 400, code: "bad_key"},
		{name: "no padding", f: opening(key, "dGhlIHNhbXBsZSBub25jZQ"), status: 400, code: "bad_key"},
		{name: "loose bits", f: opening(key, "dGhlIHNhbXBsZSBub25jZR=="), status: 400, code: "bad_key"},
		{name: "not base64", f: opening(key, "dGhlIHNhbXBs!SBub25jZQ=="), status: 400, code: "bad_key"},
		{name: "URL alphabet", f: opening(key, "____________________-A=="), status: 400, code: "bad_key"},
		{name: "subprotocol is no token", f: opening("Sec-WebSocket-Protocol", "a b"), status: 400, code: "bad_protocol"},
		{name: "subprotocol quoted", f: opening("Sec-WebSocket-Protocol", `chat, "b"`), status: 400, code: "bad_protocol"},
		{name: "extensions", f: opening("Sec-WebSocket-Extensions", "a;"), status: 400, code: "bad_extensions"},
	} {
		method := tt.method
		if method == "" {
			method = "GET"
		}
		cfg := DefaultConfig()
		_, err := Upgrade(method, tt.f, []string{"chat"}, &cfg)
		if err == nil {
			t.Errorf("%s: accepted, want %d %s", tt.name, tt.status, tt.code)
			continue
		}
		carried := ""
		for _, field := range err.Fields {
			carried += field[0] + ": " + field[1] + "\n"
		}
		if err.Status != tt.status || err.Code != tt.code || !strings.Contains(carried, tt.field) {
			t.Errorf("%s: got %v with %q, want %d %s with %q", tt.name, err, carried, tt.status, tt.code, tt.field)
		}
	}
}

// twice is a request head in which one field has two lines.
type twice struct {
	fields
	name string
}

// HeaderCount is the number of lines of the named field.
func (f twice) HeaderCount(name string) int {
	if name == f.name {
		return 2
	}
	return 1
}

// RFC 6455 §11.3.1 and §11.3.5: key and version come once.
func TestUpgradeRepeated(t *testing.T) {
	cfg := DefaultConfig()
	for name, want := range map[string]string{
		"Sec-WebSocket-Key": "bad_key", "Sec-WebSocket-Version": "bad_version", "Sec-WebSocket-Protocol": "",
	} {
		got := ""
		if _, err := Upgrade("GET", twice{opening(), name}, nil, &cfg); err != nil {
			got = err.Code
		}
		if got != want {
			t.Errorf("two lines of %s: refused with %q, want %q", name, got, want)
		}
	}
}

func TestAppendResponse(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Deflate = true
	f := opening("Sec-WebSocket-Protocol", "chat", "Sec-WebSocket-Extensions", "permessage-deflate")
	h, refused := Upgrade("GET", f, []string{"chat"}, &cfg)
	if refused != nil {
		t.Fatal(refused)
	}
	got := string(h.AppendResponse([]byte("kept"), [2]string{"Server", "g"}, [2]string{"X-Bad", "a\r\nB: c\x00"}))
	want := "keptHTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: chat\r\n" +
		"Sec-WebSocket-Extensions: " + deflateAnswer + "\r\nServer: g\r\nX-Bad: a  B: c \r\n\r\n"
	if got != want {
		t.Errorf("AppendResponse = %q, want %q", got, want)
	}
	bare := Handshake{Accept: h.Accept}.AppendResponse(nil)
	if strings.Contains(string(bare), "Protocol:") || strings.Contains(string(bare), "Extensions:") {
		t.Errorf("a bare reply names what was not negotiated: %q", bare)
	}
	if !strings.HasSuffix(string(bare), "\r\n\r\n") {
		t.Errorf("the head does not end: %q", bare)
	}
}
