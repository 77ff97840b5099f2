package plot

import (
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// css colors a drawing. The page of a report has it once, a file of its own
// brings it along.
//
// The line colors are told apart by people with any kind of color vision, on
// white and on black.
const css = `svg.plot{--ink:#1b2330;--muted:#5b6675;--grid:#e6e9ee;--axis:#9aa4b2;--c0:#2563eb;--c1:#d97706;--c2:#0f9d76;--c3:#c0266f;--c4:#7c3aed;--c5:#0891b2;--c6:#8a6d1b;--c7:#64748b;font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
@media (prefers-color-scheme:dark){svg.plot{--ink:#e8ecf2;--muted:#a2adbb;--grid:#2a3340;--axis:#6b7787;--c0:#6ea8fe;--c1:#f5a742;--c2:#3ecf9f;--c3:#f472b6;--c4:#b197fc;--c5:#4dd0e1;--c6:#d9b95a;--c7:#94a3b8}}
svg.plot path{fill:none;stroke-linejoin:round;stroke-linecap:round}svg.plot .i{fill:var(--ink)}svg.plot .m{fill:var(--muted)}
svg.plot .h{fill:transparent}svg.plot .h:hover{fill:var(--axis);fill-opacity:.2}`

// SVG draws the chart as a file of its own.
func (c *Chart) SVG(w io.Writer) error {
	_, err := io.WriteString(w, c.svg("<style>"+css+"</style>"))
	return err
}

// svg draws the chart, with something put before everything else.
func (c *Chart) svg(first string) string {
	s := new(markup)
	fmt.Fprintf(s, `<svg xmlns="http://www.w3.org/2000/svg" class="plot" viewBox="0 0 %d %d" role="img" aria-label="%s">%s`,
		chartWidth, chartHeight, escape(c.Title), first)
	s.WriteByte('\n')
	c.arrange().draw(s)
	s.WriteString("</svg>\n")
	return s.String()
}

// markup is a canvas of text.
type markup struct{ strings.Builder }

func (s *markup) stroke(points []point, width float64, of ink) {
	s.WriteString(`<path d="`)
	for i, p := range points {
		move := byte('L')
		if i == 0 {
			move = 'M'
		}
		s.WriteByte(move)
		s.WriteString(place(p.x) + " " + place(p.y))
	}
	fmt.Fprintf(s, `" stroke="var(--%s)" stroke-width="%g"/>`, of.name(), width)
	s.WriteByte('\n')
}

func (s *markup) text(at point, text string, as style) {
	class := "i"
	if as.ink == inkMuted {
		class = "m"
	}
	fmt.Fprintf(s, `<text x="%s" y="%s" class="%s" font-size="%g"`, place(at.x), place(at.y), class, as.size)
	if as.bold {
		s.WriteString(` font-weight="600"`)
	}
	switch as.anchor {
	case atMiddle:
		s.WriteString(` text-anchor="middle"`)
	case atEnd:
		s.WriteString(` text-anchor="end"`)
	}
	s.WriteString(">" + escape(text) + "</text>\n")
}

func (s *markup) hint(area box, text string) {
	fmt.Fprintf(s, `<rect x="%s" y="%s" width="%s" height="%s" class="h"><title>%s</title></rect>`,
		place(area.left), place(area.top), place(area.right-area.left), place(area.bottom-area.top), escape(text))
	s.WriteByte('\n')
}

// name is the variable of a color in css.
func (i ink) name() string {
	switch i {
	case inkText:
		return "ink"
	case inkMuted:
		return "muted"
	case inkGrid:
		return "grid"
	case inkAxis:
		return "axis"
	}
	return "c" + strconv.Itoa(int(i-inkLine)%lineInks)
}

// place writes a coordinate to a tenth.
func place(v float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(v, 'f', 1, 64), ".0")
}

// escape makes a text safe between tags and quotes.
func escape(s string) string {
	var b strings.Builder
	if xml.EscapeText(&b, []byte(s)) != nil { // a Builder takes everything
		return ""
	}
	return b.String()
}
