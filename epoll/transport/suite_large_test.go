package transport

import (
	"encoding/json"
	"strings"
	"testing"

	"grandstand/epoll/wire/ws"
	"grandstand/session"
)

// emitted emits the largest event that an application may, and returns its data.
func (h *house) emitted(room, unit string) string {
	h.t.Helper()
	limit := session.DefaultConfig().MaxEmit
	data := `"` + strings.Repeat(unit, (limit-len(`[""]`))/len(unit)) + `"`
	if err := h.hub.Of("/").To(room).Emit("n", json.RawMessage(data)); err != nil {
		h.t.Fatal(err)
	}
	return data
}

// TestSuiteLarge: the largest event of an application reaches viewers by every
// way in, those who are there and those who come back.
func TestSuiteLarge(t *testing.T) {
	eachCarrier(t, func(t *testing.T, c carrier) {
		h := openHouse(t, nil)
		rooms := []string{"a", "b"}
		v := c.open(h, query{rooms: rooms})
		v.wantEvent("a", 1, h.emitted("a", "x"))
		v.wantEvent("b", 2, h.emitted("b", "é"))
		since := v.resume()
		v.kill()
		one, two := h.emitted("b", "y"), h.emitted("a", "z")
		v = c.open(h, query{rooms: rooms, since: since})
		v.wantEvent("b", 3, one)
		v.wantEvent("a", 4, two)
	})
}

// TestLargeBehind: a viewer that takes long for the largest event is answered
// what it asks meanwhile.
func TestLargeBehind(t *testing.T) {
	h := openHouse(t, func(s *settings) { s.loop.SendBuffer, s.cfg.MessageRate = 4<<10, 0 })
	v := h.watchOn(h.dial(4<<10), "?room=a")
	v.want("joined")
	data := h.emitted("a", "x")
	await(t, "the socket to be full", func() bool { return h.group.Stats().ShortWrites > 0 })
	for range 100 {
		v.send(frame(ws.OpPing, true, strings.Repeat("p", 125)))
	}
	v.say(`{"type":"ping","ack":1}`)
	if m := v.want("event"); string(m.Data) != data {
		t.Errorf("got %.20q of %d bytes, want %d", m.Data, len(m.Data), len(data))
	}
	v.want("pong")
}
