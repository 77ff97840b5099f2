package stats

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// Series is what was read again and again, once a second, while a run went
// on: a row per reading, a column per figure.
//
// It belongs to one goroutine.
type Series struct {
	At      []float64 `json:"at_s"` // seconds since the run began
	Columns []Column  `json:"columns"`
}

// Column is one figure of a Series over time. Values has an entry for each
// row; one that could not be read is NaN, null in JSON.
type Column struct {
	Key    string
	Label  string
	Unit   string
	Values []float64
}

// Row begins a row, in which nothing has been read so far.
func (s *Series) Row(at float64) {
	s.At = append(s.At, at)
	for i := range s.Columns {
		s.Columns[i].Values = append(s.Columns[i].Values, math.NaN())
	}
}

// Set fills the field of a column in the last row. The first time it sees a
// key it opens the column, with nothing in the rows before.
func (s *Series) Set(key, label, unit string, v float64) {
	if len(s.At) == 0 {
		return
	}
	c := s.Column(key)
	if c == nil {
		values := make([]float64, len(s.At))
		for i := range values {
			values[i] = math.NaN()
		}
		s.Columns = append(s.Columns, Column{Key: key, Label: label, Unit: unit, Values: values})
		c = &s.Columns[len(s.Columns)-1]
	}
	c.Values[len(s.At)-1] = v
}

// Column finds a column by its key; nil when there is none. It is good until
// the next Set.
func (s *Series) Column(key string) *Column {
	for i := range s.Columns {
		if s.Columns[i].Key == key {
			return &s.Columns[i]
		}
	}
	return nil
}

// WriteCSV writes a line of keys, then a line per row. What could not be read
// is empty.
func (s *Series) WriteCSV(w io.Writer) error {
	var b strings.Builder
	b.WriteString("at_s")
	for _, c := range s.Columns {
		b.WriteString("," + quoteCSV(c.Key))
	}
	b.WriteByte('\n')
	for row, at := range s.At {
		b.WriteString(plain(at))
		for _, c := range s.Columns {
			b.WriteByte(',')
			if v := c.Values[row]; !math.IsNaN(v) && !math.IsInf(v, 0) {
				b.WriteString(plain(v))
			}
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// plain is a number with at most three decimals: a microsecond, where values
// are milliseconds.
func plain(v float64) string {
	return strconv.FormatFloat(math.Round(v*1e3)/1e3, 'f', -1, 64)
}

// quoteCSV quotes a field that needs it (RFC 4180 §2.6).
func quoteCSV(s string) string {
	if !strings.ContainsAny(s, ",\"\r\n") {
		return s
	}
	return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
}

// columnJSON is a Column as it stands in a file.
type columnJSON struct {
	Key    string   `json:"key"`
	Label  string   `json:"label"`
	Unit   string   `json:"unit"`
	Values readings `json:"values"`
}

// MarshalJSON writes the column with null for what is missing.
func (c Column) MarshalJSON() ([]byte, error) {
	return json.Marshal(columnJSON{Key: c.Key, Label: c.Label, Unit: c.Unit, Values: c.Values})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (c *Column) UnmarshalJSON(p []byte) error {
	var f columnJSON
	if err := json.Unmarshal(p, &f); err != nil {
		return err
	}
	*c = Column{Key: f.Key, Label: f.Label, Unit: f.Unit, Values: f.Values}
	return nil
}

// readings are numbers of which some may be missing.
type readings []float64

// MarshalJSON rounds to three decimals; JSON has no word for NaN but null.
func (r readings) MarshalJSON() ([]byte, error) {
	b := []byte{'['}
	for i, v := range r {
		if i > 0 {
			b = append(b, ',')
		}
		if math.IsNaN(v) || math.IsInf(v, 0) {
			b = append(b, "null"...)
		} else {
			b = append(b, plain(v)...)
		}
	}
	return append(b, ']'), nil
}

// UnmarshalJSON reads numbers and null.
func (r *readings) UnmarshalJSON(p []byte) error {
	var read []*float64
	if err := json.Unmarshal(p, &read); err != nil {
		return err
	}
	*r = make(readings, len(read))
	for i, v := range read {
		(*r)[i] = math.NaN()
		if v != nil {
			(*r)[i] = *v
		}
	}
	return nil
}

// check says what keeps a series from being drawn.
func (s *Series) check() error {
	for _, c := range s.Columns {
		if len(c.Values) != len(s.At) {
			return fmt.Errorf("stats: series %q has %d readings at %d moments", c.Key, len(c.Values), len(s.At))
		}
	}
	return nil
}
