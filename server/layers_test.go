package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// modulePath is the import path of the repository's root.
const modulePath = "grandstand"

// layerRoot is the repository's root as seen from this test.
const layerRoot = ".."

// layerOf ranks the packages. A package may import only lower ranks.
var layerOf = map[string]int{
	"epoll/wire/http1": 0, "epoll/wire/ws": 0, "epoll/wire/sse": 0,
	"epoll/wire/engineio": 0, "epoll/wire/socketio": 0,
	"session/room": 0, "session/dispatch": 0, "session/broker": 0,
	"epoll": 0,

	"session":                    1,
	"session/broker/brokertest":  1,
	"session/broker/redisbroker": 1, "session/broker/natsbroker": 1,

	"epoll/protocol": 2, "epoll/transport": 3,

	"server/auth": 4, "server/metrics": 4, "server/api": 4, "server/hooks": 4, "server/config": 5,
	"server/node": 6, "server": 7,

	"bench/stats": 2, "bench/plot": 3, "bench/load": 3, "bench/limit": 3, "bench/threads": 3, "bench/goroutines": 3,
	"bench/agent": 4, "bench/scenario": 5, "bench": 6,
}

// walls lists edges that the ranks allow and the design does not.
var walls = []struct{ from, to, why string }{
	{"session", "epoll", "sessions do not know sockets"},
	{"epoll!", "session", "the loop does not know sessions"},
	{"epoll/wire", "", "codecs are pure: they import nothing of ours"},
	{"epoll/protocol", "epoll!", "dialects do not know carriers"},
	{"bench", "session", "the harness judges the server from outside"},
	{"bench", "server", "the harness judges the server from outside"},
	{"bench", "epoll!", "the harness brings its own sockets"},
	{"bench", "epoll/protocol", "the harness has its own client side"},
	{"bench", "epoll/transport", "the harness has its own client side"},
}

// doors names, for each outside library, the packages that may import it.
var doors = []struct {
	lib   string // prefix of the import path
	rooms string // packages, separated by spaces
}{
	{"github.com/lesismal/", "epoll"},
	{"github.com/panjf2000/ants/", "session/dispatch"},
	{"github.com/valyala/fasthttp", "epoll/wire/http1 server/api server/hooks bench bench/load bench/scenario"},
	{"github.com/goccy/go-yaml", "server/config bench/scenario"},
	{"github.com/hbollon/go-edlib", "server/config bench/stats"},
	{"github.com/prometheus/", "server/metrics"},
	{"github.com/redis/go-redis/", "session/broker/redisbroker"},
	{"github.com/nats-io/", "session/broker/natsbroker"},
	{"github.com/golang-jwt/jwt/", "server/auth"},
	{"github.com/klauspost/compress/", "epoll/wire/ws"},
	{"github.com/HdrHistogram/", "bench/stats"},
	{"github.com/alecthomas/kong", "server bench"},
}

// sharedLibs are extensions of the standard library that need no door.
var sharedLibs = []string{"golang.org/x/"}

// TestLayers fails for a package without a rank, an import that is not
// downward, one through a wall, and an outside library not at its door.
func TestLayers(t *testing.T) {
	for _, rel := range goFiles(t) {
		if strings.HasSuffix(rel, "_test.go") {
			continue
		}
		pkg := path.Dir(rel)
		if _, ok := layerOf[pkg]; !ok {
			t.Errorf("%s: package %s has no rank; add it to server/layers_test.go and ARCHITECTURE.md", rel, pkg)
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(layerRoot, rel), nil, parser.ImportsOnly)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, spec := range f.Imports {
			imp, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Errorf("%s: import %s: %v", rel, spec.Path.Value, err)
			}
			for _, complaint := range importComplaints(pkg, imp) {
				t.Errorf("%s: %s", rel, complaint)
			}
		}
	}
}

