package config

import (
	"bytes"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"grandstand/session"
	"grandstand/session/room"
)

// TestSchema holds every field of the tree to what this package can read: a
// key of its own, and a kind that setNode and setText know.
func TestSchema(t *testing.T) {
	seen := map[string]bool{}
	for _, lf := range leaves() {
		if seen[lf.path] || strings.HasSuffix(lf.path, ".") {
			t.Errorf("%q: no key, or one used twice", lf.path)
		}
		seen[lf.path] = true
		switch lf.typ.Kind() {
		case reflect.String, reflect.Bool, reflect.Int, reflect.Int64:
		case reflect.Slice:
			if k := lf.typ.Elem().Kind(); k != reflect.String && k != reflect.Struct {
				t.Errorf("%s: a list of %v cannot be read", lf.path, k)
			}
		default:
			t.Errorf("%s: a %v cannot be read", lf.path, lf.typ)
		}
		if typ, ok := typeAt(lf.path); !ok || typ != lf.typ {
			t.Errorf("typeAt(%q) = %v, %t, want %v", lf.path, typ, ok, lf.typ)
		}
	}
	for _, path := range []string{"rooms.rules[3].history", "listener.listen[0]", "rooms"} {
		if !isKey(path) {
			t.Errorf("isKey(%q) = false", path)
		}
	}
	for _, path := range []string{"", "rooms.rules.history", "listener.loops[0]", "log.level.x", "rooms.rule"} {
		if isKey(path) {
			t.Errorf("isKey(%q) = true", path)
		}
	}
}

// TestProblemsName spoils every value there is and wants each complaint of
// every package to name the key that it is about.
func TestProblemsName(t *testing.T) {
	for _, spoil := range []struct {
		name   string
		number int64
		text   string
	}{{"low", math.MinInt64, ""}, {"high", math.MaxInt64, "\x00 no * such:thing"}} {
		c := Default()
		root := reflect.ValueOf(&c).Elem()
		for _, lf := range leaves() {
			switch v := root.FieldByIndex(lf.index); v.Kind() {
			case reflect.Int, reflect.Int64:
				v.SetInt(spoil.number)
			case reflect.String:
				v.SetString(spoil.text)
			case reflect.Slice:
				if v.Type().Elem().Kind() == reflect.String {
					v.Set(reflect.ValueOf([]string{spoil.text}))
				}
			}
		}
		ps := c.problems()
		if len(ps) < 10 {
			t.Errorf("%s: %d problems, want many", spoil.name, len(ps))
		}
		for _, p := range ps {
			typ, ok := typeAt(p.path)
			if !ok || typ.Kind() == reflect.Struct {
				t.Errorf("%s: %q is not about a key: %s", spoil.name, p.path, p.text)
			}
		}
	}
}

// TestProblemOf finds the key in what packages say.
func TestProblemOf(t *testing.T) {
	tests := []struct {
		section, line string
		path, text    string
	}{
		{section: "drain", line: "timeout: 0s, want more", path: "drain.timeout", text: "0s, want more"},
		{section: "listener", line: "epoll.listen[0]: x: y", path: "listener.listen[0]", text: "x: y"},
		{section: "dispatch", line: "dispatch.workers: -1", path: "dispatch.workers", text: "-1"},
		{section: "viewers", line: "http.http1.max_head: 5", path: "viewers.http.max_head", text: "5"},
		{section: "rooms", line: "rules[1].slow: no", path: "rooms.rules[1].slow", text: "no"},
		{section: "log", line: "nothing fits", path: "log", text: "nothing fits"},
		{section: "log", line: "colour: red", path: "log", text: "colour: red"},
		{section: "log", line: "The level: red", path: "log", text: "The level: red"},
	}
	for _, tt := range tests {
		if got := problemOf(tt.section, tt.line); got != (problem{tt.path, tt.text}) {
			t.Errorf("problemOf(%q, %q) = %+v, want %q, %q", tt.section, tt.line, got, tt.path, tt.text)
		}
	}
}

// TestValidateRules reports a bad value where it was written: not in rules that
// inherit it, but in one that repeats it.
func TestValidateRules(t *testing.T) {
	c, zero := Default(), 0
	c.Rooms.Room.History = 0
	c.Rooms.Rules = []session.Rule{{Match: "a"}, {Match: "b", History: &zero}}
	want := "rooms.room.history: 0, want at least 1\nrooms.rules[1].history: 0, want at least 1"
	if err := c.Validate(); err == nil || err.Error() != want {
		t.Errorf("Validate: %v\nwant %s", err, want)
	}
	if err := Default().Validate(); err != nil {
		t.Errorf("the defaults: %v", err)
	}
}

