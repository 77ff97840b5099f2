package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"grandstand/server/config"
)

// TestRun runs the command as a shell would and looks at all that a shell sees.
func TestRun(t *testing.T) {
	good := writeConfig(t, "rooms:\n  room:\n    history: 7\n")
	bad := writeConfig(t, "rooms:\n  room:\n    history: 0\nlgo:\n  level: info\n")
	key := "GRANDSTAND_CONTROL_KEYS=0123456789abcdef"
	tests := []struct {
		name           string
		args           string
		env            []string
		serves         error // what serve answers
		code           int
		stdout, stderr string // parts of them; "" is nothing at all
	}{
		{name: "serve", args: "--config " + good},
		{name: "serve by name", args: "serve --config " + good},
		{name: "serve fails", args: "--config " + good, serves: errors.New("port taken"), code: 1,
			stderr: `level=ERROR msg=stopped error="port taken"`},
		{name: "serve without a file", stderr: "trying out: reachable from this machine only, anyone may join and publish"},
		{name: "serve without a file, for all", args: "--listen :8080", stderr: "trying out: anyone may join and publish"},
		{name: "serve what is wrong", args: "--config " + bad, code: 2, stderr: ":3:14: rooms.room.history: 0"},
		{name: "check", args: "check --config " + good, stdout: "ok\n"},
		{name: "check the defaults", args: "check", stdout: "ok\n"},
		{name: "check what is wrong", args: "check --config " + bad, code: 2,
			stderr: bad + ":3:14: rooms.room.history: 0, want at least 1\n" + bad + ":4:1: lgo: unknown key, did you mean log?\n"},
		{name: "check what is not there", args: "check --config none.yaml", code: 2,
			stderr: "none.yaml: no such file or directory\n"},
		{name: "check a variable", args: "check", env: []string{"GRANDSTAND_LOG_LEVEL=x"}, code: 2,
			stderr: "GRANDSTAND_LOG_LEVEL: log.level: "},
		{name: "check a flag", args: "check --listen x --listen :1", code: 2, stderr: "--listen: listener.listen[0]: "},
		{name: "check the control flag", args: "check --control 0.0.0.0:1", code: 2, stderr: "control.keys: none"},
		{name: "check with a key", args: "check --control 0.0.0.0:1", env: []string{key}, stdout: "ok\n"},
		{name: "config", args: "config --config " + good, stdout: "    history: 7\n"},
		{name: "config with all sources", args: "config --listen :1 --listen :2", env: []string{key},
			stdout: "listener:\n  listen:\n    - :1\n    - :2\n"},
		{name: "config hides keys", args: "config", env: []string{key}, stdout: "  keys:\n    - (redacted)\n"},
		{name: "config of what is wrong", args: "config --config " + bad, code: 2, stderr: "rooms.room.history: 0"},
		{name: "version", args: "version", stdout: "grandstand "},
		{name: "help", args: "--help", stdout: "--config=FILE"},
		{name: "help of a command", args: "check --help", stdout: "report everything wrong"},
		{name: "unknown flag", args: "--colour", code: 2, stderr: "unknown flag --colour"},
		{name: "unknown command", args: "start", code: 2, stderr: "unexpected argument start"},
		{name: "flag without a value", args: "--config", code: 2, stderr: "--config"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			p := process{args: strings.Fields(tt.args), env: tt.env, stdout: &stdout, stderr: &stderr,
				serve: func(context.Context, config.Config, *slog.Logger) error { return tt.serves }}
			if code := p.run(); code != tt.code {
				t.Errorf("server %s: exit %d, want %d", tt.args, code, tt.code)
			}
			contains(t, "stdout", stdout.String(), tt.stdout)
			contains(t, "stderr", stderr.String(), tt.stderr)
			if strings.Contains(stdout.String()+stderr.String(), "0123456789abcdef") {
				t.Errorf("server %s shows an API key", tt.args)
			}
		})
	}
}

