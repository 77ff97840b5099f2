package transport

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// awkward is data that must come out as it went in, whatever stands around it.
func awkward() []string {
	return []string{
		`1`, `-0`, `1e400`, `12345678901234567890.12345678901234567890`, `null`, `""`, `{}`, `[]`,
		`{"b":1,"a":2,"b":3}`, `"\u00e9\/\ud800\u0000"`, "\"é😀\u2028\u2029\x7f\"",
		`"</script><!--<b>&amp;"`, `"\\u003c\u003c<"`, `"\r\n\r\n0\r\n\r\n"`, `"--grandstand\r\n"`, `");//"`, `"data: x\n\nid: 1"`,
		strings.Repeat("[", 200) + strings.Repeat("]", 200), `"` + strings.Repeat("é", 15<<10) + `"`,
	}
}

// TestSuiteReceive: whoever has joined gets what is published from then on,
// byte for byte.
func TestSuiteReceive(t *testing.T) {
	eachCarrier(t, func(t *testing.T, c carrier) {
		h := openHouse(t, nil)
		h.publish("a:b/c", "before", `"joined"`)
		v := c.open(h, query{rooms: []string{"a:b/c"}})
		if j := v.joined[0]; j.Room != "a:b/c" || j.Recovered || j.Code != nil || number(t, j.Cursor) != 1 {
			t.Errorf("joined %v", j)
		}
		if !c.polls {
			j := v.joined[0]
			info, err := h.hub.Session(context.Background(), j.Session)
			if err != nil || info.Transport != c.way || info.Peer != v.socket().LocalAddr().String() || j.Viewers != 1 || j.Head != j.Cursor {
				t.Errorf("joined %+v, the server knows %+v, %v", j, info, err)
			}
		}
		for i, data := range awkward() {
			name := []string{"n", "a b", `"é" <x>`}[i%3]
			id := h.publish("a:b/c", name, data)
			m := v.wantEvent("a:b/c", id, data)
			if m.Event != name {
				t.Errorf("event %q, want %q", m.Event, name)
			}
		}
		if c.parks && !c.http10 && v.link.(*pollLink).dials != 1 {
			t.Errorf("%d connections for one poller", v.link.(*pollLink).dials)
		}
	})
}

// TestSuiteOrder: viewers by every carrier, together in two rooms, see 200
// events in the one order there is, each with the same bytes.
func TestSuiteOrder(t *testing.T) {
	const events = 200
	h := openHouse(t, nil)
	var all []*client
	for _, c := range carriers() {
		all = append(all, c.open(h, query{rooms: []string{"a", "b"}}))
	}
	data := func(i int) string { return fmt.Sprintf(`{"i":%d,"text":"<%s>"}`, i, strings.Repeat("x", i*7%500)) }
	var ids []uint64
	for i := range events {
		ids = append(ids, h.publish([]string{"a", "b"}[i*i%3%2], "n", data(i)))
	}
	for _, v := range all {
		t.Run(v.name, func(t *testing.T) {
			v.t = t
			for i := range events {
				m := v.wantEvent([]string{"a", "b"}[i*i%3%2], ids[i], data(i))
				if i > 0 && number(t, m.ID) <= ids[i-1] {
					t.Fatalf("id %s after %d", m.ID, ids[i-1])
				}
			}
			if at := number(t, v.resume()); at != ids[events-1] {
				t.Errorf("resumes from %d, want %d", at, ids[events-1])
			}
		})
	}
}

// TestSuiteRooms: of the rooms that are named only, and no room twice.
func TestSuiteRooms(t *testing.T) {
	eachCarrier(t, func(t *testing.T, c carrier) {
		h := openHouse(t, nil)
		v := c.open(h, query{rooms: []string{"a", "b", "c+d"}})
		for i, room := range []string{"a", "x", "b", "c", "c+d", "a"} {
			id := h.publish(room, "n", strconv.Itoa(i))
			if room != "x" && room != "c" {
				v.wantEvent(room, id, strconv.Itoa(i))
			}
		}
	})
}

// TestSuiteHistory: a late viewer begins with as much of the past as it asks
// for.
func TestSuiteHistory(t *testing.T) {
	eachCarrier(t, func(t *testing.T, c carrier) {
		h := openHouse(t, nil)
		var ids []uint64
		for i := range 20 {
			ids = append(ids, h.publish("a", "n", strconv.Itoa(i)))
		}
		for _, n := range []int{0, 1, 7, 99} {
			v := c.open(h, query{rooms: []string{"a"}, history: n})
			if j := v.joined[0]; j.Recovered || j.Code != nil {
				t.Errorf("joined %v", j)
			}
			for i := len(ids) - min(n, len(ids)); i < len(ids); i++ {
				v.wantEvent("a", ids[i], strconv.Itoa(i))
			}
			ids = append(ids, h.publish("a", "n", strconv.Itoa(len(ids))))
			v.wantEvent("a", ids[len(ids)-1], strconv.Itoa(len(ids)-1))
			v.kill()
		}
	})
}
