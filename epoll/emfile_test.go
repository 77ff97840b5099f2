package epoll

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// childEnv makes the test binary a server with few descriptors: the limit is the
// whole process's, so it needs one of its own.
const childEnv = "EPOLL_TEST_CHILD"

// starvedLimit is its limit. About 15 are in use before the first client.
const starvedLimit = 64

// starvedServer serves until its input ends, and prints its address, then a
// report for each line it reads.
func starvedServer() {
	if err := starve(os.Stdin, os.Stdout); err != nil {
		_, _ = io.WriteString(os.Stderr, err.Error()+"\n")
		os.Exit(1)
	}
}

// starvedReport is one line of the child's output.
type starvedReport struct {
	Stats Stats
	CPU   time.Duration
	Lines int // of log
}

func starve(in io.Reader, out io.Writer) error {
	limit := syscall.Rlimit{}
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	limit.Cur = starvedLimit
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	var log logBuffer
	g, err := Open(testConfig(), newTextLog(&log), httpServer)
	if err != nil {
		return err
	}
	defer g.Close()
	if _, err := fmt.Fprintln(out, g.Addrs()[0]); err != nil {
		return err
	}
	for lines := bufio.NewScanner(in); lines.Scan(); {
		var use syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
			return err
		}
		r := starvedReport{
			Stats: g.Stats(), CPU: time.Duration(use.Utime.Nano() + use.Stime.Nano()),
			Lines: strings.Count(log.String(), "accept failed"),
		}
		if err := json.NewEncoder(out).Encode(r); err != nil {
			return err
		}
	}
	return nil
}

// starvedChild starts the server; report asks it for its counters.
func starvedChild(t *testing.T) (addr string, report func() starvedReport) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), childEnv+"=1")
	cmd.Stderr = t.Output()
	in, inErr := cmd.StdinPipe()
	out, outErr := cmd.StdoutPipe()
	if err := errors.Join(inErr, outErr, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		kill := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
		defer kill.Stop()
		if err := cmd.Wait(); err != nil {
			t.Errorf("the child: %v", err)
		}
	})
	lines := bufio.NewReader(out)
	addr, err = lines.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(addr), func() (r starvedReport) {
		t.Helper()
		send(t, in, "report\n")
		line, err := lines.ReadBytes('\n')
		if err == nil {
			err = json.Unmarshal(line, &r)
		}
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
}

// TestOutOfDescriptors: clients come when there are no descriptors left. The
// server does not spin, clients are not left hanging, and when descriptors are
// free again it serves.
func TestOutOfDescriptors(t *testing.T) {
	addr, report := starvedChild(t)
	var conns []net.Conn
	for range 3 * starvedLimit {
		conn, err := net.DialTimeout("tcp", addr, patience)
		if err != nil {
			continue // reset while connecting
		}
		conns = append(conns, conn)
	}
	begin := time.Now()
	before := report()
	// Until a good part of the clients beyond the limit has been shed.
	var now starvedReport
	await(t, "clients to be shed", func() bool {
		now = report()
		return now.Stats.Shed >= starvedLimit && time.Since(begin) > time.Second
	})
	t.Logf("in %v: %d accept errors, %d shed, %d open, CPU %v, %d lines of log", time.Since(begin).Round(time.Millisecond),
		now.Stats.AcceptErrors, now.Stats.Shed, now.Stats.Open, now.CPU-before.CPU, now.Lines)
	if now.Stats.AcceptErrors == 0 || now.Stats.AcceptErrors > 100 {
		t.Errorf("%d accept errors, want some and at most 100", now.Stats.AcceptErrors)
	}
	if seconds := int(time.Since(begin)/time.Second) + 2; now.Lines == 0 || now.Lines > seconds {
		t.Errorf("%d lines of log, want 1 to %d", now.Lines, seconds)
	}
	if used := now.CPU - before.CPU; used > 300*time.Millisecond {
		t.Errorf("%v of CPU while out of descriptors", used)
	}
	for _, conn := range conns {
		_ = conn.Close()
	}
	await(t, "descriptors to be free", func() bool { return report().Stats.Open == 0 })
	await(t, "it to serve again", func() bool { return served(addr) })
}

// served tells whether a new client gets an answer.
func served(addr string) bool {
	conn, err := net.DialTimeout("tcp", addr, patience)
	if err != nil {
		return false
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(2 * time.Second))
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\n\r\n"); err != nil {
		return false
	}
	p := make([]byte, 12)
	_, err = io.ReadFull(conn, p)
	return err == nil && string(p) == "HTTP/1.1 200"
}

// TestRetreat: the pause doubles from 5 ms to a second and goes back by halves.
func TestRetreat(t *testing.T) {
	r := newRetreat()
	defer r.close()
	if r.spare < 0 {
		t.Fatal("no spare descriptor")
	}
	var got []time.Duration
	for range 10 {
		got = append(got, r.next())
	}
	if got[0] != retreatMin || got[1] != 2*retreatMin || got[8] != retreatMax || got[9] != retreatMax {
		t.Errorf("pauses %v, want %v doubling up to %v", got, retreatMin, retreatMax)
	}
	calms := 0
	for ; r.wait > 0; calms++ {
		r.calm()
	}
	if calms < 7 || calms > 10 {
		t.Errorf("%d good accepts until all is well, want about 8", calms)
	}
	now := time.Unix(1000, 0)
	logged := 0
	for range 100 { // 10 seconds of 10 failures each
		if unsaid, ok := r.due(now); ok {
			if logged++; logged > 1 && unsaid != 9 {
				t.Errorf("%d unlogged, want 9", unsaid)
			}
		}
		now = now.Add(100 * time.Millisecond)
	}
	if logged != 10 {
		t.Errorf("logged %d times in 10 seconds, want 10", logged)
	}
}

// TestPauseIsInterrupted: closing does not wait for a pause.
func TestPauseIsInterrupted(t *testing.T) {
	g := openGroup(t, testConfig(), httpServer)
	l := g.listeners[0]
	quiet := &Listener{group: g, tcp: l.tcp, stopping: make(chan struct{}), retreat: retreat{spare: -1, wait: time.Hour}}
	close(quiet.stopping)
	start := time.Now()
	quiet.failed(syscall.ENOBUFS)
	if took := time.Since(start); took > retreatMax/2 {
		t.Errorf("it took %v, want next to nothing", took)
	}
}
