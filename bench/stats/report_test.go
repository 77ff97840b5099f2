package stats

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"
)

func TestFormat(t *testing.T) {
	for _, tt := range []struct {
		in   float64
		want string
	}{
		{0, "0"}, {7, "7"}, {1000, "1,000"}, {1234567, "1,234,567"}, {-1234.5, "-1,234"},
		{0.1234, "0.123"}, {12.345, "12.35"}, {123.45, "123.5"}, {99999.9, "100,000"}, {-0.5, "-0.500"},
	} {
		if got := Format(tt.in); got != tt.want && !(tt.in == -1234.5 && got == "-1,235") {
			t.Errorf("Format(%g) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestReportText(t *testing.T) {
	r := &Report{Scenario: "fanout", Target: "ws://x"}
	r.Add("viewers", "viewers", 10000, "")
	r.Add("secret", "", 1, "")
	r.Note("%d x closed", 3)
	r.Warn("the harness was the limit")
	r.Missed = []string{"--max-p99 5: p99_ms is 6"}
	var b bytes.Buffer
	if err := r.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"fanout  ws://x", "10,000", "3 x closed", "WARNING: the harness was the limit", "MISSED --max-p99"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("text lacks %q:\n%s", want, b.String())
		}
	}
	if strings.Contains(b.String(), "secret") {
		t.Errorf("a figure without a label is in the text:\n%s", b.String())
	}
}

func TestReportJSON(t *testing.T) {
	r := &Report{Scenario: "echo"}
	r.Add("rate_per_s", "round trips", 12.5, "/s")
	r.Add("per_cpu", "", math.Inf(1), "") // division by no CPU: JSON has no word for it
	r.AddSummary("", "latency", Summary{Count: 1, P99: 3})
	r.AddSummary("back", "back after", Summary{})
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Scenario string
		Figures  map[string]float64
	}
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if got.Scenario != "echo" || got.Figures["rate_per_s"] != 12.5 || got.Figures["p99_ms"] != 3 {
		t.Errorf("JSON = %s", b)
	}
	if _, ok := got.Figures["back_p99_ms"]; ok {
		t.Errorf("a latency without a sample is in the JSON: %s", b)
	}
	if _, ok := got.Figures["per_cpu"]; ok {
		t.Errorf("an infinite figure is in the JSON: %s", b)
	}
}

func TestLimits(t *testing.T) {
	num := func(v float64) *float64 { return &v }
	ms := func(d time.Duration) *time.Duration { return &d }
	for _, tt := range []struct {
		name   string
		limits Limits
		want   string // in the one line missed, empty for none
	}{
		{name: "none"},
		{name: "p99 met", limits: Limits{MaxP99: ms(20 * time.Millisecond)}},
		{name: "p99 missed", limits: Limits{MaxP99: ms(9 * time.Millisecond)}, want: "p99_ms is 10"},
		{name: "p50 missed", limits: Limits{MaxP50: ms(time.Microsecond)}, want: "p50_ms is 2"},
		{name: "loss met at the edge", limits: Limits{MaxLoss: num(0.5)}},
		{name: "loss missed", limits: Limits{MaxLoss: num(0)}, want: "loss_percent is 0.5"},
		{name: "rate met", limits: Limits{MinRate: num(100)}},
		{name: "rate missed", limits: Limits{MinRate: num(101)}, want: "rate_per_s is 100"},
		{name: "no such figure", limits: Limits{MaxRSSPerConn: num(750)}, want: "has no rss_per_conn_bytes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := new(Report)
			r.Add("p50_ms", "", 2, "ms")
			r.Add("p99_ms", "", 10, "ms")
			r.Add("loss_percent", "", 0.5, "%")
			r.Add("rate_per_s", "", 100, "/s")
			tt.limits.Check(r)
			got := strings.Join(r.Missed, "; ")
			if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
				t.Errorf("missed %q, want %q", got, tt.want)
			}
		})
	}
}
