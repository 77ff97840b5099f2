package scenario

import (
	"context"
	"os"
	"strings"
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
		if err := s.release(tt.ctx, r, before, 0); err != nil || len(r.report.Missed) != tt.missed {
			t.Errorf("interrupted %t: missed %q, %v, want %d", tt.ctx.Err() != nil, r.report.Missed, err, tt.missed)
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
