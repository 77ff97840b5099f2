package room

import (
	"bytes"
	"fmt"
	"log/slog"
	"sort"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// lines is an encoding that a test can read back: one line per event.
type lines struct{ name string }

func (l *lines) Name() string { return l.name }

func (l *lines) AppendRecord(dst []byte, room string, e *Event) []byte {
	return fmt.Appendf(dst, "event %s %d %s\n", room, e.ID, e.Data)
}

var plain = &lines{"plain"}

// fakeClock is a Clock that a test winds.
type fakeClock struct {
	now    time.Duration
	timers []fakeTimer
}

type fakeTimer struct {
	due time.Duration
	f   func()
}

func (c *fakeClock) Now() time.Duration { return c.now }

func (c *fakeClock) After(d time.Duration, f func()) {
	c.timers = append(c.timers, fakeTimer{c.now + d, f})
}

// tick moves the time on and fires what is due, in order.
func (c *fakeClock) tick(d time.Duration) {
	end := c.now + d
	for {
		sort.SliceStable(c.timers, func(i, k int) bool { return c.timers[i].due < c.timers[k].due })
		if len(c.timers) == 0 || c.timers[0].due > end {
			c.now = end
			return
		}
		t := c.timers[0]
		c.timers = c.timers[1:]
		c.now = max(c.now, t.due)
		t.f()
	}
}

// stage is rooms, shards and a log in one goroutine: every step is taken when
// the test says so.
type stage struct {
	t      testing.TB
	head   atomic.Uint64
	next   uint64
	clock  *fakeClock
	shards []*Shard
	woken  []bool
	rooms  map[string]*Room
	// shared is what sinks were given, by where it begins: it never changes.
	shared map[*byte]handed
}

// handed is bytes that a sink was given, and what they were.
type handed struct {
	p   []byte
	was string
}

func newStage(t testing.TB, shards int, cfg ShardConfig) *stage {
	st := &stage{t: t, clock: &fakeClock{now: 1}, woken: make([]bool, shards), rooms: map[string]*Room{}, shared: map[*byte]handed{}}
	quiet := slog.New(slog.DiscardHandler)
	for i := range shards {
		st.shards = append(st.shards, NewShard(i, cfg, &st.head, st.clock, quiet, func() { st.woken[i] = true }))
	}
	return st
}

// epoch is when the fake time began, for the times of events.
func (st *stage) wall() time.Time { return time.Unix(1e9, 0).Add(st.clock.now) }

// room makes a room.
func (st *stage) room(name string, cfg Config) *Room {
	r := New(name, &cfg, st.shards, 0)
	st.rooms[name] = r
	return r
}

// add appends an event to rooms, without telling anybody.
func (st *stage) add(data, except string, rooms ...*Room) uint64 {
	st.next++
	for _, r := range rooms {
		r.Append(Event{ID: st.next, Time: st.wall(), Name: "say", Data: []byte(data), Except: except})
	}
	return st.next
}

// tell makes what was added known.
func (st *stage) tell(rooms ...*Room) {
	st.head.Store(st.next)
	for _, r := range rooms {
		r.Announce()
	}
}

// publish adds an event and tells.
func (st *stage) publish(data string, rooms ...*Room) uint64 {
	id := st.add(data, "", rooms...)
	st.tell(rooms...)
	return id
}

// turn runs a shard as a lane does: while it was woken or has more to do.
func (st *stage) turn(i int) {
	for more := false; more || st.woken[i]; {
		st.woken[i] = false
		more = st.shards[i].Run()
	}
}

// run lets all shards come to rest.
func (st *stage) run() {
	for again := true; again; {
		again = false
		for i := range st.shards {
			again = again || st.woken[i]
			st.turn(i)
		}
	}
}

// hand notes what a sink is given. The map keeps it, so that the same place is
// never the place of something else.
func (st *stage) hand(p []byte) {
	h := st.shared[&p[0]]
	if n := min(len(h.p), len(p)); string(p[:n]) != h.was[:n] {
		st.t.Fatalf("shared bytes were %q and are %q", h.was, p)
	}
	if len(p) > len(h.p) {
		st.shared[&p[0]] = handed{p, string(p)}
	}
}

// unchanged checks that all that sinks were given is as it was.
func (st *stage) unchanged() {
	for _, h := range st.shared {
		if string(h.p) != h.was {
			st.t.Errorf("shared bytes were %q and are %q", h.was, h.p)
		}
	}
}

// join seats a new viewer on a shard, as a protocol does: join, then visit.
func (st *stage) join(name string, shard int, o Start, rooms ...*Room) *fakeSink {
	s := newSink(st, name, shard)
	for _, r := range rooms {
		s.join(r, o)
	}
	s.shard.Visit(&s.m)
	return s
}

// fakeSink is a socket that takes as many bytes as it is told to.
type fakeSink struct {
	t       testing.TB
	st      *stage
	name    string
	shard   *Shard
	m       Member
	room    int    // bytes it takes before it is full
	out     []byte // what has gone out
	carry   []byte // of a record that was cut, or behind one
	waiting bool   // owes the shard a Ready
	evicted string
	writes  int
	hook    func() // what others do during a write or a notice
}

const noEnd = 1 << 40

func newSink(st *stage, name string, shard int) *fakeSink {
	s := &fakeSink{t: st.t, st: st, name: name, shard: st.shards[shard], room: noEnd}
	s.m.Attach(s)
	return s
}

func (s *fakeSink) ID() string { return s.name }

func (s *fakeSink) join(r *Room, o Start) Joined { return s.shard.Join(&s.m, r, plain, o) }

func (s *fakeSink) WriteShared(p []byte, cut func(n int) int) (int, bool) {
	if s.hook != nil {
		s.hook()
	}
	s.writes++
	if len(p) == 0 || p[len(p)-1] != '\n' {
		s.t.Fatalf("%s: WriteShared(%q): not whole records", s.name, p)
	}
	s.st.hand(p)
	if len(s.carry) > 0 || s.evicted != "" {
		s.waiting = true
		return 0, false
	}
	n := s.take(p)
	if n == len(p) {
		return n, true
	}
	end := cut(n)
	if end <= n || end > len(p) || bytes.IndexByte(p[n:end], '\n') != end-n-1 {
		s.t.Fatalf("%s: cut(%d) = %d in %q, want the end of that record", s.name, n, end, p)
	}
	s.carry = append(s.carry, p[n:end]...)
	s.waiting = true
	return end, false
}

// take is the socket: it takes what there is room for.
func (s *fakeSink) take(p []byte) int {
	n := min(s.room, len(p))
	s.out = append(s.out, p[:n]...)
	s.room -= n
	return n
}

// own writes what is for this viewer only.
func (s *fakeSink) own(line string) {
	p := []byte(line)
	if len(s.carry) == 0 {
		p = p[s.take(p):]
	}
	s.carry = append(s.carry, p...)
}

func (s *fakeSink) Gap(room string, from, to uint64) {
	if s.hook != nil {
		s.hook()
	}
	s.own(fmt.Sprintf("gap %s %d %d\n", room, from, to))
}

func (s *fakeSink) Evict(room string) { s.evicted = room }

// drain has the viewer read n bytes.
func (s *fakeSink) drain(n int) {
	s.room += n
	k := s.take(s.carry)
	s.carry = s.carry[k:]
	if len(s.carry) == 0 && s.waiting {
		s.waiting = false
		s.shard.Ready(&s.m)
	}
}

// heard is one line of what a viewer got.
type heard struct {
	gap      bool
	room     string
	id       uint64 // or the gap's end
	from     uint64
	text     string
	complete int // offset of the line's end
}

// parse reads a stream back; an unfinished line at its end is left out.
func parse(t testing.TB, who string, p []byte) (all []heard) {
	t.Helper()
	number := func(s string) uint64 {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatalf("%s: broken stream: %v", who, err)
		}
		return n
	}
	for at := 0; ; {
		k := bytes.IndexByte(p[at:], '\n')
		if k < 0 {
			return all
		}
		f := strings.SplitN(string(p[at:at+k]), " ", 4)
		at += k + 1
		if len(f) != 4 || f[0] != "event" && f[0] != "gap" {
			t.Fatalf("%s: broken stream: %q", who, f)
		}
		h := heard{gap: f[0] == "gap", room: f[1], complete: at}
		if h.gap {
			h.from, h.id = number(f[2]), number(f[3])
		} else {
			h.id, h.text = number(f[2]), f[3]
		}
		all = append(all, h)
	}
}

// got renders what a viewer got since the last call: "lobby#1=one gap:lobby(1,5]".
func (s *fakeSink) got() string {
	var out []string
	last := uint64(0)
	for _, h := range parse(s.t, s.name, s.out) {
		if h.gap {
			out = append(out, fmt.Sprintf("gap:%s(%d,%d]", h.room, h.from, h.id))
			continue
		}
		if h.id <= last {
			s.t.Errorf("%s: id %d after %d", s.name, h.id, last)
		}
		last = h.id
		out = append(out, fmt.Sprintf("%s#%d", h.room, h.id))
	}
	s.out = s.out[bytes.LastIndexByte(s.out, '\n')+1:]
	return strings.Join(out, " ")
}

// want compares got.
func (s *fakeSink) want(want string) {
	s.t.Helper()
	if got := s.got(); got != want {
		s.t.Errorf("%s: got %q, want %q", s.name, got, want)
	}
}
