package plot

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"grandstand/bench/stats"
)

// statsReport is a short word for the tables of these tests.
type statsReport = stats.Report

func TestPage(t *testing.T) {
	bad := sample(2)
	bad.Missed = []string{"p99<400ms: p99_ms is 512"}
	bad.Warnings = []string{"<script>alert(1)</script>"}
	for _, tt := range []struct {
		name string
		runs []Run
		want []string
		not  []string
	}{
		{
			name: "one", runs: []Run{{"run", sample(1)}},
			want: []string{"<h1>fanout</h1>", ">nothing missed<", "bin/server --config", "0123456789ab", "growth per connection", "loss_percent", "10000 x closed by us"},
			not:  []string{"Reasons to doubt", `id="loss"`},
		},
		{
			name: "two", runs: []Run{{"ours", sample(1)}, {"theirs & co", bad}},
			want: []string{"2 runs side by side", "1 missed", "theirs &amp; co: p99&lt;400ms", "&lt;script&gt;", "<b>ours</b>"},
			not:  []string{"<script>", `class="tiles"`},
		},
		{
			name: "old, without series", runs: []Run{{"old", &stats.Report{Scenario: "connect", Figures: []stats.Figure{{Key: "viewers", Label: "viewers", Value: 1234567}}}}},
			want: []string{"<h1>connect</h1>", "1.23 M", "1,234,567"},
			not:  []string{"<svg"},
		},
	} {
		var b bytes.Buffer
		if err := HTML(&b, tt.runs); err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		for _, want := range tt.want {
			if !strings.Contains(b.String(), want) {
				t.Errorf("%s: the page lacks %q", tt.name, want)
			}
		}
		for _, not := range tt.not {
			if strings.Contains(b.String(), not) {
				t.Errorf("%s: the page has %q", tt.name, not)
			}
		}
		// The one address that may stand there is the name of SVG's vocabulary.
		for _, url := range regexp.MustCompile(`(?:src=|href=|url\()\S*|https?://[^"< ]*`).FindAllString(b.String(), -1) {
			if url != "http://www.w3.org/2000/svg" {
				t.Errorf("%s: the page refers to %s", tt.name, url)
			}
		}
	}
	if err := HTML(new(bytes.Buffer), nil); err == nil {
		t.Error("a page about no runs was written")
	}
}

func TestShort(t *testing.T) {
	for _, tt := range []struct {
		in   float64
		want string
	}{
		{0, "0"}, {4.049, "4.05"}, {4.0001, "4"}, {44.21, "44.2"}, {322.4, "322"}, {50_012.4, "50,012"}, {2_400_000, "2.4 M"}, {0.004, "0"},
	} {
		if got := short(tt.in); got != tt.want {
			t.Errorf("short(%g) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestWords(t *testing.T) {
	got := words([]string{"bench", "--spawn", "bin/server -c x", "it's", "", "p99<4ms"})
	want := `bench --spawn 'bin/server -c x' 'it'\''s' '' 'p99<4ms'`
	if got != want {
		t.Errorf("words = %s, want %s", got, want)
	}
}
