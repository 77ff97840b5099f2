package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSecretsOfAddressesAreNotSaidOrSaved runs with user, password and token in
// every address: to a server that is there, to none, and to one that repeats them.
func TestSecretsOfAddressesAreNotSaidOrSaved(t *testing.T) {
	const secret = "hunter2"
	with := func(address, query string) string {
		scheme, rest, _ := strings.Cut(address, "://")
		return scheme + "://user:" + secret + "@" + rest + "?" + query + "=" + secret
	}
	target := bare(t)
	url, publish := with(target[1], "token"), with(target[3], "key")
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "Cannot GET "+r.URL.String(), http.StatusNotFound)
	}))
	t.Cleanup(web.Close)
	short := []string{"fanout", "-d", "100ms", "--warmup", "0s", "-r", "50", "-n", "5"}
	for _, tt := range []struct {
		name string
		args []string
		code int
		says string
	}{
		{"there", []string{"--url", url, "--publish", publish}, exitMet, "ws://***@" + strings.TrimPrefix(target[1], "ws://") + "?token=***"},
		{"nobody there", []string{"--url", with("ws://127.0.0.1:1/", "access_token")}, exitFailed, "refused"},
		{"no such scheme", []string{"--url", with("ftp://127.0.0.1/", "auth")}, exitFailed, "ftp://***@127.0.0.1/?auth=***"},
		{"no publish address", []string{"--url", url, "--publish", with("ftp://127.0.0.1/", "key")}, exitFailed, "ftp://***@127.0.0.1/?key=***"},
		{"publishing fails", []string{"--url", url, "--publish", with(web.URL+"/", "key"), "--publish-body", "{data}"}, exitFailed, "404"},
		{"no metrics", []string{"--url", url, "--publish", publish, "--metrics", with(web.URL+"/metrics", "key")}, exitFailed, "?key=***: status 404"},
		{"a server that repeats it", []string{"--url", with(web.URL+"/live/poll", "token"), "--publish", publish, "--transport", "longpoll"}, exitFailed, "token=***"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			args := append(append([]string{}, short...), tt.args...)
			for _, kind := range []string{"json", "csv", "html"} {
				args = append(args, "--"+kind, filepath.Join(dir, kind))
			}
			var out bytes.Buffer
			if code := execute(t.Context(), args, &out, &out); code != tt.code {
				t.Errorf("exit %d, want %d", code, tt.code)
			}
			if !strings.Contains(out.String(), tt.says) || strings.Contains(out.String(), secret) {
				t.Errorf("want %q and no %s in:\n%s", tt.says, secret, out.String())
			}
			files, err := os.ReadDir(dir)
			if want := map[int]int{exitMet: 3}[tt.code]; err != nil || len(files) != want {
				t.Errorf("%d files, %v, want %d", len(files), err, want)
			}
			for _, f := range files {
				if b, err := os.ReadFile(filepath.Join(dir, f.Name())); err != nil || bytes.Contains(b, []byte(secret)) {
					t.Errorf("%s (%v) holds %s:\n%.2000s", f.Name(), err, secret, b)
				}
			}
		})
	}
}

// TestSecretsOfAComparisonAreNotSaidOrSaved compares a server that is there with
// one that isn't.
func TestSecretsOfAComparisonAreNotSaidOrSaved(t *testing.T) {
	const secret = "hunter2"
	target := bare(t)
	dir := t.TempDir()
	name := func(s string) string { return filepath.Join(dir, s) }
	text := "scenario: fanout\nviewers: 5\nduration: 100ms\nwarmup: 0s\npublish: " + strings.Replace(target[3], "://", "://user:"+secret+"@", 1) +
		"\ntargets:\n  - {name: here, url: '" + target[1] + "?token=" + secret + "'}\n  - {name: nowhere, url: 'ws://user:" + secret + "@127.0.0.1:1/?token=" + secret + "'}\n"
	if err := os.WriteFile(name("c.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv(asBench, "1") // what it starts is bench
	var out bytes.Buffer
	code := execute(t.Context(), []string{"compare", name("c.yaml"), "--json", name("json"), "--html", name("html"), "--markdown", name("md")}, &out, &out)
	if code != exitFailed || strings.Contains(out.String(), secret) || !strings.Contains(out.String(), "refused") {
		t.Errorf("exit %d:\n%s", code, out.String())
	}
	for _, file := range []string{"json", "html", "md"} {
		if b, err := os.ReadFile(name(file)); err != nil || bytes.Contains(b, []byte(secret)) || file != "md" && !bytes.Contains(b, []byte("?token=***")) {
			t.Errorf("%s (%v) holds %s, or no address:\n%.3000s", file, err, secret, b)
		}
	}
}
