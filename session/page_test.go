package session

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"grandstand/session/room"
)

// render is a page in one line: "a#1 b#2 gap:a(0,4] cursor 2 more".
func (p *Page) render() string {
	var out []string
	for _, e := range p.Events {
		out = append(out, fmt.Sprintf("%s#%d", e.Room, e.ID))
	}
	for _, g := range p.Gaps {
		foreign := ""
		if g.Foreign {
			foreign = "foreign "
		}
		out = append(out, fmt.Sprintf("gap:%s(%s%d,%d]", g.Room, foreign, g.From, g.To))
	}
	out = append(out, fmt.Sprint("at ", p.Cursor))
	if p.Recovered {
		out = append(out, "recovered")
	}
	if p.Code != "" {
		out = append(out, string(p.Code))
	}
	if p.More {
		out = append(out, "more")
	}
	return strings.Join(out, " ")
}

// readTest reads rooms after a holds 3, 5, 7 of 1, 3, 5, 7, and b 2, 4, 6, 7:
// the last is an event of both. The room c has had the event 8 alone.
type readTest struct {
	name   string
	rooms  string
	start  room.Start
	events int // 0: 100
	bytes  int // 0: 1 MB
	want   string
}

// readAll runs the tests on a hub.
func readAll(t *testing.T, tests []readTest) {
	g := newRig(t, func(c *Config) {
		three := 3
		c.Room.MaxReplay = 3
		c.Rules = []Rule{{Match: "a", History: &three}}
	})
	for _, rooms := range []string{"a", "b", "a", "b", "a", "b", "a b", "c"} {
		g.publish(`"x"`, strings.Fields(rooms)...)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := g.Read(strings.Fields(tt.rooms), tt.start, cmp.Or(tt.events, 100), cmp.Or(tt.bytes, 1<<20))
			if got := p.render(); err != nil || got != tt.want {
				t.Errorf("Read(%s, %+v) = %s, %v, want %s", tt.rooms, tt.start, got, err, tt.want)
			}
		})
	}
	if n := len(g.Rooms()); n != 3 {
		t.Errorf("%d rooms after reading, want 3", n)
	}
}

// TestReadSince reads what is new.
func TestReadSince(t *testing.T) {
	since := func(n uint64) room.Start { return room.Start{HasSince: true, Since: n} }
	readAll(t, []readTest{
		{name: "plain", rooms: "a", want: "at 7"},
		{name: "plain, of several", rooms: "a b c", want: "at 8"},
		{name: "plain, a room that is not there", rooms: "x", want: "at 0"},
		{name: "plain, one is there", rooms: "x b", want: "at 7"},
		{name: "since", rooms: "a", start: since(3), want: "a#5 a#7 at 7 recovered"},
		{name: "since the end", rooms: "a", start: since(7), want: "at 7 recovered"},
		{name: "since beyond the room's end stays", rooms: "a", start: since(8), want: "at 8 recovered"},
		{name: "since, a room that is not there", rooms: "x", start: since(5), want: "at 5 recovered"},
		{name: "since the edge", rooms: "a", start: since(1), want: "a#3 a#5 a#7 at 7 recovered"},
		{name: "since before the edge", rooms: "a", start: since(0), want: "a#3 a#5 a#7 gap:a(0,1] at 7 history_gone"},
		{name: "since, merged", rooms: "a b", start: since(1), want: "b#2 a#3 b#4 a#5 b#6 a#7 at 7 recovered"},
		{name: "since, in the order asked for", rooms: "b a", start: since(5), want: "b#6 b#7 at 7 recovered"},
		{name: "since, one of them twice", rooms: "a b a", start: since(5), want: "b#6 a#7 at 7 recovered"},
		{name: "since before the edge of one", rooms: "a b", start: since(0), want: "b#2 a#3 b#4 a#5 b#6 a#7 gap:a(0,1] at 7 history_gone"},
		{name: "since beats history", rooms: "a", start: room.Start{HasSince: true, Since: 5, History: 3}, want: "a#7 at 7 recovered"},
		{name: "full", rooms: "a b", start: since(1), events: 3, want: "b#2 a#3 b#4 at 4 recovered more"},
		{name: "full of one room", rooms: "a", start: since(1), events: 2, want: "a#3 a#5 at 5 recovered more"},
		{name: "just full", rooms: "a b", start: since(1), events: 6, want: "b#2 a#3 b#4 a#5 b#6 a#7 at 7 recovered"},
		{name: "none is one", rooms: "a b", start: since(4), events: -1, want: "a#5 at 5 recovered more"},
		{name: "too big is one", rooms: "a b", start: since(1), bytes: 1, want: "b#2 at 2 recovered more"},
		{name: "too big is one, of one room", rooms: "a", start: since(1), bytes: 1, want: "a#3 at 3 recovered more"},
		{name: "bytes", rooms: "a b", start: since(1), bytes: 2*len(`say"x"`) + 1, want: "b#2 a#3 at 3 recovered more"},
		{name: "bytes, just", rooms: "a", start: since(3), bytes: 2 * len(`say"x"`), want: "a#5 a#7 at 7 recovered"},
	})
}

