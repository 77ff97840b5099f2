package load

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// told is an EVENT packet as a server says it: event seq of a room, with an id.
func told(epoch, room string, id uint64, seq uint32, size int) string {
	return fmt.Sprintf(`42/arena,["m",%s,{"room":"%s","id":"%s-%d"}]`, AppendString(nil, 77, seq, size), room, epoch, id)
}

// tellings are those of room a from number 0 on: event seq has the id seq+1.
func tellings(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = told("k", "a", uint64(i)+1, uint32(i), 40)
	}
	return out
}

// sioLoop is a loop whose viewers are in all rooms.
func sioLoop(t testing.TB, viewers int, rooms ...string) *Loop {
	t.Helper()
	l := testLoop(t, viewers, rooms...)
	l.cfg.Transport, l.cfg.Namespace = SocketIO, space
	l.sio = newSio(l.cfg, viewers)
	return l
}

// tell has a viewer get packets.
func tell(l *Loop, viewer int, packets ...string) {
	for _, p := range packets {
		l.packet(viewer, &l.conns[viewer], []byte(p))
	}
}

// tellAtOnce has a viewer get packets in the answer to one poll.
func tellAtOnce(l *Loop, viewer int, packets ...string) {
	if len(packets) > 0 {
		l.payload4(viewer, &l.conns[viewer], []byte(strings.Join(packets, "\x1e")))
	}
}

// forget makes the loop read the next packet, whatever it is.
func (m *sioMemo) forget() {
	for i := range m.ring {
		m.ring[i].packet = m.ring[i].packet[:0]
	}
}

// remembered says whether a packet is one that need not be read.
func (m *sioMemo) remembered(p string) bool {
	_, n := m.find([]byte(p))
	return n > 0 && n == len(p)
}

func TestPacketsBehindTheFirstAreRememberedAndSayTheSame(t *testing.T) {
	for _, rooms := range [][]string{{"a"}, {"a", "b", "c"}} { // events go to them in turn
		d, s := newDecoder(rooms), newSioDecoder(space+",", len(rooms))
		for viewer := range 3 {
			for i := range 100 {
				want := event{room: i % len(rooms), id: uint64(i) + 1, seq: uint32(i / len(rooms)), stamp: 77}
				p := told("k", rooms[want.room], want.id, want.seq, 40)
				if hit := s.memo.remembered(p); hit != (viewer > 0 && i > 0) {
					t.Fatalf("%d rooms, viewer %d, packet %d: remembered %t", len(rooms), viewer, i, hit)
				}
				if got, err := s.parse([]byte(p), d); err != nil || got != want {
					t.Fatalf("%d rooms, viewer %d, packet %d: %+v, %v, want %+v", len(rooms), viewer, i, got, err, want)
				}
			}
		}
	}
}

func TestPacketIsRememberedAsItCame(t *testing.T) {
	d, s := newDecoder([]string{"a"}), newSioDecoder(space+",", 1)
	p := []byte(tellings(1)[0])
	want := string(p)
	if _, err := s.parse(p, d); err != nil {
		t.Fatal(err)
	}
	clear(p) // the buffer of the loop is read into again
	if s.memo.at = 0; !s.memo.remembered(want) || s.memo.remembered(string(p)) {
		t.Error("what is remembered changed with the buffer that it came in")
	}
}

func TestPacketWithAnyByteChangedIsNotARememberedOne(t *testing.T) {
	d, s := newDecoder([]string{"a"}), newSioDecoder(space+",", 1)
	all := tellings(2)
	for _, p := range all {
		if _, err := s.parse([]byte(p), d); err != nil {
			t.Fatal(err)
		}
	}
	if s.memo.at = 1; !s.memo.remembered(all[1]) {
		t.Fatal("it isn't remembered whole")
	}
	for i := range len(all[1]) {
		p := []byte(all[1])
		for _, bit := range []byte{1, 0x20, 0x80} {
			p[i] ^= bit
			if s.memo.remembered(string(p)) {
				t.Errorf("remembered with byte %d changed: %q", i, p)
			}
			p[i] ^= bit
		}
		if s.memo.remembered(all[1][:i]) || s.memo.remembered(all[1]+all[1][:i+1]) {
			t.Errorf("remembered cut at byte %d, or with so many more", i)
		}
	}
}

