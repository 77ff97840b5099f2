package stats

import (
	"bytes"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// runsOf makes a report per value of a figure.
func runsOf(key string, values ...float64) []*Report {
	var out []*Report
	for _, v := range values {
		r := &Report{Scenario: "fanout"}
		r.Add(key, "the figure", v, "")
		out = append(out, r)
	}
	return out
}

func TestCompareVerdicts(t *testing.T) {
	for _, tt := range []struct {
		name, key string
		old, new  []float64
		want      Verdict
	}{
		{"one run each says nothing", "p99_ms", []float64{10}, []float64{20}, Single},
		{"one run each, the same", "p99_ms", []float64{10}, []float64{10}, Same},
		{"a loss needs no repeats", "lost", []float64{0}, []float64{1}, Worse},
		{"faults need no repeats", "faults", []float64{0, 0, 0}, []float64{0, 0, 1}, Worse},
		{"a loss where there was one", "lost", []float64{3}, []float64{1}, Single},
		{"three, far apart", "p99_ms", []float64{10, 10.5, 11}, []float64{20, 21, 20.5}, Worse},
		{"three, far apart the other way", "p99_ms", []float64{20, 21, 20.5}, []float64{10, 10.5, 11}, Better},
		{"three, apart by less than they vary", "p99_ms", []float64{10, 12, 14}, []float64{15, 17, 19}, Same},
		{"three, apart by little", "p99_ms", []float64{10, 10, 10}, []float64{10.2, 10.2, 10.2}, Same},
		{"four, apart", "rate_per_s", []float64{10, 11, 12, 13}, []float64{14, 15, 16, 17}, Better},
		{"four, overlapping", "rate_per_s", []float64{10, 11, 12, 14.5}, []float64{14, 15, 16, 17}, Same},
		{"sure but tiny", "p99_ms", []float64{100, 100.1, 100.2, 100.3}, []float64{100.4, 100.5, 100.6, 100.7}, Same},
		{"no direction", "polls_per_s", []float64{10, 11, 12, 13}, []float64{24, 25, 26, 27}, Changed},
		{"from nothing", "told", []float64{0, 0, 0, 0}, []float64{5, 6, 7, 8}, Worse},
		{"per CPU-second", "deliveries_per_cpu_s", []float64{10, 11, 12, 13}, []float64{4, 5, 6, 7}, Worse},
		{"the harness's own memory", "harness_rss_bytes", []float64{10, 11, 12, 13}, []float64{24, 25, 26, 27}, Changed},
	} {
		c, err := Compare(runsOf(tt.key, tt.old...), runsOf(tt.key, tt.new...))
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Changes[0].Verdict; got != tt.want {
			t.Errorf("%s: %v -> %v is %q, want %q", tt.name, tt.old, tt.new, got, tt.want)
		}
		if got, want := c.Worse(), map[bool]int{true: 1}[tt.want == Worse]; got != want {
			t.Errorf("%s: %d got worse, want %d", tt.name, got, want)
		}
	}
}

// TestCompareOneSided passes over nothing that one side alone has. What is left
// out of reports when there was none of it counts as 0.
func TestCompareOneSided(t *testing.T) {
	old, new := runsOf("p99_ms", 10, 10, 10, 10), runsOf("p99_ms", 10, 10, 10, 10)
	for _, r := range new {
		r.Add("told", "missed and told", 5, "deliveries")
		r.Add("polls_per_s", "", 5, "/s")
	}
	old[3].Add("release_s", "", 1, "s")
	c, err := Compare(old, new)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Changes) != 2 || c.Changes[1].Key != "told" || c.Changes[1].Verdict != Worse || c.Worse() != 1 {
		t.Errorf("changes %+v, want that more is missed and told", c.Changes)
	}
	if got := strings.Join(c.Warnings, "\n"); got != "only the old runs have release_s\nonly the new runs have polls_per_s" {
		t.Errorf("warnings %q", got)
	}
	var b bytes.Buffer
	if err := Alone("echo", "old").WriteText(&b); err != nil || b.String() != "echo\n!! WARNING: only the old results have echo: there is nothing to hold it against\n" {
		t.Errorf("a scenario alone: %q, %v", b.String(), err)
	}
}

func TestCompareText(t *testing.T) {
	old, new := runsOf("p99_ms", 10, 11, 12, 13), runsOf("p99_ms", 14, 15, 16, 17)
	new[0].Machine = "another"
	new[1].Warn("busy")
	c, err := Compare(old, new)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := c.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"11.50 (10 - 13)", "15.50 (14 - 17)", "+34.8 %", "WORSE (p = 0.029)", "Mann-Whitney", "different machines", "1 of the runs"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("text lacks %q:\n%s", want, b.String())
		}
	}
	if _, err := Compare(nil, new); err == nil {
		t.Error("nothing was compared with something")
	}
}

// TestRankSum holds the test against values of tables: the exact p of the
// extreme case is 2 in the number of ways to deal the values out.
func TestRankSum(t *testing.T) {
	for _, tt := range []struct {
		name string
		a, b []float64
		want float64
	}{
		{"4 + 4 apart", []float64{1, 2, 3, 4}, []float64{5, 6, 7, 8}, 2.0 / 70},
		{"5 + 5 apart", []float64{1, 2, 3, 4, 5}, []float64{6, 7, 8, 9, 10}, 2.0 / 252},
		{"5 + 5, one crossed", []float64{1, 2, 3, 4, 6}, []float64{5, 7, 8, 9, 10}, 4.0 / 252},
		{"all alike", []float64{1, 1, 1, 1}, []float64{1, 1, 1, 1}, 1},
		{"interleaved", []float64{1, 4, 5, 8}, []float64{2, 3, 6, 7}, 1},
	} {
		if got := rankSum(tt.a, tt.b); math.Abs(got-tt.want) > 1e-9 {
			t.Errorf("%s: p = %g, want %g", tt.name, got, tt.want)
		}
	}
	rng := rand.New(rand.NewPCG(3, 4))
	a, b := make([]float64, 20), make([]float64, 20)
	for i := range a {
		a[i], b[i] = rng.Float64(), rng.Float64()+0.5
	}
	if p := rankSum(a, b); p > 0.01 || p <= 0 {
		t.Errorf("20 + 20, half a range apart: p = %g, want below 0.01", p)
	}
	if p := rankSum(a, a); p < 0.9 {
		t.Errorf("a sample against itself: p = %g, want about 1", p)
	}
}

// TestNoiseIsRarelyCalledChange: of runs that differ by chance alone, about one
// figure in twenty may be called changed.
func TestNoiseIsRarelyCalledChange(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, n := range []int{3, 5} {
		called := 0
		const tries = 1000
		for range tries {
			a, b := make([]float64, n), make([]float64, n)
			for i := range a {
				a[i], b[i] = 100+20*rng.NormFloat64(), 100+20*rng.NormFloat64()
			}
			c, err := Compare(runsOf("p99_ms", a...), runsOf("p99_ms", b...))
			if err != nil {
				t.Fatal(err)
			}
			if c.Changes[0].Verdict != Same {
				called++
			}
		}
		if called > tries*7/100 {
			t.Errorf("%d + %d runs: noise was called a change %d times in %d", n, n, called, tries)
		}
	}
}
