package load

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// BenchmarkTake reads events of 128 bytes as each transport brings them: 64 in
// one go, a chunk each, and, by long-poll, one in each answer or all in one.
func BenchmarkTake(b *testing.B) {
	const batch = 64
	var msgs []string
	for i := range uint32(batch) {
		msgs = append(msgs, fmt.Sprintf(`{"type":"event","room":"bench","id":"k3f9x2-%d","event":"chat","data":%s}`, 1000000+i, AppendString(nil, 1, i, 128)))
	}
	body := func(events []string) string {
		return string(ok200(`{"room":"bench","cursor":"k3f9x2-1000064","recovered":true,"events":[` + strings.Join(events, ",") + `],"next_ms":0}`))
	}
	for _, tt := range []struct {
		name string
		way  Transport
		each func(m string) string
	}{
		{name: "sse", way: SSE, each: func(m string) string { return string(cutter{}.chunked(wrap(SSE, m))) }},
		{name: "stream", way: Stream, each: func(m string) string { return string(cutter{}.chunked(wrap(Stream, m))) }},
		{name: "longpoll/one in each", way: LongPoll, each: func(m string) string { return body([]string{m}) }},
		{name: "longpoll/all in one", way: LongPoll},
	} {
		b.Run(tt.name, func(b *testing.B) {
			l := testLoop(b, 1, "bench")
			l.cfg.Transport, l.measureFrom, l.ring = tt.way, 0, make([]uint32, ringSize)
			c := &l.conns[0]
			c.fd = sink(b)
			p := []byte(body(msgs))
			if tt.each != nil {
				p = nil
				for _, m := range msgs {
					p = append(p, tt.each(m)...)
				}
			}
			b.ReportAllocs()
			for b.Loop() {
				c.lastID, l.k.slots[0].next = 0, 0
				l.now = l.clock.Now()
				if _, err := l.take(0, c, p); err != nil {
					b.Fatal(err)
				}
			}
			if l.k.n.Total() != 0 || l.k.n.Lost != 0 || c.state != stateOpen {
				b.Fatalf("counters %+v, endings %v", l.k.n, l.endings)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/batch, "ns/event")
		})
	}
}

// sink is a descriptor that takes everything written to it: what is measured is
// our part of a poll, not that of TCP.
func sink(b testing.TB) int32 {
	fd, err := unix.Open("/dev/null", unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = unix.Close(fd) })
	return int32(fd)
}

func TestTakingDoesNotAllocate(t *testing.T) {
	for _, way := range []Transport{SSE, Stream, LongPoll} {
		l := testLoop(t, 1, "a")
		l.cfg.Transport, l.measureFrom = way, 0
		c := &l.conns[0]
		c.fd = sink(t)
		var all [][]byte
		for seq := range uint32(300) {
			if way == LongPoll {
				all = append(all, ok200(pageOf(seq)))
			} else {
				all = append(all, cutter{}.chunked(wrap(way, text(seq))))
			}
		}
		next := 0
		n := testing.AllocsPerRun(200, func() { // which runs it once before it counts
			_, _ = l.take(0, c, all[next])
			next++
		})
		if n != 0 || l.k.n.Total() != 0 || l.k.n.Delivered != 201 {
			t.Errorf("%s: a delivery allocates %.1f times; counters %+v", way, n, l.k.n)
		}
	}
}
