package scenario

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"grandstand/bench/agent"
)

// Spread are the flags of runs whose viewers are held by more than one process.
type Spread struct {
	Processes int      `help:"Processes of this machine that hold the viewers, each with a limit on open files of its own." default:"1" group:"Harness"`
	Agents    []string `help:"Processes of other machines that hold the viewers: bench agent listens there." placeholder:"HOST:PORT" group:"Harness"`
	Token     string   `help:"What agents ask for." env:"BENCH_TOKEN" group:"Harness"`
}

// crew is the other processes of the harness.
type crew struct {
	hosts []*agent.Host
	mates []*mate
}

// mate is a process of ours. It ends when its standard input does.
type mate struct {
	cmd   *exec.Cmd
	input io.Closer
	addr  string
}

const (
	// ChildFlag is what tells an agent that it belongs to a run: it serves until
	// standard input ends.
	ChildFlag = "--child"
	// AgentSays begins the line that an agent prints once it listens, in front of
	// its address.
	AgentSays = "agent: listening at "
	// TokenVariable holds the token of an agent.
	TokenVariable = "BENCH_TOKEN"
	// startsWithin is how long a process of ours has to listen.
	startsWithin = 15 * time.Second
)

// muster readies the processes that are to hold viewers. There are none when
// this process does.
func (r *run) muster(ctx context.Context) error {
	addrs, token := r.o.Agents, r.o.Token
	switch n := r.o.Processes; {
	case n < 0 || n > 1000:
		return fmt.Errorf("processes %d: want 1 to 1000", n)
	case n > 1 && len(addrs) > 0:
		return errors.New("processes and agents: want one or the other; an agent can be started more than once on its machine")
	case n > 1:
		token = rand.Text()
		for range n {
			m, err := startMate(ctx, token)
			if err != nil {
				return err
			}
			r.crew.mates = append(r.crew.mates, m)
			addrs = append(addrs, m.addr)
		}
	}
	for _, addr := range addrs {
		h, err := agent.Dial(ctx, addr, token, r.clock)
		if err != nil {
			return err
		}
		r.crew.hosts = append(r.crew.hosts, h)
	}
	return nil
}

// startMate starts this program once more, as an agent that only we know the
// token of, and waits for its address.
func startMate(ctx context.Context, token string) (*mate, error) {
	own, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("own program: %w", err)
	}
	m := &mate{cmd: exec.Command(own, "agent", ChildFlag, "--listen", "127.0.0.1:0")}
	m.cmd.Env = append(os.Environ(), TokenVariable+"="+token)
	// Its own group: a Ctrl-C of the terminal is for us, who then end it.
	m.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	last := new(tail)
	m.cmd.Stderr = last
	out, err := m.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("own process: %w", err)
	}
	if m.input, err = m.cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("own process: %w", err)
	}
	if err := m.cmd.Start(); err != nil {
		return nil, fmt.Errorf("own process: %w", err)
	}
	line := make(chan string, 1)
	go func() { // stops: the process says something, or ends
		s, _ := bufio.NewReader(out).ReadString('\n') // without a line it has ended
		line <- s
		_, _ = io.Copy(io.Discard, out)
	}()
	ctx, cancel := context.WithTimeoutCause(ctx, startsWithin, fmt.Errorf("not listening within %s", startsWithin))
	defer cancel()
	select {
	case said := <-line:
		addr, ok := strings.CutPrefix(strings.TrimSpace(said), AgentSays)
		if _, _, err := net.SplitHostPort(addr); ok && err == nil {
			m.addr = addr
			return m, nil
		}
		m.stop()
		return nil, fmt.Errorf("own process: it said %q: %s", said, last)
	case <-ctx.Done():
		m.stop()
		return nil, fmt.Errorf("own process: %w", context.Cause(ctx))
	}
}

// stop ends the process, the hard way after a while.
func (m *mate) stop() {
	_ = m.input.Close()
	t := time.AfterFunc(5*time.Second, func() { _ = m.cmd.Process.Kill() })
	defer t.Stop()
	_ = m.cmd.Wait() // how it ended doesn't matter any more
}

// close leaves agents and ends processes. Fleets are closed before.
func (c *crew) close() {
	for _, h := range c.hosts {
		h.Close()
	}
	for _, m := range c.mates {
		m.stop()
	}
}

// addCrew says who held the viewers, and how far clocks can be trusted.
func (r *run) addCrew(away float64) {
	if len(r.crew.hosts) == 0 {
		return
	}
	r.report.Add("processes", "processes with viewers", float64(len(r.crew.hosts)), "")
	worst, others := time.Duration(0), 0
	for _, h := range r.crew.hosts {
		if h.Here() {
			continue
		}
		others++
		again, err := h.Measure()
		if err != nil {
			r.report.Warn("the clock of agent %s could not be measured again: %v", h.Addr, err)
			continue
		}
		drift := (again.Ahead - h.Clock.Ahead).Abs()
		worst = max(worst, h.Clock.Error+drift)
		r.report.Note("agent %s has another clock: ours is %s ahead, give or take %s; at the end %s, give or take %s",
			h.Addr, h.Clock.Ahead, h.Clock.Error, again.Ahead, again.Error)
	}
	if others == 0 {
		return
	}
	r.report.Add("agents_cpu_percent", "agents: CPU elsewhere", away, "% of a core")
	r.report.Add("clock_error_ms", "latency may be off by", float64(worst)/float64(time.Millisecond), "ms")
	if p50, ok := r.report.Value("p50_ms"); ok && worst.Seconds()*1e3 > p50/10 {
		r.report.Warn("latency of viewers on other machines is only known to %s: their clocks are measured, not shared", worst)
	}
}
