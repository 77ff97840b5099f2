package load

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestManyViewersOverTwoLoops(t *testing.T) {
	const viewers, events = 200, 50
	start := make(chan struct{})
	p := newPeer(t, func(_ int, c net.Conn, rooms []string) {
		joined(c, rooms)
		<-start
		var all []byte
		for seq := range uint32(events) {
			all = append(all, numbered(seq)...)
		}
		_, _ = c.Write(all)
		_, _ = io.Copy(io.Discard, c)
	})
	f := p.fleet(Config{Conns: viewers, Loops: 2})
	news := make(chan struct{}, 1)
	f.Track(news)
	f.Measure(0)
	close(start)
	c := until(t, f, func(c Counters) bool { return c.Delivered == viewers*events && f.Done() == events })
	if c.Live != viewers || c.Measured != viewers*events || c.Faults != (Faults{}) || c.Lost != 0 {
		t.Errorf("counters %+v", c)
	}
	if n := f.Latency().Count(); n != viewers*events {
		t.Errorf("%d deliveries timed, want %d", n, viewers*events)
	}
	if s, _ := f.Connects().Summary(); s.Count != viewers {
		t.Errorf("%d connects timed, want %d", s.Count, viewers)
	}
	select {
	case <-news:
	default:
		t.Error("no word of completed events")
	}
	f.Close()
	if c := f.Counters(); c.Live != 0 || c.Ended != 0 {
		t.Errorf("after Close: %+v", c)
	}
}

func TestStalledViewerReadsOnlyWhenResumed(t *testing.T) {
	start := make(chan struct{})
	const events = 3000
	p := newPeer(t, func(_ int, c net.Conn, rooms []string) {
		joined(c, rooms)
		<-start
		for seq := range uint32(events) {
			_, _ = c.Write(numbered(seq))
		}
		_, _ = io.Copy(io.Discard, c)
	})
	f := p.fleet(Config{Conns: 2, RecvBuffer: func(conn int) int { return 4096 * conn }})
	l := f.Loops[0]
	f.Measure(0)
	l.Do(func() { l.Stall(1) })
	close(start)
	until(t, f, func(c Counters) bool { return c.Delivered >= events })
	if c := f.Counters(); c.Delivered != events {
		t.Fatalf("%d delivered while one of two viewers was stalled, want %d", c.Delivered, events)
	}
	l.Do(func() { l.Resume(1) })
	until(t, f, func(c Counters) bool { return c.Delivered == 2*events })
	if c, n := f.Counters(), f.Latency().Count(); c.Measured != 2*events || n != events {
		t.Errorf("%d measured and %d timed, want %d, and those of the viewer that always read", c.Measured, n, 2*events)
	}
	f.Settle(published(events), Everyone)
	if c := f.Counters(); c.Lost != 0 || c.Faults != (Faults{}) {
		t.Errorf("counters %+v", c)
	}
}

// TestRampCountsFromWhenItWasDue opens viewers late, as when others hold the ramp
// up: their time begins when it was their turn.
func TestRampCountsFromWhenItWasDue(t *testing.T) {
	p := newPeer(t, func(_ int, c net.Conn, _ []string) { _, _ = io.Copy(io.Discard, c) })
	target, err := ParseTarget("ws://" + p.ln.Addr().String() + "/")
	if err != nil {
		t.Fatal(err)
	}
	l := testLoop(t, 3, "a")
	l.cfg.Target = target
	for i := range l.conns {
		l.conns[i].state = stateIdle
	}
	defer func() {
		for i := range l.conns {
			l.close(i, &l.conns[i])
		}
	}()
	began := l.clock.Now() - int64(time.Second)
	l.Ramp(0, 3, 10)
	l.ramp.began = began
	l.dialDue(l.clock.Now())
	for i := range l.conns {
		if got := l.conns[i].began - began; l.conns[i].state != stateConnects || got != int64(i)*int64(100*time.Millisecond) {
			t.Errorf("viewer %d, in state %d, counts from %s, want %d00 ms", i, l.conns[i].state, time.Duration(got), i)
		}
	}
}