// TestSecondViewerIsCountedByWhatItGot has the first viewer get ten packets as
// they should be, and the second something else.
func TestSecondViewerIsCountedByWhatItGot(t *testing.T) {
	all := tellings(10)
	change := func(i int, p ...string) []string {
		return append(append(append([]string{}, all[:i]...), p...), all[i+1:]...)
	}
	damaged := strings.Replace(all[5], "grand", "grond", 1)
	for _, tt := range []struct {
		name string
		gets []string
		want Counters // Delivered, Lost and Faults are compared
	}{
		{"the same", all, Counters{Delivered: 20}},
		{"one with a byte damaged in the middle", change(5, damaged), Counters{Delivered: 19, Lost: 1, Faults: Faults{Broken: 1}}},
		{"the damaged one, then whole", change(5, damaged, all[5]), Counters{Delivered: 20, Faults: Faults{Broken: 1}}},
		{"one cut", change(5, all[5][:70]), Counters{Delivered: 19, Lost: 1, Faults: Faults{Broken: 1}}},
		{"one that goes on", change(5, all[5]+"1"), Counters{Delivered: 19, Lost: 1, Faults: Faults{Broken: 1}}},
		{"two run into each other", append(change(5, all[5]+all[6])[:6:6], all[7:]...), Counters{Delivered: 18, Lost: 2, Faults: Faults{Broken: 1}}},
		{"the last with nothing behind a separator", change(9, all[9], ""), Counters{Delivered: 20, Faults: Faults{Broken: 1}}},
		{"the last that goes on", change(9, all[9]+"]"), Counters{Delivered: 19, Faults: Faults{Broken: 1}}},
		{"one twice", change(5, all[5], all[5]), Counters{Delivered: 21, Faults: Faults{Duplicated: 1, IDOrder: 1}}},
		{"one again later", append(change(9, all[9]), all[3]), Counters{Delivered: 21, Faults: Faults{Duplicated: 1, IDOrder: 1}}},
		{"all twice", append(change(9, all[9]), all...), Counters{Delivered: 30, Faults: Faults{Duplicated: 10, IDOrder: 1}}},
		{"one lost", change(5), Counters{Delivered: 19, Lost: 1}},
		{"the first lost", all[1:], Counters{Delivered: 19, Lost: 1}},
		{"two swapped", change(5, all[6], all[5])[:7:7], Counters{Delivered: 17, Faults: Faults{Reordered: 1, IDOrder: 1}}},
		{"one of another namespace", change(5, strings.Replace(all[5], space, "/other", 1), all[5]), Counters{Delivered: 20, Faults: Faults{Foreign: 1}}},
		{"one of another room", change(5, strings.Replace(all[5], `"a"`, `"z"`, 1), all[5]), Counters{Delivered: 20, Faults: Faults{Foreign: 1}}},
	} {
		for name, way := range map[string]func(*Loop, int, ...string){"by WebSocket": tell, "by polling": tellAtOnce} {
			l := sioLoop(t, 2, "a")
			way(l, 0, all...)
			way(l, 1, tt.gets...)
			if got := l.k.n; got.Delivered != tt.want.Delivered || got.Lost != tt.want.Lost || got.Faults != tt.want.Faults {
				t.Errorf("%s, %s: %+v, want %+v", tt.name, name, got, tt.want)
			}
		}
	}
}

