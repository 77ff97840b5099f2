package config

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

// TestVariablesDistinct proves that a variable names one key: paths are
// joined by what may be inside a key, too.
func TestVariablesDistinct(t *testing.T) {
	seen := map[string]string{}
	for _, lf := range leaves() {
		name := variableOf(lf.path)
		if other, ok := seen[name]; ok {
			t.Errorf("%s is both %s and %s", name, other, lf.path)
		}
		seen[name] = lf.path
		if serviceLink(name, "5") {
			t.Errorf("%s, for %s, looks like one of Kubernetes", name, lf.path)
		}
	}
}

// TestVariablesReachAll sets every key by its variable to what it is by
// default: the text form of each kind is read back.
func TestVariablesReachAll(t *testing.T) {
	want := Default()
	root := reflect.ValueOf(&want).Elem()
	var env []string
	for _, lf := range leaves() {
		v := root.FieldByIndex(lf.index)
		text := ""
		switch x := v.Interface().(type) {
		case time.Duration:
			text = shortDuration(x)
		case []string:
			text = strings.Join(x, ",")
		default:
			if v.Kind() == reflect.Slice {
				v.SetZero() // lists of sections have no variable
				continue
			}
			text = strings.TrimSpace(marshal(t, x))
		}
		env = append(env, variableOf(lf.path)+"="+text)
	}
	l := &loader{from: origins{}}
	l.environment(env)
	if len(l.errs) > 0 {
		t.Fatal(l.errs)
	}
	if !reflect.DeepEqual(l.cfg, want) {
		t.Errorf("from the environment: %+v\nwant %+v", l.cfg, want)
	}
}

// TestEnvironment holds variables to their words.
func TestEnvironment(t *testing.T) {
	tests := []struct {
		name string
		env  string
		got  func(Config) any
		want any // what got returns
	}{
		{name: "number", env: "GRANDSTAND_ROOMS_ROOM_HISTORY=512",
			got: func(c Config) any { return c.Rooms.Room.History }, want: 512},
		{name: "text of a named type", env: "GRANDSTAND_ROOMS_ROOM_SLOW=latest",
			got: func(c Config) any { return string(c.Rooms.Room.Slow) }, want: "latest"},
		{name: "bytes", env: "GRANDSTAND_MEMORY_LIMIT=5000000000",
			got: func(c Config) any { return c.Memory.Limit }, want: int64(5000000000)},
		{name: "duration", env: "GRANDSTAND_DRAIN_TIMEOUT=1m30s",
			got: func(c Config) any { return c.Drain.Timeout }, want: 90 * time.Second},
		{name: "duration zero", env: "GRANDSTAND_DRAIN_SPREAD=0",
			got: func(c Config) any { return c.Drain.Spread }, want: time.Duration(0)},
		{name: "truth", env: "GRANDSTAND_ROOMS_CLIENT_PUBLISH=false",
			got: func(c Config) any { return c.Rooms.ClientPublish }, want: false},
		{name: "list", env: "GRANDSTAND_VIEWERS_ORIGINS=https://a.example, https://b.example",
			got: func(c Config) any { return strings.Join(c.Viewers.Origins, "|") }, want: "https://a.example|https://b.example"},
		{name: "empty list", env: "GRANDSTAND_VIEWERS_ORIGINS=",
			got: func(c Config) any { return len(c.Viewers.Origins) }, want: 0},
		{name: "empty text", env: "GRANDSTAND_CONTROL_LISTEN=",
			got: func(c Config) any { return c.Control.Listen }, want: ""},
		{name: "not ours", env: "GRANDSTANDING=yes",
			got: func(c Config) any { return c.Log.Level }, want: "info"},
		{name: "service link, host", env: "GRANDSTAND_SERVICE_HOST=10.0.0.1",
			got: func(c Config) any { return c.Log.Level }, want: "info"},
		{name: "service link, named port", env: "GRANDSTAND_CONTROL_SERVICE_PORT_HTTP=80",
			got: func(c Config) any { return c.Log.Level }, want: "info"},
		{name: "service link, address", env: "GRANDSTAND_PORT=tcp://10.0.0.1:8080",
			got: func(c Config) any { return c.Log.Level }, want: "info"},
		{name: "service link, parts", env: "GRANDSTAND_PORT_8080_TCP_ADDR=10.0.0.1",
			got: func(c Config) any { return c.Log.Level }, want: "info"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := Load("", []string{"HOME=/", tt.env}, Flags{})
			if err != nil {
				t.Fatalf("%s: %v", tt.env, err)
			}
			if got := tt.got(c); got != tt.want {
				t.Errorf("%s: got %v, want %v", tt.env, got, tt.want)
			}
		})
	}
}

// TestEnvironmentErrors says what is wrong with a variable.
func TestEnvironmentErrors(t *testing.T) {
	tests := []struct {
		name string
		env  string
		want string
	}{
		{name: "a port somebody guessed", env: "GRANDSTAND_PORT=8080", want: "GRANDSTAND_PORT: unknown variable"},
		{name: "unknown", env: "GRANDSTAND_ROOMS_ROOM_HISTROY=5",
			want: "GRANDSTAND_ROOMS_ROOM_HISTROY: unknown variable, did you mean GRANDSTAND_ROOMS_ROOM_HISTORY?"},
		{name: "lower case", env: "GRANDSTAND_log_level=info", want: "GRANDSTAND_log_level: unknown variable"},
		{name: "not a number", env: "GRANDSTAND_LISTENER_LOOPS=4k",
			want: `GRANDSTAND_LISTENER_LOOPS: listener.loops: "4k", want a whole number`},
		{name: "too large", env: "GRANDSTAND_LISTENER_LOOPS=99999999999999999999",
			want: `GRANDSTAND_LISTENER_LOOPS: listener.loops: "99999999999999999999", want a whole number`},
		{name: "no unit", env: "GRANDSTAND_DRAIN_TIMEOUT=30",
			want: `GRANDSTAND_DRAIN_TIMEOUT: drain.timeout: "30", want a duration with its unit, like 500ms or 2m`},
		{name: "not a truth", env: "GRANDSTAND_VIEWERS_PAGE=on",
			want: `GRANDSTAND_VIEWERS_PAGE: viewers.page: "on", want true or false`},
		{name: "sections", env: "GRANDSTAND_ROOMS_RULES=a",
			want: "GRANDSTAND_ROOMS_RULES: rooms.rules: a list of sections cannot be given by a variable, only by a file"},
		{name: "a key too short is not shown", env: "GRANDSTAND_CONTROL_KEYS=hunter2",
			want: "GRANDSTAND_CONTROL_KEYS: control.keys[0]: 7 characters, want at least 16"},
		{name: "nor a secret", env: "GRANDSTAND_AUTH_SECRET=hunter2",
			want: "GRANDSTAND_AUTH_SECRET: auth.secret: 7 bytes, want none or at least 32"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Load("", []string{tt.env}, Flags{}); err == nil || err.Error() != tt.want {
				t.Errorf("%s: %v, want %s", tt.env, err, tt.want)
			}
		})
	}
}
