package plot

import (
	"bytes"
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var picture = flag.String("picture", "", "file for a screenshot of the report, under the package's folder or absolute")

// programs is where the programs live that look at things with a browser, and
// the npm packages they need, which .ci/needs installs.
const programs = "../../epoll/transport/testdata/clients"

// TestPageInChromium opens reports from the disk in a real browser: everything
// is drawn and readable, on wide and narrow screens, light and dark; nothing
// is loaded and nothing throws.
func TestPageInChromium(t *testing.T) {
	if _, err := exec.LookPath("chromium"); err != nil {
		t.Fatalf("%v: run .ci/needs as root, or install the package chromium", err)
	}
	bad := lossy()
	bad.Missed, bad.Warnings = []string{"p99<400ms: p99_ms is 512"}, []string{"other processes used 20 % of a core"}
	most := strings.Join(Kinds()[:len(Kinds())-1], ",") // nothing was lost
	for _, tt := range []struct {
		name, kinds string
		runs        []Run
		picture     string
	}{
		{name: "one", kinds: most, runs: []Run{{"run", sample(1)}}, picture: *picture},
		{name: "several", kinds: most + ",loss", runs: []Run{{"grandstand-websocket", sample(1)}, {"socket.io-4.8-websocket", bad}, {"centrifugo", sample(3)}}},
	} {
		var b bytes.Buffer
		if err := HTML(&b, tt.runs); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), tt.name+".html")
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		args := []string{"report.mjs", file, t.TempDir(), tt.kinds}
		if tt.picture != "" {
			abs, err := filepath.Abs(tt.picture)
			if err != nil {
				t.Fatal(err)
			}
			args = append(args, abs)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		cmd := exec.CommandContext(ctx, "node", args...)
		cmd.Dir = programs
		cmd.WaitDelay = 5 * time.Second // a browser left behind must not hold the pipe open
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: node %s: %v\n%s", tt.name, strings.Join(args, " "), err, out)
		}
	}
}
