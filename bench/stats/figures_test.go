package stats

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestFigureKeys holds the list of figures to the code that adds them, both ways.
func TestFigureKeys(t *testing.T) {
	files, err := filepath.Glob("../scenario/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	var code strings.Builder
	for _, file := range files {
		if b, err := os.ReadFile(file); err != nil {
			t.Fatal(err)
		} else if !strings.HasSuffix(file, "_test.go") {
			code.Write(b)
		}
	}
	collect := func(pattern string) (keys []string) {
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(code.String(), -1) {
			keys = append(keys, m[1])
		}
		return keys
	}
	added := collect(`\.Add\("([^"]+)"`)
	for _, prefix := range collect(`\.AddSummary\("([^"]*)"`) {
		r := new(Report)
		r.AddSummary(prefix, "", Summary{Count: 1})
		for _, f := range r.Figures {
			added = append(added, f.Key)
		}
	}
	for _, tt := range []struct {
		name         string
		listed, code []string
	}{
		{"figures", FigureKeys(), added},
		{"of a transport", partKeys(), collect(`\.Add\(key\+"([^"]+)"`)},
		{"of a server", rivalKeys(), collect(`\.Add\(v\.key\+"_([^"]+)"`)},
	} {
		for _, list := range []*[]string{&tt.listed, &tt.code} {
			slices.Sort(*list)
			*list = slices.Compact(*list)
		}
		if !slices.Equal(tt.listed, tt.code) {
			t.Errorf("%s: listed\n%q\nadded in bench/scenario\n%q", tt.name, tt.listed, tt.code)
		}
	}
}

func TestKnownFigures(t *testing.T) {
	for _, name := range append(FigureKeys(), "loss", "rss", "cpu", "server_cpu", "back_p99", "deliveries_per_cpu",
		"websocket_p99", "socketio_polling_lost", "pool300_viewers", "grandstand_rss", "grandstand_p99_ms") {
		if !knownFigure(name) {
			t.Errorf("%s is not known", name)
		}
	}
}
