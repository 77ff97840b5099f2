package scenario

import (
	"fmt"
	"html"
	"io"
	"math"
	"strings"
)

// pageStyle is the look of the page, light or dark as the reader has it.
const pageStyle = `:root{color-scheme:light dark;--ink:#1c2024;--dim:#667078;--rule:#d5dade;--paper:#fff;--bar:#2f6fb3;--ref:#9aa7b2}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ec;--dim:#98a3ac;--rule:#3a4249;--paper:#15191d;--bar:#5b9be0;--ref:#5d6a74}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:72rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}p,li,dd{color:var(--dim)}
.wide{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:.3rem .6rem;text-align:right;border-bottom:1px solid var(--rule);white-space:nowrap}
th:first-child,td:first-child{text-align:left}th.of{text-align:left;border-left:1px solid var(--rule)}
svg{max-width:100%;height:auto;display:block}svg text{fill:var(--ink);font:13px system-ui,sans-serif}
.bar{fill:var(--bar)}.ref{fill:var(--ref)}code{overflow-wrap:anywhere}`

// WriteHTML writes a page of its own: the table, a plot for each column, and how
// it was measured. It asks no network and runs no script.
func (c *Comparison) WriteHTML(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'><title>bench compare</title><style>%s</style>\n", pageStyle)
	fmt.Fprintf(&b, "<h1>%s</h1>\n", html.EscapeString(strings.Join(c.Targets, ", ")))
	runs := "one run of each"
	if c.Repeat > 1 {
		runs = fmt.Sprintf("medians of %d runs of each, by turns", c.Repeat)
	}
	fmt.Fprintf(&b, "<p>%s, %s. %s.", c.Started.UTC().Format("2006-01-02 15:04 UTC"), html.EscapeString(c.Machine), runs)
	if c.Commit != "" {
		fmt.Fprintf(&b, " Commit %s.", html.EscapeString(c.Commit))
	}
	b.WriteString("</p>\n")
	c.pageTable(&b)
	for _, col := range c.columns() {
		if col.step != "" && !col.ratio {
			fmt.Fprintf(&b, "<h2>%s: %s</h2>\n%s", html.EscapeString(col.step), html.EscapeString(col.label), c.bars(col))
		}
	}
	c.pageEnd(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

// pageTable writes the table.
func (c *Comparison) pageTable(b *strings.Builder) {
	b.WriteString("<div class=wide><table><tr><th></th>")
	for _, s := range c.spans() {
		fmt.Fprintf(b, "<th class=of colspan=%d>%s</th>", s.to-s.from, html.EscapeString(s.name))
	}
	b.WriteString("</tr>\n")
	for n, row := range c.grid() {
		cell := "td"
		if n == 0 {
			cell = "th"
		}
		b.WriteString("<tr>")
		for _, text := range row {
			fmt.Fprintf(b, "<%s>%s</%s>", cell, html.EscapeString(text), cell)
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString("</table></div>\n")
}

// pageEnd writes what went wrong and the command lines.
func (c *Comparison) pageEnd(b *strings.Builder) {
	if lines := c.remarks(); len(lines) > 0 {
		b.WriteString("<h2>To know</h2><ul>\n")
		for _, line := range lines {
			fmt.Fprintf(b, "<li>%s</li>\n", html.EscapeString(line))
		}
		b.WriteString("</ul>\n")
	}
	fmt.Fprintf(b, "<h2>Commands</h2><p><code>%s</code></p><dl>\n", html.EscapeString(strings.Join(c.Command, " ")))
	for _, cell := range c.Cells {
		fmt.Fprintf(b, "<dt>%s, %s</dt><dd><code>%s</code></dd>\n", html.EscapeString(cell.Target), html.EscapeString(cell.Scenario), html.EscapeString(strings.Join(Redact(cell.Command), " ")))
	}
	b.WriteString("</dl></html>\n")
}

// The measures of a plot in pixels: its width, a bar with its gap, the room for
// names before and for values behind.
const (
	barsWide   = 760
	barsRow    = 26
	barsNames  = 210
	barsBehind = 110
)

// bars is a plot of a column on the page.
func (c *Comparison) bars(col column) string {
	return fmt.Sprintf("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %d %d' role=img aria-label='%s: %s'>\n%s</svg>\n",
		barsWide, barsRow*len(c.takers(col))+4, html.EscapeString(col.step), html.EscapeString(col.label), c.rows(col, 0))
}

// takers are the targets that had a part in a column's scenario.
func (c *Comparison) takers(col column) []string {
	var all []string
	for _, target := range c.Targets {
		if c.Cell(target, col.step) != nil {
			all = append(all, target)
		}
	}
	return all
}

// rows draws a column from some height on: a bar for each target, from zero, the
// one all are held against in another color. The value stands behind its bar, so
// that no axis is needed.
func (c *Comparison) rows(col column, top int) string {
	most := 0.0
	takers := c.takers(col)
	for _, target := range takers {
		if v := c.value(target, col); !math.IsNaN(v) && !math.IsInf(v, 0) {
			most = max(most, v)
		}
	}
	var b strings.Builder
	for i, target := range takers {
		v, text := c.value(target, col), c.text(target, col)
		long := 0.0
		if most > 0 && v > 0 && !math.IsInf(v, 0) {
			long = (barsWide - barsNames - barsBehind) * v / most
		}
		kind := "bar"
		if target == c.Against {
			kind = "ref"
		}
		y := top + i*barsRow
		fmt.Fprintf(&b, "<text x='0' y='%d'>%s</text><rect class='%s' x='%d' y='%d' width='%.1f' height='%d' rx='2'/><text x='%.1f' y='%d'>%s</text>\n",
			y+18, html.EscapeString(target), kind, barsNames, y+4, max(long, 1), barsRow-8, barsNames+long+6, y+18, html.EscapeString(text))
	}
	return b.String()
}

// svgStyle is the look of a plot by itself.
const svgStyle = `text{font:13px system-ui,sans-serif;fill:#1c2024}.bar{fill:#2f6fb3}.ref{fill:#9aa7b2}.head{font-weight:600}
@media(prefers-color-scheme:dark){text{fill:#e6e9ec}.bar{fill:#5b9be0}.ref{fill:#5d6a74}}`

// WriteSVG writes a plot of the first figure of each scenario, one below the
// other, for a document.
func (c *Comparison) WriteSVG(w io.Writer) error {
	const head = 30 // a title with its gaps
	var b strings.Builder
	y, last := 0, ""
	for _, col := range c.columns() {
		if col.step == last || col.step == "" {
			continue
		}
		last = col.step
		fmt.Fprintf(&b, "<text class='head' x='0' y='%d'>%s: %s</text>\n%s", y+20, html.EscapeString(col.step), html.EscapeString(col.label), c.rows(col, y+head))
		y += head + barsRow*len(c.takers(col)) + 10
	}
	_, err := fmt.Fprintf(w, "<svg xmlns='http://www.w3.org/2000/svg' width='%d' height='%d' viewBox='0 0 %d %d'><style>%s</style>\n%s</svg>\n",
		barsWide, y, barsWide, y, svgStyle, b.String())
	return err
}
