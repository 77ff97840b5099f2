package ws

import (
	"errors"
	"strings"
	"testing"
)

// attack is a wire that must end the connection, after the messages before it.
type attack struct {
	name    string
	deflate bool
	limit   int // 0 for the default
	wire    string
	before  []event
	code    uint16
}

// framing are frames RFC 6455 §5 forbids.
func framing() []attack {
	return []attack{
		{name: "§5.1 unmasked", wire: raw("81 05 48656c6c6f"), code: 1002},
		{name: "§5.1 unmasked close", wire: raw("88 00"), code: 1002},
		{name: "§5.2 RSV1", wire: raw("c1 80 00000000"), code: 1002},
		{name: "§5.2 RSV2", wire: raw("a1 80 00000000"), code: 1002},
		{name: "§5.2 RSV3", wire: raw("91 80 00000000"), code: 1002},
		{name: "§5.2 RSV2 with compression", deflate: true, wire: raw("e1 81 00000000 00"), code: 1002},
		{name: "§5.2 RSV1 on a control frame", deflate: true, wire: raw("c9 80 00000000"), code: 1002},
		{name: "§5.2 RSV1 on close", deflate: true, wire: raw("c8 80 00000000"), code: 1002},
		{name: "§5.2 RSV1 on a continuation", deflate: true, wire: packed(OpText, false, "") + packed(OpContinuation, true, ""), code: 1002},
		{name: "§5.2 RSV1 begins on a continuation", deflate: true, wire: frame(OpText, false, "") + packed(OpContinuation, true, ""), code: 1002},
		{name: "§5.2 opcode 3", wire: raw("83 80 00000000"), code: 1002},
		{name: "§5.2 opcode 7", wire: raw("87 80 00000000"), code: 1002},
		{name: "§5.2 opcode 11", wire: raw("8b 80 00000000"), code: 1002},
		{name: "§5.2 opcode 15", wire: raw("8f 80 00000000"), code: 1002},
		{name: "§5.2 opcode 3 inside a message", wire: frame(OpText, false, "a") + raw("83 80 00000000"), code: 1002},
		{name: "§5.2 125 in two bytes", wire: raw("82 fe 007d 00000000"), code: 1002},
		{name: "§5.2 125 in eight bytes", wire: raw("82 ff 000000000000007d 00000000"), code: 1002},
		{name: "§5.2 65535 in eight bytes", wire: raw("82 ff 000000000000ffff 00000000"), code: 1002},
		{name: "§5.2 top bit of the length", wire: raw("82 ff 8000000000000000 00000000"), code: 1002},
		{name: "§5.2 all bits of the length", wire: raw("82 ff ffffffffffffffff 00000000"), code: 1002},
		{name: "§5.4 continuation of nothing", wire: frame(OpContinuation, true, "x"), code: 1002},
		{name: "§5.4 open continuation of nothing", wire: frame(OpContinuation, false, "x"), code: 1002},
		{name: "§5.4 continuation after the end", wire: frame(OpText, true, "x") + frame(OpContinuation, true, "y"),
			before: []event{{OpText, 0, "x"}}, code: 1002},
		{name: "§5.4 text inside text", wire: frame(OpText, false, "x") + frame(OpText, true, "y"), code: 1002},
		{name: "§5.4 binary inside text", wire: frame(OpText, false, "x") + frame(OpBinary, false, "y"), code: 1002},
		{name: "§5.5 ping of 126 bytes", wire: frame(OpPing, true, strings.Repeat("p", 126)), code: 1002},
		{name: "§5.5 close of 126 bytes", wire: shut(1000, strings.Repeat("p", 124)), code: 1002},
		{name: "§5.5 pong of 64 KiB", wire: raw("8a ff 0000000000010000 00000000"), code: 1002},
		{name: "§5.5 fragmented ping", wire: frame(OpPing, false, "a"), code: 1002},
		{name: "§5.5 fragmented close", wire: frame(OpClose, false, ""), code: 1002},
		{name: "§5.5 HTTP again", wire: "GET / HTTP/1.1\r\n\r\n", code: 1002},
	}
}

