package metrics

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"grandstand/epoll"
	"grandstand/session"
	"grandstand/session/dispatch"
	"grandstand/session/room"
)

var update = flag.Bool("update", false, "rewrite testdata")

// figures are sources in which no two numbers are the same, so that a metric
// that shows its neighbour's is found.
func figures() Sources {
	shard := func(n int64) room.ShardStats {
		return room.ShardStats{
			Deliveries: n + 1, Writes: n + 2, Bytes: n + 3, Gaps: n + 4, Evicted: n + 5, Refused: n + 6, Panics: n + 7,
			Walks: 6, WalkTime: time.Duration(n) * time.Millisecond, Waiting: int(n) + 8, Blocked: int(n) + 9,
			WalkMS: [room.Buckets]int64{0: 3, 4: 2, room.Buckets - 1: 1},
			Batch:  [room.Buckets]int64{0: 5, 6: 4, room.Buckets - 1: 2},
		}
	}
	return Sources{
		Hub: func() session.Stats {
			return session.Stats{
				Sessions: 101, Rooms: 102, Members: 103, Opened: 104, Closed: 105, Joins: 106, Leaves: 107, Recovered: 108,
				Missed: 109, Events: 110, Bytes: 111, Repeated: 112, Unrouted: 113, Head: 114, Evicted: 115,
				Shards: []room.ShardStats{shard(1000), shard(2000)},
				Apps: session.AppStats{
					Calls: 801, Waiting: 802, Panics: 803, Untold: 804, Full: 805, Busy: 806, Paused: 807, Answered: 808,
					TimedOut: 809, Lost: 810, Resumed: 811, Lapsed: 812, Refused: map[string]int64{"bad_namespace": 813, "application": 814},
				},
			}
		},
		Loop: func() epoll.Stats {
			return epoll.Stats{
				Accepted: 201, Open: 202, Closed: 203, RejectedMaxConns: 204, RejectedPerIP: 205, AcceptErrors: 206, Shed: 207,
				BytesRead: 208, BytesWritten: 209, Writes: 210, ShortWrites: 211, Wakeups: 212, Timeouts: 213,
				PendingOverflow: 214, Panics: 215, Pauses: 216,
			}
		},
		Pool: func() dispatch.Stats { return dispatch.Stats{Workers: 301, Waiting: 302, Overrun: 303, Panics: 304} },
		Viewers: func() map[string]int64 {
			return map[string]int64{"sse": 601, "websocket": 602}
		},
		Polls: func() map[string]int64 { return map[string]int64{"200": 701, "304": 702} },
		Rejected: func() map[string]int64 {
			return map[string]int64{"bad_request": 401, "not_found": 402}
		},
		Ended: func() map[string]int64 {
			return map[string]int64{"left": 501, "slow consumer": 502}
		},
		Hooks: func() Hooks {
			return Hooks{
				Calls:    map[HookOutcome]int64{{"connect", "ok"}: 901, {"event", "timeout"}: 902},
				Instead:  map[HookOutcome]int64{{"event", "denied"}: 903},
				Requests: 904, Retries: 905, Bad: 906, Unsent: 911, Panics: 907, Waiting: 908, Running: 909, Opened: 910,
				Breaker: map[string]int64{"closed": 0, "half_open": 0, "open": 1},
				TookMS:  [room.Buckets]int64{0: 7, 3: 2, room.Buckets - 1: 1}, Took: 11 * time.Second,
			}
		},
	}
}

func text(t *testing.T, m *Metrics) string {
	t.Helper()
	var buf bytes.Buffer
	if err := m.WriteText(&buf); err != nil {
		t.Fatal(err)
	}
	return buf.String()
}

// ours returns the lines about metrics of this project; the number of
// goroutines is this process's own.
func ours(all string) string {
	var out strings.Builder
	for line := range strings.Lines(all) {
		if strings.Contains(line, "grandstand_") && !strings.Contains(line, "grandstand_goroutines") {
			out.WriteString(line)
		}
	}
	return out.String()
}

// TestGolden holds every name, help, type, label and figure.
func TestGolden(t *testing.T) {
	got := ours(text(t, New(figures())))
	path := filepath.Join("testdata", "metrics.txt")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	gotLines, wantLines := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for _, l := range gotLines {
		if !slices.Contains(wantLines, l) {
			t.Errorf("not in %s: %s", path, l)
		}
	}
	for _, l := range wantLines {
		if !slices.Contains(gotLines, l) {
			t.Errorf("missing: %s", l)
		}
	}
}

// TestDocument holds configs/metrics.md to what there is: every name, with its
// type, its labels and its help.
func TestDocument(t *testing.T) {
	path := filepath.Join("..", "..", "configs", "metrics.md")
	got := document(text(t, New(figures())))
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is not what -update would write:\n%s", path, got)
	}
}

