package transport

import (
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"testing"

	"grandstand/epoll/wire/ws"
	"grandstand/session"
)

// attack is what a viewer sends and the close code it is sent away with.
type attack struct {
	name, in string
	code     uint16
}

// closing is a close frame with a code and a reason.
func closing(code uint16, reason string) string {
	return frame(ws.OpClose, true, string(binary.BigEndian.AppendUint16(nil, code))+reason)
}

// attacks are frames that RFC 6455 forbids, or that the server does not take.
func attacks() []attack {
	text := func(s string) string { return frame(ws.OpText, true, s) }
	start := func(s string) string { return frame(ws.OpText, false, s) }
	rest := func(s string) string { return frame(ws.OpContinuation, true, s) }
	all := []attack{
		{"unmasked text", "\x81\x02{}", 1002},
		{"unmasked close", "\x88\x00", 1002},
		{"RSV1 without compression", "\xc1\x80\x00\x00\x00\x00", 1002},
		{"RSV2", "\xa1\x80\x00\x00\x00\x00", 1002},
		{"RSV3", "\x91\x80\x00\x00\x00\x00", 1002},
		{"continuation of nothing", rest("x"), 1002},
		{"text inside text", start("{") + text("}"), 1002},
		{"fragmented ping", frame(ws.OpPing, false, ""), 1002},
		{"fragmented close", frame(ws.OpClose, false, ""), 1002},
		{"ping of 126 bytes", frame(ws.OpPing, true, strings.Repeat("p", 126)), 1002},
		{"close of 126 bytes", closing(1000, strings.Repeat("r", 124)), 1002},
		{"close of one byte", frame(ws.OpClose, true, "\x03"), 1002},
		{"length not in its shortest form", "\x81\xfe\x00\x01\x00\x00\x00\x00x", 1002},
		{"length with its top bit", "\x81\xff\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", 1002},
		{"HTTP again", "GET / HTTP/1.1\r\n\r\n", 1002},
		{"64-bit length above the limit", "\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00", 1009},
		{"a byte above the limit", text(strings.Repeat(" ", 64<<10+1)), 1009},
		{"fragments above the limit", start(strings.Repeat(" ", 64<<10)) + rest(" "), 1009},
		{"binary", frame(ws.OpBinary, true, "{}"), 1003},
		{"empty binary", frame(ws.OpBinary, true, ""), 1003},
		{"bad octet", text("{\"\xff\"}"), 1007},
		{"surrogate", text("\"\xed\xa0\x80\""), 1007},
		{"overlong slash", text("\"\xc0\xaf\""), 1007},
		{"rune cut by the end", text("\"\xe2\x82"), 1007},
		{"rune broken across fragments", start("\"\xe2") + rest("\x28\""), 1007},
		{"rune cut by the last fragment", start("\"\xf0\x9f") + rest("\x98"), 1007},
		{"close reason that is not UTF-8", closing(1000, "\xff"), 1007},
	}
	for op := ws.Opcode(3); op < 16; op++ {
		if op < ws.OpClose || op > ws.OpPong {
			all = append(all, attack{fmt.Sprintf("reserved opcode %d", op), frame(op, true, ""), 1002})
		}
	}
	for _, code := range []uint16{0, 999, 1004, 1005, 1006, 1012, 1015, 1016, 1100, 2000, 2999, 5000, 65535} {
		all = append(all, attack{fmt.Sprintf("close code %d", code), closing(code, ""), 1002})
	}
	return all
}

// TestAttacks: every one ends its viewer with the right code, and the viewer
// nearby gets its events as ever.
func TestAttacks(t *testing.T) {
	h := openHouse(t, nil)
	other := h.watch("?room=a")
	other.want("joined")
	for i, tt := range attacks() {
		t.Run(tt.name, func(t *testing.T) {
			v := h.in(t).watch("?room=a")
			v.want("joined")
			v.send(tt.in)
			v.wantEnd(tt.code, "")
		})
		h.publish("a", "n", fmt.Sprint(i))
		other.wantEvents("a", i, i)
	}
	other.alive()
	h.awaitEnded(session.AllReasons().Protocol, int64(len(attacks())))
}

// TestAttacksByTheByte: the same, arriving byte by byte and without a room.
func TestAttacksByTheByte(t *testing.T) {
	h := openHouse(t, nil)
	for _, tt := range attacks() {
		if len(tt.in) > 300 {
			continue
		}
		v := h.watch("")
		v.conn.SetNoDelay(true)
		for i := range len(tt.in) {
			if _, err := io.WriteString(v.conn, tt.in[i:i+1]); err != nil {
				break // sent away already
			}
		}
		v.wantEnd(tt.code, "")
	}
}