// content are payloads that may not be.
func content() []attack {
	bomb := deflated(strings.Repeat("\x00", 1<<20))
	return []attack{
		{name: "§5.5.1 one byte", wire: frame(OpClose, true, "\x03"), code: 1002},
		{name: "§5.5.1 reason is not UTF-8", wire: shut(1000, "\xce\xba\xff"), code: 1007},
		{name: "§5.5.1 reason ends inside a rune", wire: shut(1000, "\xce"), code: 1007},
		{name: "§5.5.1 after good messages", wire: frame(OpPing, true, "") + frame(OpText, true, "x") + frame(OpClose, true, "\x03"),
			before: []event{{OpPing, 0, ""}, {OpText, 0, "x"}}, code: 1002},
		{name: "§8.1 bad octet", wire: frame(OpText, true, "a\xffb"), code: 1007},
		{name: "§8.1 surrogate", wire: frame(OpText, true, "\xed\xa0\x80"), code: 1007},
		{name: "§8.1 above U+10FFFF", wire: frame(OpText, true, "\xf4\x90\x80\x80"), code: 1007},
		{name: "§8.1 overlong", wire: frame(OpText, true, "\xc0\xaf"), code: 1007},
		{name: "§8.1 ends inside a rune", wire: frame(OpText, true, "\xe2\x82"), code: 1007},
		{name: "§8.1 fragments end inside a rune", wire: frame(OpText, false, "\xe2") + frame(OpContinuation, true, ""), code: 1007},
		{name: "§8.1 broken across fragments", wire: frame(OpText, false, "\xe2") + frame(OpContinuation, true, "(\xa1"), code: 1007},
		{name: "§10.4 frame above the limit", limit: 5, wire: frame(OpBinary, true, "123456"), code: 1009},
		{name: "§10.4 fragments above the limit", limit: 5, wire: frame(OpText, false, "123") + frame(OpContinuation, true, "456"), code: 1009},
		{name: "§10.4 limit in two bytes", limit: 125, wire: raw("82 fe 007e 00000000"), code: 1009},
		{name: "§10.4 a claim of 2^63-1", wire: raw("82 ff 7fffffffffffffff 00000000"), code: 1009},
		{name: "§10.4 claims that add up past it", wire: frame(OpText, false, "x") + raw("80 ff 7fffffffffffffff 00000000"), code: 1009},
		{name: "7692 inflates above the limit", deflate: true, limit: 99, wire: packed(OpText, true, deflated(strings.Repeat("x", 100))), code: 1009},
		{name: "7692 bomb", deflate: true, wire: packed(OpBinary, true, bomb), code: 1009},
		{name: "7692 compressed size above the limit", deflate: true, limit: 99, wire: packed(OpText, true, strings.Repeat("x", 200)), code: 1009},
		{name: "7692 not DEFLATE", deflate: true, wire: packed(OpText, true, "\xff\xff\xff"), code: 1007},
		{name: "7692 cut short", deflate: true, wire: packed(OpText, true, deflated("Hello, Hello")[:6]), code: 1007},
		{name: "7692 data behind the end", deflate: true, wire: packed(OpText, true, raw("f348cdc9c90700 f248cdc9c90700")), code: 1007},
		{name: "7692 text is not UTF-8", deflate: true, wire: packed(OpText, true, deflated("a\xff")), code: 1007},
		{name: "7692 fragments, text is not UTF-8", deflate: true,
			wire: packed(OpText, false, deflated("\xe2\x82")) + frame(OpContinuation, true, ""), code: 1007},
	}
}

func TestAttacks(t *testing.T) {
	for _, tt := range append(framing(), content()...) {
		t.Run(tt.name, func(t *testing.T) {
			cfg := DefaultConfig()
			if tt.limit > 0 {
				cfg.MaxMessage = tt.limit
			}
			if len(tt.wire) > 4096 {
				t.Fatalf("%d bytes on the wire, too many to cut at each", len(tt.wire))
			}
			wantPlay(t, &cfg, tt.deflate, tt.wire, transcript{Events: tt.before, End: tt.code})
		})
	}
}

// What is at the limit passes, by every way a message can come.
func TestAtLimit(t *testing.T) {
	const limit = 300
	text := strings.Repeat("ab", limit/2)
	noise := make([]byte, limit)
	for i := range noise {
		noise[i] = byte(i*i*31 + i>>3)
	}
	for _, tt := range []conversation{
		{name: "one frame", wire: frame(OpText, true, text), want: []event{{OpText, 0, text}}},
		{name: "fragments", wire: frame(OpText, false, text[:limit-1]) + frame(OpContinuation, true, text[limit-1:]),
			want: []event{{OpText, 0, text}}},
		{name: "compressed", deflate: true, wire: packed(OpText, true, deflated(text)), want: []event{{OpText, 0, text}}},
		{name: "compressed to more", deflate: true, wire: packed(OpBinary, true, deflated(string(noise))),
			want: []event{{OpBinary, 0, string(noise)}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wantPlay(t, config(limit), tt.deflate, tt.wire, transcript{Events: tt.want})
		})
	}
}

// A Reader ends at the byte that is wrong and does not wait for the frame.
func TestFailsEarly(t *testing.T) {
	for _, tt := range []struct {
		name  string
		wire  string
		limit int
		at    int // bytes after which it must have ended
		code  uint16
	}{
		{name: "reserved opcode", wire: raw("83 80 00000000"), at: 1, code: 1002},
		{name: "unmasked", wire: raw("81 05 48"), at: 2, code: 1002},
		{name: "long ping", wire: raw("89 fe 0080"), at: 2, code: 1002},
		{name: "length above the limit", wire: raw("82 fe ffff 00000000"), limit: 1000, at: 4, code: 1009},
		{name: "bad octet in an open frame", wire: frame(OpText, true, "ab\xff"+strings.Repeat("x", 50)), at: 9, code: 1007},
		{name: "second octet of a rune", wire: frame(OpText, true, "ab\xed\xa0\x80xx"), at: 10, code: 1007},
		{name: "F4 90 in a later fragment", wire: frame(OpText, false, "κ\xf4") + frame(OpContinuation, false, "\x90\x80\x80xx"), at: 16, code: 1007},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := DefaultConfig()
			if tt.limit > 0 {
				cfg.MaxMessage = tt.limit
			}
			var r Reader
			for i := range tt.wire[:tt.at] {
				_, _, err := r.Next(&cfg, false, []byte(tt.wire[i:i+1]))
				var broken *CloseError
				if ended := errors.As(err, &broken); ended != (i+1 == tt.at) {
					t.Fatalf("after byte %d: err = %v, want the end after %d", i+1, err, tt.at)
				}
				if broken != nil && broken.Code != tt.code {
					t.Errorf("ended with %v, want code %d", broken, tt.code)
				}
			}
		})
	}
}
