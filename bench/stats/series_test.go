package stats

import (
	"bytes"
	"encoding/json"
	"math"
	"testing"
)

// twoRows is a series in which the second column begins a row late.
func twoRows() *Series {
	s := new(Series)
	s.Set("early", "set before any row", "", 1) // there is no row to set it in
	s.Row(0)
	s.Set("connected", "open", "viewers", 100)
	s.Row(1.0004)
	s.Set("p99_ms", "p99, of all", "ms", 1.23456)
	return s
}

func TestSeriesKeepsRowsTogether(t *testing.T) {
	s := twoRows()
	if len(s.Columns) != 2 {
		t.Fatalf("columns = %+v, want connected and p99_ms", s.Columns)
	}
	c, p := s.Column("connected"), s.Column("p99_ms")
	if c.Values[0] != 100 || !math.IsNaN(c.Values[1]) {
		t.Errorf("connected = %v, want 100, then nothing", c.Values)
	}
	if !math.IsNaN(p.Values[0]) || p.Values[1] != 1.23456 {
		t.Errorf("p99_ms = %v, want nothing, then 1.23456", p.Values)
	}
	if s.Column("early") != nil {
		t.Errorf("a column without a row: %+v", s.Column("early"))
	}
}

func TestSeriesCSV(t *testing.T) {
	s := twoRows()
	s.Set("a,\"b\"", "", "", math.Inf(1)) // a key nobody uses, quoted all the same
	var b bytes.Buffer
	if err := s.WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	want := "at_s,connected,p99_ms,\"a,\"\"b\"\"\"\n0,100,,\n1,,1.235,\n"
	if b.String() != want {
		t.Errorf("CSV = %q, want %q", b.String(), want)
	}
}

func TestSeriesJSON(t *testing.T) {
	b, err := json.Marshal(twoRows().Columns[1])
	want := `{"key":"p99_ms","label":"p99, of all","unit":"ms","values":[null,1.235]}`
	if err != nil || string(b) != want {
		t.Fatalf("JSON = %s, %v, want %s", b, err, want)
	}
	var c Column
	if err := json.Unmarshal(b, &c); err != nil || !math.IsNaN(c.Values[0]) || c.Values[1] != 1.235 || c.Unit != "ms" {
		t.Errorf("read back: %+v, %v", c, err)
	}
}
