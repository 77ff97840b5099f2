package scenario

import (
	"errors"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"grandstand/bench/load"
	"grandstand/bench/stats"
)

// acted are viewers and a server that a test moves by hand.
type acted struct {
	counters load.Counters
	latency  stats.Latency
	events   int64
	server   stats.Usage
}

func (a *acted) Counters() load.Counters { return a.counters }
func (a *acted) Latency() *stats.Latency { l := a.latency; return &l }

func TestSamplerRows(t *testing.T) {
	a := new(acted)
	s := &sampler{from: gauges{
		viewers: a, published: func() int64 { return a.events }, cpus: 1,
		own:    stats.Process{PID: os.Getpid()}.Usage,
		late:   func() time.Duration { return 3 * time.Millisecond },
		server: func() (stats.Usage, int) { return a.server, 9 },
	}}
	s.last.latency = new(stats.Latency)
	s.began = time.Now()
	s.read(s.began)

	// A second later: 10 events of which 8 came, within 5 ms but for one.
	s.last.at = s.last.at.Add(-time.Second)
	a.counters, a.events = load.Counters{Live: 4, Delivered: 32, Lost: 8}, 10
	a.latency.RecordN(int64(5*time.Millisecond), 31)
	a.latency.Record(int64(80 * time.Millisecond))
	a.server = stats.Usage{At: time.Now(), CPU: time.Second, RSS: 1 << 20, PSS: -1, Files: 7, Threads: 3}
	s.read(time.Now())

	// Another: the figures began anew, with one slow delivery.
	s.last.at = s.last.at.Add(-time.Second)
	a.latency.Reset()
	a.latency.Record(int64(200 * time.Millisecond))
	a.counters.Delivered++
	a.server.CPU, a.server.At = a.server.CPU+500*time.Millisecond, a.server.At.Add(time.Second)
	s.read(time.Now())

	nan := math.NaN()
	for _, tt := range []struct {
		key  string
		want [3]float64
		near float64
	}{
		{"connected", [3]float64{0, 4, 4}, 0},
		{"deliveries_per_s", [3]float64{nan, 32, 1}, 2},
		{"events_per_s", [3]float64{nan, 10, 0}, 1},
		{"p50_ms", [3]float64{nan, 5, 200}, 0.3},
		{"max_ms", [3]float64{nan, 80, 200}, 0.3},
		{"lost", [3]float64{0, 8, 8}, 0},
		{"publish_lag_ms", [3]float64{3, 3, 3}, 0},
		{"server_cpu_percent", [3]float64{nan, nan, 50}, 3},
		{"server_rss_bytes", [3]float64{nan, 1 << 20, 1 << 20}, 0},
		{"server_pss_bytes", [3]float64{nan, nan, nan}, 0},
		{"server_files", [3]float64{nan, 7, 7}, 0},
		{"server_goroutines", [3]float64{nan, 9, 9}, 0},
	} {
		col := s.series.Column(tt.key)
		if col == nil {
			t.Errorf("no column %s", tt.key)
			continue
		}
		for i, want := range tt.want {
			if got := col.Values[i]; math.IsNaN(got) != math.IsNaN(want) || math.Abs(got-want) > tt.near {
				t.Errorf("%s in row %d is %g, want %g", tt.key, i, got, want)
			}
		}
	}
	if len(s.series.At) != 3 || s.series.Column("harness_lag_ms") == nil || s.series.Column("harness_cpu_percent") == nil {
		t.Errorf("%d rows, columns %v", len(s.series.At), s.series.Columns)
	}
}

