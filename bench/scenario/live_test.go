package scenario

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"grandstand/bench/stats"
)

// glass is a terminal: what the tests see of a live view. When it is made
// narrower it breaks lines in two, as most do.
type glass struct {
	columns, rows int
	lines         [][]rune // all of them, those that have scrolled away too
	x, y          int
}

func (g *glass) Write(p []byte) (int, error) {
	for i := 0; i < len(p); {
		r, n := utf8.DecodeRune(p[i:])
		switch {
		case r == 0x1b:
			n = g.escape(p[i:])
		case r == '\r':
			g.x = 0
		case r == '\n':
			g.y++
		default:
			if g.x == g.columns {
				g.x, g.y = 0, g.y+1
			}
			g.grow()
			for len(g.lines[g.y]) <= g.x {
				g.lines[g.y] = append(g.lines[g.y], ' ')
			}
			g.lines[g.y][g.x] = r
			g.x++
		}
		g.grow()
		i += n
	}
	return len(p), nil
}

func (g *glass) grow() {
	for len(g.lines) <= g.y {
		g.lines = append(g.lines, nil)
	}
}

// escape carries out a control sequence and gives its length.
func (g *glass) escape(p []byte) int {
	end := 2 + bytes.IndexAny(p[2:], "AJKm")
	n, _ := strconv.Atoi(string(p[2:end]))
	switch p[end] {
	case 'A':
		top := max(0, len(g.lines)-g.rows)
		g.y = max(g.y-max(n, 1), top)
	case 'J':
		g.lines = g.lines[:g.y+1]
		g.lines[g.y] = g.lines[g.y][:min(g.x, len(g.lines[g.y]))]
	case 'K':
		g.lines[g.y] = g.lines[g.y][:min(g.x, len(g.lines[g.y]))]
	}
	return end + 1
}

// narrow breaks lines that are too long. The cursor stays on its line.
func (g *glass) narrow(columns int) {
	g.columns = columns
	var out [][]rune
	at := 0
	for i, line := range g.lines {
		if i == g.y {
			at = len(out)
		}
		for len(line) > columns {
			out = append(out, line[:columns])
			line = line[columns:]
		}
		out = append(out, line)
	}
	g.lines, g.y = out, at
}

func (g *glass) String() string {
	var b strings.Builder
	for _, line := range g.lines {
		b.WriteString(strings.TrimRight(string(line), " ") + "\n")
	}
	return b.String()
}

// seconds is a series with a row per second.
func seconds(n int) *stats.Series {
	s := new(stats.Series)
	for i := range n {
		s.Row(float64(i))
		s.Set("connected", "connected", "viewers", float64(1000*i))
		s.Set("p99_ms", "latency p99", "ms", []float64{math.NaN(), 1.25, 12.5}[i%3])
		s.Set("lost", "lost", "deliveries", float64(i/4))
		s.Set("told", "told", "deliveries", 0)
		s.Set("server_rss_bytes", "server RSS", "B", 31.5e6)
	}
	return s
}

func newGlass(columns, rows int) (*glass, *live) {
	g := &glass{columns: columns, rows: rows}
	size := func() (int, int) { return g.columns, g.rows }
	return g, &live{out: g, screen: Screen{Size: size, Color: true}, title: "fanout  ws://x", ending: func() bool { return false }}
}

func TestLiveDrawsOverItself(t *testing.T) {
	g, l := newGlass(60, 24)
	l.say("opening 10 viewers")
	l.show(seconds(1))
	l.show(seconds(2))
	l.say("publishing")
	l.show(seconds(5))
	want := `opening 10 viewers
publishing
fanout  ws://x  4 s
  connected               4,000  ▁▃▅▆█
  latency p99            1.2 ms   ▂█ ▂
  lost                        1  ▁▁▁▁█
  server RSS            31.5 MB  █████
Ctrl-C ends the run and reports what was seen so far

`
	if got := g.String(); got != want {
		t.Errorf("screen\n%s\nwant\n%s", got, want)
	}
	l.ending = func() bool { return true }
	l.show(seconds(6))
	if !strings.Contains(g.String(), "\nending; Ctrl-C again") || strings.Contains(g.String(), "reports what") {
		t.Errorf("screen of a run that was interrupted\n%s", g)
	}
	l.end()
	if text := g.String(); strings.Contains(text, "Ctrl-C") || strings.Count(text, "connected") != 1 {
		t.Errorf("screen of a run that has ended\n%s", text)
	}
}