func TestViewerThatIsNotInARoomIsNotTakenForAMember(t *testing.T) {
	l := sioLoop(t, 2, "a")
	l.k.left(1, 0)
	all := tellings(3)
	tell(l, 0, all...)
	tell(l, 1, all...)
	if l.k.n.Foreign != 3 || l.k.n.Duplicated+l.k.n.Lost != 0 {
		t.Errorf("%+v, want 3 foreign", l.k.n)
	}
}

func TestViewersThatGetPacketsInBatchesJumpBack(t *testing.T) {
	const viewers, batches, each = 5, 20, 16
	l := sioLoop(t, viewers, "a")
	all := tellings(batches * each)
	for n := range batches {
		for v := range viewers {
			batch := all[n*each : (n+1)*each]
			tell(l, v, batch[0])
			if !l.sio.dec.memo.remembered(batch[1]) && v > 0 {
				t.Fatalf("batch %d of viewer %d: behind its first packet nothing is remembered", n, v)
			}
			tell(l, v, batch[1:]...)
		}
	}
	if l.k.n.Delivered != viewers*batches*each || l.k.n.Lost != 0 || l.k.n.Total() != 0 {
		t.Errorf("%+v", l.k.n)
	}
}

func TestPlaceOfAPacketIsTakenByTheOneThatIsMemorySizeLater(t *testing.T) {
	const n = 2*memoSize + 100
	l := sioLoop(t, 3, "a")
	all := tellings(n)
	tell(l, 0, all...)
	memo := &l.sio.dec.memo
	for i, p := range all {
		memo.at = uint64(i)
		if hit := memo.remembered(p); hit != (i >= n-memoSize) {
			t.Fatalf("packet %d of %d: remembered %t", i, n, hit)
		}
	}
	tell(l, 1, all...) // further behind than what is remembered
	tell(l, 2, all[:memoSize]...)
	tell(l, 2, all[memoSize+1:]...) // the place of the lost one was another's
	tell(l, 2, all[memoSize-1])
	if want := (Faults{Duplicated: 1, IDOrder: 1}); l.k.n.Delivered != 3*n || l.k.n.Lost != 1 || l.k.n.Faults != want {
		t.Errorf("%+v, want %d delivered, 1 lost, %+v", l.k.n, 3*n, want)
	}
}

func TestPacketOverTheLimitIsReadEachTime(t *testing.T) {
	const size = memoPacket + 100
	all := tellings(3)
	all[1] = told("k", "a", 2, 1, size)
	l := sioLoop(t, 3, "a")
	tell(l, 0, all...)
	if l.sio.dec.memo.at = 1; l.sio.dec.memo.remembered(all[1]) {
		t.Errorf("a packet of %d bytes is remembered", len(all[1]))
	}
	tell(l, 1, all...)
	tell(l, 2, all[0], all[1][:size/2]+"_"+all[1][size/2+1:], all[1], all[1], all[2])
	if want := (Faults{Broken: 1, Duplicated: 1, IDOrder: 1}); l.k.n.Delivered != 10 || l.k.n.Lost != 0 || l.k.n.Faults != want {
		t.Errorf("%+v, want 10 delivered, %+v", l.k.n, want)
	}
}

// TestEpochBeginsAnewForEachViewer changes the epoch, and with it the ids begin at
// 1 again: for viewers that are side by side, and for one that lags behind.
func TestEpochBeginsAnewForEachViewer(t *testing.T) {
	old, young := tellings(3), []string{told("l", "a", 1, 3, 40), told("l", "a", 2, 4, 40)}
	for _, tt := range []struct {
		name string
		gets func(l *Loop)
		want int64 // ids out of order
	}{
		{"one behind the other", func(l *Loop) {
			for v := range 3 {
				tell(l, v, old...)
				tell(l, v, young...)
			}
		}, 0},
		{"side by side", func(l *Loop) {
			for _, p := range append(old, young...) {
				for v := range 3 {
					tell(l, v, p)
				}
			}
		}, 0},
		{"an old id twice, between others", func(l *Loop) {
			tell(l, 0, append(old, young...)...)
			tell(l, 1, old[0], old[1], old[2], old[1], young[0], young[1])
		}, 1},
		{"a young one twice", func(l *Loop) {
			tell(l, 0, append(old, young...)...)
			tell(l, 1, append(old, young[0], young[1], young[0])...)
		}, 1},
	} {
		l := sioLoop(t, 3, "a")
		tt.gets(l)
		if l.k.n.IDOrder != tt.want || l.k.n.Duplicated != tt.want || l.k.n.Lost != 0 {
			t.Errorf("%s: %+v, want %d ids out of order", tt.name, l.k.n, tt.want)
		}
	}
}