// TestReadAnew reads without a usable since.
func TestReadAnew(t *testing.T) {
	ahead := room.Start{HasSince: true, Since: 9}
	foreign := room.Start{HasSince: true, Foreign: true, Since: 6}
	readAll(t, []readTest{
		{name: "ahead", rooms: "a b", start: ahead, want: "at 7 cursor_ahead"},
		{name: "ahead with history", rooms: "a", start: room.Start{HasSince: true, Since: 9, History: 1}, want: "a#7 at 7 cursor_ahead"},
		{name: "foreign", rooms: "a", start: foreign, want: "a#3 a#5 a#7 gap:a(foreign 0,1] at 7 other_epoch"},
		{name: "foreign, nothing lost", rooms: "c", start: foreign, want: "c#8 gap:c(foreign 0,0] at 8 other_epoch"},
		{name: "foreign with history", rooms: "a", start: room.Start{HasSince: true, Foreign: true, History: 2}, want: "a#5 a#7 at 7 other_epoch"},
		{name: "history", rooms: "a b", start: room.Start{History: 1}, want: "a#7 at 7"},
		{name: "history, more", rooms: "a b", start: room.Start{History: 2}, want: "a#5 b#6 a#7 at 7"},
		{name: "history up to the room's limit", rooms: "b", start: room.Start{History: 100}, want: "b#4 b#6 b#7 at 7"},
		{name: "history, full", rooms: "a b", start: room.Start{History: 2}, events: 2, want: "a#5 b#6 at 6 more"},
		{name: "history of nothing", rooms: "x", start: room.Start{History: 2}, want: "at 0"},
	})
}

// TestReadForgotten: a room that is not there may have had events up to the
// newest of any that was removed.
func TestReadForgotten(t *testing.T) {
	g := newRig(t, nil)
	g.publish("1", "a")
	g.tick(DefaultConfig().Room.HistoryAge * 2)
	g.rooms.sweep(g.time())
	g.publish("2", "b")
	for _, tt := range []struct {
		start room.Start
		want  string
	}{
		{start: room.Start{}, want: "at 1"},
		{start: room.Start{HasSince: true, Since: 1}, want: "at 1 recovered"},
		{start: room.Start{HasSince: true}, want: "gap:a(0,1] at 1 history_gone"},
	} {
		if p, err := g.Read([]string{"a"}, tt.start, 9, 999); err != nil || p.render() != tt.want {
			t.Errorf("Read(a, %+v) = %s, %v, want %s", tt.start, p.render(), err, tt.want)
		}
	}
}

// TestReadRefuses what joins refuse.
func TestReadRefuses(t *testing.T) {
	g := newRig(t, func(c *Config) { c.MaxRoomsPerSession = 2 })
	for _, tt := range []struct {
		rooms []string
		want  Code
	}{
		{rooms: nil, want: CodeBadRoom},
		{rooms: []string{""}, want: CodeBadRoom},
		{rooms: []string{"a", "b c"}, want: CodeBadRoom},
		{rooms: []string{"a", "b", "c"}, want: CodeTooMany},
		{rooms: []string{"a", "b"}},
	} {
		if _, err := g.Read(tt.rooms, room.Start{}, 9, 999); code(t, err) != tt.want {
			t.Errorf("Read(%q): %v, want %q", tt.rooms, err, tt.want)
		}
	}
}

