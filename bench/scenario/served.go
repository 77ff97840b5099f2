package scenario

import (
	"fmt"
	"time"

	"grandstand/bench/stats"
)

// served is how a number of viewers fared at a server.
type served struct {
	viewers int
	p99     float64 // milliseconds
	rss     int64
	threads int
	cpu     float64 // percent of a core
	why     string  // why it, or the next larger number tried, is not served
	bad     int     // that number; 0: all were
	err     error   // that, when something could not be carried out
}

// judge reads a window; why is empty when everybody was served in time.
func (s *served) judge(w *window, within time.Duration) {
	s.p99 = w.latency.P99
	s.rss, s.threads = w.to.server.RSS, w.to.server.Threads
	wall := w.to.own.At.Sub(w.from.own.At).Seconds()
	s.cpu = 100 * (w.to.server.CPU - w.from.server.CPU).Seconds() / wall
	c := &w.counters
	switch limit := float64(within) / float64(time.Millisecond); {
	case c.Lost > 0:
		s.why = fmt.Sprintf("%d deliveries lost", c.Lost)
	case c.Faults.Total() > 0:
		s.why = fmt.Sprintf("%d faults", c.Faults.Total())
	case c.Ended > 0:
		s.why = fmt.Sprintf("%d viewers ended", c.Ended)
	case c.Refused > 0:
		s.why = fmt.Sprintf("%d polls refused", c.Refused)
	case w.to.unread != nil:
		s.why = w.to.unread.Error()
	case w.latency.Count == 0:
		s.why = "nothing delivered"
	case s.p99 >= limit:
		s.why = fmt.Sprintf("p99 %s ms", stats.Format(s.p99))
	}
}

// progress is one line while the search goes on.
func (s *served) progress() string {
	if s.why != "" {
		return fmt.Sprintf("%d viewers: not served: %s", s.viewers, s.why)
	}
	return fmt.Sprintf("%d viewers: p99 %s ms, %s MB, %.0f %% of a core", s.viewers, stats.Format(s.p99), megabytes(s.rss), s.cpu)
}

// The columns of the table: a line of it is a note of the report.
const (
	tableHead = "target                  threads   viewers     p99 ms   RSS MB    CPU %  more than that"
	tableLine = "%-22s %8d %9d %10s %8s %8.1f  %s"
)

// add puts what was found into the report: a line for people, figures for machines.
func (s *served) add(r *stats.Report, v rival) {
	more := "not tried"
	if s.bad > 0 {
		more = fmt.Sprintf("at %d: %s", s.bad, s.why)
	}
	r.Note(tableLine, v.name, s.threads, s.viewers, stats.Format(s.p99), megabytes(s.rss), s.cpu, more)
	r.Add(v.key+"_viewers", "", float64(s.viewers), "")
	if s.viewers > 0 { // nobody's latency isn't 0 ms
		r.Add(v.key+"_p99_ms", "", s.p99, "ms")
	}
	r.Add(v.key+"_rss_bytes", "", float64(s.rss), "B")
	r.Add(v.key+"_threads", "", float64(s.threads), "")
	r.Add(v.key+"_cpu_percent", "", s.cpu, "% of a core")
	r.Add(v.key+"_not_served", "", float64(s.bad), "")
}

func megabytes(n int64) string { return fmt.Sprintf("%.1f", float64(n)/1e6) }
