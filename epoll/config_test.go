package epoll

import (
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/lesismal/nbio/logging"
)

func TestValidate(t *testing.T) {
	tests := []struct {
		name   string
		change func(c *Config)
		want   []string // parts of the error; none: valid
	}{
		{name: "default", change: func(*Config) {}},
		{name: "any address", change: func(c *Config) { c.Listen = []string{":0", "[::]:443", "localhost:80"} }},
		{name: "no address", change: func(c *Config) { c.Listen = nil }, want: []string{"epoll.listen: empty"}},
		{name: "no port", change: func(c *Config) { c.Listen = []string{"127.0.0.1:1", "::1"} }, want: []string{`epoll.listen[1]: "::1"`}},
		{name: "port by name", change: func(c *Config) { c.Listen = []string{"127.0.0.1:http"} }, want: []string{`port "http"`}},
		{name: "high port", change: func(c *Config) { c.Listen = []string{":65536"} }, want: []string{`port "65536"`}},
		{name: "tiny read buffer", change: func(c *Config) { c.ReadBuffer = 1 }, want: []string{"epoll.read_buffer: 1, want 512 to"}},
		{name: "no pending", change: func(c *Config) { c.MaxPending = 0 }, want: []string{"epoll.max_pending: 0"}},
		{name: "no linger", change: func(c *Config) { c.Linger = 0 }, want: []string{"epoll.linger: 0s"}},
		{name: "everything", want: []string{
			"epoll.listen", "epoll.loops: -1", "epoll.max_conns: -2", "epoll.max_conns_per_ip: -3", "epoll.read_buffer: -4",
			"epoll.send_buffer: -5", "epoll.max_pending: -6", "epoll.backlog: -7", "epoll.linger: 2h",
		}, change: func(c *Config) {
			*c = Config{Loops: -1, MaxConns: -2, MaxConnsPerIP: -3, ReadBuffer: -4, SendBuffer: -5, MaxPending: -6, Backlog: -7, Linger: 2 * time.Hour}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := DefaultConfig()
			tt.change(&c)
			err := c.Validate()
			if (err == nil) != (len(tt.want) == 0) {
				t.Fatalf("Validate() = %v, want %q", err, tt.want)
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("Validate() = %v, want it to contain %q", err, want)
				}
			}
			if err != nil {
				if _, err := Open(c, nil, httpServer); err == nil {
					t.Error("Open takes it")
				}
			}
		})
	}
}

func TestDefaultLoops(t *testing.T) {
	cfg := testConfig()
	cfg.Loops = 0
	if got := len(openGroup(t, cfg, httpServer).Loops()); got != runtime.NumCPU() {
		t.Errorf("%d loops, want one per allowed CPU, %d", got, runtime.NumCPU())
	}
}

// TestOpenAllOrNothing: if one address cannot be had, the others are free again.
func TestOpenAllOrNothing(t *testing.T) {
	g := openGroup(t, testConfig(), httpServer)
	used := g.Addrs()[0].String()
	free := openGroup(t, testConfig(), httpServer)
	addr := free.Addrs()[0].String()
	free.Close()
	cfg := testConfig()
	cfg.Listen = []string{addr, used}
	if _, err := Open(cfg, nil, httpServer); err == nil || !strings.Contains(err.Error(), used) {
		t.Fatalf("Open = %v, want an error that names %s", err, used)
	}
	cfg.Listen = []string{addr}
	openGroup(t, cfg, httpServer)
}

// TestAllocatorKeepsLittle: the rest of a frame holds its own size and a quarter,
// and a run of small writes does not allocate each time.
func TestAllocatorKeepsLittle(t *testing.T) {
	var a allocator
	for _, size := range []int{1, 100, 4096, 64 << 10} {
		if p := a.Malloc(size); len(*p) != size || cap(*p) > size+size/4 {
			t.Errorf("Malloc(%d): len %d, cap %d", size, len(*p), cap(*p))
		}
	}
	p := a.Malloc(4)
	copy(*p, "abcd")
	if got := a.Append(a.Realloc(p, 2), 'x', 'y'); string(*got) != "abxy" {
		t.Errorf("Append = %q, want abxy", *got)
	}
	if got := a.AppendString(a.Realloc(p, 100), "z"); string((*got)[:2]) != "ab" || len(*got) != 101 {
		t.Errorf("Realloc and AppendString = %q", *got)
	}
	a.Free(p)
}

// TestNbioLog: nbio's lines go where the last Group's go, at the right level.
func TestNbioLog(t *testing.T) {
	var first, second logBuffer
	routeLog(newTextLog(&first))
	routeLog(newTextLog(&second))
	logging.Debug("quiet %d", 1)
	logging.Info("quiet %d", 2)
	logging.Warn("warning %d", 3)
	logging.Error("error %d", 4)
	got := second.String()
	if first.String() != "" || strings.Contains(got, "quiet") {
		t.Errorf("logged %q and %q, want nothing of the first and nothing quiet", first.String(), got)
	}
	for _, want := range []string{`level=WARN msg=nbio line="warning 3"`, `level=ERROR msg=nbio line="error 4"`} {
		if !strings.Contains(got, want) {
			t.Errorf("logged %q, want %q in it", got, want)
		}
	}
	routeLog(slog.New(slog.DiscardHandler))
}
