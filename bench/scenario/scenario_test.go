package scenario

import (
	"context"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"grandstand/bench/limit"
)

// bare runs the limit server in this process and gives flags for it.
func bare(t *testing.T, batch, viewers int) Common {
	t.Helper()
	anyPort := netip.MustParseAddrPort("127.0.0.1:0")
	s, err := limit.New(limit.Config{Listen: anyPort, Control: anyPort, Batch: batch})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan limit.Counts)
	go func() { done <- s.Run(ctx) }() // stops: cancel
	t.Cleanup(func() { cancel(); <-done })
	return Common{
		URL: "ws://" + s.Addr().String() + "/live/ws", Publish: "http://" + s.Control().String(), Room: "bench",
		Viewers: viewers, Loops: 2, Sources: 4, Seed: 1, Quiet: true, PID: os.Getpid(),
	}
}

func TestConnect(t *testing.T) {
	r := mustRun(t, &Connect{Common: bare(t, 1, 200), Rooms: 2, Hold: 50 * time.Millisecond, Settle: 5 * time.Second})
	want(t, r, map[string]float64{"viewers": 200, "ended": 0, "faults": 0})
	for _, key := range []string{"p99_ms", "rate_per_s", "cpu_us_per_connect", "rss_held_bytes", "server_threads", "release_s"} {
		if v, ok := r.Value(key); !ok || v <= 0 {
			t.Errorf("%s = %g, %t", key, v, ok)
		}
	}
}

func TestFanout(t *testing.T) {
	for _, rooms := range []int{1, 3} {
		r := mustRun(t, &Fanout{Common: bare(t, 1, 100), Paced: Paced{
			Rooms: rooms, Rate: 300, Size: 128, Duration: 300 * time.Millisecond, Warmup: 100 * time.Millisecond, Drain: time.Second, Event: "x",
		}})
		want(t, r, map[string]float64{"delivered": 100 * 120, "published": 120, "lost": 0, "faults": 0})
		if p99, _ := r.Value("p99_ms"); p99 <= 0 || p99 > 1000 {
			t.Errorf("%d rooms: p99 %g ms", rooms, p99)
		}
	}
}

func TestSaturate(t *testing.T) {
	for _, by := range []struct {
		batch     int
		transport string
	}{{1, "websocket"}, {4, "websocket"}, {1, "socketio-polling"}, {4, "socketio-polling"}} {
		c := bare(t, by.batch, 50)
		c.Transport = by.transport
		r := mustRun(t, &Saturate{Common: c, Rooms: 1, Window: 8, Size: 64, Duration: 200 * time.Millisecond, Warmup: 50 * time.Millisecond, Event: "x"})
		want(t, r, map[string]float64{"lost": 0, "faults": 0})
		if largest, _ := r.Value("publish_largest_batch"); largest > 8 {
			t.Errorf("%g events in one request, the window is 8", largest)
		}
		if rate, _ := r.Value("rate_per_s"); rate < 1000 {
			t.Errorf("%v: %g deliveries/s", by, rate)
		}
	}
}

func TestEcho(t *testing.T) {
	r := mustRun(t, &Echo{Common: bare(t, 1, 50), Duration: 150 * time.Millisecond, Warmup: 50 * time.Millisecond})
	want(t, r, map[string]float64{"unanswered": 0, "faults": 0})
	if rate, _ := r.Value("rate_per_s"); rate < 500 {
		t.Errorf("%g round trips/s", rate)
	}
}

func TestReplayOfAnInventedBroadcast(t *testing.T) {
	for _, rooms := range []int{1, 2} {
		r := mustRun(t, &Replay{Common: bare(t, 1, 30), Rooms: rooms, Duration: 20 * time.Second, Speed: 40, Drain: time.Second})
		want(t, r, map[string]float64{"lost": 0, "faults": 0, "unstamped": 0})
		if n, _ := r.Value("published"); n < 150 || n > 400 {
			t.Errorf("%g events in 20 s, want about 264", n)
		}
	}
}

