package load

import (
	"fmt"
	"math"
	"testing"
)

// step is one thing that happens to a viewer of one room.
type step struct {
	what     string // event, gap, join, resume, leaving, left
	id       uint64
	seq      uint32
	from, to uint64
}

func ev(id uint64, seq uint32) step { return step{what: "event", id: id, seq: seq} }
func gap(from, to uint64) step      { return step{what: "gap", from: from, to: to} }
func joinAt(cursor uint64) step     { return step{what: "join", id: cursor} }
func word(what string) step         { return step{what: what} }
func (s step) apply(k *checker, last *uint64) {
	switch s.what {
	case "event":
		k.event(0, *last, &event{id: s.id, seq: s.seq})
		*last = max(*last, s.id)
	case "gap":
		k.gap(0, 0, *last, s.from, s.to)
	case "join":
		k.join(0, 0, s.id, false)
	case "leaving":
		k.leaving(0, 0)
	case "left":
		k.left(0, 0)
	}
}

// tens is a ledger of one room with the ids 10, 20, ...
func tens(n int) *Ledger {
	l := NewLedger(1)
	for i := range n {
		l.Add(0, fmt.Sprintf("e-%d", 10*(i+1)))
	}
	return l
}

func TestChecker(t *testing.T) {
	// Six events were published with the ids 10, 20, ... 60.
	for _, tt := range []struct {
		name  string
		steps []step
		want  Counters
	}{
		{name: "all in order", steps: []step{ev(10, 0), ev(20, 1), ev(30, 2), ev(40, 3), ev(50, 4), ev(60, 5)}},
		{name: "nothing came", want: Counters{Lost: 6}},
		{name: "the last is lost", steps: []step{ev(10, 0), ev(20, 1), ev(30, 2), ev(40, 3), ev(50, 4)}, want: Counters{Lost: 1}},
		{name: "two lost inside", steps: []step{ev(10, 0), ev(40, 3), ev(50, 4), ev(60, 5)}, want: Counters{Lost: 2}},
		{name: "one twice", steps: []step{ev(10, 0), ev(20, 1), ev(20, 1), ev(30, 2), ev(40, 3), ev(50, 4), ev(60, 5)},
			want: Counters{Faults: Faults{Duplicated: 1}}},
		{name: "two swapped", steps: []step{ev(10, 0), ev(30, 2), ev(20, 1), ev(40, 3), ev(50, 4), ev(60, 5)},
			want: Counters{Faults: Faults{Reordered: 1}}},
		{name: "late, then again", steps: []step{ev(10, 0), ev(30, 2), ev(20, 1), ev(20, 1), ev(40, 3), ev(50, 4), ev(60, 5)},
			want: Counters{Faults: Faults{Reordered: 1, Duplicated: 1}}},

		{name: "an exact gap", steps: []step{ev(10, 0), gap(10, 40), ev(50, 4), ev(60, 5)}, want: Counters{Gaps: 1, Told: 3}},
		{name: "a gap with wide bounds that touch nothing else", steps: []step{ev(10, 0), gap(15, 49), ev(50, 4), ev(60, 5)}, want: Counters{Gaps: 1, Told: 3}},
		{name: "a gap to the end", steps: []step{ev(10, 0), gap(10, 60)}, want: Counters{Gaps: 1}},
		{name: "a gap that hides one", steps: []step{ev(10, 0), gap(10, 30), ev(50, 4), ev(60, 5)}, want: Counters{Gaps: 1, Told: 3, Lost: 1}},
		{name: "a gap that claims one delivered after", steps: []step{ev(10, 0), gap(10, 50), ev(50, 4), ev(60, 5)},
			want: Counters{Gaps: 1, Told: 3, Faults: Faults{BadGaps: 1}}},
		{name: "a gap that claims one delivered before", steps: []step{ev(10, 0), gap(5, 40), ev(50, 4), ev(60, 5)},
			want: Counters{Gaps: 1, Told: 3, Faults: Faults{BadGaps: 1}}},
		{name: "a gap backwards", steps: []step{ev(10, 0), ev(20, 1), ev(30, 2), ev(40, 3), ev(50, 4), ev(60, 5), gap(30, 20)},
			want: Counters{Gaps: 1, Faults: Faults{BadGaps: 1}}},
		{name: "a gap, but nothing was missed", steps: []step{ev(10, 0), gap(10, 20), ev(20, 1), ev(30, 2), ev(40, 3), ev(50, 4), ev(60, 5)},
			want: Counters{Gaps: 1, Faults: Faults{BadGaps: 1}}},
		{name: "two gaps in a row", steps: []step{ev(10, 0), gap(10, 20), gap(20, 40), ev(50, 4), ev(60, 5)}, want: Counters{Gaps: 2, Told: 3}},
		{name: "two gaps with a hole", steps: []step{ev(10, 0), gap(10, 20), gap(30, 40), ev(50, 4), ev(60, 5)}, want: Counters{Gaps: 2, Told: 3, Lost: 1}},

		{name: "joined late", steps: []step{joinAt(30), ev(40, 3), ev(50, 4), ev(60, 5)}},
		{name: "joined late, one missing", steps: []step{joinAt(30), ev(50, 4), ev(60, 5)}, want: Counters{Lost: 1}},
		{name: "joined late, a gap first", steps: []step{joinAt(20), gap(20, 40), ev(50, 4), ev(60, 5)}, want: Counters{Gaps: 1}},
		{name: "joined at the head", steps: []step{joinAt(60)}},
		{name: "joined, and nothing came", steps: []step{joinAt(40)}, want: Counters{Lost: 2}},

		{name: "left", steps: []step{ev(10, 0), word("leaving"), ev(20, 1), word("left")}},
		{name: "one after it left", steps: []step{ev(10, 0), word("leaving"), ev(20, 1), word("left"), ev(30, 2)},
			want: Counters{Faults: Faults{Foreign: 1}}},
		{name: "left and joined again", steps: []step{ev(10, 0), word("leaving"), word("left"), joinAt(40), ev(50, 4), ev(60, 5)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ledger := tens(6)
			k := newChecker(1, 1)
			k.join(0, 0, 0, true)
			var last uint64
			for _, s := range tt.steps {
				s.apply(k, &last)
			}
			k.settle(ledger.Published(), func(int) bool { return true })
			k.audit(ledger)
			if k.n != tt.want {
				t.Errorf("counters\n got %+v\nwant %+v", k.n, tt.want)
			}
		})
	}
}

