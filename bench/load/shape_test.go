package load

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestShapes(t *testing.T) {
	data := string(AppendString(nil, 7, 3, 60))
	object := string(AppendObject(nil, 7, 3, []byte(`"text":"a } b"`)))
	cut := strings.Replace(data, "grand", "grnd", 1)
	const named = `{"r":"{room}","n":"{id}","d":{data}}`
	for _, tt := range []struct {
		name, shape, in string
		room            int
		id              uint64 // plus 1
		err             error
	}{
		{name: "anything", in: `{"type":"x","data":` + data + `}`},
		{name: "the data alone", in: data},
		{name: "an object", in: `["chat",` + object + `]`},
		{name: "within a string", in: `{"data":` + strings.ReplaceAll(`"`+strings.ReplaceAll(data, `"`, `\"`)+`"`, "x", "x") + `}`},
		{name: "nothing of ours", in: `{"type":"x","data":"0000000000000000"}`, err: errNotEvent},
		{name: "empty", err: errNotEvent},
		{name: "cut", in: `{"data":` + data[:40], err: errDamaged},
		{name: "a hole", in: `{"data":` + cut + `}`, err: errDamaged},
		{name: "named", shape: named, in: `{"r":"b","n":"e-41","d":` + data + `}`, room: 1, id: 42},
		{name: "named, an object", shape: named, in: `{"r":"c \"d\"","n":"0","d":` + object + `}`, room: 2, id: 1},
		{name: "another room", shape: named, in: `{"r":"x","n":"1","d":` + data + `}`, err: errRoom},
		{name: "no number", shape: named, in: `{"r":"a","n":"x","d":` + data + `}`, err: errNotEvent},
		{name: "not ours", shape: named, in: `{"r":"a","n":"1","d":{"s":"x"}}`, id: 2, err: errForeign},
		{name: "more behind it", shape: named, in: `{"r":"a","n":"1","d":` + data + `}}`, id: 2, err: errEvent},
		{name: "data without an end", shape: named, in: `{"r":"a","n":"1","d":` + data[:30], id: 2, err: errEvent},
		{name: "another message", shape: named, in: `{"ok":true}`, err: errNotEvent},
		{name: "any", shape: `{any}:{data}{any}`, in: `x:` + data + `-tail`},
		{name: "any without its end", shape: `{any}:{data}`, in: `x` + data, err: errNotEvent},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := parseShape(tt.shape)
			if err != nil {
				t.Fatal(err)
			}
			d := newDecoder([]string{"a", "b", `c "d"`})
			for range 2 { // the second time with what was learned
				e, err := s.parse([]byte(tt.in), d)
				if !errors.Is(err, tt.err) || err == nil && (e.room != tt.room || e.seq != 3 || e.stamp != 7) || e.id != tt.id {
					t.Errorf("parse(%s) = %+v, %v, want room %d, id %d, %v", tt.in, e, err, tt.room, tt.id, tt.err)
				}
			}
		})
	}
	for _, bad := range []string{"x", "{any}", "{data}{data}", "{id}{data}", "{room}{any}{data}"} {
		if _, err := parseShape(bad); err == nil {
			t.Errorf("parseShape(%q) is taken", bad)
		}
	}
}

func TestForeignMessagesDoNotAllocate(t *testing.T) {
	for _, shape := range []string{"", `{"r":"{room}","d":{data},"n":{id}}`} {
		l := foreignLoop(t, Dialect{Driver: DriverWebSocket, Event: shape})
		c := &l.conns[0]
		var all [][]byte
		for seq := range uint32(300) {
			all = append(all, serverFrame(opText, fmt.Sprintf(`{"r":"a","d":%s,"n":%d}`, AppendString(nil, 1, seq, 60), seq)))
		}
		next := 0
		n := testing.AllocsPerRun(200, func() { // which runs it once before it counts
			_, _ = l.take(0, c, all[next])
			next++
		})
		if n != 0 || l.k.n.Total() != 0 || l.k.n.Delivered != 201 {
			t.Errorf("%q: a delivery allocates %.1f times; counters %+v", shape, n, l.k.n)
		}
	}
}

