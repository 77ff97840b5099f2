package transport

import (
	"strconv"
	"testing"
)

// kept is how many events the rooms of these tests keep.
const kept = 16

// openForgetful opens a house with a room whose past is beyond what it keeps.
// The ids are those of its events, whose data is their index.
func openForgetful(t *testing.T) (h *house, ids []uint64) {
	t.Helper()
	h = openHouse(t, func(s *settings) { s.rooms.Room.History = kept })
	for i := range 30 {
		ids = append(ids, h.publish("a", "n", strconv.Itoa(i)))
	}
	return h, ids
}

// wantFrom reads the events from that index on, and one that is published now.
func (v *client) wantFrom(h *house, ids []uint64, from int) {
	v.t.Helper()
	for i := from; i < len(ids); i++ {
		v.wantEvent("a", ids[i], strconv.Itoa(i))
	}
	v.wantEvent("a", h.publish("a", "n", `"new"`), `"new"`)
	v.kill()
}

// TestSuiteGap: what cannot be had any more is told exactly, and why.
func TestSuiteGap(t *testing.T) {
	for _, tt := range []struct {
		name, since string // NOW: of this epoch, of the event before the first
		history     int
		code        string
		gap         bool
		first       int // index of the first event that comes
	}{
		{name: "trimmed", since: "NOW-0", code: "history_gone", gap: true, first: 30 - kept},
		{name: "one too old", since: "NOW-13", code: "history_gone", gap: true, first: 30 - kept},
		{name: "just not", since: "NOW-14", first: 30 - kept},
		{name: "since wins", since: "NOW-28", history: 5, first: 28},
		{name: "nothing missed", since: "NOW-30", first: 30},
		{name: "other epoch", since: "zz-7", code: "other_epoch", gap: true, first: 30 - kept},
		{name: "other epoch with history", since: "zz-7", history: 3, code: "other_epoch", first: 27},
		{name: "ahead", since: "NOW-31", code: "cursor_ahead", first: 30},
		{name: "far ahead", since: "NOW-18446744073709551615", code: "cursor_ahead", first: 30},
		{name: "ahead with history", since: "NOW-1000", history: 3, code: "cursor_ahead", first: 27},
	} {
		t.Run(tt.name, func(t *testing.T) {
			eachCarrier(t, func(t *testing.T, c carrier) {
				h, ids := openForgetful(t)
				since := tt.since
				if since[:3] == "NOW" {
					since = h.hub.Cursor(0)[:len(h.hub.Cursor(0))-2] + since[3:]
				}
				if c.parks && tt.since == "NOW-30" { // it would wait for that
					ids = append(ids, h.publish("a", "n", "30"))
				}
				v := c.open(h, query{rooms: []string{"a"}, since: since, history: tt.history})
				if j := v.joined[0]; j.Recovered != (tt.code == "") || tt.code != "" && string(j.Code) != strconv.Quote(tt.code) {
					t.Errorf("%v, want code %q", j, tt.code)
				}
				if tt.gap {
					m := v.want("gap")
					if m.Room != "a" || m.From != since || number(t, m.To) != ids[tt.first-1] {
						t.Errorf("%v, want from %s to %d", m, since, ids[tt.first-1])
					}
				}
				v.wantFrom(h, ids, tt.first)
			})
		})
	}
}

// TestSuiteGapOfTwo: of two rooms only the one that has lost something says so.
func TestSuiteGapOfTwo(t *testing.T) {
	eachCarrier(t, func(t *testing.T, c carrier) {
		h := openHouse(t, func(s *settings) { s.rooms.Room.History = kept })
		v := c.open(h, query{rooms: []string{"a", "b"}})
		since := v.resume()
		v.kill()
		first := h.publish("b", "n", "0")
		var ids []uint64
		for i := range 30 {
			ids = append(ids, h.publish("a", "n", strconv.Itoa(i)))
		}
		v = c.open(h, query{rooms: []string{"a", "b"}, since: since})
		m, err := v.read()
		if err != nil || m.Type != "gap" || m.Room != "a" || m.From != since || number(t, m.To) != ids[29-kept] {
			t.Fatalf("%v, %v, want the gap of a up to %d", m, err, ids[29-kept])
		}
		v.wantEvent("b", first, "0")
		v.wantFrom(h, ids, 30-kept)
	})
}

// TestSuiteWorthless: what is no cursor is refused at once.
func TestSuiteWorthless(t *testing.T) {
	h := openHouse(t, nil)
	eachCarrier(t, func(t *testing.T, c carrier) {
		h := h.in(t)
		for _, since := range []string{"x", "-", "-1", "a-", "a-1-2", "a-x", "a-18446744073709551616", "a b-1", "é-1", "a-+1"} {
			a := h.ask(c.opening(c.target(h, query{rooms: []string{"a"}, since: since})))
			if a.status != 400 || a.code() != "bad_cursor" {
				t.Errorf("since %q: %d %s, want 400 bad_cursor", since, a.status, a.code())
			}
		}
	})
}

// opening is the request that begins: of a WebSocket with the handshake.
func (c carrier) opening(target string, lines ...string) string {
	if c.way == wayWebSocket {
		return opening(target, lines...)
	}
	return c.request(target, lines...)
}
