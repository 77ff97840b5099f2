package ws

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
)

// FuzzReader: where a wire is cut changes nothing, and what is held stays below
// the limit. steps are the lengths of the pieces, used in turn.
func FuzzReader(f *testing.F) {
	for _, c := range conversations() {
		f.Add([]byte(c.wire), []byte{1, 7}, c.deflate)
	}
	for _, a := range append(framing(), content()...) {
		f.Add([]byte(a.wire), []byte{3}, a.deflate)
	}
	f.Fuzz(func(t *testing.T, wire, steps []byte, deflate bool) {
		const limit = 4096
		cfg := config(limit)
		want := play(t, cfg, deflate, string(wire))
		for _, e := range want.Events {
			if len(e.Payload) > limit {
				t.Fatalf("a message of %d bytes passed a limit of %d", len(e.Payload), limit)
			}
		}
		var r Reader
		var got transcript
		for i, rest := 0, wire; len(rest) > 0; i++ {
			n := 1
			if len(steps) > 0 {
				n = min(int(steps[i%len(steps)])+1, len(rest))
			}
			got.feed(t, &r, cfg, deflate, string(rest[:n]))
			rest = rest[n:]
			// A compressed message may have an eighth more on the wire.
			if r.part != nil && cap(r.part.data) > 2*(limit+limit/8+64) {
				t.Fatalf("%d bytes held with a limit of %d", cap(r.part.data), limit)
			}
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("cut by %v: got %+v, whole: %+v", steps, got, want)
		}
	})
}

// FuzzUpgrade: whatever a client writes, the reply is one head without
// anything of the client's in it, or a refusal that can be sent.
func FuzzUpgrade(f *testing.F) {
	f.Add("GET", "websocket", "Upgrade", "13", "dGhlIHNhbXBsZSBub25jZQ==", "chat", "permessage-deflate; client_max_window_bits")
	f.Add("GET", "websocket", "Upgrade", "13", "dGhlIHNhbXBsZSBub25jZQ==", "", `permessage-deflate; server_max_window_bits="15"`)
	f.Add("GET", "websocket", "Upgrade", "8", "", "a,,b", "x;y=z,permessage-deflate;;")
	f.Fuzz(func(t *testing.T, method, upgrade, connection, version, key, protocol, extensions string) {
		cfg := DefaultConfig()
		cfg.Deflate = true
		fs := fields{
			"Upgrade": upgrade, "Connection": connection, "Sec-WebSocket-Version": version, "Sec-WebSocket-Key": key,
			"Sec-WebSocket-Protocol": protocol, "Sec-WebSocket-Extensions": extensions,
		}
		h, err := Upgrade(method, fs, []string{"chat", "v2"}, &cfg)
		if err != nil {
			if err.Status < 400 || err.Status > 499 || err.Code == "" || err.Message == "" {
				t.Fatalf("refused with %+v", err)
			}
			return
		}
		head := string(h.AppendResponse(nil))
		lines := 5 // status, Upgrade, Connection, Accept, blank
		for _, v := range []string{h.Protocol, h.Extensions} {
			if v != "" {
				lines++
			}
		}
		if got := strings.Count(head, "\r\n"); got != lines || !strings.HasSuffix(head, "\r\n\r\n") {
			t.Fatalf("the reply has %d lines, want %d: %q", got, lines, head)
		}
		if h.Deflate && !strings.Contains(extensions, deflateName) {
			t.Fatalf("compression negotiated from %q", extensions)
		}
	})
}

// FuzzInflate: what AppendDeflated makes comes back, and what anybody else
// makes gives at most limit bytes or a CloseError, and does not panic.
func FuzzInflate(f *testing.F) {
	for i, s := range samples() {
		f.Add([]byte(s[:min(len(s), 512)]), i)
	}
	f.Add([]byte(raw("f348cdc9c9070000")), 1)
	f.Fuzz(func(t *testing.T, p []byte, level int) {
		const limit = 4096
		got, err := inflate(p, limit)
		if _, ended := err.(*CloseError); len(got) > limit || (err != nil && !ended) {
			t.Fatalf("inflate(%x) = %d bytes, %v", p, len(got), err)
		}
		back, err := inflate(AppendDeflated(nil, p, level), len(p))
		if err != nil || !bytes.Equal(back, p) {
			t.Fatalf("level %d: %x came back as %x, %v", level, p, back, err)
		}
	})
}
