package scenario

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"grandstand/bench/stats"
)

// noEvents keeps every event to itself.
func noEvents(_ int, f string) []string {
	if strings.HasPrefix(f, `{"type":"event"`) {
		return nil
	}
	return []string{f}
}

// TestLatencyWithoutADeliveryMeetsNothing: it isn't 0 ms.
func TestLatencyWithoutADeliveryMeetsNothing(t *testing.T) {
	s := newStage(t, 1<<20, noEvents)
	c := s.common(5)
	fast, err := stats.ParseThreshold("p99<400ms")
	if err != nil {
		t.Fatal(err)
	}
	c.Thresholds = []stats.Threshold{fast}
	r := mustRun(t, &Fanout{Common: c, Paced: Paced{Rooms: 1, Rate: 100, Size: 64, Duration: 100 * time.Millisecond, Drain: 50 * time.Millisecond, Event: "x"}})
	want(t, r, map[string]float64{"delivered": 0, "lost": 50, "loss_percent": 100})
	if _, ok := r.Value("p99_ms"); ok || len(r.Missed) != 1 || !strings.Contains(r.Missed[0], "this run has no p99") {
		t.Errorf("p99 known: %t, missed %q, want that there is none", ok, r.Missed)
	}
}

// TestTheWindowEndsWithTheLastDelivery: waiting for one that is lost is no part of it.
func TestTheWindowEndsWithTheLastDelivery(t *testing.T) {
	s := newStage(t, 1<<20, spoiler(3, 50, func(string) []string { return nil }))
	r := mustRun(t, &Fanout{Common: s.common(5), Paced: Paced{Rooms: 1, Rate: 100, Size: 64, Duration: 500 * time.Millisecond, Drain: 1200 * time.Millisecond, Event: "x"}})
	want(t, r, map[string]float64{"delivered": 5*50 - 1, "lost": 1})
	// In half a second and the quarter that is silent; with the drain it would be 140/s.
	if rate, _ := r.Value("rate_per_s"); rate < 220 || rate > 510 {
		t.Errorf("%g deliveries/s, want about 300", rate)
	}
}

// TestLateDeliveriesAreWithinTheWindow: a pause longer than the window waits for, and
// what comes behind it still belongs to it.
func TestLateDeliveriesAreWithinTheWindow(t *testing.T) {
	late := make(chan struct{})
	s := newStage(t, 1<<20, spoiler(3, 50, func(f string) []string {
		<-late
		return []string{f}
	}))
	time.AfterFunc(time.Second+2*ebb, func() { close(late) })
	r := mustRun(t, &Fanout{Common: s.common(5), Paced: Paced{Rooms: 1, Rate: 100, Size: 64, Duration: 500 * time.Millisecond, Drain: 3 * time.Second, Event: "x"}})
	want(t, r, map[string]float64{"delivered": 5 * 50, "lost": 0})
	if rate, _ := r.Value("rate_per_s"); rate > 250 {
		t.Errorf("%g deliveries/s, want less than 250 in a second or more", rate)
	}
}

// TestEventsOfOthersHaveARate: nobody of ours publishes, and deliveries are counted.
func TestEventsOfOthersHaveARate(t *testing.T) {
	for _, way := range []string{"websocket", "socketio"} {
		t.Run(way, func(t *testing.T) {
			s := newStage(t, 1<<20, nil)
			c := s.common(5)
			c.Publish, c.Transport, c.Namespace = "none", way, "/arena"
			ctx, stop := context.WithCancel(t.Context())
			done := make(chan struct{})
			go func() { // stops: stop
				defer close(done)
				tick := time.NewTicker(5 * time.Millisecond)
				defer tick.Stop()
				for ctx.Err() == nil {
					<-tick.C
					if resp, err := http.Post(s.board.URL, "application/json", strings.NewReader(`{"room":"bench","event":"chat","data":"hi"}`)); err == nil {
						_ = resp.Body.Close()
					}
				}
			}()
			r := mustRun(t, &Fanout{Common: c, Paced: Paced{Rooms: 1, Rate: 10, Size: 64, Duration: 300 * time.Millisecond, Warmup: 100 * time.Millisecond}})
			stop()
			<-done
			want(t, r, map[string]float64{"lost": 0, "published": 0, "faults": 0})
			if rate, _ := r.Value("rate_per_s"); rate <= 0 {
				t.Errorf("%g deliveries/s while others published", rate)
			}
			if _, ok := r.Value("publish_lag_p99_ms"); ok {
				t.Error("a publisher that doesn't publish is late")
			}
		})
	}
}

// TestSlowestAreAsManyAsAsked: whatever the share, and spread over all.
func TestSlowestAreAsManyAsAsked(t *testing.T) {
	for _, tt := range []struct {
		share         float64
		viewers, want int
	}{{1, 100, 1}, {1, 50, 0}, {10, 10, 1}, {40, 10, 4}, {50, 9, 4}, {33.4, 1000, 334}, {0.1, 10000, 10}} {
		s := &Slow{Share: tt.share}
		first, second := s.slowest(tt.viewers/2), s.slowest(tt.viewers)
		if second != tt.want || first < (tt.want-1)/2 || first > tt.want/2+1 {
			t.Errorf("%g %% of %d: %d slow, %d of them in the first half, want %d", tt.share, tt.viewers, second, first, tt.want)
		}
	}
}

