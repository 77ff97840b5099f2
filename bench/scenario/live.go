package scenario

import (
	"fmt"
	"io"
	"math"
	"strings"
	"sync"
	"unicode/utf8"

	"grandstand/bench/stats"
)

// Screen is how a terminal looks.
type Screen struct {
	Size  func() (columns, rows int) // as of now; it may change at any time
	ASCII bool                       // the terminal knows no other characters
	Color bool
}

// live shows a run in a terminal: a block of lines that is drawn over itself,
// below the lines that were said. It takes nothing from the terminal that would
// have to be given back: no other screen, no hidden cursor, no mode.
type live struct {
	out    io.Writer
	screen Screen
	title  string
	ending func() bool // the run was interrupted

	mu    sync.Mutex // leaf; guards what follows
	drawn []int      // columns of each line of the block on the screen
	cells []row      // what the block shows
	head  string     // the first line
	over  bool       // the run has ended: the block stays
}

// row is a line of the block: a name, the newest value, and those before.
type row struct {
	name, value string
	trend       []float64
	alarm       bool
}

// show draws the newest row of a series.
func (l *live) show(s *stats.Series) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cells = l.cells[:0]
	for _, c := range []struct{ key, name string }{
		{"connected", "connected"}, {"deliveries_per_s", "deliveries"}, {"events_per_s", "events"},
		{"p50_ms", "latency p50"}, {"p99_ms", "latency p99"}, {"lost", "lost"}, {"told", "missed, told"},
		{"server_cpu_percent", "server CPU"}, {"server_rss_bytes", "server RSS"}, {"server_goroutines", "goroutines"},
		{"harness_cpu_percent", "harness CPU"},
	} {
		col := s.Column(c.key)
		if col == nil {
			continue
		}
		v := col.Values[len(col.Values)-1]
		if c.key == "told" && v == 0 {
			continue
		}
		const most = 90 // percent, see addHarness
		alarm := c.key == "lost" && v > 0 || c.key == "harness_cpu_percent" && v > most
		l.cells = append(l.cells, row{name: c.name, value: reading(v, col.Unit), trend: col.Values, alarm: alarm})
	}
	seconds := 0.0
	if n := len(s.At); n > 0 {
		seconds = s.At[n-1]
	}
	l.head = fmt.Sprintf("%s  %.0f s", l.title, seconds)
	l.draw()
}

// end draws the block for the last time, without the line about keys.
func (l *live) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over = true; l.head != "" {
		l.draw()
	}
}

// say writes a line above the block.
func (l *live) say(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	columns, _ := l.screen.Size()
	fmt.Fprint(l.out, l.back(columns)+"\x1b[J"+text+"\r\n")
	l.drawn = l.drawn[:0]
}

// back is the way from below the block to its first line. A terminal that was
// made narrower since has broken long lines in two.
func (l *live) back(columns int) string {
	rows := 0
	for _, n := range l.drawn {
		rows += max(1, (n+max(columns, 1)-1)/max(columns, 1))
	}
	if rows == 0 {
		return "\r"
	}
	return fmt.Sprintf("\r\x1b[%dA", rows)
}

// draw writes the whole block at once, so that none of it is seen half done.
func (l *live) draw() {
	columns, rows := l.screen.Size()
	var b strings.Builder
	b.WriteString(l.back(columns))
	l.drawn = l.drawn[:0]
	foot := "Ctrl-C ends the run and reports what was seen so far"
	if l.ending() {
		foot = "ending; Ctrl-C again ends at once, without a report"
	}
	put := func(plain, styled string) {
		if len(l.drawn)+1 >= rows { // the line below the block is where the cursor rests
			return
		}
		b.WriteString(styled + "\x1b[K\r\n")
		l.drawn = append(l.drawn, utf8.RuneCountInString(plain))
	}
	text := cut(l.head, columns-1)
	put(text, l.style("1", text))
	for _, c := range l.cells {
		plain, styled := l.line(c, columns-1)
		put(plain, styled)
	}
	if !l.over {
		text = cut(foot, columns-1)
		put(text, l.style("2", text))
	}
	b.WriteString("\x1b[J")
	fmt.Fprint(l.out, b.String())
}

// line is a row in at most the given columns.
func (l *live) line(c row, columns int) (plain, styled string) {
	const widest = 60 // a minute
	name, value := fmt.Sprintf("  %-12s", c.name), fmt.Sprintf(" %16s", c.value)
	code := "1"
	if c.alarm {
		code = "1;31"
	}
	room := min(columns-len(name)-len(value)-2, widest)
	if room < 1 {
		text := cut(name+value, columns)
		return text, l.style(code, text)
	}
	trend := "  " + spark(c.trend, room, l.screen.ASCII)
	return name + value + trend, name + l.style(code, value) + trend
}

// style wraps text in a rendition (ECMA-48 SGR) when colors are welcome.
func (l *live) style(code, text string) string {
	if !l.screen.Color {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// cut shortens text to a number of columns and drops what would move the cursor.
func cut(text string, columns int) string {
	var b strings.Builder
	n := 0
	for _, r := range text {
		if r < ' ' || r >= 0x7F && r < 0xA0 {
			continue
		}
		if n++; n > columns {
			break
		}
		b.WriteRune(r)
	}
	return b.String()
}

// spark draws the newest values as bars, a column each, between nothing and the
// largest of them. What is not known is left blank.
func spark(values []float64, columns int, ascii bool) string {
	bars := []rune("▁▂▃▄▅▆▇█")
	if ascii {
		bars = []rune("_.-:=+*#")
	}
	values = values[max(0, len(values)-columns):]
	most := 0.0
	for _, v := range values {
		if v > most { // not for NaN
			most = v
		}
	}
	var b strings.Builder
	for _, v := range values {
		switch {
		case math.IsNaN(v):
			b.WriteByte(' ')
		case most == 0:
			b.WriteRune(bars[0])
		default:
			b.WriteRune(bars[int(math.Round(max(v, 0)/most*float64(len(bars)-1)))])
		}
	}
	return b.String()
}

// reading is a value as people read it.
func reading(v float64, unit string) string {
	switch {
	case math.IsNaN(v):
		return "-"
	case unit == "B":
		return fmt.Sprintf("%.1f MB", v/1e6)
	case unit == "ms":
		return fmt.Sprintf("%.1f ms", v)
	case strings.HasPrefix(unit, "%"):
		return fmt.Sprintf("%.0f %%", v)
	case unit == "/s" && v < 10:
		return fmt.Sprintf("%.1f /s", v)
	case unit == "/s":
		return stats.Format(math.Round(v)) + " /s"
	}
	return stats.Format(math.Round(v))
}