func TestSettleOwesTheDepartedNothing(t *testing.T) {
	ledger := NewLedger(1)
	ledger.Add(0, "e-10")
	k := newChecker(2, 1)
	k.join(0, 0, 0, true)
	k.join(1, 0, 0, false)
	k.settle(ledger.Published(), func(int) bool { return false })
	k.audit(ledger)
	if k.n != (Counters{}) {
		t.Errorf("counters %+v, want none", k.n)
	}
}

func TestLedgerAudit(t *testing.T) {
	l := NewLedger(2)
	for _, id := range []string{"e-10", "e-20", "e-30"} {
		l.Add(1, id)
	}
	for _, tt := range []struct {
		name             string
		note             Note
		untold, overtold int
	}{
		{name: "not finished", note: Note{Room: 1, Got: 99}},
		{name: "forgiven", note: Note{Room: 1, Got: 99, finished: true, forgiven: true}},
		{name: "all missed", note: Note{Room: 1, Got: math.MaxUint64, finished: true}, untold: 3},
		{name: "told to the end of numbers", note: Note{Room: 1, Got: math.MaxUint64, To: math.MaxUint64, Told: true, finished: true}},
		{name: "another room", note: Note{Room: 0, Got: math.MaxUint64, finished: true}},
		{name: "told too much", note: Note{Room: 1, Prev: 10, Got: 30, From: 0, To: 30, Told: true, finished: true}, overtold: 2},
	} {
		untold, overtold := l.Audit(tt.note)
		if untold != tt.untold || overtold != tt.overtold {
			t.Errorf("%s: %d untold, %d overtold, want %d, %d", tt.name, untold, overtold, tt.untold, tt.overtold)
		}
	}
	if got := l.Published(); got[0] != 0 || got[1] != 3 {
		t.Errorf("published %v, want [0 3]", got)
	}
}

func TestNumber(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want uint64
		ok   bool
	}{{"k3-17", 17, true}, {"a-b-9", 9, true}, {"17", 17, false}, {"-17", 17, false}, {"k3-", 0, false}, {"", 0, false}} {
		if got, ok := Number(tt.in); ok != tt.ok || ok && got != tt.want {
			t.Errorf("Number(%q) = %d, %t, want %d, %t", tt.in, got, ok, tt.want, tt.ok)
		}
	}
}
