package load

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestSioDecoderFollowsTheServer(t *testing.T) {
	data := func(seq uint32) string { return string(AppendString(nil, 77, seq, 40)) }
	object := string(AppendObject(nil, 77, 5, []byte(`"x":"}\"]","y":[{}]`)))
	for _, tt := range []struct {
		name  string
		rooms int
		in    []string
		want  []event
		err   error // of the last one
	}{
		{name: "bare", rooms: 1, in: []string{`42/s,["m",` + data(0) + `]`, `42/s,["m",` + data(1) + `]`, `42/s,["other",` + data(2) + `]`},
			want: []event{{seq: 0, stamp: 77}, {seq: 1, stamp: 77}, {seq: 2, stamp: 77}}},
		{name: "object", rooms: 1, in: []string{`42/s,["m",` + object + `]`, `42/s,["m",` + object + `,{"room":"a","id":"k-9"}]`}, want: []event{{seq: 5, stamp: 77}, {seq: 5, stamp: 77, id: 9}}},
		{name: "rooms in turn", rooms: 2, in: []string{
			`42/s,["m",` + data(0) + `,{"room":"a","id":"k-9"}]`, `42/s,["m",` + data(0) + `,{"room":"b","id":"k-10"}]`,
			`42/s,["m",` + data(1) + `,{"room":"a","id":"k-11"}]`, `42/s,["m",` + data(2) + `,{"room":"a","id":"k-12"}]`},
			want: []event{{id: 9, stamp: 77}, {id: 10, stamp: 77, room: 1}, {id: 11, stamp: 77, seq: 1}, {id: 12, stamp: 77, seq: 2}}},
		{name: "offset in front of nothing", rooms: 1, in: []string{`42/s,["m",` + data(0) + `,"k-9"]`, `42/s,["m",` + data(1) + `,"k-10"]`}, want: []event{{id: 9, stamp: 77}, {id: 10, stamp: 77, seq: 1}}},
		{name: "another epoch", rooms: 1, in: []string{`42/s,["m",` + data(0) + `,"k-9"]`, `42/s,["m",` + data(1) + `,"l-1"]`}, want: []event{{id: 9, stamp: 77}, {id: 1, stamp: 77, seq: 1, epoch: 1}}},
		{name: "members in another order", rooms: 1, in: []string{`42/s,["m",` + data(0) + `, {"id": "k-9", "at": 1, "room": "a"} ,"k-9"]`, `42/s,["m",` + data(1) + `,{"x":[],"room":"a"}]`},
			want: []event{{id: 9, stamp: 77}, {stamp: 77, seq: 1}}},
		{name: "no room of several", rooms: 2, in: []string{`42/s,["m",` + data(0) + `]`}, err: errRoom},
		{name: "an offset of several rooms", rooms: 2, in: []string{`42/s,["m",` + data(0) + `,"k-9"]`}, err: errRoom},
		{name: "an unknown room", rooms: 1, in: []string{`42/s,["m",` + data(0) + `,{"room":"c","id":"k-9"}]`}, err: errRoom},
		{name: "another namespace", rooms: 1, in: []string{`42/t,["m",` + data(0) + `]`}, err: errRoom},
		{name: "id and offset differ", rooms: 1, in: []string{`42/s,["m",` + data(0) + `,{"room":"a","id":"k-9"},"k-10"]`}, err: errEvent},
		{name: "id and offset differ later", rooms: 1, in: []string{`42/s,["m",` + data(0) + `,{"room":"a","id":"k-9"},"k-9"]`, `42/s,["m",` + data(1) + `,{"room":"a","id":"k-10"},"k-11"]`},
			want: []event{{id: 9, stamp: 77}}, err: errEvent},
		{name: "an id without a number", rooms: 1, in: []string{`42/s,["m",` + data(0) + `,{"room":"a","id":"k"}]`}, err: errEvent},
		{name: "three more", rooms: 1, in: []string{`42/s,["m",` + data(0) + `,{},"k-1",2]`}, err: errEvent},
		{name: "an ack asked for", rooms: 1, in: []string{`42/s,7["m",` + data(0) + `]`}, err: errEvent},
		{name: "not a list", rooms: 1, in: []string{`42/s,{"m":1}`}, err: errEvent},
		{name: "nothing but a name", rooms: 1, in: []string{`42/s,["m"]`}, err: errForeign},
		{name: "a number", rooms: 1, in: []string{`42/s,["m",7]`}, err: errForeign},
		{name: "cut", rooms: 1, in: []string{`42/s,["m",` + data(0)}, err: errEvent},
		{name: "cut in the data", rooms: 1, in: []string{`42/s,["m",` + data(0)[:30]}, err: errEvent},
		{name: "nothing", rooms: 1, in: []string{`42`}, err: errRoom},
	} {
		d, s := newDecoder([]string{"a", "b"}[:tt.rooms]), newSioDecoder("/s,", tt.rooms)
		for i, in := range tt.in {
			got, err := s.parse([]byte(in), d)
			if i < len(tt.want) && (err != nil || got != tt.want[i]) {
				t.Errorf("%s: %s = %+v, %v, want %+v", tt.name, in, got, err, tt.want[i])
			}
			if i >= len(tt.want) && !errors.Is(err, tt.err) {
				t.Errorf("%s: %s: %v, want %v", tt.name, in, err, tt.err)
			}
		}
	}
}

