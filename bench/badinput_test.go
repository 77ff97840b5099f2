package main

import (
	"bytes"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// accepting is a server that does something with each connection.
func accepting(t *testing.T, do func(c net.Conn)) string {
	t.Helper()
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	go func() { // stops: the listener is closed
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { _ = c.Close() })
			go do(c) // stops: the connection is closed
		}
	}()
	return "ws://" + ln.Addr().String() + "/live/ws"
}

// badInput is a command line that can't be carried out.
type badInput struct {
	name  string
	words string // of the shell; empty: as they are
	args  []string
	want  []string
}

// badInputs lists what goes wrong before or around a run.
func badInputs(t *testing.T) []badInput {
	t.Helper()
	target := bare(t)[:4]
	web := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(web.Close)
	ssh := accepting(t, func(c net.Conn) { _, _ = c.Write([]byte("SSH-2.0-OpenSSH_9.9\r\n")) })
	mute := accepting(t, func(net.Conn) {})
	rude := accepting(t, func(c net.Conn) { _ = c.Close() })
	file := scenarioFile(t, "scenario: fanout\nviewrs: 10\n")
	short := []string{"-d", "100ms", "--warmup", "0s", "-n", "5"}
	fanout := func(more ...string) []string { return append(append([]string{"fanout"}, short...), more...) }
	// To a server that is there, but isn't one of ours.
	to := func(url string, more ...string) []string {
		return fanout(append(more, "--url", url, "--publish", web.URL)...)
	}
	at := func(more ...string) []string { return fanout(append(more, target...)...) }
	return []badInput{
		{"unknown key", "", []string{"run", file}, []string{file + ":2: viewrs: unknown key", "did you mean viewers?"}},
		{"no such file", "", []string{"run", "nowhere.yaml"}, []string{"nowhere.yaml", "no such file"}},
		{"unknown flag", "", fanout("--viewrs", "5"), []string{"--viewrs", `did you mean "--viewers"`}},
		{"bad threshold", "", at("--threshold", "p99 is low"), []string{"p99 is low", "no comparison"}},
		{"misspelt threshold", "", at("--threshold", "pp99<1s"), []string{"pp99<1s", "did you mean p99?"}},
		{"nobody listens", "", fanout("--url", "ws://127.0.0.1:1/live/ws"), []string{"127.0.0.1:1", "connection refused"}},
		{"no such host", "", fanout("--url", "ws://no.such.host.invalid/live/ws"), []string{"no.such.host.invalid"}},
		{"nobody to publish at", "", append(fanout(target[:2]...), "--publish", "http://127.0.0.1:1"), []string{"publish at 127.0.0.1:1: connection refused: nobody listens there"}},
		{"a web server", "", to("ws" + strings.TrimPrefix(web.URL, "http") + "/live/ws"), []string{"404"}},
		{"a web server, by SSE", "", to("ws"+strings.TrimPrefix(web.URL, "http")+"/live/ws", "--transport", "sse"), []string{"404"}},
		{"a web server, by Socket.IO", "", to(web.URL+"/socket.io/", "--transport", "socketio-polling"), []string{"404"}},
		{"another protocol", "", to(ssh), []string{"SSH-2.0"}},
		{"another protocol, by SSE", "", to(ssh, "--transport", "sse"), []string{"no HTTP server", "SSH-2.0"}},
		{"one that says nothing", "", to(mute), []string{"nothing came for 10s"}},
		{"one that hangs up", "", to(rude), []string{"viewers failed while connecting"}},
		{"too few files", `ulimit -n 100; ` + here, at("-n", "5000"), []string{"5000 viewers need 5064 open files", "limit is 100", "ulimit -n 5064"}},
		{"too few ports", "", at("-n", "70000", "--sources", "1"), []string{"70000 viewers", "ports", "--sources "}},
		{"full disk", "", at("--json", "/dev/full"), []string{"/dev/full", "no space left on device"}},
		{"full disk, CSV", "", at("--csv", "/dev/full"), []string{"/dev/full", "no space left on device"}},
		{"full disk, page", "", at("--html", "/dev/full"), []string{"/dev/full", "no space left on device"}},
		{"full disk, text", here + ` >/dev/full`, at(), []string{"no space left on device"}},
		{"no such folder", "", at("--csv", "/nonexistent/x.csv"), []string{"/nonexistent/x.csv", "no such file"}},
		{"no metrics", "", at("--metrics", web.URL), []string{"metrics at " + web.URL, "404"}},
		{"no such process", "", at("--pid", "8388608"), []string{"process 8388608"}},
		{"server that can't start", "", fanout("--url", "ws://"+freePort(t)+"/", "--spawn", "echo no such flag >&2; false"), []string{"no such flag"}},
	}
}

// TestBadInput wants each told in one line that says what to do, with exit code 2.
func TestBadInput(t *testing.T) {
	for _, tt := range badInputs(t) {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if tt.words == "" {
				tt.words = here
			}
			out, s := new(said), new(said)
			cmd := ownBench(tt.words, append(tt.args, "-q")...)
			if tt.args[0] == "run" {
				cmd = ownBench(tt.words, tt.args...)
			}
			cmd.Stdout, cmd.Stderr = out, s
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			code := ended(t, cmd, s)
			if code != exitFailed || !strings.HasPrefix(s.String(), "bench: ") || strings.Count(s.String(), "\n") != 1 {
				t.Errorf("exit %d, want 2 and one line:\n%s", code, s)
			}
			for _, words := range tt.want {
				if !strings.Contains(s.String(), words) {
					t.Errorf("no %q in %s", words, s)
				}
			}
		})
	}
}

// TestOutputs looks at the files of a run, and that a run that fails leaves none
// and spoils none.
func TestOutputs(t *testing.T) {
	target := bare(t)
	dir := t.TempDir()
	name := func(s string) string { return filepath.Join(dir, s) }
	args := []string{"fanout", "-d", "1200ms", "--warmup", "0s", "-r", "50", "--json", name("a.json"), "--csv", name("a.csv"), "--html", name("a.html"),
		"--api-key", "hush", "--header", "Cookie: hush"}
	var out bytes.Buffer
	if err := os.WriteFile(name("a.json"), bytes.Repeat([]byte("old "), 1<<16), 0o600); err != nil {
		t.Fatal(err)
	}
	if code := execute(t.Context(), append(args, "--url", "ws://127.0.0.1:1/", "-q"), &out, &out); code != exitFailed {
		t.Errorf("nobody there: exit %d", code)
	}
	if b, err := os.ReadFile(name("a.json")); err != nil || len(b) != 4<<16 {
		t.Errorf("the old file holds %d bytes (%v)", len(b), err)
	}
	if _, err := os.Stat(name("a.csv")); err == nil {
		t.Error("an empty file is left")
	}
	out.Reset()
	if code := execute(t.Context(), append(args, target...), &out, &out); code != exitMet {
		t.Fatalf("exit %d:\n%s", code, out.String())
	}
	for file, want := range map[string]string{"a.json": `"series"`, "a.csv": "at_s,connected,", "a.html": "<svg"} {
		b, err := os.ReadFile(name(file))
		if err != nil || !bytes.Contains(b, []byte(want)) || bytes.Contains(b, []byte("old old")) || bytes.Contains(b, []byte("hush")) {
			t.Errorf("%s (%v) lacks %q or holds what was there, or a secret:\n%.300s", file, err, want, b)
		}
	}
}
