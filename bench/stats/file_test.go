package stats

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

func fullReport() *Report {
	r := &Report{
		Scenario: "fanout", Target: "ws://x", Started: time.Date(2026, 11, 25, 1, 2, 3, 0, time.UTC),
		Command: []string{"bench", "fanout"}, Machine: "m", Commit: "c", Seed: 7, Repeat: 2,
		Notes: []string{"n [\n1 ]"}, Warnings: []string{"w"}, Missed: []string{"x"},
		Buckets: []Bucket{{Ms: 1.5, Count: 3}},
	}
	r.Add("viewers", "viewers", 3, "")
	r.Add("p99_ms", "latency p99", 1.25, "ms")
	r.Add("hidden", "", 1, "")
	r.Series.Row(0)
	r.Series.Set("connected", "open", "viewers", 3)
	return r
}

func TestReportIsReadBack(t *testing.T) {
	want := fullReport()
	var b bytes.Buffer
	if err := want.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	got, err := Load(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read back %+v, want %+v", got, want)
	}
	if !strings.Contains(b.String(), "\n    \"p99_ms\": 1.25,\n") {
		t.Errorf("a figure has no line of its own:\n%s", b.String())
	}
	compact, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := Load(bytes.NewReader(compact)); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("read back from one line %+v, %v", got, err)
	}
}

func TestLoadOldReport(t *testing.T) {
	const old = `{"scenario":"echo","target":"t","started":"2026-01-02T03:04:05Z","command":["a"],"machine":"m",
		"figures":{"rate_per_s":5,"cpu_us_per_delivery":2,"p99_ms":3,"lost":0}}`
	r, err := Load(strings.NewReader(old))
	if err != nil {
		t.Fatal(err)
	}
	want := []Figure{
		{Key: "rate_per_s", Label: "rate", Value: 5, Unit: "/s"},
		{Key: "cpu_us_per_delivery", Label: "cpu per delivery", Value: 2, Unit: "us"},
		{Key: "p99_ms", Label: "p99", Value: 3, Unit: "ms"},
		{Key: "lost", Label: "lost", Value: 0},
	}
	if !reflect.DeepEqual(r.Figures, want) {
		t.Errorf("figures = %+v, want %+v", r.Figures, want)
	}
}

func TestLoadWhatIsNoReport(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		other    bool // an error, but not of a strange file
	}{
		{name: "empty", in: ""},
		{name: "not JSON", in: "p99 = 4"},
		{name: "cut", in: `{"scenario":"echo","figures":{"a":1`},
		{name: "other JSON", in: `{"a":1}`},
		{name: "a list", in: `[]`},
		{name: "figures in words", in: `{"scenario":"echo","figures":{"a":"b"}}`},
		{name: "figures in a list", in: `{"scenario":"echo","figures":[1]}`},
		{name: "no figures", in: `{"scenario":"echo","figures":null}`},
		{name: "ragged series", in: `{"scenario":"echo","figures":{},"series":{"at_s":[1,2],"columns":[{"key":"a","values":[1]}]}}`, other: true},
	} {
		r, err := Load(strings.NewReader(tt.in))
		if err == nil || errors.Is(err, ErrNotReport) == tt.other {
			t.Errorf("%s: Load = %+v, %v", tt.name, r, err)
		}
	}
	if _, err := Load(strings.NewReader(strings.Repeat(" ", maxReport+1))); err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("a huge file: %v", err)
	}
}

func TestWriteFigures(t *testing.T) {
	a, b := new(Report), new(Report)
	a.Add("p99_ms", "p99, late", 1.25, "ms")
	b.Add("p99_ms", "p99, late", 2, "ms")
	b.Add("lost", "", 3, "")
	var out bytes.Buffer
	if err := WriteFigures(&out, []string{"a", "b"}, []*Report{a, b}); err != nil {
		t.Fatal(err)
	}
	want := "figure,label,unit,a,b\np99_ms,\"p99, late\",ms,1.25,2\nlost,,,,3\n"
	if out.String() != want {
		t.Errorf("CSV = %q, want %q", out.String(), want)
	}
}

// FuzzLoad: what can be read can be written and read again, to the same bytes.
func FuzzLoad(f *testing.F) {
	var b bytes.Buffer
	if err := fullReport().WriteJSON(&b); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte(`{"scenario":"echo","figures":{"a":1,"a":2,"p99_ms":1e300},"series":{"at_s":[null],"columns":[{"key":"k","values":[null]}]},"latency":[[1]]}`))
	f.Fuzz(func(t *testing.T, p []byte) {
		r, err := Load(bytes.NewReader(p))
		if err != nil {
			return
		}
		var first, second bytes.Buffer
		if err := r.WriteJSON(&first); err != nil {
			t.Fatal(err)
		}
		again, err := Load(bytes.NewReader(first.Bytes()))
		if err != nil {
			t.Fatalf("what was written can't be read: %v\n%s", err, first.Bytes())
		}
		if err := again.WriteJSON(&second); err != nil || !bytes.Equal(first.Bytes(), second.Bytes()) {
			t.Fatalf("written %s\nthen    %s (%v)", first.Bytes(), second.Bytes(), err)
		}
	})
}