func TestSioDecoderWithoutNamespace(t *testing.T) {
	d, s := newDecoder([]string{"a"}), newSioDecoder("", 1)
	for in, want := range map[string]error{`42["m","hi"]`: errForeign, `42/s,["m","hi"]`: errRoom, `42/["m","hi"]`: errRoom} {
		if _, err := s.parse([]byte(in), d); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", in, err, want)
		}
	}
}

func FuzzSioDecoder(f *testing.F) {
	mark := `"` + strings.Repeat("0", 24) + `"`
	for _, tail := range []string{"", `,{"room":"a","id":"k-9"}`, `,"k-9"`, `,{"room":"b","id":"k-9"},"k-9"`, `,{"id":"k-9","room":"a"},"k-9"`, `,{"room":"k-9","id":"k-9"}`} {
		f.Add([]byte(`42["m",` + mark + tail + `]`))
	}
	f.Add([]byte(`42["m",{"s":` + mark + `,"x":1}]`))
	f.Fuzz(func(t *testing.T, p []byte) {
		if len(p) < 2 || string(p[:2]) != "42" { // others are not given to it
			return
		}
		d, s := newDecoder([]string{"a"}), newSioDecoder("", 1)
		first, err := s.parse(p, d)
		for i := 2; i < len(p); i++ {
			if _, err := ptr(newSioDecoder("", 1)).parse(p[:i], newDecoder([]string{"a"})); err == nil {
				t.Fatalf("the first %d bytes of %q are an event", i, p)
			}
		}
		if err != nil {
			return
		}
		again, err := s.parse(p, d) // now by the shape it has learned
		if err != nil || again != first {
			t.Fatalf("%q: first %+v, then %+v, %v", p, first, again, err)
		}
		var list []json.RawMessage
		if json.Unmarshal(p[2:], &list) == nil && len(list) > 1 {
			if stamp, seq, err := parsePayload(list[1]); err != nil || stamp != first.stamp || seq != first.seq {
				t.Fatalf("%q: %+v, as JSON %d, %d, %v", p, first, stamp, seq, err)
			}
		}
	})
}

func ptr(s sioDecoder) *sioDecoder { return &s }

// sioTake prepares a loop that takes events of one shape, n in each piece given.
func sioTake(t testing.TB, way Transport, s shape, pieces, n int) (*Loop, [][]byte) {
	l := testLoop(t, 1, "a")
	l.cfg.Transport, l.cfg.Namespace, l.measureFrom = way, space, 0
	l.sio = newSio(l.cfg, 1)
	l.conns[0].fd = sink(t)
	if way == SocketIOPolling {
		l.sio.sessions[0].sid = "AAAAAAAAAAAAAAAAAAAB"
	}
	all := make([][]byte, pieces)
	for i := range all {
		var packets []string
		for k := range n {
			packets = append(packets, s.packet(uint32(i*n+k)))
		}
		if way == SocketIOPolling {
			all[i] = ok200(strings.Join(packets, "\x1e"))
			continue
		}
		for _, p := range packets {
			all[i] = append(all[i], serverFrame(opText, p)...)
		}
	}
	return l, all
}

func TestTakingSocketIODoesNotAllocate(t *testing.T) {
	for _, way := range []Transport{SocketIO, SocketIOPolling} {
		for _, s := range shapes() {
			l, all := sioTake(t, way, s, 300, 2)
			next := 0
			n := testing.AllocsPerRun(200, func() { // which runs it once before it counts
				_, _ = l.take(0, &l.conns[0], all[next])
				next++
			})
			if n != 0 || l.k.n.Total() != 0 || l.k.n.Delivered != 402 {
				t.Errorf("%s/%s: a delivery allocates %.1f times; counters %+v", way, s.name, n, l.k.n)
			}
		}
	}
}

// BenchmarkTakeSocketIO reads 64 events in one go: a frame each, or one payload.
func BenchmarkTakeSocketIO(b *testing.B) {
	const batch = 64
	for _, way := range []Transport{SocketIO, SocketIOPolling} {
		for _, s := range shapes() {
			b.Run(fmt.Sprintf("%s/%s", way, s.name), func(b *testing.B) {
				l, all := sioTake(b, way, s, 1, batch)
				l.ring = make([]uint32, ringSize)
				b.ReportAllocs()
				for b.Loop() {
					l.conns[0].lastID, l.k.slots[0].next = 0, 0
					l.now = l.clock.Now()
					if _, err := l.take(0, &l.conns[0], all[0]); err != nil {
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
}
