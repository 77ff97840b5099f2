package scenario

import (
	"fmt"
	"io"
	"math"
	"strings"
	"unicode/utf8"

	"grandstand/bench/stats"
)

// column is a figure in the table of a comparison.
type column struct {
	step  string // its scenario; empty: summed up over all of them
	key   string
	label string
	ratio bool // over the target all are held against
}

// shown are the figures that the table has of a command.
func shown(command string) []column {
	switch command {
	case "connect":
		return []column{{key: "rss_per_conn_bytes", label: "B/conn"}, {key: "cpu_us_per_connect", label: "us/connect"}}
	case "saturate":
		const key = "deliveries_per_cpu_s"
		return []column{{key: key, label: "deliveries/cpu-s"}, {key: key, label: "x", ratio: true}}
	case "echo":
		return []column{{key: "rate_per_s", label: "round trips/s"}, {key: "p50_ms", label: "p50 ms"}, {key: "p99_ms", label: "p99 ms"}}
	default:
		const key = "cpu_us_per_delivery"
		return []column{{key: key, label: "us/delivery"}, {key: key, label: "x", ratio: true}, {key: "p50_ms", label: "p50 ms"}, {key: "p99_ms", label: "p99 ms"}}
	}
}

// columns are those of the whole table.
func (c *Comparison) columns() []column {
	var all []column
	for _, h := range c.Scenarios {
		for _, col := range shown(h.Command) {
			if col.ratio && c.Against == "" {
				continue
			}
			if col.ratio {
				col.label += " " + c.Against
			}
			col.step = h.Name
			all = append(all, col)
		}
	}
	return append(all, column{key: "lost", label: "lost"})
}

// value is what stands in a column for a target; NaN for nothing.
func (c *Comparison) value(target string, col column) float64 {
	switch {
	case col.step == "":
		return c.Sum(target, col.key)
	case col.ratio:
		return c.Ratio(target, col.step, col.key)
	default:
		return c.Median(target, col.step, col.key)
	}
}

// text is a column's value for people. A cell whose runs could not be carried out
// says so; an exclamation mark is for runs that came with warnings.
func (c *Comparison) text(target string, col column) string {
	v := c.value(target, col)
	cell := c.Cell(target, col.step)
	if math.IsNaN(v) {
		if cell != nil && len(cell.Failed) > 0 {
			return "failed"
		}
		return "-"
	}
	out := round(v, col)
	if cell != nil && len(cell.Warnings) > 0 {
		out += "!"
	}
	return out
}

// round leaves the digits that runs repeat: three at most, whole above a hundred.
func round(v float64, col column) string {
	switch a := math.Abs(v); {
	case a >= 1e4:
		return stats.Format(math.Round(v/100) * 100)
	case a >= 100 || col.key == "lost":
		return stats.Format(math.Round(v))
	case a >= 10:
		return fmt.Sprintf("%.1f", v)
	default:
		return fmt.Sprintf("%.2f", v)
	}
}

// grid is the table as words: a row of labels, and one for each target.
func (c *Comparison) grid() [][]string {
	columns := c.columns()
	labels := make([]string, 1, 1+len(columns))
	labels[0] = "target"
	for _, col := range columns {
		labels = append(labels, col.label)
	}
	rows := make([][]string, 1, 1+len(c.Targets))
	rows[0] = labels
	for _, target := range c.Targets {
		row := make([]string, 1, 1+len(columns))
		row[0] = target
		for _, col := range columns {
			row = append(row, c.text(target, col))
		}
		rows = append(rows, row)
	}
	return rows
}

// span is the columns [from, to) of the grid that belong to one scenario.
type span struct {
	name     string
	from, to int
}

// spans are the scenarios over the columns of the grid.
func (c *Comparison) spans() []span {
	var all []span
	for i, col := range c.columns() {
		if len(all) == 0 || all[len(all)-1].name != col.step {
			all = append(all, span{name: col.step, from: i + 1})
		}
		all[len(all)-1].to = i + 2
	}
	return all
}

// WriteText writes the table for a terminal, and below it what to know of it. A
// table that is too wide goes on below itself.
func (c *Comparison) WriteText(w io.Writer) error {
	const gap = 2 // blanks between columns
	rows := c.grid()
	width := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, s := range row {
			width[i] = max(width[i], utf8.RuneCountInString(s))
		}
	}
	room := func(s span) int {
		n := -gap
		for _, one := range width[s.from:s.to] {
			n += one + gap
		}
		return n
	}
	const most = 112 // and what is lost beside it
	var b strings.Builder
	spans := c.spans()
	block := make([]span, 0, len(spans))
	have := width[0]
	for _, s := range spans {
		width[s.from] += max(0, utf8.RuneCountInString(s.name)-room(s))
		if s.name != "" && len(block) > 0 && have+gap+room(s) > most {
			writeBlock(&b, rows, width, block)
			block, have = block[:0], width[0]
		}
		block, have = append(block, s), have+gap+room(s)
	}
	writeBlock(&b, rows, width, block)
	for _, line := range c.remarks() {
		b.WriteString(line + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// writeBlock writes the targets and some of the scenarios.
func writeBlock(b *strings.Builder, rows [][]string, width []int, block []span) {
	head := fmt.Sprintf("%-*s", width[0], "")
	for _, s := range block {
		column := len(head) + 2
		for _, n := range width[s.from:s.to] {
			column += n + 2
		}
		head += "  " + s.name
		head += strings.Repeat(" ", max(0, column-2-len(head)))
	}
	b.WriteString(strings.TrimRight(head, " ") + "\n")
	for _, row := range rows {
		fmt.Fprintf(b, "%-*s", width[0], row[0])
		for _, s := range block {
			for i := s.from; i < s.to; i++ {
				fmt.Fprintf(b, "  %*s", width[i], row[i])
			}
		}
		b.WriteByte('\n')
	}
}

// WriteMarkdown writes the table for a document.
func (c *Comparison) WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	rows := c.grid()
	for _, s := range c.spans() {
		if s.name != "" {
			rows[0][s.from] = s.name + ": " + rows[0][s.from]
		}
	}
	for n, row := range rows {
		b.WriteString("| " + strings.Join(row, " | ") + " |\n")
		if n == 0 {
			b.WriteString("|---" + strings.Repeat("|---:", len(row)-1) + "|\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// remarks are the lines below the table: what went wrong, each kind once for a
// cell.
func (c *Comparison) remarks() []string {
	var out []string
	add := func(kind string, cell *Cell, lines []string) {
		if len(lines) == 0 {
			return
		}
		line := fmt.Sprintf("%s %s, %s: %s", kind, cell.Target, cell.Scenario, lines[0])
		if n := len(lines) - 1; n > 0 {
			line += fmt.Sprintf(" (and %d more)", n)
		}
		out = append(out, line)
	}
	for _, cell := range c.Cells {
		add("FAILED", cell, cell.Failed)
		add("MISSED", cell, cell.Missed)
		add("!! WARNING:", cell, cell.Warnings)
	}
	return out
}
