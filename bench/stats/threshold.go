package stats

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Threshold is a bound that a figure of a run is held to, such as p99<400ms.
type Threshold struct {
	Text   string // as it was asked for
	Figure string // key of the figure, with or without its unit and server_
	Op     string // <, <=, >, >=, == or !=
	Value  float64
	Unit   string // as written behind the value; empty is the figure's own
}

// ParseThreshold reads a figure, a comparison and a value: p99<400ms, loss==0,
// rss_per_conn<1KB, rate>=300k/s. KB is 1,000 bytes, KiB 1,024.
func ParseThreshold(text string) (Threshold, error) {
	t := Threshold{Text: strings.TrimSpace(text)}
	wrong := func(why string) (Threshold, error) {
		return Threshold{}, fmt.Errorf("threshold %q: %s, want a form such as p99<400ms, loss==0 or rate>=300k", t.Text, why)
	}
	i := strings.IndexAny(t.Text, "<>=!")
	if i < 0 {
		return wrong("no comparison")
	}
	t.Figure, t.Op = strings.TrimSpace(t.Text[:i]), t.Text[i:i+1]
	value := t.Text[i+1:]
	if strings.HasPrefix(value, "=") {
		t.Op, value = t.Op+"=", value[1:]
	}
	switch {
	case t.Op == "=" || t.Op == "!":
		return wrong("no comparison " + t.Op)
	case !isKey(t.Figure):
		return wrong(fmt.Sprintf("no figure is called %q", t.Figure))
	case !knownFigure(t.Figure):
		return Threshold{}, fmt.Errorf("threshold %q: no figure is called %q%s", t.Text, t.Figure, nearFigure(t.Figure))
	}
	value = strings.TrimSpace(value)
	digits := strings.LastIndexAny(value, "0123456789.") + 1
	v, err := strconv.ParseFloat(value[:digits], 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return wrong(fmt.Sprintf("%q is no number", value))
	}
	t.Value, t.Unit = v, strings.TrimSpace(value[digits:])
	if kind, _ := scale(t.Unit); kind == "" && t.Unit != "" {
		return wrong(fmt.Sprintf("no unit is called %q", t.Unit))
	}
	if unit := expected(t.Figure); unit != "" {
		if _, ok := t.in(unit); !ok {
			return wrong(fmt.Sprintf("%s is not in %s", t.Figure, t.Unit))
		}
	}
	return t, nil
}

// UnmarshalText lets flags and files hold thresholds.
func (t *Threshold) UnmarshalText(p []byte) error {
	got, err := ParseThreshold(string(p))
	if err == nil {
		*t = got
	}
	return err
}

// MarshalText gives the threshold as it was asked for.
func (t Threshold) MarshalText() ([]byte, error) { return []byte(t.Text), nil }

// Check says how the report misses the threshold; it says nothing when it is
// met. A bound on a figure that the run doesn't have is missed too: it can't
// be said to be met.
func (t Threshold) Check(r *Report) string {
	f, ok := r.figure(t.Figure)
	if !ok {
		return fmt.Sprintf("%s: this run has no %s (a figure of the server needs --pid or --spawn; --json shows all)", t.Text, t.Figure)
	}
	_, unit := bare(f.Key)
	bound, ok := t.in(unit)
	if !ok {
		return fmt.Sprintf("%s: %s is not in %s", t.Text, f.Key, t.Unit)
	}
	if met(f.Value, t.Op, bound) {
		return ""
	}
	return fmt.Sprintf("%s: %s is %s", t.Text, f.Key, Format(f.Value))
}

func met(got float64, op string, bound float64) bool {
	switch op {
	case "<":
		return got < bound
	case "<=":
		return got <= bound
	case ">":
		return got > bound
	case ">=":
		return got >= bound
	case "==":
		return got == bound
	}
	return got != bound
}

// figure finds a figure by its key, by its key without the unit, or by either
// without server_ in front.
func (r *Report) figure(name string) (Figure, bool) {
	want, _ := bare(name)
	for _, like := range []func(key string) bool{
		func(key string) bool { return key == name },
		func(key string) bool { n, _ := bare(key); return n == want },
		func(key string) bool { n, _ := bare(key); return n == "server_"+want },
	} {
		for _, f := range r.Figures {
			if like(f.Key) {
				return f, true
			}
		}
	}
	return Figure{}, false
}

// in gives the value in the unit of a figure, if that is possible.
func (t Threshold) in(unit string) (float64, bool) {
	if t.Unit == "" {
		return t.Value, true
	}
	kind, factor := scale(t.Unit)
	wanted, own := scale(unit)
	switch {
	case kind == wanted:
		return t.Value * factor / own, true
	case kind == "number" && wanted != "time": // 300k of anything that is counted
		return t.Value * factor / own, true
	}
	return 0, false
}

// scale tells what kind of thing a unit measures and its size in the kind's
// base unit.
func scale(unit string) (kind string, factor float64) {
	switch unit {
	case "ns":
		return "time", 1e-9
	case "us", "µs", "μs":
		return "time", 1e-6
	case "ms":
		return "time", 1e-3
	case "s":
		return "time", 1
	case "B", "bytes":
		return "bytes", 1
	case "KB", "kB":
		return "bytes", 1e3
	case "MB":
		return "bytes", 1e6
	case "GB":
		return "bytes", 1e9
	case "KiB":
		return "bytes", 1 << 10
	case "MiB":
		return "bytes", 1 << 20
	case "GiB":
		return "bytes", 1 << 30
	case "%", "percent":
		return "percent", 1
	case "/s":
		return "rate", 1
	case "k/s", "K/s":
		return "rate", 1e3
	case "M/s":
		return "rate", 1e6
	case "k", "K":
		return "number", 1e3
	case "M":
		return "number", 1e6
	}
	return "", 1
}

// expected is the unit of a figure when its name alone tells.
func expected(name string) string {
	n, unit := bare(name)
	if unit != "" {
		return unit
	}
	last := n[strings.LastIndexByte(n, '_')+1:]
	switch {
	case last == "max", last == "mean", len(last) > 1 && last[0] == 'p' && strings.Trim(last[1:], "0123456789") == "":
		return "ms"
	case last == "loss", last == "cpu":
		return "percent"
	case last == "rate":
		return "/s"
	}
	return ""
}

// bare splits the unit from a key: cpu_us_per_delivery is cpu_per_delivery in us.
func bare(key string) (name, unit string) {
	for _, rate := range []string{"_per_s", "_s"} {
		if name, ok := strings.CutSuffix(key, rate); ok && (rate == "_per_s" || strings.HasSuffix(name, "_per_cpu")) {
			return name, "/s"
		}
	}
	words := strings.Split(key, "_")
	for i, w := range words {
		last := i == len(words)-1
		if i > 0 && (w == "ms" || w == "us" || w == "bytes" || w == "percent" || w == "s" && last) {
			return strings.Join(append(words[:i:i], words[i+1:]...), "_"), w
		}
	}
	return key, ""
}

// isKey reports whether s could name a figure.
func isKey(s string) bool {
	for _, c := range s {
		if c != '_' && c != '.' && (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}
