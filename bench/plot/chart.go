package plot

import (
	"fmt"
	"math"
	"strings"

	"grandstand/bench/stats"
)

// Chart is lines over one pair of axes.
type Chart struct {
	Title string
	X, Y  Axis
	Lines []Line
}

// Axis says what is measured along a side. Label includes the unit.
type Axis struct {
	Label string
	Log   bool    // equal distances are equal factors
	Ticks []Tick  // where to put marks; chosen when empty
	Scale float64 // values are divided by it before they are shown; 0 is 1
}

// Tick is a mark on an axis.
type Tick struct {
	At   float64
	Text string
}

// Line is one curve. Where Y is NaN it is interrupted.
type Line struct {
	Name string
	X, Y []float64
	Ink  int  // which of the line colors
	Thin bool // a companion of another line, such as the highest value
}

// The size of a chart in the units of its coordinates.
const (
	chartWidth  = 640
	chartHeight = 320
	margin      = 16
	rowHeight   = 20
	textSize    = 13
	titleSize   = 17
)

// point is a place on a canvas; y grows downwards.
type point struct{ x, y float64 }

// box is the part of a canvas in which the lines lie.
type box struct{ left, top, right, bottom float64 }

// style is how a text looks and which of its points is given.
type style struct {
	size   float64
	bold   bool
	ink    ink
	anchor anchor
}

// anchor is the point of a text that its place means.
type anchor int

const (
	atStart anchor = iota
	atMiddle
	atEnd
)

// ink is a color by what it is for; lines have numbers from inkLine on.
type ink int

const (
	inkText ink = iota
	inkMuted
	inkGrid
	inkAxis
	inkLine // the first of lineInks
)

// lineInks is how many colors lines have; then they begin again.
const lineInks = 8

// canvas is something to draw on.
type canvas interface {
	stroke(points []point, width float64, of ink)
	text(at point, s string, as style)
	hint(area box, s string) // shown to who points there
}

// layout is a chart with every place decided.
type layout struct {
	*Chart
	area   box
	x, y   span
	xTicks []Tick
	yTicks []Tick
	rows   [][]int // the legend: lines in rows
}

// span maps values of an axis to places.
type span struct {
	low, high float64
	log       bool
}

// at is where v lies, from 0 to 1.
func (s span) at(v float64) float64 {
	if s.log {
		return (math.Log(v) - math.Log(s.low)) / (math.Log(s.high) - math.Log(s.low))
	}
	return (v - s.low) / (s.high - s.low)
}

// width guesses how wide a text is, rather too wide than too narrow: readers
// have different fonts.
func width(s string, size float64) float64 {
	return 0.58 * size * float64(len([]rune(s)))
}

// arrange decides where everything goes.
func (c *Chart) arrange() *layout {
	l := &layout{Chart: c, rows: c.legend()}
	l.x = c.X.span(c.Lines, func(line Line) []float64 { return line.X })
	l.y = c.Y.span(c.Lines, func(line Line) []float64 { return line.Y })
	l.xTicks = c.X.ticks(l.x, 8)
	l.yTicks = c.Y.ticks(c.Y.roomy(&l.y, 5), 5)
	widest := 0.0
	for _, t := range l.yTicks {
		widest = max(widest, width(t.Text, textSize))
	}
	l.area = box{
		left:   margin + widest + 8,
		top:    58 + rowHeight*float64(len(l.rows)),
		right:  chartWidth - margin - 8,
		bottom: chartHeight - 50,
	}
	if len(l.rows) > 0 {
		l.area.top += 6
	}
	if n := len(l.xTicks); n > 0 { // the last mark's text is centered on it
		over := l.place(l.xTicks[n-1].At, l.y.high).x + width(l.xTicks[n-1].Text, textSize)/2 - (chartWidth - 4)
		l.area.right -= max(over, 0)
	}
	return l
}

// legend puts the names of the lines into rows; one line needs no name.
func (c *Chart) legend() [][]int {
	if len(c.Lines) < 2 {
		return nil
	}
	rows, x := [][]int{nil}, float64(margin)
	for i, line := range c.Lines {
		w := entryWidth(line.Name)
		if x+w > chartWidth-margin && len(rows[len(rows)-1]) > 0 {
			rows, x = append(rows, nil), margin
		}
		rows[len(rows)-1] = append(rows[len(rows)-1], i)
		x += w
	}
	return rows
}

// entryWidth is that of a name in the legend with its swatch.
func entryWidth(name string) float64 { return 24 + width(name, textSize) + 14 }

// place gives the point of a pair of values.
func (l *layout) place(x, y float64) point {
	return point{
		l.area.left + l.x.at(x)*(l.area.right-l.area.left),
		l.area.bottom - l.y.at(y)*(l.area.bottom-l.area.top),
	}
}

