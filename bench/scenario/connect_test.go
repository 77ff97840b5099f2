package scenario

import (
	"context"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"grandstand/bench/load"
	"grandstand/bench/stats"
)

// TestInterruptedReleaseMissesNothing holds a server to its memory only when it
// was waited for.
func TestInterruptedReleaseMissesNothing(t *testing.T) {
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	var before usage
	before.server.RSS = -1 << 40 // whatever it has now is more than that
	for _, tt := range []struct {
		ctx    context.Context
		settle time.Duration
		missed int
	}{{gone, time.Minute, 0}, {t.Context(), time.Nanosecond, 1}} {
		r := &run{fleet: party{}, pids: []int{os.Getpid()}, report: new(stats.Report)}
		s := &Connect{Settle: tt.settle}
		if s.release(tt.ctx, r, before); len(r.report.Missed) != tt.missed {
			t.Errorf("interrupted %t: missed %q, want %d", tt.ctx.Err() != nil, r.report.Missed, tt.missed)
		}
	}
}

func TestFiguresOfThoseThatAreLeft(t *testing.T) {
	for _, tt := range []struct {
		seen load.Counters
		want float64
		told string
	}{
		{load.Counters{Live: 10}, 10, ""},
		{load.Counters{Ended: 3, Failed: 1}, 6, "4 of 10 viewers were gone"},
		{load.Counters{Ended: 10}, 1, "10 of 10 viewers were gone"},
	} {
		r := &run{o: &Common{Viewers: 10}, report: new(stats.Report)}
		if got := r.left(tt.seen); got != tt.want || !strings.Contains(strings.Join(r.report.Warnings, " "), tt.told) {
			t.Errorf("%+v: %g are left, warnings %q, want %g", tt.seen, got, r.report.Warnings, tt.want)
		}
		if len(r.report.Warnings) > 0 != (tt.told != "") {
			t.Errorf("%+v: warnings %q", tt.seen, r.report.Warnings)
		}
	}
}

// heard does something when a run says so.
type heard struct {
	word string
	do   func()
}

// Write never fails.
func (h heard) Write(p []byte) (int, error) {
	if strings.Contains(string(p), h.word) {
		h.do()
	}
	return len(p), nil
}

// TestConnectKeepsItsReport whatever reading of the server fails once viewers are open.
func TestConnectKeepsItsReport(t *testing.T) {
	for _, tt := range []struct {
		name     string
		fails    func(full, holding bool) bool
		has, not string // figures
		warns    bool
		missed   int // of a threshold on the server's memory, and one on viewers
	}{
		{"no reading fails", func(bool, bool) bool { return false }, "release_s", "", false, 0},
		{"all once they are open", func(full, _ bool) bool { return full }, "p99_ms", "cpu_us_per_connect", true, 1},
		{"the one when they have just opened", func(full, holding bool) bool { return full && !holding }, "release_s", "rss_per_conn_at_open_bytes", true, 0},
		{"those while they are held", func(_, holding bool) bool { return holding }, "cpu_us_per_connect", "rss_held_bytes", true, 1},
	} {
		var full, holding atomic.Bool
		stage := newStage(t, 1<<20, nil)
		c := stage.common(5)
		c.Quiet, c.Metrics = false, told(t, func() string {
			stage.mu.Lock()
			defer stage.mu.Unlock()
			if len(stage.conns) == c.Viewers {
				full.Store(true)
			}
			if tt.fails(full.Load(), holding.Load()) {
				return ""
			}
			return metricsText
		})
		c.Thresholds = []stats.Threshold{threshold(t, "rss_per_conn<1GB"), threshold(t, "viewers==5")}
		s := &Connect{Common: c, Rooms: 1, Hold: time.Millisecond, Settle: time.Minute}
		r, err := s.Run(t.Context(), Env{Out: io.Discard, Err: heard{"holding them", func() { holding.Store(true) }}})
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		_, has := r.Value(tt.has)
		if _, not := r.Value(tt.not); !has || not {
			t.Errorf("%s: %s %t, %s %t, want the first alone", tt.name, tt.has, has, tt.not, not)
		}
		if got := strings.Join(r.Warnings, " "); strings.Contains(got, "figures of the server are missing: the server's usage: metrics at") != tt.warns {
			t.Errorf("%s: warnings %q", tt.name, got)
		}
		if len(r.Missed) != tt.missed {
			t.Errorf("%s: missed %q, want %d", tt.name, r.Missed, tt.missed)
		}
	}
}

// TestReleaseIsReadAgain where metrics could not be, for as long as it may take.
func TestReleaseIsReadAgain(t *testing.T) {
	for _, tt := range []struct {
		name   string
		fails  int
		settle time.Duration
		known  bool
	}{{"once", 1, time.Minute, true}, {"always", 1000, time.Nanosecond, false}} {
		asked := 0 // one request at a time
		scrape, err := newScraper(told(t, func() string {
			if asked++; asked > 1 && asked <= 1+tt.fails {
				return ""
			}
			return metricsText
		}))
		if err != nil {
			t.Fatal(err)
		}
		r := &run{fleet: party{}, scrape: scrape, report: new(stats.Report)}
		(&Connect{Settle: tt.settle}).release(t.Context(), r, usage{server: stats.Usage{RSS: 34e6, Files: 1003, Threads: 11}})
		_, known := r.report.Value("release_s")
		if warned := strings.Contains(strings.Join(r.report.Warnings, " "), "gives its memory back is not known"); known != tt.known || warned == known {
			t.Errorf("%s: known %t, warnings %q", tt.name, known, r.report.Warnings)
		}
	}
}

func threshold(t *testing.T, text string) stats.Threshold {
	t.Helper()
	got, err := stats.ParseThreshold(text)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// TestConnectKeepsItsReportWhenTheProcessEnds while its viewers are held.
func TestConnectKeepsItsReportWhenTheProcessEnds(t *testing.T) {
	server := exec.Command("sleep", "3600")
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	end := func() { _, _ = server.Process.Kill(), server.Wait() }
	t.Cleanup(end)
	c := newStage(t, 1<<20, nil).common(5)
	c.Quiet, c.PID = false, server.Process.Pid
	r, err := (&Connect{Common: c, Rooms: 1, Hold: time.Millisecond, Settle: time.Minute}).Run(t.Context(), Env{Out: io.Discard, Err: heard{"holding them", end}})
	if err != nil {
		t.Fatal(err)
	}
	want(t, r, map[string]float64{"viewers": 5, "ended": 0})
	if _, ok := r.Value("rss_held_bytes"); ok || !strings.Contains(strings.Join(r.Warnings, " "), "figures of the server are missing") {
		t.Errorf("memory known: %t, warnings %q", ok, r.Warnings)
	}
}

func TestThresholdsMeetWhatIsFoundWhenViewersAreGone(t *testing.T) {
	c := newStage(t, 1<<20, nil).common(5)
	c.PID = os.Getpid()
	c.Thresholds = []stats.Threshold{threshold(t, "release<3600s"), threshold(t, "rss_after<1000GB"), threshold(t, "server_files_after<1")}
	r := mustRun(t, &Connect{Common: c, Rooms: 1, Settle: time.Minute})
	if len(r.Missed) != 1 || !strings.Contains(r.Missed[0], "server_files_after is") {
		t.Errorf("missed %q, want that of the files alone", r.Missed)
	}
}
