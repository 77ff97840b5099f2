package epoll

import (
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// httpServer answers any request.
func httpServer(*Conn) Handler {
	return &hooks{data: func(c *Conn, _ []byte) {
		_ = c.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))
	}}
}

// TestLimits: above a limit an HTTP client gets a proper answer, and when a
// connection ends its place is free again.
func TestLimits(t *testing.T) {
	tests := []struct {
		name           string
		change         func(cfg *Config)
		status         int
		code           string
		rejectedConns  uint64
		rejectedByAddr uint64
	}{
		{name: "conns", change: func(cfg *Config) { cfg.MaxConns = 3 },
			status: http.StatusServiceUnavailable, code: "too_many_connections", rejectedConns: 1},
		{name: "per address", change: func(cfg *Config) { cfg.MaxConnsPerIP = 3 },
			status: http.StatusTooManyRequests, code: "too_many_connections_from_address", rejectedByAddr: 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := testConfig()
			tt.change(&cfg)
			g := openGroup(t, cfg, httpServer)
			conns := make([]*net.TCPConn, 3)
			for i := range conns {
				conns[i] = dial(t, g)
				send(t, conns[i], "GET / HTTP/1.1\r\n\r\n")
				expect(t, conns[i], "HTTP/1.1 200 OK")
			}
			client := &http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
			url := "http://" + g.Addrs()[0].String()
			res, err := client.Get(url)
			if err != nil {
				t.Fatal(err)
			}
			checkRefusal(t, res, tt.status, tt.code)
			s := g.Stats()
			if s.RejectedMaxConns != tt.rejectedConns || s.RejectedPerIP != tt.rejectedByAddr || s.Accepted != 3 {
				t.Errorf("rejected %d and %d, accepted %d, want %d, %d, 3",
					s.RejectedMaxConns, s.RejectedPerIP, s.Accepted, tt.rejectedConns, tt.rejectedByAddr)
			}
			_ = conns[0].Close()
			await(t, "a free place", func() bool { return g.Stats().Open == 2 })
			res, err = client.Get(url)
			if err != nil {
				t.Fatal(err)
			}
			_ = res.Body.Close()
			if res.StatusCode != http.StatusOK {
				t.Errorf("with a free place: %s, want 200", res.Status)
			}
		})
	}
}

func checkRefusal(t *testing.T, res *http.Response, status int, code string) {
	t.Helper()
	defer res.Body.Close()
	var body struct {
		Error struct {
			Code, Message string
		}
	}
	if err := json.NewDecoder(res.Body).Decode(&body); err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != status || body.Error.Code != code || body.Error.Message == "" {
		t.Errorf("got %s, %+v, want %d and code %s", res.Status, body, status, code)
	}
	if res.Header.Get("Retry-After") == "" || !res.Close {
		t.Errorf("Retry-After %q, close %t, want both", res.Header.Get("Retry-After"), res.Close)
	}
}

// TestRefusedAreFew: refused clients that say nothing do not pile up, and none of
// them reaches accept, Each or the counts.
func TestRefusedAreFew(t *testing.T) {
	cfg := testConfig()
	cfg.MaxConns = 1
	g := openGroup(t, cfg, httpServer)
	first := dial(t, g)
	await(t, "the first", func() bool { return g.Stats().Open == 1 })
	const more = maxRefused + 50
	for range more {
		// Those that are too many are reset, maybe before Dial returns.
		if conn, err := net.Dial("tcp", g.Addrs()[0].String()); err == nil {
			t.Cleanup(func() { _ = conn.Close() })
		}
	}
	await(t, "all to be refused", func() bool { return g.Stats().RejectedMaxConns == more })
	g.gate.mu.Lock()
	refused := g.gate.refused
	g.gate.mu.Unlock()
	if refused == 0 || refused > maxRefused {
		t.Errorf("%d refused are waiting, want 1 to %d", refused, maxRefused)
	}
	seen := 0
	g.Each(func(*Conn) { seen++ })
	if s := g.Stats(); seen != 1 || s.Accepted != 1 || s.Open != 1 {
		t.Errorf("Each saw %d, accepted %d, open %d, want 1 of each", seen, s.Accepted, s.Open)
	}
	start := time.Now()
	await(t, "the silent ones to be dropped", func() bool {
		g.gate.mu.Lock()
		defer g.gate.mu.Unlock()
		return g.gate.refused == 0
	})
	if took := time.Since(start); took > 10*refuseWait {
		t.Errorf("it took %v, want about %v", took, refuseWait)
	}
	send(t, first, "GET / HTTP/1.1\r\n\r\n")
	expect(t, first, "HTTP/1.1 200 OK")
}