// TestImportComplaints keeps the checker itself honest: a rule that never
// fires looks the same as a tree that obeys it.
func TestImportComplaints(t *testing.T) {
	tests := []struct {
		name     string
		pkg, imp string
		bad      bool
	}{
		{name: "standard library", pkg: "epoll/wire/ws", imp: "encoding/binary"},
		{name: "extension of the standard library", pkg: "epoll", imp: "golang.org/x/sys/unix"},
		{name: "down", pkg: "session", imp: "grandstand/session/room"},
		{name: "up", pkg: "session/room", imp: "grandstand/session", bad: true},
		{name: "same rank", pkg: "session/room", imp: "grandstand/session/broker", bad: true},
		{name: "unranked", pkg: "session", imp: "grandstand/session/nowhere", bad: true},
		{name: "session to a socket", pkg: "session", imp: "grandstand/epoll", bad: true},
		{name: "session to a codec", pkg: "session", imp: "grandstand/epoll/wire/ws", bad: true},
		{name: "dialect to a codec", pkg: "epoll/protocol", imp: "grandstand/epoll/wire/ws"},
		{name: "dialect to a socket", pkg: "epoll/protocol", imp: "grandstand/epoll", bad: true},
		{name: "harness to a codec", pkg: "bench/load", imp: "grandstand/epoll/wire/ws"},
		{name: "harness to the loop", pkg: "bench/load", imp: "grandstand/epoll", bad: true},
		{name: "harness to the server", pkg: "bench/scenario", imp: "grandstand/session/room", bad: true},
		{name: "library at its door", pkg: "epoll", imp: "github.com/lesismal/nbio"},
		{name: "library elsewhere", pkg: "epoll/transport", imp: "github.com/lesismal/nbio", bad: true},
		{name: "one of two doors", pkg: "server/api", imp: "github.com/valyala/fasthttp"},
		{name: "library without a door", pkg: "server", imp: "example.org/new", bad: true},
	}
	for _, tt := range tests {
		got := importComplaints(tt.pkg, tt.imp)
		if (len(got) > 0) != tt.bad {
			t.Errorf("%s: importComplaints(%q, %q) = %q, want complaints: %t", tt.name, tt.pkg, tt.imp, got, tt.bad)
		}
	}
}

// importComplaints says what is wrong with pkg importing imp.
func importComplaints(pkg, imp string) []string {
	to, ours := strings.CutPrefix(imp, modulePath+"/")
	if !ours {
		return doorComplaints(pkg, imp)
	}
	var out []string
	switch r, ok := layerOf[to]; {
	case !ok:
		out = append(out, "imports "+to+", which has no rank")
	case r >= layerOf[pkg]:
		out = append(out, pkg+" (rank "+strconv.Itoa(layerOf[pkg])+") imports "+to+" (rank "+strconv.Itoa(r)+")")
	}
	for _, w := range walls {
		if within(pkg, w.from) && within(to, w.to) {
			out = append(out, pkg+" imports "+to+": "+w.why)
		}
	}
	return out
}

// doorComplaints says what is wrong with pkg importing the outside package imp.
func doorComplaints(pkg, imp string) []string {
	for _, d := range doors {
		if !strings.HasPrefix(imp, d.lib) {
			continue
		}
		for _, room := range strings.Fields(d.rooms) {
			if room == pkg {
				return nil
			}
		}
		return []string{pkg + " imports " + imp + "; its only door is " + d.rooms}
	}
	if host, _, _ := strings.Cut(imp, "/"); !strings.Contains(host, ".") {
		return nil // the standard library has no dot before its first slash
	}
	for _, lib := range sharedLibs {
		if strings.HasPrefix(imp, lib) {
			return nil
		}
	}
	return []string{pkg + " imports " + imp + ", which has no door; add it to server/layers_test.go"}
}

// within reports whether pkg is dir or lies under it; "dir!" means dir alone,
// "" means every package.
func within(pkg, dir string) bool {
	if alone, ok := strings.CutSuffix(dir, "!"); ok {
		return pkg == alone
	}
	return dir == "" || pkg == dir || strings.HasPrefix(pkg, dir+"/")
}

// goFiles lists the repository's Go files, tests included, by slash path from
// the root. What the go command does not build is left out, and so are the
// folders that git ignores.
func goFiles(t *testing.T) []string {
	t.Helper()
	var out []string
	err := fs.WalkDir(os.DirFS(layerRoot), ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if p != "." && skippedFolder(p, d.Name()) {
				return fs.SkipDir
			}
			return nil
		}
		if strings.HasSuffix(p, ".go") {
			out = append(out, p)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) == 0 {
		t.Fatalf("no Go file under %s", layerRoot)
	}
	return out
}

// skippedFolder reports whether the folder at p holds no Go package of ours.
func skippedFolder(p, name string) bool {
	switch {
	case name == "testdata", name == "node_modules", p == "bin", p == "tmp":
		return true
	}
	if _, err := os.Stat(filepath.Join(layerRoot, p, "go.mod")); err == nil {
		return true // a module of its own: the servers of bench/rivals
	}
	return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")
}
