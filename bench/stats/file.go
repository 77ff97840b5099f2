package stats

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime/debug"
	"strings"
	"time"
)

// Commit names the commit that this program was built from, with a + behind it
// when files had been changed; it is empty when the build doesn't say.
func Commit() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	var revision, changed string
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			changed = "+"
		}
	}
	const short = 12
	if len(revision) > short {
		revision = revision[:short]
	}
	if revision == "" {
		return ""
	}
	return revision + changed
}

// pair is a member of a JSON object that is about to be written.
type pair struct {
	key   string
	value json.RawMessage
}

// WriteJSON writes the report as a file that people can read and tools can
// compare line by line: a figure a line, a column of the series a line.
func (r *Report) WriteJSON(w io.Writer) error {
	b, err := r.MarshalJSON()
	if err == nil {
		_, err = w.Write(append(b, '\n'))
	}
	return err
}

// MarshalJSON gives the figures as one object from key to value, in their
// order, and their labels and units as another.
func (r *Report) MarshalJSON() ([]byte, error) {
	var figures, labels []pair
	for _, f := range r.Figures {
		if math.IsNaN(f.Value) || math.IsInf(f.Value, 0) {
			continue
		}
		figures = append(figures, pair{f.Key, raw(f.Value)})
		labels = append(labels, pair{f.Key, raw([2]string{f.Label, f.Unit})})
	}
	out := []pair{
		{"scenario", raw(r.Scenario)}, {"target", raw(r.Target)}, {"started", raw(r.Started)},
		{"command", raw(r.Command)}, {"machine", raw(r.Machine)}, {"commit", raw(r.Commit)}, {"seed", raw(r.Seed)},
	}
	if r.Repeat > 0 {
		out = append(out, pair{"repeat", raw(r.Repeat)})
	}
	out = append(out, pair{"figures", object("  ", figures)}, pair{"labels", object("  ", labels)})
	for _, lines := range []struct {
		key  string
		said []string
	}{{"notes", r.Notes}, {"warnings", r.Warnings}, {"missed", r.Missed}} {
		if len(lines.said) > 0 {
			out = append(out, pair{lines.key, raw(lines.said)})
		}
	}
	if len(r.Series.At) > 0 {
		columns := make([]json.RawMessage, 0, len(r.Series.Columns))
		for _, c := range r.Series.Columns {
			columns = append(columns, raw(c))
		}
		out = append(out, pair{"series", object("  ", []pair{{"at_s", raw(readings(r.Series.At))}, {"columns", list("    ", columns)}})})
	}
	if len(r.Buckets) > 0 {
		out = append(out, pair{"latency", raw(r.Buckets)})
	}
	return object("", out), nil
}

// raw is v as JSON. It is called with numbers, strings and their like, which
// can't fail.
func raw(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		return json.RawMessage("null")
	}
	return b
}

func object(indent string, pairs []pair) json.RawMessage {
	lines := make([]json.RawMessage, 0, len(pairs))
	for _, p := range pairs {
		lines = append(lines, append(append(raw(p.key), ": "...), p.value...))
	}
	return enclose(indent, '{', '}', lines)
}

func list(indent string, values []json.RawMessage) json.RawMessage {
	return enclose(indent, '[', ']', values)
}

func enclose(indent string, open, end byte, lines []json.RawMessage) json.RawMessage {
	b := []byte{open}
	for i, line := range lines {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(b, "\n  "+indent...), line...)
	}
	return append(append(b, "\n"+indent...), end)
}

// maxReport bounds a file that is read: a day of seconds is a tenth of that.
const maxReport = 64 << 20

// ErrNotReport is what Load says of a file that bench did not write with --json.
var ErrNotReport = errors.New("not a report of bench (JSON with a scenario and its figures)")

// Load reads back a report that was written as JSON, also one of a version
// that kept neither labels nor units: those are made from the keys.
func Load(r io.Reader) (*Report, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxReport+1))
	if err != nil {
		return nil, fmt.Errorf("stats: read report: %w", err)
	}
	if len(b) > maxReport {
		return nil, fmt.Errorf("stats: report of more than %d bytes", maxReport)
	}
	var f struct {
		Scenario string               `json:"scenario"`
		Target   string               `json:"target"`
		Started  time.Time            `json:"started"`
		Command  []string             `json:"command"`
		Machine  string               `json:"machine"`
		Commit   string               `json:"commit"`
		Seed     uint64               `json:"seed"`
		Repeat   int                  `json:"repeat"`
		Figures  figures              `json:"figures"`
		Labels   map[string][2]string `json:"labels"`
		Notes    []string             `json:"notes"`
		Warnings []string             `json:"warnings"`
		Missed   []string             `json:"missed"`
		Series   Series               `json:"series"`
		Buckets  []Bucket             `json:"latency"`
	}
	if err := json.Unmarshal(b, &f); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotReport, err)
	}
	if f.Scenario == "" || f.Figures == nil {
		return nil, ErrNotReport
	}
	for i := range f.Figures {
		x := &f.Figures[i]
		if about, ok := f.Labels[x.Key]; ok {
			x.Label, x.Unit = about[0], about[1]
		} else {
			x.Label, x.Unit = guess(x.Key)
		}
	}
	return &Report{
		Scenario: f.Scenario, Target: f.Target, Started: f.Started, Command: f.Command, Machine: f.Machine,
		Commit: f.Commit, Seed: f.Seed, Repeat: f.Repeat, Figures: f.Figures, Series: f.Series, Buckets: f.Buckets,
		Notes: f.Notes, Warnings: f.Warnings, Missed: f.Missed,
	}, f.Series.check()
}

// figures are read from an object in the order they stand there.
type figures []Figure

// UnmarshalJSON reads keys and numbers.
func (f *figures) UnmarshalJSON(p []byte) error {
	d := json.NewDecoder(bytes.NewReader(p))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return fmt.Errorf("figures: %v where an object is wanted", open)
	}
	*f = figures{}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		var v float64
		if err := d.Decode(&v); err != nil {
			return fmt.Errorf("figures: %v: %w", key, err)
		}
		*f = append(*f, Figure{Key: fmt.Sprint(key), Value: v})
	}
	return nil
}

// WriteFigures writes the figures of several runs as CSV: a line a figure, a
// column a run. What a run doesn't have is empty.
func WriteFigures(w io.Writer, names []string, runs []*Report) error {
	var b strings.Builder
	b.WriteString("figure,label,unit")
	for _, name := range names {
		b.WriteString("," + quoteCSV(name))
	}
	b.WriteByte('\n')
	done := make(map[string]bool)
	for _, r := range runs {
		for _, f := range r.Figures {
			if done[f.Key] {
				continue
			}
			done[f.Key] = true
			b.WriteString(quoteCSV(f.Key) + "," + quoteCSV(f.Label) + "," + quoteCSV(f.Unit))
			for _, other := range runs {
				b.WriteByte(',')
				if v, ok := other.Value(f.Key); ok {
					b.WriteString(plain(v))
				}
			}
			b.WriteByte('\n')
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// guess makes label and unit from a key: p99_ms is the p99 in ms.
func guess(key string) (label, unit string) {
	name, dim := bare(key)
	return strings.ReplaceAll(name, "_", " "), dim
}
