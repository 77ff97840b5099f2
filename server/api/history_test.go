package api

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// past is an answer of history.
type past struct {
	Room   string
	Events []struct {
		ID, Event string
		Data      json.RawMessage
		Time      time.Time
	}
	Complete, More bool
	Cursor         string
}

func (r *rig) past(path string) past {
	r.Helper()
	got := r.do("GET", path, "")
	var p past
	if err := json.Unmarshal([]byte(got.body), &p); err != nil || got.status != 200 {
		r.Fatalf("%s = %d %s", path, got.status, got.body)
	}
	return p
}

// TestHistory reads every part of a log of which the beginning is gone.
func TestHistory(t *testing.T) {
	r := newRig(t, func(s *settings) { s.hub.Room.History = 6 })
	for i := 1; i <= 10; i++ { // 1 to 4 are dropped
		r.publish("a", fmt.Sprint(i))
	}
	r.publish("b", "11")
	tests := []struct {
		name, room, query string
		first, n          int
		complete, more    bool
		cursor            int
	}{
		{"all kept", "a", "", 5, 6, false, false, 10},
		{"first of them", "a", "?limit=2", 5, 2, false, true, 6},
		{"from the edge", "a", "?since=EPOCH-4", 5, 6, true, false, 10},
		{"page", "a", "?since=EPOCH-4&limit=3", 5, 3, true, true, 7},
		{"next page", "a", "?since=EPOCH-7&limit=3", 8, 3, true, false, 10},
		{"too old", "a", "?since=EPOCH-3", 5, 6, false, false, 10},
		{"page, too old", "a", "?since=EPOCH-0&limit=1", 5, 1, false, true, 5},
		{"at the head", "a", "?since=EPOCH-10", 0, 0, true, false, 10},
		{"ahead, from another room", "a", "?since=EPOCH-11", 0, 0, true, false, 11},
		{"another epoch", "a", "?since=other-7", 5, 6, false, false, 10},
		{"page, another epoch", "a", "?since=other-7&limit=2", 5, 2, false, true, 6},
		{"nothing dropped", "b", "", 11, 1, true, false, 11},
		{"from another room", "b", "?since=EPOCH-7", 11, 1, true, false, 11},
	}
	for _, tt := range tests {
		path := "/v1/rooms/" + tt.room + "/history" + r.query(tt.query)
		p := r.past(path)
		if len(p.Events) != tt.n || p.Complete != tt.complete || p.More != tt.more || p.Cursor != r.hub.Cursor(uint64(tt.cursor)) || p.Room != tt.room {
			t.Errorf("%s: %d events of %s, complete %t, more %t, cursor %s, want %d of %s, %t, %t, %d",
				tt.name, len(p.Events), p.Room, p.Complete, p.More, p.Cursor, tt.n, tt.room, tt.complete, tt.more, tt.cursor)
		}
		for i, e := range p.Events {
			id := tt.first + i
			if e.ID != r.hub.Cursor(uint64(id)) || e.Event != "e" || string(e.Data) != fmt.Sprint(id) || time.Since(e.Time).Abs() > time.Minute {
				t.Errorf("%s: event %d is %+v, want id and data %d", tt.name, i, e, id)
			}
		}
	}
}

// query puts the hub's epoch into a query.
func (r *rig) query(q string) string {
	epoch, _, _ := strings.Cut(r.hub.Cursor(0), "-")
	return strings.ReplaceAll(q, "EPOCH", epoch)
}

// TestHistoryWalk pages through a log that grows meanwhile: every event comes
// once, in order.
func TestHistoryWalk(t *testing.T) {
	r := newRig(t, nil)
	total := 0
	for ; total < 25; total++ {
		r.publish("a", fmt.Sprint(total))
	}
	next, since := 0, ""
	for range 20 {
		p := r.past("/v1/rooms/a/history?limit=7" + since)
		if !p.Complete {
			t.Errorf("after %s: not complete", since)
		}
		for _, e := range p.Events {
			if string(e.Data) != fmt.Sprint(next) {
				t.Fatalf("after %s: %s, want %d", since, e.Data, next)
			}
			next++
		}
		if !p.More && next == 40 {
			return
		}
		since = "&since=" + p.Cursor
		for n := 0; n < 5 && total < 40; n++ {
			r.publish("a", fmt.Sprint(total))
			total++
		}
	}
	t.Errorf("read %d events, want 40", next)
}
