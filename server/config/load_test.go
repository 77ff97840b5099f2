package config

import (
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files under testdata")

// TestBadFiles compares everything that is wrong with the files of
// testdata/bad with what it is known to be, places included.
func TestBadFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files under testdata/bad: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			_, err := Load(file, nil, Flags{})
			if err == nil {
				t.Fatalf("Load(%s): no error", file)
			}
			got := strings.ReplaceAll(err.Error(), file, filepath.Base(file)) + "\n"
			golden := strings.TrimSuffix(file, ".yaml") + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("Load(%s):\n%s\nwant\n%s", file, got, want)
			}
		})
	}
}

// TestLoadOrder holds each source to its place: file, environment, flags.
func TestLoadOrder(t *testing.T) {
	none := ""
	const file = "listener:\n  listen: [\":1\", \":2\"]\ncontrol:\n  listen: 127.0.0.1:3\n"
	tests := []struct {
		name            string
		file            string
		env             []string
		flags           Flags
		listen, control string
	}{
		{name: "defaults", listen: "127.0.0.1:8080", control: "127.0.0.1:9090"},
		{name: "file", file: file, listen: ":1 :2", control: "127.0.0.1:3"},
		{name: "environment over file", file: file, env: []string{"GRANDSTAND_LISTENER_LISTEN=:4, :5"},
			listen: ":4 :5", control: "127.0.0.1:3"},
		{name: "flags over environment", file: file, env: []string{"GRANDSTAND_LISTENER_LISTEN=:4"},
			flags: Flags{Listen: []string{":6"}}, listen: ":6", control: "127.0.0.1:3"},
		{name: "no control port", file: file, flags: Flags{Control: &none}, listen: ":1 :2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			name := ""
			if tt.file != "" {
				name = write(t, tt.file)
			}
			c, err := Load(name, tt.env, tt.flags)
			if err != nil {
				t.Fatalf("Load: %v", err)
			}
			if got := strings.Join(c.Listener.Listen, " "); got != tt.listen || c.Control.Listen != tt.control {
				t.Errorf("listener.listen %q, control.listen %q, want %q, %q", got, c.Control.Listen, tt.listen, tt.control)
			}
		})
	}
}

// TestLoadBlames names the source of a wrong value: the last that set it.
func TestLoadBlames(t *testing.T) {
	file := write(t, "listener:\n  listen: [\":1\", \"x\"]\n  loops: -5\n")
	public := "0.0.0.0:9090"
	tests := []struct {
		name  string
		file  string
		env   []string
		flags Flags
		want  []string
	}{
		{name: "file", file: file, want: []string{
			file + `:2:18: listener.listen[1]: "x": address x: missing port in address`,
			file + ":3:10: listener.loops: -5, want 0 to 1024",
		}},
		{name: "environment", file: file, env: []string{"GRANDSTAND_LISTENER_LISTEN=y", "GRANDSTAND_LISTENER_LOOPS=-6"}, want: []string{
			`GRANDSTAND_LISTENER_LISTEN: listener.listen[0]: "y": address y: missing port in address`,
			"GRANDSTAND_LISTENER_LOOPS: listener.loops: -6, want 0 to 1024",
		}},
		{name: "flag", file: file, flags: Flags{Listen: []string{":1", "z"}}, want: []string{
			file + ":3:10: listener.loops: -5, want 0 to 1024",
			`--listen: listener.listen[1]: "z": address z: missing port in address`,
		}},
		{name: "default", flags: Flags{Control: &public}, want: []string{
			`default: control.keys: none, but listen "0.0.0.0:9090" is not loopback: name at least one key`,
		}},
		{name: "no such file", file: "testdata/none.yaml", env: []string{"GRANDSTAND_LOG_LEVEL=loud"}, want: []string{
			"testdata/none.yaml: no such file or directory",
			`GRANDSTAND_LOG_LEVEL: log.level: "loud", want debug, info, warn or error`,
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Load(tt.file, tt.env, tt.flags)
			if want := strings.Join(tt.want, "\n"); err == nil || err.Error() != want {
				t.Errorf("Load: %v\nwant\n%s", err, want)
			}
		})
	}
}

// TestLoadNothing takes files that set nothing.
func TestLoadNothing(t *testing.T) {
	for _, text := range []string{"", "# a comment\n", "---\n", "log:\n", "rooms:\n  room:\n    # history: 5\nlog: {}\n", "\ufefflog:\n", "log:\r\n  level: info\r\n"} {
		c, err := Load(write(t, text), nil, Flags{})
		if err != nil || !reflect.DeepEqual(c, Default()) {
			t.Errorf("Load(%q): %v, equal to Default: %t", text, err, reflect.DeepEqual(c, Default()))
		}
	}
}

// TestLoadTooLarge refuses what cannot be a configuration.
func TestLoadTooLarge(t *testing.T) {
	file := write(t, strings.Repeat("# 16 characters.\n", maxFile/16))
	if _, err := Load(file, nil, Flags{}); err == nil || !strings.HasSuffix(err.Error(), "more than 1048576 bytes") {
		t.Errorf("Load of %d bytes: %v", maxFile+maxFile/16, err)
	}
	if _, err := Load(t.TempDir(), nil, Flags{}); err == nil || !strings.HasSuffix(err.Error(), "is a directory") {
		t.Errorf("Load of a folder: %v", err)
	}
}

// FuzzFile holds the reader to two answers: errors, or a configuration that
// comes back the same from the YAML it is written as.
func FuzzFile(f *testing.F) {
	f.Fuzz(func(t *testing.T, text string) {
		l := &loader{cfg: Default(), from: origins{}}
		l.yaml("f.yaml", []byte(text))
		l.validate()
		if len(l.errs) > 0 {
			return
		}
		written, err := l.cfg.AppendYAML(nil)
		if err != nil {
			t.Fatal(err)
		}
		again := &loader{from: origins{}}
		again.yaml("again.yaml", written)
		if len(again.errs) > 0 || !reflect.DeepEqual(again.cfg, l.cfg) {
			t.Fatalf("%q became\n%s\nwhich reads as %+v (%v), want %+v", text, written, again.cfg, again.errs, l.cfg)
		}
	})
}

// write makes a file of the test's own.
func write(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}
