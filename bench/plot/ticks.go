package plot

import (
	"math"
	"strconv"
)

// scale is what values are divided by before they are shown.
func (a Axis) scale() float64 {
	if a.Scale == 0 {
		return 1
	}
	return a.Scale
}

// span is the range of an axis: from 0, or from the lowest value where factors
// are shown.
func (a Axis) span(lines []Line, of func(Line) []float64) span {
	low, high := math.Inf(1), math.Inf(-1)
	for _, line := range lines {
		for _, v := range of(line) {
			if math.IsNaN(v) || math.IsInf(v, 0) || a.Log && v <= 0 {
				continue
			}
			low, high = min(low, v), max(high, v)
		}
	}
	switch {
	case math.IsInf(high, -1):
		return span{low: 1, high: 10, log: a.Log}
	case a.Log:
		low, high = decade(low, math.Floor), decade(high, math.Ceil)
		if low == high {
			high *= 10
		}
		return span{low: low, high: high, log: true}
	}
	low = min(low, 0)
	if high <= low {
		high = low + a.scale()
	}
	return span{low: low, high: high}
}

// roomy raises the upper end of an axis to its next mark.
func (a Axis) roomy(s *span, about int) span {
	if !s.log && len(a.Ticks) == 0 {
		step := niceStep((s.high-s.low)/a.scale()/float64(about)) * a.scale()
		s.high = math.Ceil(s.high/step-1e-9) * step
	}
	return *s
}

// decade rounds to 1, 2 or 5 times a power of ten.
func decade(v float64, round func(float64) float64) float64 {
	base := math.Pow(10, math.Floor(math.Log10(v)))
	up := round(1.5) == 2
	best := base
	for _, f := range []float64{1, 2, 5, 10} {
		at := f * base
		if up && at >= v*(1-1e-9) {
			return at
		}
		if !up && at <= v*(1+1e-9) {
			best = at
		}
	}
	return best
}

// ticks chooses about so many marks, or gives those of the axis that it reaches.
func (a Axis) ticks(s span, about int) []Tick {
	var out []Tick
	for _, t := range a.Ticks {
		if t.At <= s.high*(1+1e-9) {
			out = append(out, t)
		}
	}
	if len(a.Ticks) > 0 {
		return out
	}
	if s.log {
		return a.logTicks(s)
	}
	unit := a.scale()
	step := niceStep((s.high - s.low) / unit / float64(about))
	div, suffix := thousands(s.high / unit)
	decimals := decimals(step / div)
	for k := math.Ceil(s.low/unit/step - 1e-9); k*step*unit <= s.high*(1+1e-9); k++ {
		text := "0"
		if k != 0 {
			text = strconv.FormatFloat(k*step/div, 'f', decimals, 64) + suffix
		}
		out = append(out, Tick{At: k * step * unit, Text: text})
	}
	return out
}

// logTicks marks the powers of ten, and 2 and 5 times them when there is room.
func (a Axis) logTicks(s span) []Tick {
	const crowded = 3 // decades
	factors := []float64{1, 2, 5}
	if math.Log10(s.high/s.low) > crowded {
		factors = factors[:1]
	}
	var out []Tick
	for base := math.Pow(10, math.Floor(math.Log10(s.low)+1e-9)); base <= s.high*1.001; base *= 10 {
		for _, f := range factors {
			if at := f * base; at >= s.low*0.999 && at <= s.high*1.001 {
				v := at / a.scale()
				div, suffix := thousands(v)
				out = append(out, Tick{At: at, Text: strconv.FormatFloat(v/div, 'f', decimals(v/div), 64) + suffix})
			}
		}
	}
	return out
}

// decimals is how many a step of that size needs.
func decimals(step float64) int { return max(0, int(-math.Floor(math.Log10(step)+1e-9))) }

// thousands is how marks up to high are shortened.
func thousands(high float64) (div float64, suffix string) {
	switch {
	case high >= 2e6:
		return 1e6, "M"
	case high >= 1e4:
		return 1e3, "k"
	}
	return 1, ""
}

// niceStep rounds up to 1, 2 or 5 times a power of ten.
func niceStep(raw float64) float64 {
	if raw <= 0 || math.IsNaN(raw) || math.IsInf(raw, 0) {
		return 1
	}
	return decade(raw, math.Ceil)
}