// TestCloseCodes: the codes a viewer may close with come back, without the
// reason.
func TestCloseCodes(t *testing.T) {
	h := openHouse(t, nil)
	n := int64(0)
	for _, code := range []uint16{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999} {
		v := h.watch("?room=a")
		v.want("joined")
		v.send(closing(code, strings.Repeat("r", 123)))
		v.wantEnd(code, "")
		n++
	}
	v := h.watch("")
	v.send(frame(ws.OpClose, true, ""))
	v.wantEnd(1005, "") // a close frame without a code
	h.awaitEnded(session.AllReasons().Left, n+1)
}

// TestAfterClose: what a viewer sends behind its close frame is ignored.
func TestAfterClose(t *testing.T) {
	h := openHouse(t, nil)
	v := h.watch("?room=a")
	v.want("joined")
	v.send(closing(1000, "") + frame(ws.OpText, true, `{"type":"publish","room":"a","event":"late","ack":1}`) + "\x81\x00junk")
	v.wantEnd(1000, "")
	if n := h.hub.Stats().Events; n != 0 {
		t.Errorf("%d events were published", n)
	}
}

// TestLegalOddities: what is unusual but allowed passes.
func TestLegalOddities(t *testing.T) {
	h := openHouse(t, func(s *settings) { s.cfg.WebSocket.MaxMessage, s.cfg.MessageRate = 5<<20, 0 })
	v := h.watch("")
	ask := `{"type":"ping","ack":7}`
	t.Run("one byte a fragment, pings between", func(t *testing.T) {
		op := ws.OpText
		for i := range len(ask) {
			v.send(frame(op, i == len(ask)-1, ask[i:i+1]))
			v.send(frame(ws.OpPing, true, fmt.Sprint(i)))
			op = ws.OpContinuation
		}
		if m := v.want("pong"); m.Ack != 7 {
			t.Errorf("got %+v", m)
		}
		v.alive()
		if len(v.pongs) != len(ask) || v.pongs[0] != "0" {
			t.Errorf("pongs %q", v.pongs)
		}
	})
	t.Run("65,536 fragments of 64 bytes", func(t *testing.T) {
		var all strings.Builder
		all.WriteString(frame(ws.OpText, false, ask[:len(ask)-1]))
		for range 65534 {
			all.WriteString(frame(ws.OpContinuation, false, strings.Repeat(" ", 64)))
		}
		all.WriteString(frame(ws.OpContinuation, true, "}"))
		v.send(all.String())
		if m := v.want("pong"); m.Ack != 7 {
			t.Errorf("got %+v", m)
		}
	})
	t.Run("empty fragments", func(t *testing.T) {
		v.send(frame(ws.OpText, false, "") + frame(ws.OpContinuation, false, ask) + frame(ws.OpContinuation, true, ""))
		v.want("pong")
	})
	t.Run("a rune across three fragments", func(t *testing.T) {
		v.send(frame(ws.OpText, false, "{\"type\":\"publish\",\"room\":\"a\",\"event\":\"\xf0") +
			frame(ws.OpContinuation, false, "\x9f\x98") + frame(ws.OpContinuation, true, "\x80\",\"ack\":8}"))
		if m := v.want("ack"); m.Ack != 8 {
			t.Errorf("got %+v", m)
		}
	})
	t.Run("unasked pong", func(t *testing.T) {
		v.send(frame(ws.OpPong, true, "x"))
		v.alive()
	})
	t.Run("a message of 4 MiB", func(t *testing.T) {
		v.send(frame(ws.OpText, true, ask[:1]+strings.Repeat("\n", 4<<20)+ask[1:]))
		v.want("pong")
	})
	t.Run("ping of 125 bytes", func(t *testing.T) {
		v.send(frame(ws.OpPing, true, strings.Repeat("p", 125)))
		v.alive()
		if got := v.pongs[len(v.pongs)-1]; len(got) != 125 {
			t.Errorf("pong of %d bytes", len(got))
		}
	})
}

// TestFlood: more messages a second than allowed end the viewer; pings count.
func TestFlood(t *testing.T) {
	h := openHouse(t, func(s *settings) { s.cfg.MessageRate = 50 })
	other := h.watch("?room=a")
	other.want("joined")
	for _, one := range []string{frame(ws.OpText, true, `{"type":"ping"}`), frame(ws.OpPing, true, ""), frame(ws.OpPong, true, "")} {
		v := h.watch("?room=a")
		v.send(strings.Repeat(one, 40))
		v.send(strings.Repeat(one, 111)) // the count begins anew each second: over it in any two
		v.wantEnd(1008, session.AllReasons().Flood.Text)
	}
	h.publish("a", "n", "1")
	other.wantEvents("a", 1, 1)
	h.awaitEnded(session.AllReasons().Flood, 3)
}
