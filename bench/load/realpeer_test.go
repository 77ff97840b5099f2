package load

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// clientPackages is where the packages of npm are that tests drive.
const clientPackages = "../../epoll/transport/testdata/clients"

// startPeer starts a real server of npm and gives its address.
func startPeer(t *testing.T, kind string) string {
	t.Helper()
	if _, err := os.Stat(filepath.Join(clientPackages, "node_modules", "siod25")); err != nil {
		install := exec.Command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
		install.Dir = clientPackages
		if out, err := install.CombinedOutput(); err != nil {
			t.Fatalf("npm ci: %v\n%s", err, out)
		}
	}
	program, err := filepath.Abs("testdata/peers.cjs")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("node", program, kind)
	cmd.Dir, cmd.Stderr = clientPackages, os.Stderr
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close() // it ends with its input
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("node peers.cjs %s: %v", kind, err)
	}
	return "127.0.0.1:" + strings.TrimSpace(line)
}

// byHTTP publishes at a peer of ours, several events in a request.
func byHTTP(addr string) Publishing {
	return Publishing{To: "http://" + addr + "/", Body: `[{items}]`, Item: `{"room":"{room}","event":"{event}","data":{data}}`, OK: `"done":true`}
}

// realTest is a driver at a real server.
type realTest struct {
	name    string
	kind    string
	path    string
	cfg     Config
	publish func(addr string) Publishing
}

func realTests() []realTest {
	join := Dialect{Driver: DriverSocketIO, Hello: []string{`["join","{room}"]`}, Ready: readyAck}
	old := join
	old.Engine = 3
	ws := Dialect{Driver: DriverWebSocket, Hello: []string{`["join","{room}"]`}, Ready: `"joined"`}
	shaped := ws
	shaped.Event = `{"in":"{room}","name":"{any}","n":{id},"data":{data}}`
	byClient := func(say string) func(string) Publishing {
		return func(string) Publishing { return Publishing{To: PublishClient, Say: say} }
	}
	const said = `["publish","{room}","{event}",{data}]`
	return []realTest{
		{name: "ws", kind: "ws", cfg: Config{Dialect: ws}},
		{name: "ws, a shape and rooms", kind: "ws", cfg: Config{Dialect: shaped, Rooms: []string{"a", `b "quoted"`, "c"}}},
		{name: "ws, by a client", kind: "ws", cfg: Config{Dialect: shaped}, publish: byClient(said)},
		{name: "socket.io", kind: "socketio", cfg: Config{Dialect: join, Transport: SocketIO}},
		{name: "socket.io, polling", kind: "socketio", cfg: Config{Dialect: join, Transport: SocketIOPolling}},
		{name: "socket.io, upgrade", kind: "socketio", cfg: Config{Dialect: join, Transport: SocketIOUpgrade}},
		{name: "socket.io, namespace, upgrade", kind: "socketio", cfg: Config{Dialect: join, Transport: SocketIOUpgrade, Namespace: "/arena"}},
		{name: "socket.io, by a client", kind: "socketio", cfg: Config{Dialect: join, Transport: SocketIOPolling}, publish: byClient(said)},
		{name: "socket.io 2", kind: "socketio2", cfg: Config{Dialect: old, Transport: SocketIO}},
		{name: "socket.io 2, polling", kind: "socketio2", cfg: Config{Dialect: old, Transport: SocketIOPolling}},
		{name: "socket.io 2, upgrade", kind: "socketio2", cfg: Config{Dialect: old, Transport: SocketIOUpgrade}},
		{name: "socket.io 2, namespace, polling", kind: "socketio2", cfg: Config{Dialect: old, Transport: SocketIOPolling, Namespace: "/arena"}},
		{name: "socket.io 2, namespace, websocket", kind: "socketio2", cfg: Config{Dialect: old, Transport: SocketIO, Namespace: "/arena"}},
	}
}

// TestRealServers has viewers of each driver at servers of npm: everything comes
// once, in order, and pings are answered for longer than the servers wait for.
func TestRealServers(t *testing.T) {
	for _, tt := range realTests() {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			addr := startPeer(t, tt.kind)
			cfg, how := tt.cfg, byHTTP(addr)
			if tt.publish != nil {
				how = tt.publish(addr)
			}
			cfg.Conns = 20
			if cfg.Rooms == nil {
				cfg.Rooms = []string{"a"}
			}
			checkRun(t, "ws://"+addr+"/live/ws"+tt.path, cfg, how)
		})
	}
}

// checkRun opens viewers, publishes to them for three seconds, and holds what came
// against that.
func checkRun(t *testing.T, url string, cfg Config, how Publishing) {
	t.Helper()
	target, err := ParseTarget(url)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Target = target.By(cfg.Transport)
	f, err := NewFleet(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := f.Open(ctx, 0); err != nil {
		t.Fatal(err)
	}
	pub, err := f.OpenPublisher(how)
	if err != nil {
		t.Fatal(err)
	}
	defer pub.Close()
	f.Measure(0)
	const events, lasts = 120, 3 * time.Second
	begin, n := f.Clock.Now(), 0
	err = pub.Pace(ctx, func() (Draft, bool) {
		n++
		due := begin + int64(n/3)*int64(3*lasts/events) // three at a time
		return Draft{Room: n % len(cfg.Rooms), Event: "chat", Size: 60 + n, Due: due}, n <= events
	})
	if err != nil {
		t.Fatal(err)
	}
	expected := int64(events * cfg.Conns)
	until(t, f, func(c Counters) bool { return c.Delivered >= expected || c.Ended > 0 })
	f.Settle(pub.Ledger, Everyone)
	c := f.Counters()
	if c.Delivered != expected || c.Lost != 0 || c.Faults != (Faults{}) || c.Ended != 0 || c.Measured != expected {
		t.Errorf("counters %+v, endings %v", c, f.Endings())
	}
	if s, _ := f.Latency().Summary(); s.P99 <= 0 || s.P99 > 2000 {
		t.Errorf("latency %+v", s)
	}
	if cfg.Transport.SocketIO() && c.Pings < int64(cfg.Conns) {
		t.Errorf("%d pings in %s, want one for each viewer: the server waits a second", c.Pings, lasts)
	}
}
