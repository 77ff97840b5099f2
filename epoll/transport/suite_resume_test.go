package transport

import (
	"fmt"
	"strconv"
	"testing"
)

// TestSuiteResume: a viewer that loses its connection again and again, and
// comes back with the cursor it has, gets everything once, in both its rooms.
func TestSuiteResume(t *testing.T) {
	rooms := []string{"a", "b"}
	eachCarrier(t, func(t *testing.T, c carrier) {
		h := openHouse(t, nil)
		since, at := "", 0
		var ids []uint64
		for round := range 5 {
			v := c.open(h, query{rooms: rooms, since: since})
			for _, j := range v.joined {
				// Where an answer to a poll leads to is not where it begins.
				if j.Recovered != (round > 0) || round > 0 && !c.polls && j.Cursor != since {
					t.Fatalf("round %d: %v", round, j)
				}
			}
			for range 20 {
				ids = append(ids, h.publish(rooms[len(ids)%2], "n", strconv.Itoa(len(ids))))
			}
			for stop := at + 13; at < stop; at++ { // fewer than were published
				v.wantEvent(rooms[at%2], ids[at], strconv.Itoa(at))
			}
			since = v.resume()
			v.kill()
		}
	})
}

// TestSuiteElsewhere: the same from each carrier to each other: nothing is lost
// and nothing comes twice.
func TestSuiteElsewhere(t *testing.T) {
	h := openHouse(t, nil)
	n := 0
	for _, from := range carriers() {
		t.Run(from.name, func(t *testing.T) {
			h := h.in(t)
			for _, to := range carriers() {
				room := fmt.Sprintf("r%d", n)
				n++
				h.elsewhere(from, to, room)
			}
		})
	}
}

// elsewhere takes one viewer from one carrier to another and back.
func (h *house) elsewhere(from, to carrier, room string) {
	h.t.Helper()
	rooms := []string{room, "never"}
	var ids []uint64
	publish := func() {
		ids = append(ids, h.publish(room, "n", strconv.Itoa(len(ids))))
	}
	v, at := from.open(h, query{rooms: rooms}), 0
	for _, next := range []carrier{to, from} {
		for range 3 {
			publish()
		}
		for stop := at + 2; at < stop; at++ {
			v.wantEvent(room, ids[at], strconv.Itoa(at))
		}
		since := v.resume()
		v.kill()
		publish()
		v = next.open(h, query{rooms: rooms, since: since})
		for _, j := range v.joined {
			if !j.Recovered || j.Code != nil {
				h.t.Fatalf("%s to %s: %v", from.name, next.name, j)
			}
		}
		publish()
		for ; at < len(ids); at++ {
			v.wantEvent(room, ids[at], strconv.Itoa(at))
		}
	}
	v.kill()
}

// TestSuiteBeforeTheFirst: a viewer that has seen no event yet resumes from
// where it joined.
func TestSuiteBeforeTheFirst(t *testing.T) {
	eachCarrier(t, func(t *testing.T, c carrier) {
		h := openHouse(t, nil)
		h.publish("b", "n", "0")
		v := c.open(h, query{rooms: []string{"a", "b"}})
		since := v.resume()
		v.kill()
		one, two := h.publish("a", "n", "1"), h.publish("b", "n", "2")
		v = c.open(h, query{rooms: []string{"a", "b"}, since: since})
		v.wantEvent("a", one, "1")
		v.wantEvent("b", two, "2")
	})
}

// TestSuiteLastEventID: an EventSource says where it was by a header, which is
// newer than its URL.
func TestSuiteLastEventID(t *testing.T) {
	for _, c := range carriers() {
		if c.way != waySSE {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			h := openHouse(t, nil)
			v := c.open(h, query{rooms: []string{"a"}})
			first := v.resume()
			one, two := h.publish("a", "n", "1"), h.publish("a", "n", "2")
			v.wantEvent("a", one, "1")
			line := "Last-Event-ID: " + v.resume()
			again := c.open(h, query{rooms: []string{"a"}, since: first, lines: []string{line}})
			if !again.joined[0].Recovered {
				t.Errorf("joined %v", again.joined[0])
			}
			again.wantEvent("a", two, "2")
			a := h.ask(c.request(c.target(h, query{rooms: []string{"a"}}), "Last-Event-ID: end"))
			if a.status != 204 || a.field["content-type"] != "" {
				t.Errorf("after the end %d %v, want 204", a.status, a.field)
			}
		})
	}
}
