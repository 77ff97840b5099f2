package scenario

import (
	"strings"
	"testing"
	"time"

	"grandstand/bench/load"
)

func TestSharesAddUpToEverybody(t *testing.T) {
	for _, tt := range []struct {
		list    string
		viewers int
		want    []int // nil: an error
	}{
		{"websocket=60,sse=20,longpoll=20", 100, []int{60, 20, 20}},
		{"websocket=1,sse=1,longpoll=1", 100, []int{34, 33, 33}},
		{" websocket=0.5 , sse=0.25", 10, []int{7, 3}},
		{"sse=100", 7, []int{7}},
		{"websocket=98,sse=1,stream=1", 3, nil}, // nobody is left for two of them
		{"websocket=60,websocket=40", 10, nil},
		{"pigeon=1", 10, nil},
		{"websocket", 10, nil},
		{"websocket=", 10, nil},
		{"websocket=-1", 10, nil},
		{"websocket=NaN", 10, nil},
		{"=5", 10, nil},
		{"", 10, nil},
	} {
		got, err := parseShares(tt.list, tt.viewers)
		if (err != nil) != (tt.want == nil) || len(got) != len(tt.want) {
			t.Errorf("parseShares(%q, %d) = %v, %v, want %v", tt.list, tt.viewers, got, err, tt.want)
			continue
		}
		for i, n := range tt.want {
			if got[i].viewers != n {
				t.Errorf("parseShares(%q, %d) = %v, want %v", tt.list, tt.viewers, got, tt.want)
				break
			}
		}
	}
}

func TestMixedCountsEachTransport(t *testing.T) {
	s := newStage(t, 1<<20, spoiler(11, 5, func(string) []string { return nil }))
	r := mustRun(t, &Mixed{Common: s.common(20), Share: "websocket=10,sse=4,stream=2,longpoll=4", Paced: Paced{
		Rooms: 1, Rate: 200, Size: 64, Duration: 200 * time.Millisecond, Drain: 200 * time.Millisecond, Event: "x",
	}})
	want(t, r, map[string]float64{
		"viewers": 20, "published": 40, "delivered": 20*40 - 1, "lost": 1, "faults": 0,
		"websocket_viewers": 10, "sse_viewers": 4, "stream_viewers": 2, "longpoll_viewers": 4,
		"stream_faults": 0, "longpoll_faults": 0,
	})
	var delivered, lost float64
	for _, way := range []string{"websocket", "sse", "stream", "longpoll"} {
		d, _ := r.Value(way + "_delivered")
		l, _ := r.Value(way + "_lost")
		delivered, lost = delivered+d, lost+l
		if p99, ok := r.Value(way + "_p99_ms"); !ok || p99 <= 0 {
			t.Errorf("%s_p99_ms = %g, %t", way, p99, ok)
		}
	}
	if delivered != 20*40-1 || lost != 1 {
		t.Errorf("the transports have %g deliveries and lost %g, want 799 and 1", delivered, lost)
	}
	if text := strings.Join(r.Notes, "\n"); !strings.Contains(text, "longpoll") {
		t.Errorf("no table of transports in the notes: %s", text)
	}
}

func TestOneFleetForEachTarget(t *testing.T) {
	a, b := newStage(t, 1<<20, nil), newStage(t, 1<<20, nil)
	c := a.common(11)
	c.URL += "," + b.common(0).URL
	r := mustRun(t, &Connect{Common: c, Rooms: 2, Hold: 20 * time.Millisecond})
	want(t, r, map[string]float64{"viewers": 11, "ended": 0, "faults": 0})
	for i, s := range []*stage{a, b} {
		s.mu.Lock()
		seen := s.seats
		s.mu.Unlock()
		if want := 6 - i; seen != want {
			t.Errorf("target %d had %d viewers, want %d", i, seen, want)
		}
	}
	c.Transport = load.LongPoll.String()
	if _, err := (&Churn{Common: c, Paced: Paced{Rooms: 1, Rate: 1, Size: 64, Duration: time.Second}, Most: 1}).Run(t.Context(), Env{}); err == nil || !strings.Contains(err.Error(), "single viewers") {
		t.Errorf("churn at two targets: %v, want that it can't be", err)
	}
}