// told is a metrics page that a test decides on.
func told(t *testing.T, page func() string) string {
	t.Helper()
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if text := page(); text != "" {
			fmt.Fprint(w, text)
			return
		}
		http.Error(w, "busy", http.StatusServiceUnavailable)
	}))
	t.Cleanup(web.Close)
	return web.URL + "/metrics"
}

// TestReadingsThatFail: one that fails at the begin of the window ends the run there,
// one at the end costs no more than the figures of the server.
func TestReadingsThatFail(t *testing.T) {
	const begun, events = 10, 40
	for _, fails := range []int{begun, events} {
		s := newStage(t, 1<<20, nil)
		c := s.common(5)
		c.Metrics = told(t, func() string {
			s.mu.Lock()
			defer s.mu.Unlock()
			if len(s.log) >= fails {
				return ""
			}
			return metricsText
		})
		f := &Fanout{Common: c, Paced: Paced{Rooms: 1, Rate: 100, Size: 64, Warmup: 200 * time.Millisecond, Duration: 200 * time.Millisecond, Drain: time.Second, Event: "x"}}
		if fails == begun {
			f.Duration = time.Hour
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		r, err := f.Run(ctx, Env{Out: io.Discard, Err: io.Discard})
		late := ctx.Err()
		cancel()
		if fails == begun {
			if err == nil || late != nil || !strings.Contains(err.Error(), "status 503") {
				t.Errorf("unread at the begin: %v (%v), want that at once", err, late)
			}
			continue
		}
		if err != nil {
			t.Fatalf("unread at the end: %v", err)
		}
		want(t, r, map[string]float64{"delivered": 5 * events, "lost": 0})
		if _, ok := r.Value("server_cpu_percent"); ok || !strings.Contains(strings.Join(r.Warnings, "\n"), "figures of the server are missing") {
			t.Errorf("unread at the end: CPU known: %t, warnings %q", ok, r.Warnings)
		}
	}
}

// TestMetricsThatLackSomething: what isn't in them is no figure.
func TestMetricsThatLackSomething(t *testing.T) {
	s := newStage(t, 1<<20, nil)
	c := s.common(5)
	c.Metrics = told(t, func() string { return "process_cpu_seconds_total 1\n" })
	paced := Paced{Rooms: 1, Rate: 100, Size: 64, Duration: 100 * time.Millisecond, Drain: time.Second, Event: "x"}
	r := mustRun(t, &Fanout{Common: c, Paced: paced})
	want(t, r, map[string]float64{"server_cpu_percent": 0})
	for _, key := range []string{"server_rss_bytes", "server_rss_growth_bytes", "server_threads"} {
		if v, ok := r.Value(key); ok {
			t.Errorf("%s = %g of metrics without it", key, v)
		}
	}
	r = mustRun(t, &Connect{Common: c, Rooms: 1, Hold: time.Millisecond})
	for _, key := range []string{"rss_held_bytes", "rss_per_conn_bytes", "server_threads", "server_files", "rss_after_bytes"} {
		if v, ok := r.Value(key); ok {
			t.Errorf("connect: %s = %g of metrics without it", key, v)
		}
	}
	c.Metrics = told(t, func() string { return "go_goroutines 7\n" })
	if _, err := (&Fanout{Common: c, Paced: paced}).Run(t.Context(), Env{}); err == nil || !strings.Contains(err.Error(), "no process_cpu_seconds_total") {
		t.Errorf("metrics without CPU: %v", err)
	}
}

// TestAnswersOfTheWarmUpDontCount: the first requests take long, and are no figures.
func TestAnswersOfTheWarmUpDontCount(t *testing.T) {
	const first, takes = 8, 50 * time.Millisecond
	for _, name := range []string{"churn", "saturate"} {
		s := newStage(t, 1<<20, nil)
		asked := 0 // one request at a time
		web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if asked++; asked <= first {
				<-time.After(takes)
			}
			s.publish(w, r)
		}))
		t.Cleanup(web.Close)
		c := s.common(5)
		c.Publish = web.URL
		var r *stats.Report
		if name == "churn" {
			r = mustRun(t, &Churn{Common: c, Most: 1, Paced: Paced{
				Rooms: 1, Rate: 50, Size: 64, Warmup: (first + 2) * takes, Duration: 200 * time.Millisecond, Drain: 100 * time.Millisecond, Event: "x"}})
		} else {
			r = mustRun(t, &Saturate{Common: c, Rooms: 1, Window: 1, Size: 64, Warmup: first*takes + takes/10, Duration: 20 * time.Millisecond, Event: "x"})
		}
		if p99, ok := r.Value("publish_answer_p99_ms"); !ok || p99 >= takes.Seconds()*1e3 {
			t.Errorf("%s: answers took p99 %g ms (known %t), want less than the %s of the first ones", name, p99, ok, takes)
		}
	}
}