// TestAppendYAML writes what Load reads back.
func TestAppendYAML(t *testing.T) {
	age, slow, off := 90*time.Second, room.Latest, false
	c := Default()
	c.Viewers.Origins = []string{"*", "https://a.example:8443", "null", "# no comment", "ü: \"x\""}
	c.Control.Keys = []string{"12345678901234567890", "0x1234567890abcdef"}
	c.Auth.Secret, c.Auth.Previous = "# 'not' a comment: \"but\" a secret", []string{"0x" + strings.Repeat("0", 30)}
	c.Log.Level = "true"
	c.Drain.Timeout = 25*time.Hour + time.Millisecond
	c.Rooms.Rules = []session.Rule{{Match: "a*", HistoryAge: &age, Slow: &slow, ClientPublish: &off}, {Match: "~"}}
	text, err := c.AppendYAML([]byte("# mine\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := read(t, string(text)); !reflect.DeepEqual(got, c) {
		t.Errorf("%s\nreads as %+v\nwant %+v", text, got, c)
	}
	if !bytes.HasPrefix(text, []byte("# mine\nlistener:\n")) {
		t.Errorf("begins with %.40q", text)
	}
}

// TestRedacted keeps secrets out of what is shown, and in what is used.
func TestRedacted(t *testing.T) {
	c := Default()
	c.Control.Keys = []string{"a-very-hidden-key-of-mine"}
	c.Auth.Secret = "one hidden thing of 32 bytes, or more"
	c.Auth.Previous = []string{"and the hidden thing that was before it"}
	c.Hooks.URL, c.Hooks.Secret = "https://app.example/hook?key=hidden", "a hidden thing to sign with"
	c.Hooks.Headers = []string{"Authorization: Bearer hidden"}
	text, err := c.Redacted().AppendYAML(nil)
	if n := strings.Count(string(text), "(redacted)"); err != nil || strings.Contains(string(text), "hidden") || n != 6 {
		t.Errorf("Redacted: %v, %d marks, want 6\n%s", err, n, text)
	}
	for _, s := range []string{c.Control.Keys[0], c.Auth.Secret, c.Auth.Previous[0], c.Hooks.URL, c.Hooks.Secret, c.Hooks.Headers[0]} {
		if !strings.Contains(s, "hidden") {
			t.Errorf("Redacted changed the configuration: %q", s)
		}
	}
	// Whether there is a secret at all is worth knowing.
	if text, _ := Default().Redacted().AppendYAML(nil); strings.Contains(string(text), "redacted") {
		t.Errorf("the defaults have no secrets, but Redacted shows\n%s", text)
	}
}

// TestShortDuration writes durations as people do.
func TestShortDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", time.Second: "1s", 10 * time.Minute: "10m", 75 * time.Second: "1m15s", time.Hour: "1h",
		10 * time.Hour: "10h", time.Hour + time.Second: "1h0m1s", 90 * time.Minute: "1h30m", 50 * time.Millisecond: "50ms",
	} {
		if got := shortDuration(d); got != want {
			t.Errorf("shortDuration(%v) = %q, want %q", d, got, want)
		}
	}
}

// TestNearest guesses typing errors and nothing else.
func TestNearest(t *testing.T) {
	words := []string{"history", "history_age", "history_bytes", "slow", "flush_interval"}
	for word, want := range map[string]string{
		"histroy": "history", "History": "history", "history-age": "history_age", "slw": "slow",
		"flushinterval": "flush_interval", "close_timeout": "", "x": "", "": "", "history_by": "history",
	} {
		if got := nearest(word, words); got != want {
			t.Errorf("nearest(%q) = %q, want %q", word, got, want)
		}
	}
}

// TestLog writes from the level on, in the format asked for.
func TestLog(t *testing.T) {
	tests := []struct {
		log  Log
		want string // what the lines contain
	}{
		{log: Log{"info", "text"}, want: "level=INFO msg=b level=WARN msg=c level=ERROR msg=d"},
		{log: Log{"debug", "text"}, want: "level=DEBUG msg=a level=INFO msg=b level=WARN msg=c level=ERROR msg=d"},
		{log: Log{"warn", "json"}, want: `"level":"WARN","msg":"c"} "level":"ERROR","msg":"d"}`},
		{log: Log{"error", "text"}, want: "level=ERROR msg=d"},
	}
	for _, tt := range tests {
		var b bytes.Buffer
		log := tt.log.New(&b)
		log.Debug("a")
		log.Info("b")
		log.Warn("c")
		log.Error("d")
		var got []string
		for line := range strings.Lines(b.String()) {
			at := max(strings.Index(line, "level="), strings.Index(line, `"level"`), 0)
			got = append(got, strings.TrimSpace(line[at:]))
		}
		if s := strings.Join(got, " "); s != tt.want {
			t.Errorf("%+v wrote %s, want %s", tt.log, s, tt.want)
		}
	}
}

// marshal is a scalar as YAML.
func marshal(t *testing.T, v any) string {
	t.Helper()
	if s, ok := v.(string); ok {
		return s
	}
	if rv := reflect.ValueOf(v); rv.Kind() == reflect.String {
		return fmt.Sprint(v)
	}
	text, err := yaml.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
