package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// whenSaid does something once words are written.
type whenSaid struct {
	words string
	do    func()
}

func (w whenSaid) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte(w.words)) {
		w.do()
	}
	return len(p), nil
}

// TestServerThatCannotBeReadWhileItHoldsCostsItsFigures and not the report; and the
// report doesn't say with which key it was asked.
func TestServerThatCannotBeReadWhileItHoldsCostsItsFigures(t *testing.T) {
	for _, tt := range []struct {
		threshold string
		code      int
	}{{"viewers==10", exitMet}, {"rss_per_conn<1GB", exitMissed}} {
		var busy atomic.Bool
		web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if busy.Load() {
				http.Error(w, "busy", http.StatusServiceUnavailable)
				return
			}
			_, _ = io.WriteString(w, "process_cpu_seconds_total 1\nprocess_resident_memory_bytes 3e7\n")
		}))
		t.Cleanup(web.Close)
		target := bare(t)
		file := filepath.Join(t.TempDir(), "r.json")
		var out bytes.Buffer
		code := execute(t.Context(), []string{"connect", "-n", "10", "--hold", "1ms", "--json", file, "--url", target[1],
			"--metrics", web.URL + "/metrics?key=hunter2", "--threshold", tt.threshold}, &out, whenSaid{"holding them", func() { busy.Store(true) }})
		if code != tt.code || !strings.Contains(out.String(), "WARNING: figures of the server are missing") || !strings.Contains(out.String(), "connect and join p99") {
			t.Errorf("%s: exit %d, want %d:\n%s", tt.threshold, code, tt.code, out.String())
		}
		b, err := os.ReadFile(file)
		for _, text := range []string{string(b), out.String()} {
			if err != nil || !strings.Contains(text, "/metrics?key=***: status 503") || strings.Contains(text, "hunter2") {
				t.Errorf("%s: %v, %s", tt.threshold, err, text)
			}
		}
	}
}
