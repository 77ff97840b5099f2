package threads

import (
	"net/http"
	"testing"
	"time"
)

func TestLookIntoTheLog(t *testing.T) {
	const published = history + 10
	r := newRoom("a")
	for range published {
		r.publish(`"e"`, []byte("1"))
	}
	for _, tt := range []struct {
		name   string
		ask    ask
		cursor uint64
		events int
		ok     bool
		code   string
	}{
		{name: "no since", ask: ask{}, cursor: published},
		{name: "nothing missed", ask: ask{epoch: epoch, since: published}, cursor: published, ok: true},
		{name: "two missed", ask: ask{epoch: epoch, since: published - 2}, cursor: published, events: 2, ok: true},
		{name: "more than a page", ask: ask{epoch: epoch, since: published - maxPage - 5}, cursor: published - 5, events: maxPage, ok: true},
		{name: "all that is kept", ask: ask{epoch: epoch, since: 10}, cursor: 10 + maxPage, events: maxPage, ok: true},
		{name: "one too old", ask: ask{epoch: epoch, since: 9}, cursor: 10 + maxPage, events: maxPage, code: "history_gone"},
		{name: "another epoch", ask: ask{epoch: "t1", since: 3}, cursor: published, code: "other_epoch"},
		{name: "of the future", ask: ask{epoch: epoch, since: published + 1}, cursor: published, code: "cursor_ahead"},
	} {
		g := r.look(&tt.ask, nil)
		if g.cursor != tt.cursor || len(g.events) != tt.events || g.recovered != tt.ok || g.code != tt.code {
			t.Errorf("%s: cursor %d, %d events, recovered %t, %q; want %d, %d, %t, %q",
				tt.name, g.cursor, len(g.events), g.recovered, g.code, tt.cursor, tt.events, tt.ok, tt.code)
		}
		if n := len(g.events); n > 0 {
			want := string(appendCursor([]byte(`{"type":"event","room":"a","id":"`), g.cursor)) + `","event":"e","data":1}`
			if string(g.events[n-1]) != want {
				t.Errorf("%s: last event %s, want %s", tt.name, g.events[n-1], want)
			}
		}
	}
}

func TestAnswerTellsTheGap(t *testing.T) {
	r := newRoom(`"x"`)
	g := page{cursor: 12, code: "history_gone", oldest: 12, events: [][]byte{[]byte("{}")}}
	want := `{"room":"\"x\"","cursor":"t0-12","recovered":false,"events":[{}],"code":"history_gone",` +
		`"gaps":[{"type":"gap","room":"\"x\"","from":"t0-3","to":"t0-11"}],"next_ms":0}`
	if got := string(g.appendTo(nil, r, 3)); got != want {
		t.Errorf("answer %s, want %s", got, want)
	}
}

func TestParseAsk(t *testing.T) {
	for _, tt := range []struct {
		query string
		want  ask
		bad   bool
	}{
		{query: "room=a", want: ask{room: "a"}},
		{query: "room=a%20b&since=x-y-7&wait=3", want: ask{room: "a b", epoch: "x-y", since: 7, wait: 3 * time.Second}},
		{query: "room=a&wait=250ms&other=1", want: ask{room: "a", wait: 250 * time.Millisecond}},
		{query: "room=a&wait=18446744073", want: ask{room: "a", wait: maxWait}},
		{query: "room=a&wait=2h", want: ask{room: "a", wait: maxWait}},
		{query: "room=a&since=", bad: true},
		{query: "room=a&since=-7", bad: true},
		{query: "room=a&since=t0-7x", bad: true},
		{query: "room=a&since=t0-18446744073709551615", bad: true},
		{query: "room=a&wait=", bad: true},
		{query: "room=", bad: true},
	} {
		req, err := http.NewRequest(http.MethodGet, pollPath+"?"+tt.query, nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := parseAsk(req)
		if (err != nil) != tt.bad || err == nil && got != tt.want {
			t.Errorf("parseAsk(%s) = %+v, %v, want %+v, error %t", tt.query, got, err, tt.want, tt.bad)
		}
	}
}

func TestRoomsAreBounded(t *testing.T) {
	s := &Server{rooms: map[string]*room{}}
	for i := range maxRooms {
		if _, err := s.room(string(appendCursor(nil, uint64(i)))); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.room("one more"); err == nil {
		t.Errorf("room %d was made", maxRooms+1)
	}
	if r, err := s.room("t0-7"); err != nil || r != s.rooms["t0-7"] {
		t.Errorf("a room that there is: %v", err)
	}
}
