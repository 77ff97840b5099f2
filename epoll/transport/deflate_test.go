package transport

import (
	"fmt"
	"strings"
	"testing"

	"grandstand/epoll/wire/ws"
	"grandstand/session"
	"grandstand/session/room"
)

const offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"

func openDeflating(t *testing.T) *house {
	t.Helper()
	return openHouse(t, func(s *settings) { s.cfg.WebSocket.Deflate, s.cfg.WebSocket.DeflateThreshold = true, 200 })
}

// TestDeflate: viewers with and without compression, side by side in the same
// rooms, see the same events; small ones are not compressed for anyone.
func TestDeflate(t *testing.T) {
	h := openDeflating(t)
	plain := h.watch("?room=a&room=b")
	packed := h.watch("?room=a&room=b", offer)
	if strings.Contains(plain.header, "permessage-deflate") || !strings.Contains(packed.header, "permessage-deflate") {
		t.Fatalf("agreed: %s%s", plain.header, packed.header)
	}
	all := []*viewer{plain, packed}
	for _, v := range all {
		v.want("joined")
		v.want("joined")
	}
	large := 0
	for i := range 50 {
		data := fmt.Sprintf(`{"i":%d,"text":%q}`, i, strings.Repeat("goal ", i*i))
		name := []string{"a", "b"}[i%2]
		id := h.hub.Cursor(h.publish(name, "n", data))
		if len(fmt.Sprintf(`{"type":"event","room":"a","id":%q,"event":"n","data":}`, id))+len(data) >= 200 {
			large++
		}
		for k, v := range all {
			if m := v.want("event"); m.ID != id || m.Room != name || string(m.Data) != data {
				t.Fatalf("viewer %d: %s of %s with %.60s, want %s of %s", k, m.ID, m.Room, m.Data, id, name)
			}
		}
	}
	if plain.packed != 0 || packed.packed != large {
		t.Errorf("compressed: %d of the plain viewer, %d of the other, want 0 and %d", plain.packed, packed.packed, large)
	}
}

// TestDeflateOffers: what is agreed on for what is offered.
func TestDeflateOffers(t *testing.T) {
	h := openDeflating(t)
	for _, tt := range []struct {
		offer string
		taken bool
	}{
		{"permessage-deflate", true},
		{"permessage-deflate; server_no_context_takeover; client_no_context_takeover", true},
		{"permessage-deflate; server_max_window_bits=9", false},
		{"permessage-deflate; server_max_window_bits=9, permessage-deflate", true},
		{"x-webkit-deflate-frame", false},
	} {
		v := h.watch("", "Sec-WebSocket-Extensions: "+tt.offer)
		if got := strings.Contains(v.header, "permessage-deflate; server_no_context_takeover"); got != tt.taken {
			t.Errorf("%s: taken %t, want %t", tt.offer, got, tt.taken)
		}
		v.alive()
	}
}

// packedFrame is a compressed message of a client.
func packedFrame(op ws.Opcode, payload string) string {
	f := []byte(frame(op, true, payload))
	f[0] |= 0x40
	return string(f)
}

// TestDeflateFromViewers: compressed messages are understood, and their attacks
// refused.
func TestDeflateFromViewers(t *testing.T) {
	h := openDeflating(t)
	squeeze := func(s string) string { return string(ws.AppendDeflated(nil, []byte(s), 9)) }
	v := h.watch("?room=a", offer)
	v.want("joined")
	for _, size := range []int{0, 10, 5000} {
		v.send(packedFrame(ws.OpText, squeeze(fmt.Sprintf(
			`{"type":"publish","room":"a","event":"n","data":%q}`, strings.Repeat("x", size)))))
		if m := v.want("event"); len(m.Data) != size+2 {
			t.Errorf("data of %d bytes, want %d", len(m.Data), size+2)
		}
	}
	for _, tt := range []attack{
		{"not DEFLATE", packedFrame(ws.OpText, "\xff\xff\xff"), 1007},
		{"bomb", packedFrame(ws.OpText, squeeze(strings.Repeat(" ", 1<<20))), 1009},
		{"not UTF-8 inside", packedFrame(ws.OpText, squeeze("\xff")), 1007},
		{"compressed ping", packedFrame(ws.OpPing, ""), 1002},
		{"compressed binary", packedFrame(ws.OpBinary, squeeze("{}")), 1003},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bad := h.in(t).watch("", offer)
			bad.send(tt.in)
			bad.wantEnd(tt.code, "")
		})
	}
	v.alive()
}

// TestDeflateSlow: a stalled viewer with compression gets whole frames, too.
func TestDeflateSlow(t *testing.T) {
	h := openHouse(t, func(s *settings) {
		s.rooms.Room.History, s.rooms.Room.Slow = 40, room.Skip
		s.loop.SendBuffer, s.cfg.MessageRate = 4<<10, 0
		s.cfg.WebSocket.Deflate, s.cfg.WebSocket.DeflateThreshold, s.cfg.WebSocket.DeflateLevel = true, 0, 1
	})
	p := &play{house: h, rooms: []string{"a"}, ids: make(map[string][]uint64)}
	p.fast, p.slow = h.watch("?room=a"), h.watchOn(h.dial(4<<10), "?room=a", offer)
	p.fast.want("joined")
	p.slow.want("joined")
	p.fill()
	p.publish(100)
	p.catchUp()
	if p.account() == 0 || p.slow.packed == 0 {
		t.Errorf("no gap, or nothing compressed (%d messages)", p.slow.packed)
	}
}

// TestEventFrames: the one frame all viewers of an encoding share is what a
// client reads back, in all three forms of a length.
func TestEventFrames(t *testing.T) {
	h := openHouse(t, nil)
	for _, size := range []int{2, 40, 60, 65400, 65536, 70000} {
		e := &room.Event{ID: 1, Name: "n", Data: []byte(`"` + strings.Repeat("x", size-2) + `"`)}
		want := string(h.srv.native.AppendEvent(nil, "a", e))
		f := h.srv.plain.AppendRecord([]byte("before"), "a", e)
		if got := string(f); got != "before"+string(ws.AppendFrame(nil, ws.OpText, false, []byte(want))) {
			t.Errorf("data of %d bytes: frame of %d, want %d of payload", size, len(got), len(want))
		}
	}
	if a, b := h.srv.plain.Name(), h.srv.packed.Name(); a == b || a == "" {
		t.Errorf("encodings are called %q and %q", a, b)
	}
}

// TestReasonTable: every reason of the house has its place in the table.
func TestReasonTable(t *testing.T) {
	h := openHouse(t, nil)
	r := session.AllReasons()
	for _, want := range []session.Reason{r.Left, r.Gone, r.Draining, r.Slow, r.Backlog, r.Silent, r.Kicked, r.Protocol, r.Flood, r.Overloaded, r.Handshake, r.Renewed} {
		w := &webSocket{srv: h.srv}
		w.note(want)
		w.note(r.Gone) // the first counts
		if got := reasonOf(&w.why, nil); got != want {
			t.Errorf("noted %v, got %v", want, got)
		}
	}
}
