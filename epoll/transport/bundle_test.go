package transport

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// clientFiles writes files of the client, each with its name in it, and returns
// their folder.
func clientFiles(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("// "+name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestBundle: of the client each file is served by its own name, a single one as
// socket.io.js too, and what is not there is not found.
func TestBundle(t *testing.T) {
	all := clientFiles(t, "socket.io.js", "socket.io.js.map", "socket.io.min.js", "socket.io.esm.min.js", "package.json", "client.js", "socket.io.msgpack.min.js")
	for _, tt := range []struct {
		name, bundle string
		want         map[string]string // the file by the name asked for
	}{
		{"none", "", nil},
		{"folder", all, map[string]string{"socket.io.js": "socket.io.js", "socket.io.js.map": "socket.io.js.map", "socket.io.min.js": "socket.io.min.js",
			"socket.io.esm.min.js": "socket.io.esm.min.js", "socket.io.msgpack.min.js": "socket.io.msgpack.min.js"}},
		{"file", filepath.Join(all, "socket.io.js"), map[string]string{"socket.io.js": "socket.io.js"}},
		{"small file", filepath.Join(all, "socket.io.min.js"), map[string]string{"socket.io.js": "socket.io.min.js", "socket.io.min.js": "socket.io.min.js"}},
		{"file of another name", filepath.Join(all, "client.js"), map[string]string{"socket.io.js": "client.js"}},
		{"module", filepath.Join(all, "socket.io.esm.min.js"), map[string]string{"socket.io.esm.min.js": "socket.io.esm.min.js"}},
		{"msgpack", filepath.Join(all, "socket.io.msgpack.min.js"), map[string]string{"socket.io.js": "socket.io.msgpack.min.js", "socket.io.msgpack.min.js": "socket.io.msgpack.min.js"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h, _ := openEcho(t, func(_ *settings, p *EnginePath) { p.Bundle = tt.bundle })
			for _, known := range bundleNames() {
				for _, name := range []string{known, known + ".map"} {
					a := h.ask("GET /socket.io/" + name + " HTTP/1.1\r\nHost: a\r\n\r\n")
					if want := tt.want[name]; want == "" {
						if a.status != 404 || a.code() != "not_found" {
							t.Errorf("%s: %d %q, want 404", name, a.status, a.body)
						}
					} else if a.status != 200 || a.body != "// "+want {
						t.Errorf("%s: %d %q, want %s", name, a.status, a.body, want)
					}
				}
			}
			if a := h.ask("GET /socket.io/package.json HTTP/1.1\r\nHost: a\r\n\r\n"); a.status != 400 {
				t.Errorf("package.json: %d, want a request of Engine.IO that is none", a.status)
			}
		})
	}
}

// TestBundleInvalid: what pages could not use is refused.
func TestBundleInvalid(t *testing.T) {
	dir := clientFiles(t, "socket.io.min.js", "socket.io.js.map")
	for _, path := range []string{dir, filepath.Join(dir, "socket.io.js.map"), filepath.Join(dir, "nothing")} {
		c := DefaultConfig()
		c.EngineIO = []EnginePath{DefaultEnginePath()}
		c.EngineIO[0].Bundle = path
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), "engineio[0].bundle:") {
			t.Errorf("%s: %v, want an error", path, err)
		}
	}
}

// TestFileTags: files have tags by which browsers that have them get nothing.
func TestFileTags(t *testing.T) {
	dir := clientFiles(t, "socket.io.js", "socket.io.min.js", "socket.io.js.map")
	h, _ := openEcho(t, func(_ *settings, p *EnginePath) { p.Bundle = dir })
	seen := map[string]bool{}
	for _, path := range []string{"/socket.io/socket.io.js", "/socket.io/socket.io.min.js", "/socket.io/socket.io.js.map", "/live.js", "/"} {
		ask := func(fields string) reply { return h.ask("GET " + path + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n") }
		a := ask("")
		tag := a.field["etag"]
		if a.status != 200 || len(tag) < 20 || tag[0] != '"' || seen[tag] || a.field["cache-control"] != "no-cache" {
			t.Errorf("%s: %d %v, want a tag of its own", path, a.status, a.field)
		}
		seen[tag] = true
		for _, field := range []string{tag, "W/" + tag, `"x", ` + tag, "*"} {
			if b := ask("If-None-Match: " + field + "\r\n"); b.status != 304 || b.body != "" || b.field["etag"] != tag {
				t.Errorf("%s, If-None-Match: %s: %d %q, want 304", path, field, b.status, b.body)
			}
		}
		if b := ask("If-None-Match: \"x\"\r\n"); b.status != 200 || b.body != a.body {
			t.Errorf("%s with another tag: %d", path, b.status)
		}
	}
}