// TestAddresses: several addresses of both families, each on its own port.
func TestAddresses(t *testing.T) {
	cfg := testConfig()
	cfg.Listen = []string{"127.0.0.1:0", "[::1]:0", "127.0.0.2:0"}
	cfg.Backlog = 64
	peers := make(chan netip.AddrPort, 1)
	g := openGroup(t, cfg, func(c *Conn) Handler {
		peers <- c.Peer()
		return httpServer(c)
	})
	for i, addr := range g.Addrs() {
		host, _, _ := net.SplitHostPort(cfg.Listen[i])
		if got := addr.(*net.TCPAddr); !got.IP.Equal(net.ParseIP(host)) || got.Port == 0 {
			t.Errorf("Addrs()[%d] = %v, want host %s and a port", i, addr, host)
		}
		client := dialAddr(t, addr.String(), 0)
		want := client.LocalAddr().(*net.TCPAddr).AddrPort()
		if got := receive(t, "accept", peers); got != want {
			t.Errorf("Peer() = %v, want %v", got, want)
		}
		send(t, client, "GET / HTTP/1.1\r\n\r\n")
		expect(t, client, "HTTP/1.1 200 OK")
	}
}

// TestReusePort: a second Group listens on the same address, and takes over when
// the first stops.
func TestReusePort(t *testing.T) {
	cfg := testConfig()
	cfg.ReusePort = true
	first := openGroup(t, cfg, httpServer)
	cfg.Listen = []string{first.Addrs()[0].String()}
	second := openGroup(t, cfg, httpServer)
	first.StopAccepting()
	for range 5 {
		client := dial(t, second)
		send(t, client, "GET / HTTP/1.1\r\n\r\n")
		expect(t, client, "HTTP/1.1 200 OK")
	}
	if got := second.Stats().Accepted; got != 5 {
		t.Errorf("the second accepted %d, want 5", got)
	}
	cfg.ReusePort = false
	if _, err := Open(cfg, nil, httpServer); err == nil || !strings.Contains(err.Error(), cfg.Listen[0]) {
		t.Errorf("Open on a used address: %v, want an error that names it", err)
	}
}

func TestClientKey(t *testing.T) {
	tests := []struct {
		name, a, b string
		same       bool
	}{
		{name: "IPv4", a: "10.0.0.1", b: "10.0.0.1", same: true},
		{name: "neighbours", a: "10.0.0.1", b: "10.0.0.2"},
		{name: "one /64", a: "2001:db8::1", b: "2001:db8::ffff:1", same: true},
		{name: "two /64", a: "2001:db8::1", b: "2001:db8:0:1::1"},
	}
	for _, tt := range tests {
		a := clientKey(netip.MustParseAddr(tt.a).As16())
		b := clientKey(netip.MustParseAddr(tt.b).As16())
		if (a == b) != tt.same {
			t.Errorf("%s: %s and %s are one client: %t, want %t", tt.name, tt.a, tt.b, a == b, tt.same)
		}
	}
}

// TestGateForgets: the counts go back to nothing.
func TestGateForgets(t *testing.T) {
	g := newGate(Config{MaxConns: 10, MaxConnsPerIP: 2})
	a, b := [16]byte{1}, [16]byte{2}
	for _, step := range []struct {
		ip   [16]byte
		want verdict
	}{{a, letIn}, {a, letIn}, {a, overPerIP}, {b, letIn}} {
		if v, answer := g.enter(step.ip); v != step.want || !answer {
			t.Errorf("enter(%x) = %v, %t, want %v, true", step.ip[0], v, answer, step.want)
		}
	}
	g.leave(a, true)
	g.leave(a, false)
	g.leave(a, false)
	g.leave(b, false)
	if g.conns != 0 || g.refused != 0 || len(g.perIP) != 0 {
		t.Errorf("%d conns, %d refused, %d addresses, want none", g.conns, g.refused, len(g.perIP))
	}
}

// TestStopAccepting: new clients are turned away, old ones stay, and the acceptor
// goroutine does not spin.
func TestStopAccepting(t *testing.T) {
	g := openGroup(t, testConfig(), httpServer)
	old := dial(t, g)
	send(t, old, "GET / HTTP/1.1\r\n\r\n")
	expect(t, old, "HTTP/1.1 200 OK")
	g.StopAccepting()
	g.StopAccepting()
	if conn, err := net.Dial("tcp", g.Addrs()[0].String()); err == nil {
		_ = conn.SetReadDeadline(time.Now().Add(patience))
		if _, err := conn.Read(make([]byte, 1)); err == nil || errors.Is(err, io.EOF) {
			t.Errorf("a new client was served: %v", err)
		}
		_ = conn.Close()
	}
	used := cpuTime(t)
	send(t, old, "GET / HTTP/1.1\r\n\r\n")
	expect(t, old, "\r\nContent-Length: 2\r\n\r\nok")
	wait := time.NewTimer(300 * time.Millisecond)
	<-wait.C
	if used = cpuTime(t) - used; used > 100*time.Millisecond {
		t.Errorf("%v of CPU in 300 ms of doing nothing", used)
	}
	if s := g.Stats(); s.AcceptErrors != 0 || s.Open != 1 {
		t.Errorf("%d accept errors, %d open, want 0 and 1", s.AcceptErrors, s.Open)
	}
}