// draw puts the chart on a canvas.
func (l *layout) draw(on canvas) {
	on.text(point{margin, 26}, shorten(l.Title, chartWidth-2*margin, titleSize), style{size: titleSize, bold: true, ink: inkText})
	for r, row := range l.rows {
		x, y := float64(margin), 48+rowHeight*float64(r)
		for _, i := range row {
			line := l.Lines[i]
			on.stroke([]point{{x, y - 4}, {x + 18, y - 4}}, line.width()+0.5, line.ink())
			on.text(point{x + 24, y}, line.Name, style{size: textSize, ink: inkText})
			x += entryWidth(line.Name)
		}
	}
	l.axes(on)
	for _, line := range l.Lines {
		for _, part := range l.parts(line) {
			on.stroke(part, line.width(), line.ink())
		}
	}
	l.hints(on)
}

// axes draws grid, marks and labels.
func (l *layout) axes(on canvas) {
	a := l.area
	on.text(point{margin, a.top - 14}, l.Y.Label, style{size: textSize, ink: inkMuted})
	for _, t := range l.yTicks {
		y := l.place(l.x.low, t.At).y
		on.stroke([]point{{a.left, y}, {a.right, y}}, 1, inkGrid)
		on.text(point{a.left - 8, y + 4}, t.Text, style{size: textSize, ink: inkMuted, anchor: atEnd})
	}
	on.stroke([]point{{a.left, a.bottom}, {a.right, a.bottom}}, 1, inkAxis)
	for _, t := range l.xTicks {
		x := l.place(t.At, l.y.low).x
		on.stroke([]point{{x, a.bottom}, {x, a.bottom + 5}}, 1, inkAxis)
		on.text(point{x, a.bottom + 20}, t.Text, style{size: textSize, ink: inkMuted, anchor: atMiddle})
	}
	on.text(point{(a.left + a.right) / 2, chartHeight - 12}, l.X.Label, style{size: textSize, ink: inkMuted, anchor: atMiddle})
}

// parts cuts a line where values are missing, and thins it to what the eye can
// tell apart.
func (l *layout) parts(line Line) [][]point {
	var out [][]point
	var part []point
	for i, x := range line.X {
		y := line.Y[i]
		if math.IsNaN(y) || math.IsInf(y, 0) || l.y.log && y < l.y.low {
			out, part = append(out, part), nil
			continue
		}
		part = append(part, l.place(x, y))
	}
	out = append(out, part)
	kept := out[:0]
	for _, p := range out {
		if len(p) == 1 { // a lone reading still shows
			p = append(p, point{p[0].x + 2, p[0].y})
		}
		if len(p) > 1 {
			kept = append(kept, thin(p))
		}
	}
	return kept
}

// thin keeps, of the points in the same half unit, the lowest and the highest.
func thin(p []point) []point {
	if len(p) <= 4*chartWidth {
		return p
	}
	out := []point{p[0]}
	for i := 0; i < len(p); {
		low, high, end := i, i, i
		for ; end < len(p) && math.Floor(2*p[end].x) == math.Floor(2*p[i].x); end++ {
			if p[end].y < p[low].y {
				low = end
			}
			if p[end].y > p[high].y {
				high = end
			}
		}
		out = append(out, p[min(low, high)], p[max(low, high)])
		i = end
	}
	return append(out, p[len(p)-1])
}

// hints tells the values at each moment, when the lines share their moments and
// these aren't too many.
func (l *layout) hints(on canvas) {
	const most = 400
	x := l.Lines[0].X
	if len(x) < 2 || len(x) > most {
		return
	}
	for _, line := range l.Lines {
		if len(line.X) != len(x) || line.X[0] != x[0] || line.X[len(x)-1] != x[len(x)-1] {
			return
		}
	}
	half := (l.place(x[1], l.y.high).x - l.place(x[0], l.y.high).x) / 2
	for i, at := range x {
		var b strings.Builder
		fmt.Fprintf(&b, "%s: %s", l.X.Label, stats.Format(at/l.X.scale()))
		for _, line := range l.Lines {
			if v := line.Y[i]; !math.IsNaN(v) {
				fmt.Fprintf(&b, "\n%s: %s", line.Name, stats.Format(v/l.Y.scale()))
			}
		}
		mid := l.place(at, l.y.high).x
		on.hint(box{max(mid-half, l.area.left), l.area.top, min(mid+half, l.area.right), l.area.bottom}, b.String())
	}
}

func (line Line) ink() ink { return inkLine + ink(line.Ink%lineInks) }

func (line Line) width() float64 {
	if line.Thin {
		return 1.2
	}
	return 2
}

// shorten cuts a text that is too wide.
func shorten(s string, room, size float64) string {
	r := []rune(s)
	for len(r) > 1 && width(string(r), size) > room {
		r = append(r[:len(r)-2], '…')
	}
	return string(r)
}
