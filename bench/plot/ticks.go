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
// are shown. room leaves some above the highest.
func (a Axis) span(lines []Line, of func(Line) []float64, room bool) span {
	low, high := math.Inf(1), math.Inf(-1)
	for _, line := range lines {
		for _, v := range of(line) {
			if math.IsNaN(v) || math.IsInf(v, 0) || a.Log && v <= 0 {
				continue
			}
			low, high = min(low, v), max(high, v)
		}
	}
	for _, t := range a.Ticks {
		low, high = min(low, t.At), max(high, t.At)
	}
	switch {
	case math.IsInf(high, -1) && a.Log:
		return span{low: 1, high: 10, log: true}
	case a.Log:
		low, high = decade(low, math.Floor), decade(high, math.Ceil)
		if low == high {
			high *= 10
		}
		return span{low: low, high: high, log: true}
	case math.IsInf(high, -1):
		return span{high: 1}
	}
	low = min(low, 0)
	if high <= low {
		high = low + 1*a.scale()
	}
	if room {
		high += 0.04 * (high - low)
	}
	return span{low: low, high: high}
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

// ticks chooses about so many marks.
func (a Axis) ticks(s span, about int) []Tick {
	if len(a.Ticks) > 0 {
		return a.Ticks
	}
	if s.log {
		return a.logTicks(s)
	}
	unit := a.scale()
	step := niceStep((s.high - s.low) / unit / float64(about))
	decimals := max(0, int(-math.Floor(math.Log10(step)+1e-9)))
	var out []Tick
	for k := math.Ceil(s.low/unit/step - 1e-9); k*step*unit <= s.high*(1+1e-9); k++ {
		out = append(out, Tick{At: k * step * unit, Text: number(k*step, decimals)})
	}
	return out
}

// logTicks marks the powers of ten, and 2 and 5 times them when there is room.
func (a Axis) logTicks(s span) []Tick {
	const crowded = 2.5 // decades
	factors := []float64{1, 2, 5}
	if math.Log10(s.high/s.low) > crowded {
		factors = factors[:1]
	}
	var out []Tick
	for base := math.Pow(10, math.Floor(math.Log10(s.low)+1e-9)); base <= s.high*1.001; base *= 10 {
		for _, f := range factors {
			if at := f * base; at >= s.low*0.999 && at <= s.high*1.001 {
				v := at / a.scale()
				out = append(out, Tick{At: at, Text: number(v, max(0, int(-math.Floor(math.Log10(v)+1e-9))))})
			}
		}
	}
	return out
}

// niceStep rounds up to 1, 2 or 5 times a power of ten.
func niceStep(raw float64) float64 {
	if raw <= 0 || math.IsNaN(raw) || math.IsInf(raw, 0) {
		return 1
	}
	return decade(raw, math.Ceil)
}

// number writes a mark: thousands as k, millions as M.
func number(v float64, decimals int) string {
	suffix := ""
	switch a := math.Abs(v); {
	case a >= 1e6:
		v, suffix, decimals = v/1e6, "M", -1
	case a >= 1e4:
		v, suffix, decimals = v/1e3, "k", -1
	}
	if decimals < 0 {
		v = math.Round(v*1e3) / 1e3
	}
	return strconv.FormatFloat(v, 'f', decimals, 64) + suffix
}
