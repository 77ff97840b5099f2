package load

import (
	"fmt"
	"testing"
)

// eventFrame is one event of the server, in its frame.
func eventFrame(room, epoch string, id uint64, data string) []byte {
	return serverFrame(opText, fmt.Sprintf(`{"type":"event","room":%q,"id":"%s-%d","event":"chat","data":%s}`, room, epoch, id, data))
}

// serverFrame is an unmasked frame.
func serverFrame(op byte, payload string) []byte {
	f := []byte{0x80 | op}
	switch n := len(payload); {
	case n < 126:
		f = append(f, byte(n))
	case n < 1<<16:
		f = append(f, 126, byte(n>>8), byte(n))
	default:
		f = append(f, 127, 0, 0, 0, 0, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	}
	return append(f, payload...)
}

// testLoop is a loop that has no thread: its methods are called by the test.
func testLoop(t testing.TB, conns int, rooms ...string) *Loop {
	t.Helper()
	clock, err := NewClock()
	if err != nil {
		t.Fatal(err)
	}
	l, err := newLoop(&Config{Rooms: rooms}, clock, 0, conns, "")
	if err != nil {
		t.Fatal(err)
	}
	for ci := range conns {
		l.conns[ci].state, l.conns[ci].fd = stateOpen, -1
		for room := range rooms {
			l.k.join(ci, room, 0, true)
		}
	}
	return l
}

// BenchmarkConsume reads 64 events of 128 bytes in one go, as a viewer under
// saturation does. The harness has to keep up with 8 million a second.
func BenchmarkConsume(b *testing.B) {
	const batch = 64
	for _, rooms := range []int{1, 3} {
		b.Run(fmt.Sprintf("rooms=%d", rooms), func(b *testing.B) {
			names := []string{"bench:0", "bench:1", "bench:2"}[:rooms]
			l := testLoop(b, 1, names...)
			l.measureFrom = 0
			l.ring = make([]uint32, ringSize)
			var p []byte
			for i := range uint32(batch) {
				data := AppendString(nil, 1, i/uint32(rooms), 128)
				p = append(p, eventFrame(names[int(i)%rooms], "k3f9x2", 1000000+uint64(i), string(data))...)
			}
			c := &l.conns[0]
			for b.Loop() {
				c.lastID = 0
				for i := range l.k.slots {
					l.k.slots[i].next = 0
				}
				l.now = l.clock.Now()
				if _, err := l.consume(0, c, p); err != nil {
					b.Fatal(err)
				}
			}
			if l.k.n.Total() != 0 || l.k.n.Lost != 0 {
				b.Fatalf("counters %+v", l.k.n)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/batch, "ns/event")
		})
	}
}
