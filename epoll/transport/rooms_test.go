package transport

import (
	"context"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"grandstand/session/broker"
)

// TestOrder: viewers on both loops see all events of several publishers, in
// one order, with growing ids.
func TestOrder(t *testing.T) {
	const viewers, publishers, each = 8, 4, 200
	h := openHouse(t, nil)
	var all []*viewer
	for i := range viewers {
		v := h.watch("?room=a")
		if m := v.want("joined"); m.Viewers != i+1 || m.Recovered || m.Room != "a" {
			t.Errorf("viewer %d: %+v", i, m)
		}
		all = append(all, v)
	}
	var group sync.WaitGroup
	for p := range publishers {
		group.Go(func() {
			for i := range each {
				h.publish("a", "n", strconv.Itoa(p*each+i))
			}
		})
	}
	var first []string
	for n, v := range all {
		var got []string
		next := [publishers]int{}
		for id := uint64(0); len(got) < publishers*each; {
			m := v.want("event")
			if number(t, m.ID) <= id {
				t.Fatalf("viewer %d: id %s after %d", n, m.ID, id)
			}
			id = number(t, m.ID)
			i, _ := strconv.Atoi(string(m.Data))
			if i%each != next[i/each] {
				t.Fatalf("viewer %d: event %d of publisher %d, want %d", n, i%each, i/each, next[i/each])
			}
			next[i/each]++
			got = append(got, m.ID+string(m.Data))
		}
		if first == nil {
			first = got
		}
		if strings.Join(got, " ") != strings.Join(first, " ") {
			t.Errorf("viewer %d saw another order than the first", n)
		}
	}
	group.Wait()
}

// TestResume: a viewer that comes back with the id it saw last misses nothing
// and gets nothing twice, in both its rooms.
func TestResume(t *testing.T) {
	h := openHouse(t, nil)
	rooms := []string{"a", "b"}
	since, at := "", 0
	for round := range 5 {
		v := h.watch("?room=a&room=b&since=" + since)
		for range rooms {
			if m := v.want("joined"); m.Recovered != (round > 0) || round > 0 && m.Cursor != since {
				t.Fatalf("round %d: %+v", round, m)
			}
		}
		for i := range 20 {
			n := round*20 + i
			h.publish(rooms[n%2], "n", strconv.Itoa(n))
		}
		for stop := at + 13; at < stop; at++ { // fewer than were published
			m := v.want("event")
			if string(m.Data) != strconv.Itoa(at) || m.Room != rooms[at%2] {
				t.Fatalf("round %d: event %s of %s, want %d", round, m.Data, m.Room, at)
			}
			since = m.ID
		}
		v.conn.SetLinger(0)
		v.conn.Close()
	}
}

// TestGapOnResume: a log too short says exactly what is missing.
func TestGapOnResume(t *testing.T) {
	h := openHouse(t, func(s *settings) { s.rooms.Room.History = 10 })
	v := h.watch("?room=a")
	since := v.want("joined").Cursor
	var ids []uint64
	for i := range 30 {
		ids = append(ids, h.publish("a", "n", strconv.Itoa(i)))
		v.wantEvents("a", i, i) // else this one would have a gap, too
	}

	late := h.watch("?room=a&since=" + since)
	if m := late.want("joined"); m.Recovered || number(t, m.Head) != ids[29] {
		t.Errorf("joined %+v", m)
	}
	if m := late.want("gap"); m.Room != "a" || m.From != since || number(t, m.To) != ids[19] {
		t.Errorf("gap %+v, want from %s to %d", m, since, ids[19])
	}
	late.wantEvents("a", 20, 29)

	foreign := h.watch("?room=a&since=zz-7")
	if m := foreign.want("joined"); m.Recovered {
		t.Errorf("joined %+v", m)
	}
	if m := foreign.want("gap"); m.From != "zz-7" || number(t, m.To) != ids[19] {
		t.Errorf("gap %+v", m)
	}
	foreign.wantEvents("a", 20, 29)
}

// TestHistory: by URL and by message, bounded by the house.
func TestHistory(t *testing.T) {
	h := openHouse(t, func(s *settings) { s.rooms.Room.MaxReplay = 5 })
	for i := range 20 {
		h.publish("a", "n", strconv.Itoa(i))
	}
	for _, tt := range []struct {
		query string
		from  int
	}{{"", 20}, {"&history=0", 20}, {"&history=1", 19}, {"&history=5", 15}, {"&history=99", 15}} {
		v := h.watch("?room=a" + tt.query)
		v.want("joined")
		v.wantEvents("a", tt.from, 19)
		v.alive()
	}
	v := h.watch("?room=b")
	v.want("joined")
	h.publish("b", "n", "0")
	v.wantEvents("b", 0, 0)
	v.say(`{"type":"join","room":"a","history":3,"ack":1}`)
	if m := v.want("joined"); m.Ack != 1 || m.Room != "a" {
		t.Errorf("joined %+v", m)
	}
	m := v.want("history")
	if len(m.Events) != 3 || string(m.Events[0].Data) != "17" || string(m.Events[2].Data) != "19" {
		t.Errorf("history %+v", m)
	}
	h.publish("a", "n", "20")
	v.wantEvents("a", 20, 20)
}