// TestServerThatWasNotReadForAWhileUsedItsCPUMeanwhile and not within the last row.
func TestServerThatWasNotReadForAWhileUsedItsCPUMeanwhile(t *testing.T) {
	at := time.Now()
	s := &sampler{began: at, from: gauges{
		viewers: new(acted), published: func() int64 { return 0 }, cpus: 1, own: stats.Process{PID: os.Getpid()}.Usage,
	}}
	s.last.latency = new(stats.Latency)
	for _, second := range []int{0, 1, -1, -1, 4, 5} { // -1: not read
		s.from.server = func() (stats.Usage, int) {
			if second < 0 {
				return stats.Usage{}, -1
			}
			used := time.Duration(second) * time.Second
			return stats.Usage{At: at.Add(used), CPU: used / 2}, -1
		}
		s.read(time.Now())
	}
	got := s.series.Column("server_cpu_percent").Values
	for i, want := range []float64{math.NaN(), 50, math.NaN(), math.NaN(), 50, 50} {
		if math.IsNaN(got[i]) != math.IsNaN(want) || got[i] > want || got[i] < want {
			t.Errorf("row %d: %g %% of a core, want %g", i, got[i], want)
		}
	}
}

// TestReportHoldsTheSeries looks at a whole run: the rows add up to what came.
func TestReportHoldsTheSeries(t *testing.T) {
	c := bare(t, 1, 20)
	c.PID = os.Getpid()
	r := mustRun(t, &Fanout{Common: c, Paced: Paced{Rooms: 1, Rate: 50, Size: 64, Duration: 1200 * time.Millisecond, Drain: time.Second, Event: "x"}})
	s := &r.Series
	sum := 0.0
	rates := s.Column("deliveries_per_s")
	for i, at := range s.At[1:] {
		sum += rates.Values[i+1] * (at - s.At[i])
	}
	want, _ := r.Value("delivered")
	if len(s.At) < 2 || math.Abs(sum-want) > want/50 {
		t.Errorf("%d rows add up to %.0f deliveries, want %.0f", len(s.At), sum, want)
	}
	for _, key := range []string{"server_rss_bytes", "server_cpu_percent", "p99_ms", "connected"} {
		if c := s.Column(key); c == nil || math.IsNaN(c.Values[1]) {
			t.Errorf("column %s: %+v", key, c)
		}
	}
	if len(r.Buckets) == 0 || r.Seed != c.Seed {
		t.Errorf("%d buckets, seed %d", len(r.Buckets), r.Seed)
	}
}

const metricsText = `# HELP go_goroutines Number of goroutines that currently exist.
# TYPE go_goroutines gauge
go_goroutines 27
go_threads 11
process_cpu_seconds_total 12.5
process_open_fds 1003
process_resident_memory_bytes 3.4e+07 1700000000000
grandstand_sessions{transport="ws"} 4
`

func TestScrape(t *testing.T) {
	answer, code := metricsText, http.StatusOK
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(code)
		_, _ = w.Write([]byte(answer))
	}))
	defer web.Close()
	s, err := newScraper(web.URL + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	u, goroutines, err := s.read()
	if err != nil || u.CPU != 12500*time.Millisecond || u.RSS != 34e6 || u.Files != 1003 || u.Threads != 11 || u.PSS != -1 || goroutines != 27 || u.At.IsZero() {
		t.Errorf("read %+v, %d goroutines, %v", u, goroutines, err)
	}
	answer = "<html>hello</html>"
	if _, err := newScraper(web.URL); !errors.Is(err, errNoMetrics) {
		t.Errorf("of a web page: %v", err)
	}
	code = http.StatusNotFound
	for url, want := range map[string]string{web.URL: "status 404", "http://127.0.0.1:1/metrics": "refused", "127.0.0.1:9090": "want http://HOST:PORT/metrics", "https://x/metrics": "want http://"} {
		if _, err := newScraper(url); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("newScraper(%q): %v, want %q", url, err, want)
		}
	}
}

func FuzzParseMetrics(f *testing.F) {
	f.Add(metricsText)
	f.Add("go_goroutines NaN\nprocess_cpu_seconds_total -1\n")
	f.Fuzz(func(t *testing.T, text string) {
		u, goroutines, err := parseMetrics([]byte(text))
		if u.CPU < -1 || u.RSS < -1 || u.Files < -1 || goroutines < -1 || err == nil && u == (stats.Usage{}) {
			t.Errorf("%+v, %d, %v", u, goroutines, err)
		}
	})
}