func TestLiveFitsAnyTerminal(t *testing.T) {
	for columns := 1; columns < 120; columns += 3 {
		for _, rows := range []int{1, 2, 4, 24} {
			g, l := newGlass(columns, rows)
			for n := 1; n < 70; n += 20 {
				l.show(seconds(n))
			}
			if len(g.lines) > max(min(rows, 7), 1) {
				t.Fatalf("%d lines in a terminal of %d columns and %d rows:\n%s", len(g.lines), columns, rows, g)
			}
		}
	}
}

func TestLiveBearsResizing(t *testing.T) {
	g, l := newGlass(100, 40)
	l.say("before")
	for n, columns := range []int{100, 30, 17, 90, 12, 60} {
		if columns < g.columns {
			g.narrow(columns)
		}
		g.columns = columns
		l.show(seconds(n + 10))
		text := g.String()
		if strings.Count(text, "connected") != 1 || strings.Count(text, "fanout") != 1 || !strings.HasPrefix(text, "before\nfanout") {
			t.Fatalf("at %d columns:\n%s", columns, text)
		}
	}
}

func TestSpark(t *testing.T) {
	nan := math.NaN()
	for _, tt := range []struct {
		values  []float64
		columns int
		ascii   bool
		want    string
	}{
		{values: nil, columns: 5},
		{values: []float64{0, 0}, columns: 5, want: "▁▁"},
		{values: []float64{nan, 1, 2, nan}, columns: 5, want: " ▅█ "},
		{values: []float64{9, 0, 7, 3.5}, columns: 3, want: "▁█▅"},
		{values: []float64{0, 7, -1}, columns: 3, ascii: true, want: "_#_"},
	} {
		if got := spark(tt.values, tt.columns, tt.ascii); got != tt.want {
			t.Errorf("spark(%v, %d) = %q, want %q", tt.values, tt.columns, got, tt.want)
		}
	}
}

func TestPlainLines(t *testing.T) {
	var out bytes.Buffer
	p := &plain{out: &out}
	p.say("opening")
	for n := 1; n <= 21; n++ {
		p.show(seconds(n))
	}
	want := "opening\n  10s  10,000 viewers  p99 1.2 ms  lost 2  RSS 31.5 MB\n  20s  20,000 viewers  p99 12.5 ms  lost 5  RSS 31.5 MB\n"
	if out.String() != want {
		t.Errorf("lines\n%q\nwant\n%q", out.String(), want)
	}
	quiet := newTeller(&Common{Quiet: true}, Env{Err: &out}, "x", nil)
	quiet.say("more")
	quiet.show(seconds(11))
	if out.String() != want {
		t.Errorf("quiet wrote %q", strings.TrimPrefix(out.String(), want))
	}
}

func TestReading(t *testing.T) {
	for _, tt := range []struct {
		v    float64
		unit string
		want string
	}{
		{math.NaN(), "ms", "-"}, {1234.56, "ms", "1234.6 ms"}, {31.5e6, "B", "31.5 MB"}, {45.4, "% of a core", "45 %"},
		{4.96, "/s", "5.0 /s"}, {51234.4, "/s", "51,234 /s"}, {10000, "viewers", "10,000"},
	} {
		if got := reading(tt.v, tt.unit); got != tt.want {
			t.Errorf("reading(%v, %q) = %q, want %q", tt.v, tt.unit, got, tt.want)
		}
	}
	if got := cut("a\x1b[2Jb\nc\u0085ü", 9); got != "a[2Jbcü" {
		t.Errorf("cut left %q", got)
	}
}