// TestLint keeps to the naming rules of Prometheus.
func TestLint(t *testing.T) {
	problems, err := promlint.New(strings.NewReader(text(t, New(figures())))).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

// TestDescribed: what is collected was described, and nothing twice.
func TestDescribed(t *testing.T) {
	r := prometheus.NewPedanticRegistry()
	if err := r.Register(newCollector(figures())); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Gather(); err != nil {
		t.Error(err)
	}
}

// TestStandardCollectors finds what Go and the process say about themselves.
func TestStandardCollectors(t *testing.T) {
	got := text(t, New(Sources{}))
	for _, name := range []string{
		"go_goroutines", "go_gc_duration_seconds_count", "go_memstats_heap_alloc_bytes",
		"process_resident_memory_bytes", "process_open_fds", "process_max_fds", "process_cpu_seconds_total",
	} {
		if !strings.Contains(got, "\n"+name+" ") {
			t.Errorf("no %s", name)
		}
	}
	if got := ours(got); got != "" {
		t.Errorf("without sources there is:\n%s", got)
	}
}

// TestPartialSources: each source brings its own metrics and no others.
func TestPartialSources(t *testing.T) {
	all := figures()
	tests := []struct {
		name    string
		from    Sources
		want    string
		without string
	}{
		{"hub", Sources{Hub: all.Hub}, "grandstand_rooms 102\n", "grandstand_connections"},
		{"loop", Sources{Loop: all.Loop}, "grandstand_connections 202\n", "grandstand_pool"},
		{"pool", Sources{Pool: all.Pool}, "grandstand_pool_workers 301\n", "grandstand_rooms"},
		{"rejected", Sources{Rejected: all.Rejected}, `grandstand_handshakes_rejected_total{reason="not_found"} 402` + "\n", "ended"},
		{"viewers", Sources{Viewers: all.Viewers}, `grandstand_viewers{transport="sse"} 601` + "\n", "polls"},
		{"polls", Sources{Polls: all.Polls}, `grandstand_polls_total{status="304"} 702` + "\n", "viewers"},
		{"hooks", Sources{Hooks: all.Hooks}, `grandstand_hook_calls_total{hook="connect",outcome="ok"} 901` + "\n", "viewers"},
		{"ended", Sources{Ended: all.Ended}, `grandstand_sessions_ended_total{reason="left"} 501` + "\n", "rejected"},
	}
	for _, tt := range tests {
		got := ours(text(t, New(tt.from)))
		if !strings.Contains(got, tt.want) || strings.Contains(got, tt.without) {
			t.Errorf("%s: want %q and no %q in:\n%s", tt.name, tt.want, tt.without, got)
		}
	}
}

// TestHistogram: Prometheus' buckets are cumulative and the last is open.
func TestHistogram(t *testing.T) {
	got := ours(text(t, New(figures())))
	for _, line := range []string{
		`grandstand_flush_duration_seconds_bucket{shard="0",le="0.001"} 3`,
		`grandstand_flush_duration_seconds_bucket{shard="0",le="0.008"} 3`,
		`grandstand_flush_duration_seconds_bucket{shard="0",le="0.016"} 5`,
		`grandstand_flush_duration_seconds_bucket{shard="0",le="2.048"} 5`,
		`grandstand_flush_duration_seconds_bucket{shard="0",le="+Inf"} 6`,
		`grandstand_flush_duration_seconds_sum{shard="0"} 1`,
		`grandstand_flush_duration_seconds_count{shard="0"} 6`,
		`grandstand_flush_batch_events_bucket{shard="1",le="64"} 9`,
		`grandstand_flush_batch_events_bucket{shard="1",le="2048"} 9`,
		`grandstand_flush_batch_events_bucket{shard="1",le="+Inf"} 11`,
		`grandstand_flush_batch_events_sum{shard="1"} 2001`,
	} {
		if !strings.Contains(got, line+"\n") {
			t.Errorf("no line %s", line)
		}
	}
}

// TestBadLabel: a reason that cannot be a label fails the scrape, not the
// process, and the next one works.
func TestBadLabel(t *testing.T) {
	reason := "\xff"
	m := New(Sources{Ended: func() map[string]int64 { return map[string]int64{reason: 1} }})
	if err := m.WriteText(new(bytes.Buffer)); err == nil || !strings.HasPrefix(err.Error(), "metrics: ") {
		t.Errorf("WriteText = %v, want an error of this package", err)
	}
	reason = "left"
	if got, want := ours(text(t, m)), `grandstand_sessions_ended_total{reason="left"} 1`; !strings.Contains(got, want) {
		t.Errorf("no %s in:\n%s", want, got)
	}
}

// brokenWriter takes n bytes and no more.
type brokenWriter struct{ n int }

func (w *brokenWriter) Write(p []byte) (int, error) {
	if w.n -= len(p); w.n < 0 {
		return 0, os.ErrClosed
	}
	return len(p), nil
}

func TestWriteError(t *testing.T) {
	if err := New(figures()).WriteText(&brokenWriter{n: 500}); err == nil {
		t.Error("WriteText to a broken writer: no error")
	}
}

func TestContentType(t *testing.T) {
	got := New(Sources{}).ContentType()
	if !strings.HasPrefix(got, "text/plain; version=0.0.4; charset=utf-8") {
		t.Errorf("ContentType = %q", got)
	}
}

// TestConcurrent scrapes from several goroutines at once.
func TestConcurrent(t *testing.T) {
	m := New(figures())
	want := ours(text(t, m))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			var buf bytes.Buffer
			if err := m.WriteText(&buf); err != nil || ours(buf.String()) != want {
				t.Errorf("a scrape among others differs, err = %v", err)
			}
		})
	}
	wg.Wait()
}
