package scenario

import (
	"fmt"
	"strings"
	"testing"
)

// show writes settings so that a test can compare them.
func show(settings []Setting) string {
	var b strings.Builder
	for i, s := range settings {
		if i > 0 {
			b.WriteByte(' ')
		}
		if s.Key != "" {
			b.WriteString(s.Key + "@" + fmt.Sprint(s.Line) + "=")
		}
		switch s.Kind {
		case Scalar:
			fmt.Fprintf(&b, "%q", s.Text)
		case Sequence:
			b.WriteString("[" + show(s.List) + "]")
		case Mapping:
			b.WriteString("{" + show(s.Map) + "}")
		}
	}
	return b.String()
}

func TestParseFile(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"plain", "scenario: fanout\nviewers: 10\n", `viewers@2="10"`},
		{"one key", "scenario: connect", ``},
		{"as written", "scenario: x\na: 010\nb: 1e3\nc: -5\nd: 0x1F\ne: 1_000\nf: true\ng: ~x\nh: .5\ni: 10s\n",
			`a@2="010" b@3="1e3" c@4="-5" d@5="0x1F" e@6="1_000" f@7="true" g@8="~x" h@9=".5" i@10="10s"`},
		{"quoted", "scenario: x\na: 'it''s'\nb: \"two\\nlines\"\nc: |\n  block\n  text\n", `a@2="it's" b@3="two\nlines" c@4="block\ntext\n"`},
		{"empty text", "scenario: x\na: ''\n", `a@2=""`},
		{"list", "scenario: x\na:\n  - p99 < 400ms\n  - loss == 0\nb: [1, 2]\n", `a@2=["p99 < 400ms" "loss == 0"] b@5=["1" "2"]`},
		{"map", "scenario: x\nshare:\n  websocket: 60 # most\n  sse: 40\nmore: {a: 1}\n", `share@2={websocket@3="60" sse@4="40"} more@5={a@5="1"}`},
		{"list of maps", "scenario: x\ntargets:\n  - name: a\n    url: ws://b\n", `targets@2=[{name@3="a" url@4="ws://b"}]`},
		{"scenario last, comments, a mark", "\ufeff# why\n\nviewers: 3 # few\nscenario: fanout\n", `viewers@3="3"`},
		{"document marks", "---\nscenario: x\na: 1\n...\n", `a@3="1"`},
	} {
		f, err := ParseFile("f.yaml", []byte(tt.text))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if got := show(f.Settings); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestParseFileMistakes(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"nothing", "", "f.yaml: nothing in it, want a line such as scenario: fanout"},
		{"comments alone", "# x\n", "f.yaml: nothing in it, want a line such as scenario: fanout"},
		{"no scenario", "viewers: 1\n", "f.yaml: no scenario, want a line such as scenario: fanout"},
		{"a list", "- scenario: x\n", "f.yaml:1: want keys and values, such as scenario: fanout"},
		{"a word", "fanout\n", "f.yaml:1: want keys and values, such as scenario: fanout"},
		{"scenario is a list", "scenario: [a]\n", "f.yaml:1: scenario: want the name of a command, such as fanout"},
		{"twice", "scenario: x\na: 1\nb: 2\na: 3\n", "f.yaml:4: a: given twice, first on line 2"},
		{"no value", "scenario: x\nviewers:\nrate: 5\n", "f.yaml:2: viewers: no value"},
		{"anchor", "scenario: x\na: &b 1\n", "f.yaml:2: a: anchors, aliases and tags are not taken, write the value out"},
		{"tag", "scenario: x\na: !!str 1\n", "f.yaml:2: a: anchors, aliases and tags are not taken, write the value out"},
		{"second document", "scenario: x\n---\nscenario: y\n", "f.yaml:3: a second document, want one"},
		{"two mistakes", "scenario: x\na:\nb:\n", "f.yaml:2: a: no value\nf.yaml:3: b: no value"},
		{"key that is no word", "scenario: x\n1: 2\n", "f.yaml:2: key 1: want a plain word"},
	} {
		_, err := ParseFile("f.yaml", []byte(tt.text))
		if err == nil || err.Error() != tt.want {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
	}
	for _, text := range []string{"scenario: x\n  a: 1\n b: 2\n", "scenario: [x\n", "scenario: \"x\n", "a: b: c\n", "\tscenario: x\n"} {
		_, err := ParseFile("f.yaml", []byte(text))
		if err == nil || !strings.HasPrefix(err.Error(), "f.yaml:") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, want one line that begins with its place", text, err)
		}
	}
	if _, err := ReadFile("/nonexistent.yaml"); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("a file that isn't there: %v", err)
	}
}

func FuzzParseFile(f *testing.F) {
	f.Add("scenario: fanout\nviewers: 10\nthreshold: [p99<1s]\n")
	f.Add("scenario: x\na: {b: [c, {d: e}]}\nf: |\n  g\n")
	f.Add("a: &b 1\nc: *b\n<<: {}\n? x\n: y\n")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := ParseFile("f.yaml", []byte(text))
		if err == nil && got.Scenario.Text == "" {
			t.Fatal("a file without a scenario")
		}
		if err != nil && !strings.HasPrefix(err.Error(), "f.yaml:") {
			t.Fatalf("%v has no place", err)
		}
	})
}
