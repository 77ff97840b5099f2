package room

import (
	"fmt"
	"strings"
	"testing"
)

// keeper is a sink that keeps what it is given.
type keeper struct {
	openSink
	id   string
	got  [][]byte
	m    Member
	cuts int // writes to take only the first record of
}

func (k *keeper) ID() string { return k.id }

func (k *keeper) WriteShared(p []byte, cut func(n int) int) (int, bool) {
	if k.cuts > 0 {
		k.cuts--
		p = p[:cut(0)]
	}
	k.got = append(k.got, p)
	return len(p), true
}

// text is all a keeper got.
func (k *keeper) text() string {
	var b strings.Builder
	for _, p := range k.got {
		b.Write(p)
	}
	return b.String()
}

// keep seats a keeper in rooms.
func keep(st *stage, id string, rooms ...*Room) *keeper {
	k := &keeper{id: id}
	k.m.Attach(k)
	for _, r := range rooms {
		st.shards[0].Join(&k.m, r, plain, Start{})
	}
	st.shards[0].Visit(&k.m)
	return k
}

// TestMergeShared: who gets the same gets the same slice, whoever is between;
// nobody else does.
func TestMergeShared(t *testing.T) {
	st := newStage(t, 1, DefaultShardConfig())
	a, b, c := st.room("a", DefaultConfig()), st.room("b", DefaultConfig()), st.room("c", DefaultConfig())
	same := []*keeper{keep(st, "s0", a, b), keep(st, "s1", a, b)}
	other, excepted := keep(st, "other", a, c), keep(st, "excepted", a, b)
	slow := keep(st, "slow", b, a)
	slow.cuts = 1
	same = append(same, keep(st, "s2", a, b))
	st.add("1", "", a)
	st.add("2", "excepted", b)
	st.add("3", "", c)
	st.add("4", "", a, b)
	st.tell(a, b, c)
	st.run()
	const both = "event a 1 1\nevent b 2 2\nevent a 4 4\n"
	for _, k := range same {
		if got := k.text(); got != both || len(k.got) != 1 || &k.got[0][0] != &same[0].got[0][0] {
			t.Errorf("%s got %q in %d writes, want what %s got, %q", k.id, got, len(k.got), same[0].id, both)
		}
	}
	want := map[*keeper]string{
		other:    "event a 1 1\nevent c 3 3\nevent a 4 4\n",
		excepted: "event a 1 1\nevent a 4 4\n",
		slow:     "event a 1 1\nevent b 2 2\nevent b 4 4\n", // of its first room
	}
	for k, want := range want {
		if got := k.text(); got != want {
			t.Errorf("%s got %q, want %q", k.id, got, want)
		}
	}
	if g := &st.shards[0].merger; g.memo.n != 0 || g.cur != nil || g.private.p != nil {
		t.Errorf("at rest the shard remembers %d merges", g.memo.n)
	}
}

// TestMergeBound: the head of the log goes on during a walk, by events of other
// rooms. Those that get the same still share it, and all come to the new head.
func TestMergeBound(t *testing.T) {
	st := newStage(t, 1, DefaultShardConfig())
	a, b, c := st.room("a", DefaultConfig()), st.room("b", DefaultConfig()), st.room("c", DefaultConfig())
	first, second := keep(st, "first", a, b), keep(st, "second", a, b)
	st.publish("x", a)
	st.publish("x", b)
	st.shards[0].Visit(&first.m)
	id := st.publish("x", c)
	st.shards[0].Visit(&second.m)
	if len(first.got) != 1 || len(second.got) != 1 || &first.got[0][0] != &second.got[0][0] {
		t.Errorf("got %q and %q, want the same slice", first.got, second.got)
	}
	if first.m.Cursor() != id-1 || second.m.Cursor() != id {
		t.Errorf("cursors %d and %d, want %d and %d", first.m.Cursor(), second.m.Cursor(), id-1, id)
	}
}

// TestMergeMany: more than fits into a write, and more kinds of members than
// are remembered, in many turns.
func TestMergeMany(t *testing.T) {
	st := newStage(t, 1, ShardConfig{Chunk: 3, Mailbox: 64})
	var rooms []*Room
	for i := range mergesKept + 2 {
		rooms = append(rooms, st.room(fmt.Sprint("r", i), DefaultConfig()))
	}
	var all []*fakeSink
	for i := range 5 * len(rooms) {
		k := i % len(rooms)
		all = append(all, st.join(fmt.Sprint("s", i), 0, Start{}, rooms[k], rooms[(k+1)%len(rooms)]))
	}
	want := make([]string, len(rooms))
	for i := range 400 {
		k := i % len(rooms)
		id := st.add(strings.Repeat("x", 3000), "", rooms[k])
		for _, j := range []int{k, (k + len(rooms) - 1) % len(rooms)} {
			want[j] += fmt.Sprintf(" r%d#%d", k, id)
		}
	}
	st.tell(rooms...)
	st.run()
	for i, s := range all {
		s.want(want[i%len(rooms)][1:])
		if s.writes < 3 {
			t.Errorf("%s: %d writes for 240 KB, want several", s.name, s.writes)
		}
	}
	st.unchanged()
}

// TestMemo finds what was made of the same, and forgets the oldest.
func TestMemo(t *testing.T) {
	f, g := &feed{}, &feed{}
	parts := func(f, g *feed, last uint64) []part {
		return []part{{feed: f, plan: &plan{ids: []uint64{1, last}}}, {feed: g, plan: &plan{ids: []uint64{2, 3}}}}
	}
	var o memo
	made := o.add(parts(f, g, 5), 9)
	for _, tt := range []struct {
		name  string
		parts []part
		upto  uint64
		want  *merged
	}{
		{name: "the same", parts: parts(f, g, 5), upto: 9, want: made},
		{name: "another bound", parts: parts(f, g, 5), upto: 8},
		{name: "more", parts: parts(f, g, 6), upto: 9},
		{name: "less", parts: parts(f, g, 5)[:1], upto: 9},
		{name: "another order", parts: parts(g, f, 5), upto: 9},
	} {
		if got := o.find(tt.parts, tt.upto); got != tt.want {
			t.Errorf("%s: find = %p, want %p", tt.name, got, tt.want)
		}
	}
	for i := range uint64(mergesKept) {
		if o.find(parts(f, g, 5), 9) == nil {
			t.Errorf("forgotten after %d others", i)
		}
		o.add(parts(f, g, 5), 100+i)
	}
	if o.find(parts(f, g, 5), 9) != nil {
		t.Errorf("found after %d others", mergesKept)
	}
}

// BenchmarkMerge is a walk over members of the same three rooms, with some
// events in each.
func BenchmarkMerge(b *testing.B) {
	const members = 1000
	for _, n := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("events=%d", n), func(b *testing.B) {
			st, rooms, _, sink := audience(b, members, 3)
			before, events := sink.taken, 0
			for b.Loop() {
				for range n {
					for _, r := range rooms {
						st.add(string(data), "", r)
						events++
					}
				}
				st.tell(rooms...)
				st.run()
			}
			if got := sink.taken - before; got != members*events*len(data) {
				b.Fatalf("%d bytes delivered, want %d", got, members*events*len(data))
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/members, "ns/member")
		})
	}
}