func TestPacketsOfTwoServersDoNotStandForEachOther(t *testing.T) {
	l := sioLoop(t, 4, "a")
	for i := range uint32(50) {
		for v := range 4 { // two viewers of each; the same event has another id there
			tell(l, v, told([]string{"k", "m"}[v/2], "a", uint64(i)+1+uint64(v/2)*7, i, 40))
		}
	}
	if l.k.n.Delivered != 200 || l.k.n.Lost != 0 || l.k.n.Total() != 0 {
		t.Errorf("%+v", l.k.n)
	}
}

// TestWhatIsRememberedIsCountedAsIfItWasRead has two loops get the same packets, at
// random: lost, doubled, late, damaged, of several rooms and epochs. One of them
// may remember.
func TestWhatIsRememberedIsCountedAsIfItWasRead(t *testing.T) {
	const viewers, events = 6, 400
	for seed := range uint64(100) {
		rng := rand.New(rand.NewPCG(seed, 0))
		with, without := sioLoop(t, viewers, "a", "b", "c"), sioLoop(t, viewers, "a", "b", "c")
		all := evening(rng, events)
		for next, left := [viewers]int{}, viewers; left > 0; {
			v := rng.IntN(viewers)
			var batch []string
			for n := rng.IntN(20); n > 0 && next[v] < events; n-- {
				batch = append(batch, spoilt(rng, all, &next[v]))
				if next[v] >= events {
					left--
				}
			}
			if seed%2 == 0 {
				tell(with, v, batch...)
			} else {
				tellAtOnce(with, v, batch...)
			}
			for _, p := range batch {
				if without.sio.dec.memo.forget(); seed%2 == 0 {
					tell(without, v, p)
				} else if without.conns[v].state == stateOpen {
					tellAtOnce(without, v, p)
				}
			}
		}
		if with.k.n != without.k.n {
			t.Fatalf("seed %d: remembering %+v, reading %+v", seed, with.k.n, without.k.n)
		}
	}
}

// evening is packets of three rooms, of a server that begins anew now and then.
func evening(rng *rand.Rand, events int) []string {
	all := make([]string, events)
	epoch, id, seqs := "k", uint64(0), [3]uint32{}
	for i := range all {
		if rng.IntN(100) == 0 {
			epoch, id = string(rune('k'+rng.IntN(4))), 0
		}
		room := rng.IntN(3)
		id++
		all[i] = told(epoch, string(rune('a'+room)), id, seqs[room], 30+rng.IntN(300))
		seqs[room]++
	}
	return all
}

// spoilt is the next packet of all, or now and then what should not come.
func spoilt(rng *rand.Rand, all []string, next *int) string {
	p := all[*next]
	*next++
	switch rng.IntN(300) {
	case 0:
		return all[rng.IntN(len(all))]
	case 1:
		*next += rng.IntN(3)
	case 2:
		*next = max(*next-rng.IntN(5), 0)
	case 3:
		b := []byte(p)
		b[rng.IntN(len(b)-2)+2] ^= 1 << rng.IntN(8)
		return string(b)
	case 4:
		return p[:2+rng.IntN(len(p)-2)]
	case 5:
		return p + all[rng.IntN(len(all))]
	}
	return p
}