func TestFramesLargerThanTheBuffer(t *testing.T) {
	p := newPeer(t, func(_ int, c net.Conn, rooms []string) {
		joined(c, rooms)
		_, _ = c.Write(eventFrame("a", "e", 1, string(AppendString(nil, 1, 0, 3*readBuffer))))
		_, _ = c.Write(eventFrame("a", "e", 2, string(AppendString(nil, 1, 1, 60))))
		_, _ = io.Copy(io.Discard, c)
	})
	f := p.fleet(Config{Conns: 1})
	until(t, f, func(c Counters) bool { return c.Delivered == 2 })
	f.Settle(published(2), Everyone)
	if c := f.Counters(); c.Lost != 0 || c.Faults != (Faults{}) {
		t.Errorf("counters %+v, endings %v", c, f.Endings())
	}
}

func TestTooManyViewersForTheFileLimit(t *testing.T) {
	_, err := NewFleet(Config{Conns: 1 << 30})
	if err == nil || !strings.Contains(err.Error(), "open files") {
		t.Errorf("NewFleet of a billion viewers: %v", err)
	}
}

// board is a control port that numbers events.
func board(t *testing.T, answer func(w http.ResponseWriter, n int)) (*Publisher, *[]string) {
	t.Helper()
	var bodies []string
	id := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		bodies = append(bodies, string(b))
		var req struct{ Events []json.RawMessage }
		if r.URL.Path != "/v1/publish" || r.Header.Get("Authorization") != "Bearer k" || json.Unmarshal(b, &req) != nil {
			http.Error(w, "bad", http.StatusBadRequest)
			return
		}
		if answer != nil {
			answer(w, len(req.Events))
			return
		}
		if len(req.Events) == 0 {
			id++
			fmt.Fprintf(w, `{"id":"e-%d"}`, id)
			return
		}
		ids := make([]string, len(req.Events))
		for i := range ids {
			id++
			ids[i] = fmt.Sprintf("e-%d", id)
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"ids": ids})
	}))
	t.Cleanup(srv.Close)
	clock, err := NewClock()
	if err != nil {
		t.Fatal(err)
	}
	p, err := NewPublisher(srv.URL, "k", []string{"a", "b"}, clock)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p, &bodies
}

func TestPaceKeepsToTheIntendedTimes(t *testing.T) {
	p, bodies := board(t, nil)
	const n, every = 20, 5 * time.Millisecond
	begin := p.clock.Now() - int64(3*every) // the first four are overdue: they share a request
	k := 0
	err := p.Pace(context.Background(), func() (Draft, bool) {
		k++
		return Draft{Room: k % 2, Event: "tick", Size: 40, Due: begin + int64(k-1)*int64(every)}, k <= n
	})
	if err != nil {
		t.Fatal(err)
	}
	if took := p.clock.Now() - begin; took < int64((n-1)*every) {
		t.Errorf("done %v after the start, before the last event was due", time.Duration(took))
	}
	s, err := p.Stats()
	if err != nil {
		t.Fatal(err)
	}
	if s.Events != n || s.Largest < 4 || s.Joined < 1 || s.Lag.Max < 15 {
		t.Errorf("stats %+v, want %d events, the first four joined and late", s, n)
	}
	if got := p.Ledger.Published(); got[0] != n/2 || got[1] != n/2 || p.Published() != n {
		t.Errorf("ledger has %v, %d in all", got, p.Published())
	}
	if !strings.HasPrefix((*bodies)[0], `{"events":[{"room":"b","event":"tick","data":"`) {
		t.Errorf("first request %s", (*bodies)[0])
	}
}

func TestPublishErrors(t *testing.T) {
	for _, tt := range []struct {
		name   string
		answer func(w http.ResponseWriter, n int)
		want   string
	}{
		{name: "refused", answer: func(w http.ResponseWriter, _ int) { http.Error(w, "room name", http.StatusUnprocessableEntity) }, want: "status 422: room name"},
		{name: "no id", answer: func(w http.ResponseWriter, _ int) { fmt.Fprint(w, `{}`) }, want: "0 ids for 1 events"},
		{name: "not JSON", answer: func(w http.ResponseWriter, _ int) { fmt.Fprint(w, `ok`) }, want: `answer "ok"`},
	} {
		p, _ := board(t, tt.answer)
		err := p.Publish([]Draft{{Event: "x", Size: 30}})
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
	if _, err := NewPublisher("https://x", "", nil, Clock{}); err == nil {
		t.Error("an https address is accepted")
	}
}

func TestPaceEndsWithItsContext(t *testing.T) {
	p, _ := board(t, nil)
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(20*time.Millisecond, cancel)
	err := p.Pace(ctx, func() (Draft, bool) { return Draft{Due: p.clock.Now() + int64(time.Hour)}, true })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Pace: %v, want canceled", err)
	}
}