// foreignLoop is testLoop with a language.
func foreignLoop(t testing.TB, d Dialect) *Loop {
	t.Helper()
	l := testLoop(t, 1, "a")
	l.cfg.Dialect, l.measureFrom = d, 0
	var err error
	if l.tongue, err = newTongue(l.cfg, 1); err != nil {
		t.Fatal(err)
	}
	return l
}

func BenchmarkForeign(b *testing.B) {
	const batch = 64
	for _, tt := range []struct{ name, shape, message string }{
		{name: "searched", message: `{"type":"message","room":"a","data":%s}`},
		{name: "shape", shape: `{"type":"message","room":"{room}","data":{data}}`, message: `{"type":"message","room":"a","data":%s}`},
	} {
		b.Run(tt.name, func(b *testing.B) {
			l := foreignLoop(b, Dialect{Driver: DriverWebSocket, Event: tt.shape})
			var p []byte
			for i := range uint32(batch) {
				p = append(p, serverFrame(opText, fmt.Sprintf(tt.message, AppendString(nil, 1, i, 128)))...)
			}
			b.ReportAllocs()
			for b.Loop() {
				l.k.slots[0].next = 0
				l.now = l.clock.Now()
				if _, err := l.take(0, &l.conns[0], p); err != nil {
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

func FuzzShape(f *testing.F) {
	data := string(AppendString(nil, 7, 3, 60))
	f.Add("", data)
	f.Add(`{"r":"{room}","n":{id},"d":{data}{any}`, `{"r":"a","n":12,"d":`+data+`}`)
	f.Add(`{any}:{data}`, "x:"+data)
	f.Fuzz(func(t *testing.T, shape, in string) {
		s, err := parseShape(shape)
		if err != nil {
			return
		}
		d := newDecoder([]string{"a", "b"})
		one, err1 := s.parse([]byte(in), d)
		two, err2 := s.parse([]byte(in), d)
		if (err1 == nil) != (err2 == nil) || one != two && err1 == nil {
			t.Fatalf("%q reads %q as %+v, %v and then as %+v, %v", shape, in, one, err1, two, err2)
		}
	})
}

func FuzzPayload3(f *testing.F) {
	f.Add([]byte("2:402:41"))
	f.Add([]byte("6:4ä\U0001F600x2:40"))
	f.Add([]byte("99:x"))
	f.Fuzz(func(t *testing.T, p []byte) {
		if n := units(p); unitBytes(p, n) > len(p) {
			t.Fatalf("%q has %d units in %d bytes", p, n, unitBytes(p, n))
		}
		l := testLoop(t, 1, "a")
		defer l.end(0, Ending{Clean: true})
		l.sio = newSio(&Config{Transport: SocketIOPolling, Dialect: Dialect{Engine: 3}, Rooms: []string{"a"}}, 1)
		l.cfg.Transport = SocketIOPolling
		l.payload3(0, &l.conns[0], p)
	})
}

func TestPaths(t *testing.T) {
	const in = ` {"a" : {"x":"}\"","b":[1, {"c":2},"]"] }, "n":7}`
	for _, tt := range []struct{ path, want string }{
		{"a.b", `[1, {"c":2},"]"]`}, {"n", "7"}, {"a.x", `"}\""`}, {"b", ""}, {"a.b.c", ""}, {"", strings.TrimSpace(in)},
	} {
		if got := string(parsePath(tt.path).find([]byte(in))); got != tt.want {
			t.Errorf("%q in %s is %q, want %q", tt.path, in, got, tt.want)
		}
	}
	var got []string
	if !elements([]byte(`[1, {"c":2},"]"]`), func(p []byte) { got = append(got, string(p)) }) || fmt.Sprint(got) != `[1 {"c":2} "]"]` {
		t.Errorf("elements are %q", got)
	}
	for _, bad := range []string{"", "{}", "[1", `["x`} {
		if elements([]byte(bad), func([]byte) {}) {
			t.Errorf("%q is a list", bad)
		}
	}
}