func TestReplayOfTraces(t *testing.T) {
	dir := t.TempDir()
	chat, match := filepath.Join(dir, "chat.csv"), filepath.Join(dir, "match.csv")
	write(t, chat, "ms,author,bytes\n0,1,25\n14,2,64\n90,3,0\n9000,3,20\n")
	write(t, match, "ms,team,type,subtype,from,to\n40,Away,SET PIECE,KICK OFF,Player19,\n50,Home,PASS,,Player1,Player2\n")
	r := mustRun(t, &Replay{Common: bare(t, 1, 10), Chat: chat, Match: match, Rooms: 2, Duration: time.Second, Speed: 1, Drain: time.Second})
	want(t, r, map[string]float64{"published": 5, "delivered": 50, "lost": 0, "faults": 0})
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestLimitsDecide(t *testing.T) {
	c := bare(t, 1, 10)
	tiny, nothing := time.Nanosecond, 0.0
	c.MaxP99, c.MaxLoss = &tiny, &nothing
	r := mustRun(t, &Fanout{Common: c, Paced: Paced{Rooms: 1, Rate: 100, Size: 64, Duration: 100 * time.Millisecond, Drain: time.Second, Event: "x"}})
	if len(r.Missed) != 1 || !strings.Contains(r.Missed[0], "max-p99") {
		t.Errorf("missed %q, want only the p99", r.Missed)
	}
}

func TestRunsThatCannotBe(t *testing.T) {
	env := Env{Out: io.Discard, Err: io.Discard}
	good := bare(t, 1, 5)
	paced := Paced{Rooms: 1, Rate: 10, Size: 64, Duration: time.Second}
	with := func(change func(c *Common)) Common { c := good; change(&c); return c }
	for _, tt := range []struct {
		name string
		run  func(ctx context.Context) error
		want string
	}{
		{"nobody listens", func(ctx context.Context) error {
			_, err := (&Connect{Common: with(func(c *Common) { c.URL = "ws://127.0.0.1:1/" }), Rooms: 1}).Run(ctx, env)
			return err
		}, "connection refused"},
		{"not an address", func(ctx context.Context) error {
			_, err := (&Connect{Common: with(func(c *Common) { c.URL = "tcp://x" }), Rooms: 1}).Run(ctx, env)
			return err
		}, "want ws://"},
		{"no such process", func(ctx context.Context) error {
			_, err := (&Connect{Common: with(func(c *Common) { c.PID = 1 << 23 }), Rooms: 1}).Run(ctx, env)
			return err
		}, "process 8388608"},
		{"no viewers", func(ctx context.Context) error {
			_, err := (&Fanout{Common: with(func(c *Common) { c.Viewers = 0 }), Paced: paced}).Run(ctx, env)
			return err
		}, "at least 1"},
		{"payload too small", func(ctx context.Context) error {
			_, err := (&Fanout{Common: good, Paced: Paced{Rooms: 1, Rate: 1, Size: 5, Duration: 1}}).Run(ctx, env)
			return err
		}, "at least 26 bytes"},
		{"cpu list", func(ctx context.Context) error {
			_, err := (&Fanout{Common: with(func(c *Common) { c.ClientCPUs = "0-" }), Paced: paced}).Run(ctx, env)
			return err
		}, "cpu list"},
		{"spawned server that ends", func(ctx context.Context) error {
			_, err := (&Fanout{Common: with(func(c *Common) { c.Spawn, c.URL = "echo no such flag >&2; false", "ws://127.0.0.1:1/" }), Paced: paced}).Run(ctx, env)
			return err
		}, "no such flag"},
		{"address taken", func(ctx context.Context) error {
			_, err := (&Fanout{Common: with(func(c *Common) { c.Spawn = "true" }), Paced: paced}).Run(ctx, env)
			return err
		}, "listens at"},
		{"no trace", func(ctx context.Context) error {
			_, err := (&Replay{Common: good, Rooms: 1, Speed: 1, Chat: "/nonexistent"}).Run(ctx, env)
			return err
		}, "chat trace"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			if err := tt.run(ctx); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

func TestSpawnedServerIsPinnedAndEnded(t *testing.T) {
	// A shell that listens through nothing but its pid would do; sleep never
	// listens, so the wait must end with the context and take it along.
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	_, err := spawn(ctx, "sleep 600", "0", "127.0.0.1:1", io.Discard)
	if err == nil || !strings.Contains(err.Error(), "nothing listens") {
		t.Fatalf("spawn: %v", err)
	}
	cmd := exec.Command("/bin/sh", "-c", "exec sleep 600")
	if err := startOn(cmd, "0"); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	status, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(cmd.Process.Pid), "status"))
	if err != nil || !strings.Contains(string(status), "Cpus_allowed_list:\t0\n") {
		t.Errorf("the child may run on other CPUs than 0 (%v):\n%s", err, status)
	}
}
