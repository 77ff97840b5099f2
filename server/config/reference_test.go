package config

import (
	"bufio"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"grandstand/epoll/transport"
)

// configs is the folder of the files we deploy.
const configs = "../../configs"

// read loads a file over nothing instead of over the defaults, so what it
// leaves out shows as zero.
func read(t *testing.T, text string) (Config, origins) {
	t.Helper()
	l := &loader{from: origins{}}
	l.yaml("f.yaml", []byte(text))
	if len(l.errs) > 0 {
		t.Fatal(l.errs)
	}
	return l.cfg, l.from
}

// TestReference holds configs/reference.yaml equal to what is compiled in:
// every key is in it, in the order of the structs, with its default.
func TestReference(t *testing.T) {
	text := slurp(t, filepath.Join(configs, "reference.yaml"))
	cfg, from := read(t, text)
	if want := Default(); !reflect.DeepEqual(cfg, want) {
		got, _ := cfg.AppendYAML(nil)
		wanted, _ := want.AppendYAML(nil)
		t.Errorf("reference.yaml is\n%s\nwant the defaults\n%s", got, wanted)
	}
	last := 0
	for _, lf := range leaves() {
		o, ok := from[lf.path]
		if !ok {
			t.Errorf("reference.yaml lacks %s", lf.path)
			continue
		}
		if o.line <= last {
			t.Errorf("reference.yaml:%d: %s is out of the order of the structs", o.line, lf.path)
		}
		last = o.line
	}
}

// TestReferenceEngineIO holds the entry of viewers.engineio complete: what the
// file left out would be the default without being seen.
func TestReferenceEngineIO(t *testing.T) {
	_, from := read(t, slurp(t, filepath.Join(configs, "reference.yaml")))
	last := 0
	for _, lf := range appendLeaves(nil, "viewers.engineio[0].", nil, reflect.TypeFor[transport.EnginePath]()) {
		o, ok := from[lf.path]
		if !ok || o.line <= last {
			t.Errorf("reference.yaml lacks %s, or has it out of order", lf.path)
		}
		last = o.line
	}
}

// TestReferenceReasons fails for a key or section without a comment above it.
func TestReferenceReasons(t *testing.T) {
	lines := strings.Split(slurp(t, filepath.Join(configs, "reference.yaml")), "\n")
	key := regexp.MustCompile(`^ *[a-z_]+:`)
	for i, line := range lines {
		if key.MatchString(line) && (i == 0 || !strings.HasPrefix(strings.TrimSpace(lines[i-1]), "#")) {
			t.Errorf("reference.yaml:%d: %s has no reason above it", i+1, strings.TrimSpace(line))
		}
	}
}

// TestReferenceRules loads the example that is a comment in reference.yaml.
func TestReferenceRules(t *testing.T) {
	text := slurp(t, filepath.Join(configs, "reference.yaml"))
	text = strings.Replace(text, "  rules: []\n", "", 1)
	text = regexp.MustCompile(`(?m)^  # (rules:| {2}- | {4})`).ReplaceAllString(text, "  $1")
	cfg, _ := read(t, text)
	if err := cfg.Validate(); err != nil {
		t.Error(err)
	}
	if n := len(cfg.Rooms.Rules); n != 3 {
		t.Fatalf("%d rules in the example, want 3", n)
	}
	first := cfg.Rooms.Rules[0]
	if first.Match != "chat:*" || *first.History != 512 || *first.FlushInterval != 250*time.Millisecond || first.Slow != nil {
		t.Errorf("the first rule of the example is %+v", first)
	}
}

// TestConfigsLoad loads every file that we deploy.
func TestConfigsLoad(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(configs, "*.yaml"))
	if err != nil || len(files) < 4 {
		t.Fatalf("%d files in configs: %v", len(files), err)
	}
	key := []string{"GRANDSTAND_CONTROL_KEYS=0123456789abcdef"}
	for _, file := range files {
		if _, err := Load(file, key, Flags{}); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		_, err := Load(file, nil, Flags{})
		if filepath.Base(file) != "standalone.yaml" {
			if err != nil {
				t.Errorf("%s without a key: %v", file, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), "control.keys: none") {
			t.Errorf("%s without a key: %v, want a complaint about control.keys", file, err)
		}
	}
}

// TestStandaloneStrict holds standalone.yaml to what it says it is.
func TestStandaloneStrict(t *testing.T) {
	cfg, err := Load(filepath.Join(configs, "standalone.yaml"), []string{"GRANDSTAND_CONTROL_KEYS=0123456789abcdef"}, Flags{})
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Rooms.ClientPublish || cfg.Viewers.Page || len(cfg.Viewers.Origins) > 0 || cfg.Log.Format != "json" {
		t.Errorf("client_publish %t, page %t, origins %q, log %s; want none of them, and json",
			cfg.Rooms.ClientPublish, cfg.Viewers.Page, cfg.Viewers.Origins, cfg.Log.Format)
	}
}

// TestHostReasons fails for a line of configs/host that no comment explains:
// one stands above it, or above the group it belongs to.
func TestHostReasons(t *testing.T) {
	for _, name := range []string{"90-grandstand.conf", "grandstand.limits.conf", "grandstand.service"} {
		text := slurp(t, filepath.Join(configs, "host", name))
		explained := false
		scan := bufio.NewScanner(strings.NewReader(text))
		for n := 1; scan.Scan(); n++ {
			switch line := scan.Text(); {
			case line == "", strings.HasPrefix(line, "["):
				explained = false
			case strings.HasPrefix(line, "#"):
				explained = true
			case !explained && line != "Description=Grandstand, connection server for live audiences":
				t.Errorf("%s:%d: %s has no reason", name, n, line)
			}
		}
	}
}

// TestUnitFits holds the unit to the configuration it starts: time to drain,
// and a descriptor for every connection.
func TestUnitFits(t *testing.T) {
	unit := slurp(t, filepath.Join(configs, "host", "grandstand.service"))
	cfg, err := Load(filepath.Join(configs, "standalone.yaml"), []string{"GRANDSTAND_CONTROL_KEYS=0123456789abcdef"}, Flags{})
	if err != nil {
		t.Fatal(err)
	}
	if stop := time.Duration(setting(t, unit, "TimeoutStopSec")) * time.Second; stop <= cfg.Drain.Timeout {
		t.Errorf("TimeoutStopSec is %v, want more than drain.timeout (%v)", stop, cfg.Drain.Timeout)
	}
	if files := setting(t, unit, "LimitNOFILE"); files < 2*cfg.Listener.MaxConns {
		t.Errorf("LimitNOFILE is %d, want twice listener.max_conns (%d)", files, cfg.Listener.MaxConns)
	}
	for _, dir := range []string{"After", "ExecStartPre", "ExecStart", "Restart"} {
		if !slices.ContainsFunc(strings.Split(unit, "\n"), func(l string) bool { return strings.HasPrefix(l, dir+"=") }) {
			t.Errorf("the unit has no %s", dir)
		}
	}
}

// setting is a number in a unit.
func setting(t *testing.T, unit, key string) int {
	t.Helper()
	m := regexp.MustCompile(`(?m)^` + key + `=(\d+)$`).FindStringSubmatch(unit)
	if m == nil {
		t.Fatalf("the unit has no %s", key)
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func slurp(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