// TestManyRooms: viewers in one room, in two and in three, the last of which
// leaves and joins all the time, see ids only grow, every event of a room they
// stay in, and one that went to several rooms once.
func TestManyRooms(t *testing.T) {
	h := openHouse(t, func(s *settings) { s.cfg.MessageRate = 0 })
	rooms := []string{"a", "b", "c"}
	var all []*viewer
	for n := range rooms {
		v := h.watch("?room=" + strings.Join(rooms[:n+1], "&room="))
		for range n + 1 {
			v.want("joined")
		}
		all = append(all, v)
	}
	log := h.broadcast(rooms, 1500, all[2])
	for n, v := range all {
		in := strings.Join(rooms[:n+1], "")
		last, next := uint64(0), 0
		for {
			m := v.next()
			if m.Type == "joined" && n == 2 {
				continue
			}
			if m.Type != "event" || number(t, m.ID) <= last {
				t.Fatalf("viewer of %s: %+v after id %d", in, m, last)
			}
			last = number(t, m.ID)
			if m.Event == "end" {
				break
			}
			if !strings.Contains(in, m.Room) || !strings.Contains(m.Event, m.Room) {
				t.Errorf("viewer of %s got an event of %s", in, m.Event)
			}
			i, _ := strconv.Atoi(string(m.Data))
			for ; next < i && n < 2; next++ { // these stay: they get all there is for them
				if strings.ContainsAny(log[next], in) {
					t.Fatalf("viewer of %s did not get event %d of %s", in, next, log[next])
				}
			}
			next = i + 1
		}
	}
}

// broadcast publishes events to one room or several and a last one to all,
// while a viewer moves about. It returns the rooms of each event, which are its
// name, too.
func (h *house) broadcast(rooms []string, events int, mover *viewer) (log []string) {
	h.t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	publish := func(to []string, name, data string) {
		_, _, err := h.hub.Publish(context.Background(), "", []broker.Message{{Rooms: to, Name: name, Data: []byte(data)}})
		if err != nil {
			h.t.Error(err)
		}
	}
	for i := range events {
		if i%5 == 0 {
			r := rooms[1+rng.IntN(2)]
			mover.say(`{"type":"leave","room":%q}`, r)
			mover.say(`{"type":"join","room":%q}`, r)
		}
		to := rooms[:1]
		if rng.IntN(3) > 0 {
			to = rooms[1+rng.IntN(2):]
		}
		if i%10 == 0 {
			to = rooms
		}
		log = append(log, strings.Join(to, ""))
		publish(slices.Clone(to), log[i], strconv.Itoa(i))
	}
	publish(rooms[:1], "end", "null")
	return log
}

// TestData: data comes out as it went in but for white space between tokens,
// whoever published it.
func TestData(t *testing.T) {
	h := openHouse(t, nil)
	v := h.watch("?room=a")
	v.want("joined")
	for _, tt := range []struct{ in, out string }{
		{in: `1`}, {in: `-0`}, {in: `1.0`}, {in: `1e400`}, {in: `12345678901234567890.12345678901234567890`}, {in: `1E+02`},
		{in: `null`}, {in: `true`}, {in: `""`}, {in: `"\u00e9\/\ud800\u0000"`}, {in: "\"é😀\u2028\x7f\""},
		{in: `"</script><b>&amp;"`}, {in: `{"b":1,"a":2,"b":3}`}, {in: `{"":{},"\u0061":[]}`},
		{in: "{ \"a\" :\n[ 1 ,\t2 ] , \"b c\" : \" d  e \" }", out: `{"a":[1,2],"b c":" d  e "}`},
		{in: strings.Repeat("[", 500) + strings.Repeat("]", 500)},
		{in: `"` + strings.Repeat("x", 63<<10) + `"`},
	} {
		if tt.out == "" {
			tt.out = tt.in
		}
		h.publish("a", "data", tt.in)
		v.say(`{"type":"publish","room":"a","event":"data","data":%s}`, tt.in)
		for _, from := range []string{"the hub", "a viewer"} {
			if m := v.want("event"); string(m.Data) != tt.out {
				t.Errorf("%.80q from %s came as %.80q, want %.80q", tt.in, from, m.Data, tt.out)
			}
		}
	}
}

// TestRefusals: what a viewer may not do, over a real connection.
func TestRefusals(t *testing.T) {
	h := openHouse(t, func(s *settings) {
		s.rooms.MaxRoomsPerSession, s.rooms.MaxRooms = 2, 3
		s.rooms.PublishRate, s.rooms.PublishBurst = 0, 1
		s.rooms.MaxData = 100
	})
	v := h.watch("?room=a&room=b&room=c&room=a")
	v.want("joined")
	v.want("joined")
	for _, code := range []string{"room_limit", "already_joined"} {
		if m := v.want("error"); m.Code != code {
			t.Errorf("got %+v, want %s", m, code)
		}
	}
	h.watch("?room=d").want("joined")
	for i, tt := range []struct{ in, code string }{
		{`{"type":"join","room":"c","ack":%d}`, "room_limit"},
		{`{"type":"leave","room":"x","ack":%d}`, "not_joined"},
		{`{"type":"publish","room":"a","event":"e","data":"` + strings.Repeat("x", 99) + `","ack":%d}`, "too_large"},
		{`{"type":"publish","room":"a","event":"e","data":1,"ack":%d}`, "rate_limited"},
		{`{"type":"nothing","ack":%d}`, "bad_message"},
		{`{"ack":%d,"type":[]}`, "bad_message"},
	} {
		v.say(tt.in, i+1)
		if m := v.want("error"); m.Code != tt.code || m.Ack != int64(i+1) {
			t.Errorf("%s: %+v, want %s", tt.in, m, tt.code)
		}
	}
	full := h.watch("?room=e")
	if m := full.want("error"); m.Code != "too_many_rooms" {
		t.Errorf("a fourth room: %+v", m)
	}
	v.alive()
}