// TestReadCommitting: of a batch that only some rooms have so far nothing is
// seen, and what a room has lost to it already is not told yet.
func TestReadCommitting(t *testing.T) {
	g := newRig(t, func(c *Config) { c.Room.History = 2 })
	g.publish("1", "a", "b")
	pinned, err := g.rooms.pin("a")
	if err != nil {
		t.Fatal(err)
	}
	defer pinned.Unpin()
	for id := range uint64(3) {
		pinned.Append(room.Event{ID: 2 + id, Time: g.time(), Name: "say", Data: []byte("1")})
	}
	for _, tt := range []struct {
		since uint64
		want  string
	}{
		{since: 0, want: "b#1 gap:a(0,1] at 1 history_gone"},
		{since: 1, want: "at 1 recovered"},
		{since: 4, want: "at 4 recovered"}, // of a viewer that was quicker
		{since: 5, want: "at 1 cursor_ahead"},
	} {
		p, err := g.Read([]string{"a", "b"}, room.Start{HasSince: true, Since: tt.since}, 9, 999)
		if err != nil || p.render() != tt.want {
			t.Errorf("Read since %d = %s, %v, want %s", tt.since, p.render(), err, tt.want)
		}
	}
}

// TestReadOn reads page after page at random, while others publish: each event
// comes once, in order, or is in a gap, and never both.
func TestReadOn(t *testing.T) {
	names := []string{"a", "b", "c"}
	for seed := range uint64(4) {
		g := newRig(t, func(c *Config) {
			few := 15
			c.Rules = []Rule{{Match: "b", History: &few}}
		})
		l, published := newLog(), make(chan struct{})
		go func() { // stops: after its batches
			defer close(published)
			rng := rand.New(rand.NewPCG(seed, 1))
			for range 300 {
				l.publish(g, rng, names)
			}
		}()
		rng := rand.New(rand.NewPCG(seed, 2))
		got, gaps := map[uint64]bool{}, []Gap(nil)
		var since uint64
		for last := false; !last; {
			select {
			case <-published:
				last = true
			default:
			}
			p, err := g.Read(names, room.Start{HasSince: true, Since: since}, 1+rng.IntN(20), rng.IntN(500))
			if err != nil || p.Cursor < since || p.Recovered != (len(p.Gaps) == 0) {
				t.Fatalf("seed %d: Read since %d = %s, %v", seed, since, p.render(), err)
			}
			at := since
			for _, e := range p.Events {
				if e.ID <= at || e.ID > p.Cursor {
					t.Fatalf("seed %d: Read since %d = %s", seed, since, p.render())
				}
				at, got[e.ID] = e.ID, true
			}
			gaps = append(gaps, p.Gaps...)
			last = last && p.Cursor == since
			since = p.Cursor
		}
		account(t, l.rooms, got, gaps)
	}
}

// account checks that each event of the log came or is in one gap of its room.
func account(t *testing.T, log map[string][]uint64, got map[uint64]bool, gaps []Gap) {
	t.Helper()
	for name, ids := range log {
		for _, id := range ids {
			told := 0
			for _, g := range gaps {
				if g.Room == name && id > g.From && id <= g.To {
					told++
				}
			}
			if told > 1 || told == 0 && !got[id] {
				t.Errorf("%s#%d: got %v, in %d gaps", name, id, got[id], told)
			}
		}
	}
}

// BenchmarkRead is a poll of a room with nothing new, and one of three rooms
// with twenty events.
func BenchmarkRead(b *testing.B) {
	g := newRig(b, nil)
	names := []string{"a", "b", "c"}
	for range 200 {
		g.publish(`"some data"`, names...)
		for _, name := range names {
			g.publish(`"some data"`, name)
		}
	}
	for _, bb := range []struct {
		name  string
		rooms []string
		since uint64
		want  int
	}{
		{name: "nothing", rooms: names[:1], since: 800},
		{name: "twenty", rooms: names, since: 780, want: 20},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p, err := g.Read(bb.rooms, room.Start{HasSince: true, Since: bb.since}, 100, 1<<16)
				if err != nil || len(p.Events) != bb.want {
					b.Fatalf("%d events, %v, want %d", len(p.Events), err, bb.want)
				}
			}
		})
	}
}
