package plot

import (
	"strings"
	"testing"
)

func TestTicks(t *testing.T) {
	for _, tt := range []struct {
		name  string
		axis  Axis
		high  float64
		low   float64
		about int
		want  string
	}{
		{name: "tens", high: 50, about: 5, want: "0 10 20 30 40 50"},
		{name: "raised to the next mark", high: 47, about: 5, want: "0 10 20 30 40 50"},
		{name: "thousands", high: 10_000, about: 5, want: "0 2k 4k 6k 8k 10k"},
		{name: "below ten thousand", high: 4_000, about: 5, want: "0 1000 2000 3000 4000"},
		{name: "millions", high: 2_000_000, about: 5, want: "0 0.5M 1.0M 1.5M 2.0M"},
		{name: "fractions", high: 0.3, about: 5, want: "0 0.1 0.2 0.3"},
		{name: "below zero", low: -5, high: 5, about: 5, want: "-5 0 5"},
		{name: "megabytes", axis: Axis{Scale: 1e6}, high: 33e6, about: 5, want: "0 10 20 30 40"},
		{name: "minutes", axis: Axis{Scale: 60}, high: 600, about: 5, want: "0 2 4 6 8 10"},
		{name: "factors", axis: Axis{Log: true}, low: 3, high: 300, about: 5, want: "2 5 10 20 50 100 200 500"},
		{name: "many decades", axis: Axis{Log: true}, low: 0.01, high: 90_000, about: 5, want: "0.01 0.1 1 10 100 1000 10k 100k"},
		{name: "one value", axis: Axis{Log: true}, low: 10, high: 10, about: 5, want: "10 20 50 100"},
		{name: "given", axis: Axis{Ticks: []Tick{{0, "a"}, {1, "b"}, {9, "c"}}}, high: 5, about: 5, want: "a b"},
	} {
		line := Line{Y: []float64{tt.low, tt.high}}
		s := tt.axis.span([]Line{line}, func(l Line) []float64 { return l.Y })
		var got []string
		for _, tick := range tt.axis.ticks(tt.axis.roomy(&s, tt.about), tt.about) {
			if tick.At < s.low*0.999 && s.low > 0 || tick.At > s.high*1.001 {
				t.Errorf("%s: mark %+v outside %+v", tt.name, tick, s)
			}
			got = append(got, tick.Text)
		}
		if text := strings.Join(got, " "); text != tt.want {
			t.Errorf("%s: marks %q, want %q", tt.name, text, tt.want)
		}
	}
}
