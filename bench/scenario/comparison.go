package scenario

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"time"
)

// Comparison is what bench compare found: the figures of every target in every
// scenario, of all runs.
type Comparison struct {
	Started   time.Time `json:"started"`
	Took      float64   `json:"took_s"`
	Command   []string  `json:"command"`
	Machine   string    `json:"machine"`
	Commit    string    `json:"commit,omitempty"`
	Repeat    int       `json:"repeat"`
	Against   string    `json:"against,omitempty"` // the target whose figures are 1 in ratios
	Scenarios []Heading `json:"scenarios"`
	Targets   []string  `json:"targets"`
	Cells     []*Cell   `json:"cells"`

	Interrupted bool `json:"-"` // before every run was carried out
}

// Heading names a scenario of a comparison and the command that carries it out.
type Heading struct {
	Name    string `json:"name"`
	Command string `json:"command"`
}

// Cell is one target in one scenario.
type Cell struct {
	Target   string               `json:"target"`
	Scenario string               `json:"scenario"`
	Command  []string             `json:"command"` // of each of its runs
	Figures  map[string][]float64 `json:"figures"` // by key, a value for each run that had it
	Warnings []string             `json:"warnings,omitempty"`
	Missed   []string             `json:"missed,omitempty"`
	Failed   []string             `json:"failed,omitempty"` // why runs could not be carried out
}

// LoadComparison reads what was saved.
func LoadComparison(r io.Reader) (*Comparison, error) {
	c := new(Comparison)
	if err := json.NewDecoder(r).Decode(c); err != nil {
		return nil, fmt.Errorf("comparison: %w", err)
	}
	if len(c.Cells) == 0 || len(c.Scenarios) == 0 {
		return nil, fmt.Errorf("comparison: no runs in it; is it a file of bench compare --json?")
	}
	return c, nil
}

// Save writes it for LoadComparison, without the secrets of its command lines.
func (c *Comparison) Save(w io.Writer) error {
	out := *c
	out.Cells = make([]*Cell, len(c.Cells))
	for i, cell := range c.Cells {
		saved := *cell
		saved.Command = Redact(cell.Command)
		out.Cells[i] = &saved
	}
	b, err := json.MarshalIndent(&out, "", " ")
	if err != nil {
		return fmt.Errorf("comparison: %w", err)
	}
	_, err = w.Write(append(b, '\n'))
	return err
}

// Cell is a target in a scenario; nil if it had no part in it.
func (c *Comparison) Cell(target, scenario string) *Cell {
	for _, cell := range c.Cells {
		if cell.Target == target && cell.Scenario == scenario {
			return cell
		}
	}
	return nil
}

// Median is the middle of a cell's figure over its runs; NaN without any.
func (c *Comparison) Median(target, scenario, key string) float64 {
	cell := c.Cell(target, scenario)
	if cell == nil || len(cell.Figures[key]) == 0 {
		return math.NaN()
	}
	v := slices.Sorted(slices.Values(cell.Figures[key]))
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}

// Ratio is a cell's median over that of the target all are held against.
func (c *Comparison) Ratio(target, scenario, key string) float64 {
	return c.Median(target, scenario, key) / c.Median(c.Against, scenario, key)
}

// Sum adds a figure up over every run of a target: one loss anywhere shows. It is
// NaN when no run had the figure.
func (c *Comparison) Sum(target, key string) float64 {
	sum, known := 0.0, false
	for _, cell := range c.Cells {
		if cell.Target == target {
			for _, v := range cell.Figures[key] {
				sum, known = sum+v, true
			}
		}
	}
	if !known {
		return math.NaN()
	}
	return sum
}

// Spread is how far the runs of a cell lie apart, as a share of their median.
func (c *Comparison) Spread(target, scenario, key string) float64 {
	cell := c.Cell(target, scenario)
	if cell == nil || len(cell.Figures[key]) == 0 {
		return math.NaN()
	}
	v := cell.Figures[key]
	return (slices.Max(v) - slices.Min(v)) / c.Median(target, scenario, key)
}
