package scenario

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"grandstand/bench/load"
	"grandstand/bench/stats"
)

// TestBroadcastHasTheShapeOfARealOne compares an invented hour with the figures
// of a real stream of 100,000 viewers.
func TestBroadcastHasTheShapeOfARealOne(t *testing.T) {
	const length = time.Hour
	beats := broadcast(rand.New(rand.NewPCG(1, 0)), length)
	perSecond := make([]float64, int(length.Seconds()))
	var sizes []float64
	match := 0
	for _, b := range beats {
		var m struct{ From, Text, Type string }
		if err := json.Unmarshal(append(append([]byte{'{'}, b.members...), '}'), &m); err != nil {
			t.Fatalf("members %s: %v", b.members, err)
		}
		if b.room == matchRoom {
			match++
			continue
		}
		perSecond[int(b.at.Seconds())]++
		sizes = append(sizes, float64(len(m.Text)))
	}
	var sum, square float64
	for _, n := range perSecond {
		sum += n
		square += n * n
	}
	mean := sum / float64(len(perSecond))
	spread := (square/float64(len(perSecond)) - mean*mean) / mean
	slices.Sort(perSecond)
	slices.Sort(sizes)
	at := func(s []float64, q float64) float64 { return s[int(q*float64(len(s)-1))] }
	for _, tt := range []struct {
		name            string
		got, want, near float64
	}{
		{"chat a second, mean", mean, 12.9, 0.5},
		{"chat a second, variance over mean", spread, 1.37, 0.15},
		{"chat a second, p50", at(perSecond, 0.5), 13, 1},
		{"chat a second, p90", at(perSecond, 0.9), 18, 1},
		{"chat a second, p99", at(perSecond, 0.99), 23, 2},
		{"bytes, p50", at(sizes, 0.5), 12, 1},
		{"bytes, p90", at(sizes, 0.9), 51, 4},
		{"bytes, p99", at(sizes, 0.99), 361, 40},
		{"match events a second", float64(match) / length.Seconds(), 0.304, 0.03},
	} {
		if math.Abs(tt.got-tt.want) > tt.near {
			t.Errorf("%s = %.2f, want %.2f within %.2f", tt.name, tt.got, tt.want, tt.near)
		}
	}
	if most := at(sizes, 1); most > 766 {
		t.Errorf("longest message %g bytes, want at most 766", most)
	}
}

func TestSameSeedSameBroadcast(t *testing.T) {
	a := broadcast(rand.New(rand.NewPCG(7, 0)), time.Minute)
	b := broadcast(rand.New(rand.NewPCG(7, 0)), time.Minute)
	if !slices.EqualFunc(a, b, func(x, y beat) bool { return x.at == y.at && bytes.Equal(x.members, y.members) }) {
		t.Error("two broadcasts of one seed differ")
	}
}

func TestArrangeCutsAndSorts(t *testing.T) {
	in := []beat{{at: 5}, {at: 1}, {at: 3}, {at: 9}}
	var got []time.Duration
	for _, b := range arrange(in, 2, 6) {
		got = append(got, b.at)
	}
	if !slices.Equal(got, []time.Duration{1, 3}) {
		t.Errorf("times %v, want [1 3]", got)
	}
}

func TestBadTraces(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"other columns", "time,who\n", "x.csv:1: columns"},
		{"too few columns", "ms,author,bytes\n1,2\n", "x.csv:2: 2 columns, want 3"},
		{"bad time", "ms,author,bytes\n1,1,1\n-4,2,3\n", "x.csv:3: time \"-4\""},
		{"bad size", "ms,author,bytes\n1,2,many\n", "x.csv:2: bytes \"many\""},
		{"nothing", "ms,author,bytes\n", "x.csv: no rows"},
	} {
		talk := &talk{rng: rand.New(rand.NewPCG(1, 1))}
		_, err := parseTrace(strings.NewReader(tt.text), "x.csv", chatColumns, talk.row)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}

func TestParseCPUs(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want []int
		bad  bool
	}{
		{in: "0", want: []int{0}},
		{in: "0,2-4", want: []int{0, 2, 3, 4}},
		{in: " 1 , 3 ", want: []int{1, 3}},
		{in: "", bad: true}, {in: "3-1", bad: true}, {in: "-1", bad: true}, {in: "a", bad: true}, {in: "4096", bad: true},
	} {
		set, err := parseCPUs(tt.in)
		if tt.bad {
			if err == nil {
				t.Errorf("parseCPUs(%q): no error", tt.in)
			}
			continue
		}
		if err != nil || set.Count() != len(tt.want) {
			t.Errorf("parseCPUs(%q) = %d CPUs, %v, want %v", tt.in, set.Count(), err, tt.want)
		}
		for _, cpu := range tt.want {
			if !set.IsSet(cpu) {
				t.Errorf("parseCPUs(%q) lacks %d", tt.in, cpu)
			}
		}
	}
}

func TestProgressLines(t *testing.T) {
	for _, tt := range []struct {
		name  string
		live  bool
		quiet bool
		ticks int
		want  string
	}{
		{name: "terminal", live: true, ticks: 2, want: "\r   2s  "},
		{name: "file", ticks: plainEvery, want: "  10s  "},
		{name: "file, too early", ticks: plainEvery - 1},
		{name: "quiet", live: true, quiet: true, ticks: 20},
	} {
		c := bare(t, 1, 3)
		c.Quiet = tt.quiet
		var out bytes.Buffer
		r, err := start(t.Context(), "x", &c, Env{Out: &out, Err: &out, Live: tt.live}, load.Config{Rooms: []string{"a"}})
		if err != nil {
			t.Fatal(err)
		}
		p := newProgress(r)
		for i := range tt.ticks {
			p.tell(p.began.Add(time.Duration(i+1) * time.Second))
		}
		p.end()
		r.close()
		if !strings.Contains(out.String(), tt.want) || tt.want == "" && out.Len() > 0 {
			t.Errorf("%s: %q, want %q", tt.name, out.String(), tt.want)
		}
	}
}

func TestHarnessWarnsWhenItIsTheLimit(t *testing.T) {
	r := &run{o: new(Common), report: new(stats.Report)}
	now := time.Now()
	from, to := usage{own: stats.Usage{At: now}}, usage{own: stats.Usage{At: now.Add(time.Second)}, loop: 950 * time.Millisecond}
	r.addHarness(from, to, time.Second)
	if len(r.report.Warnings) != 1 || !strings.Contains(r.report.Warnings[0], "the harness was the limit") {
		t.Errorf("warnings %q at 95 %% of a core", r.report.Warnings)
	}
	r.report = new(stats.Report)
	to.loop = 500 * time.Millisecond
	r.addHarness(from, to, time.Second)
	if len(r.report.Warnings) != 0 {
		t.Errorf("warnings %q at 50 %% of a core", r.report.Warnings)
	}
}