// TestServeGets hands serve the configuration as put together, and the log.
func TestServeGets(t *testing.T) {
	var stderr bytes.Buffer
	var got config.Config
	p := process{
		args:   []string{"--control", "", "--listen", "127.0.0.1:0"},
		env:    []string{"GRANDSTAND_LOG_FORMAT=json", "GRANDSTAND_LOG_LEVEL=error"},
		stderr: &stderr,
		serve: func(_ context.Context, cfg config.Config, log *slog.Logger) error {
			got = cfg
			log.Error("from serve")
			return nil
		},
	}
	if code := p.run(); code != exitOK {
		t.Errorf("exit %d, want %d", code, exitOK)
	}
	if got.Control.Listen != "" || len(got.Listener.Listen) != 1 || got.Listener.Listen[0] != "127.0.0.1:0" {
		t.Errorf("serve got listen %q, control %q", got.Listener.Listen, got.Control.Listen)
	}
	contains(t, "stderr", stderr.String(), `"level":"ERROR","msg":"from serve"}`)
}

// TestSignals drains at the first signal and leaves at the second.
func TestSignals(t *testing.T) {
	tests := []struct {
		name    string
		signals int
		code    int // of run
		exit    int // asked for at once; -1: not
	}{
		{name: "drain", signals: 1, code: exitOK, exit: -1},
		{name: "out of patience", signals: 2, code: exitFailed, exit: exitFailed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			signals, exited := make(chan os.Signal), make(chan int, 1)
			p := process{
				args:    []string{"--config", writeConfig(t, "")},
				stderr:  &lockedBuffer{},
				signals: signals,
				exit:    func(code int) { exited <- code },
				serve: func(ctx context.Context, _ config.Config, _ *slog.Logger) error {
					send(t, signals, syscall.SIGTERM)
					<-ctx.Done()
					if tt.signals == 1 {
						return nil
					}
					send(t, signals, os.Interrupt) // in the middle of the drain
					select {
					case code := <-exited:
						exited <- code
					case <-time.After(10 * time.Second):
						t.Error("the second signal did not end the process")
					}
					return errors.New("cut short")
				},
			}
			if code := p.run(); code != tt.code {
				t.Errorf("exit %d, want %d", code, tt.code)
			}
			got := -1
			if len(exited) > 0 {
				got = <-exited
			}
			if got != tt.exit {
				t.Errorf("left at once with %d, want %d", got, tt.exit)
			}
		})
	}
}

// TestDescribe puts what a build knows of itself into one line.
func TestDescribe(t *testing.T) {
	vcs := []debug.BuildSetting{{Key: "vcs.revision", Value: "0123456789abcdef0123"}, {Key: "vcs.modified", Value: "true"}}
	tests := []struct {
		info debug.BuildInfo
		want string
	}{
		{info: debug.BuildInfo{}, want: "grandstand (devel)"},
		{info: debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}, GoVersion: "go1.26"}, want: "grandstand v1.2.3 go1.26"},
		{info: debug.BuildInfo{Settings: vcs}, want: "grandstand (devel) 0123456789ab (modified)"},
		{info: debug.BuildInfo{Settings: vcs[:1]}, want: "grandstand (devel) 0123456789ab"},
	}
	for _, tt := range tests {
		if got := describe(&tt.info); got != tt.want {
			t.Errorf("describe(%+v) = %q, want %q", tt.info, got, tt.want)
		}
	}
}

// lockedBuffer takes the log of several goroutines.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// send delivers a signal, with a deadline.
func send(t *testing.T, to chan<- os.Signal, s os.Signal) {
	select {
	case to <- s:
	case <-time.After(10 * time.Second):
		t.Errorf("nobody takes %v", s)
	}
}

// contains wants part in text, or no text at all if part is "".
func contains(t *testing.T, name, text, part string) {
	t.Helper()
	if part == "" && text != "" || !strings.Contains(text, part) {
		t.Errorf("%s is %q, want %q in it", name, text, part)
	}
}

func writeConfig(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}
