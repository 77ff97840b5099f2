package scenario

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"grandstand/bench/load"
)

// The tests of accuracy are short. With BENCH_ACCURACY=full they last as long as
// a real run, and are as strict as the harness claims to be:
//
//	BENCH_ACCURACY=full go test ./bench/scenario -run Accuracy -v -count=1
func full() bool { return os.Getenv("BENCH_ACCURACY") == "full" }

// precise is a server whose faults are known: each delivery leaves at the intended
// time of its event plus a delay, some don't leave at all, and at times nothing
// happens whatsoever.
type precise struct {
	clock   load.Clock
	delay   func(viewer int) time.Duration
	drop    func(viewer, event int) bool
	stall   time.Duration // how long nothing happens, at the end of every cycle
	cycle   time.Duration
	began   int64
	ln      net.Listener
	board   *httptest.Server
	dropped atomic.Int64
	late    atomic.Int64 // deliveries that left more than 1 ms behind their time: the machine's fault
	sent    atomic.Int64

	mu      sync.Mutex // guards what follows
	events  int
	viewers []chan timed
	wg      sync.WaitGroup
}

// timed is an event that is to leave at a time.
type timed struct {
	n     int
	due   int64
	frame []byte
}

func newPrecise(t *testing.T, s *precise) *precise {
	t.Helper()
	var err error
	if s.clock, err = load.NewClock(); err != nil {
		t.Fatal(err)
	}
	if s.ln, err = net.Listen("tcp4", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	s.began = s.clock.Now()
	s.board = httptest.NewServer(http.HandlerFunc(s.publish))
	s.wg.Go(func() { // stops: the listener is closed
		for {
			c, err := s.ln.Accept()
			if err != nil {
				return
			}
			s.wg.Go(func() { s.watch(c) }) // stops: the viewer leaves
		}
	})
	t.Cleanup(func() {
		_ = s.ln.Close()
		s.board.Close()
		s.wg.Wait()
	})
	return s
}

// pass waits until a time, and for the end of a stall.
func (s *precise) pass(due int64) {
	for {
		now := s.clock.Now()
		if s.cycle > 0 {
			if in := time.Duration(now-s.began) % s.cycle; in >= s.cycle-s.stall {
				due = max(due, now+int64(s.cycle-in))
			}
		}
		if now >= due {
			return
		}
		<-time.After(time.Duration(due - now))
	}
}

// publish gives every event to every viewer, with the time it is to leave at.
func (s *precise) publish(w http.ResponseWriter, r *http.Request) {
	s.pass(0)
	type pub struct{ Room, Event, Data string }
	var req struct {
		pub
		Events []pub
	}
	if err := json.NewDecoder(r.Body).Decode(&req); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if len(req.Events) == 0 {
		req.Events = []pub{req.pub}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var ids []string
	for _, e := range req.Events {
		stamp, err := strconv.ParseInt(e.Data[:16], 16, 64)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		s.events++
		id := "p-" + strconv.Itoa(s.events)
		ids = append(ids, id)
		f := frame(fmt.Sprintf(`{"type":"event","room":%q,"id":%q,"event":%q,"data":%q}`, e.Room, id, e.Event, e.Data))
		for v, ch := range s.viewers {
			ch <- timed{s.events, stamp + int64(s.delay(v)), f}
		}
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"ids": ids})
}

// watch is a viewer: its events leave one after the other, each in time.
func (s *precise) watch(c net.Conn) {
	defer c.Close()
	r := bufio.NewReader(c)
	req, err := http.ReadRequest(r)
	if err != nil {
		return
	}
	sum := sha1.Sum([]byte(req.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	_, _ = fmt.Fprintf(c, "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: %s\r\n\r\n", base64.StdEncoding.EncodeToString(sum[:]))
	ch := make(chan timed, 1<<14)
	s.mu.Lock()
	v := len(s.viewers)
	s.viewers = append(s.viewers, ch)
	s.mu.Unlock()
	_, _ = c.Write(frame(`{"type":"joined","room":"bench","cursor":"p-0","recovered":false,"viewers":1,"head":"p-0"}`))
	gone := make(chan struct{})
	s.wg.Go(func() { // stops: the viewer leaves
		_, _ = io.Copy(io.Discard, r)
		close(gone)
	})
	for {
		select {
		case <-gone:
			return
		case e := <-ch:
			if s.drop != nil && s.drop(v, e.n) {
				s.dropped.Add(1)
				continue
			}
			s.pass(e.due)
			if s.cycle == 0 && s.clock.Now()-e.due > int64(time.Millisecond) {
				s.late.Add(1)
			}
			s.sent.Add(1)
			_, _ = c.Write(e.frame)
		}
	}
}

// common are flags for a run against it.
func (s *precise) common(viewers int) Common {
	return Common{
		URL: "ws://" + s.ln.Addr().String() + "/live/ws", Publish: s.board.URL, Room: "bench",
		Viewers: viewers, Loops: 1, Sources: 4, Seed: 1, Quiet: true,
	}
}

// near says whether a figure is within 2 ms and 2 % of what it must be.
func near(got, want float64) bool { return math.Abs(got-want) <= 2+0.02*want }

func TestAccuracyOfDelaysAndLoss(t *testing.T) {
	for _, tt := range []struct {
		name      string
		most, few time.Duration
	}{
		{"milliseconds", 5 * time.Millisecond, 40 * time.Millisecond},
		{"tenths of a second", 50 * time.Millisecond, 400 * time.Millisecond},
	} {
		t.Run(tt.name, func(t *testing.T) {
			// The machine may be busy with something else, and then the server isn't
			// what it claims to be: it knows, and that run says nothing.
			const tries = 10
			for try := 1; !accurate(t, tt.most, tt.few, try == tries); try++ {
			}
		})
	}
}

// accurate measures a server that delays by most, and one viewer in twenty by few:
// that is what p99 is made of. It is false when the run says nothing.
func accurate(t *testing.T, most, few time.Duration, last bool) bool {
	t.Helper()
	const viewers = 20
	p := Paced{Rooms: 1, Rate: 100, Size: 64, Duration: 2 * time.Second, Warmup: 200 * time.Millisecond, Drain: 700 * time.Millisecond, Event: "x"}
	if full() {
		p.Duration = time.Minute
	}
	s := newPrecise(t, &precise{
		delay: func(v int) time.Duration {
			if v == viewers-1 {
				return few
			}
			return most
		},
		drop: func(v, event int) bool { return (event*viewers+v)%1000 == 0 },
	})
	r := mustRun(t, &Fanout{Common: s.common(viewers), Paced: p})
	want(t, r, map[string]float64{"lost": float64(s.dropped.Load()), "delivered": float64(s.sent.Load()), "faults": 0})
	all := s.sent.Load() + s.dropped.Load()
	if got := s.dropped.Load(); got != all/1000 {
		t.Fatalf("the server dropped %d of %d, want one in a thousand", got, all)
	}
	p50, _ := r.Value("p50_ms")
	p99, _ := r.Value("p99_ms")
	w50, w99 := most.Seconds()*1e3, few.Seconds()*1e3
	t.Logf("delays of %g and %g ms: p50 %.3f, p99 %.3f, lost %d of %d; %d left late", w50, w99, p50, p99, s.dropped.Load(), all, s.late.Load())
	if near(p50, w50) && near(p99, w99) {
		return true
	}
	if !last && s.late.Load()*1000 >= all {
		return false
	}
	t.Errorf("p50 %.3f, p99 %.3f ms: want %g and %g", p50, p99, w50, w99)
	return true
}

func TestAccuracyOfStalls(t *testing.T) {
	cycle, stall, p := time.Second, 200*time.Millisecond, Paced{Rooms: 1, Rate: 200, Size: 64, Duration: 2 * time.Second, Warmup: 100 * time.Millisecond, Drain: 400 * time.Millisecond, Event: "x"}
	loose := 25.0 // ms
	if full() {
		cycle, stall, p.Duration, p.Drain, loose = 10*time.Second, 2*time.Second, 30*time.Second, 3*time.Second, 10
	}
	s := newPrecise(t, &precise{delay: func(int) time.Duration { return 0 }, stall: stall, cycle: cycle})
	r := mustRun(t, &Fanout{Common: s.common(20), Paced: p})
	if n := (p.Warmup + p.Duration).Seconds() * p.Rate; true {
		want(t, r, map[string]float64{"published": n, "delivered": 20 * n, "lost": 0, "faults": 0})
	}
	// A fifth of all events is meant for a stall and waits for its end: from all of
	// its length down to nothing. So a tenth waits longer than half of it.
	ms := stall.Seconds() * 1e3
	share := stall.Seconds() / cycle.Seconds()
	for key, want := range map[string]float64{
		"p50_ms": 0, "p90_ms": ms * (1 - 0.1/share), "p99_ms": ms * (1 - 0.01/share), "max_ms": ms,
	} {
		got, _ := r.Value(key)
		t.Logf("%s: %.1f, want about %.1f", key, got, want)
		if math.Abs(got-want) > loose+0.02*want {
			t.Errorf("%s = %.1f with stalls of %s every %s, want about %.1f", key, got, stall, cycle, want)
		}
	}
	if strings.Contains(strings.Join(r.Warnings, " "), "publisher") {
		t.Logf("as it should, the report says: %s", r.Warnings)
	}
}
