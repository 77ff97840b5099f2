package scenario

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"grandstand/bench/agent"
)

// TestMain lets the program of the tests be an agent as bench is, for runs that
// start more processes.
func TestMain(m *testing.M) {
	if len(os.Args) < 3 || os.Args[1] != "agent" || os.Args[2] != ChildFlag {
		os.Exit(m.Run())
	}
	s, err := agent.Listen("127.0.0.1:0", os.Getenv(TokenVariable), func(string, ...any) {})
	if err != nil {
		os.Exit(1)
	}
	ctx, stop := context.WithCancel(context.Background())
	go func() { // stops: standard input ends
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	fmt.Fprintf(os.Stdout, "%s%s\n", AgentSays, s.Addr())
	if s.Run(ctx) != nil {
		os.Exit(1)
	}
	os.Exit(0)
}

// away runs an agent in this process and gives its address.
func away(t *testing.T) string {
	t.Helper()
	s, err := agent.Listen("127.0.0.1:0", "a token for tests", t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }() // stops: cancel
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("agent: %v", err)
		}
	})
	return s.Addr().String()
}

func TestViewersInOtherProcesses(t *testing.T) {
	paced := Paced{Rooms: 2, Rate: 100, Size: 64, Duration: 300 * time.Millisecond, Drain: 200 * time.Millisecond, Event: "x"}
	spreads := []struct {
		name   string
		spread func(t *testing.T) Spread
		want   float64
	}{
		{"processes", func(*testing.T) Spread { return Spread{Processes: 3} }, 3},
		{"agents", func(t *testing.T) Spread {
			return Spread{Agents: []string{away(t), away(t)}, Token: "a token for tests"}
		}, 2},
	}
	for _, tt := range spreads {
		t.Run(tt.name+", fanout", func(t *testing.T) {
			// The viewer in the middle misses one event: accounts cross the border.
			s := newStage(t, 1<<20, spoiler(15, 5, func(string) []string { return nil }))
			c := s.common(31)
			c.Spread = tt.spread(t)
			r := mustRun(t, &Fanout{Common: c, Paced: paced})
			want(t, r, map[string]float64{"processes": tt.want, "viewers": 31, "delivered": 31*30 - 1, "lost": 1, "faults": 0})
			if p99, _ := r.Value("p99_ms"); p99 <= 0 || p99 > 2000 {
				t.Errorf("p99 %g ms", p99)
			}
			if cpu, _ := r.Value("harness_loop_percent"); cpu <= 0 {
				t.Errorf("busiest loop %g %%", cpu)
			}
		})
		t.Run(tt.name+", mixed", func(t *testing.T) {
			s := newStage(t, 1<<20, nil)
			c := s.common(24)
			c.Spread = tt.spread(t)
			r := mustRun(t, &Mixed{Common: c, Paced: paced, Share: "websocket=50,longpoll=25,sse=25"})
			want(t, r, map[string]float64{"processes": tt.want, "delivered": 24 * 30, "longpoll_delivered": 6 * 30, "websocket_lost": 0, "lost": 0, "faults": 0})
		})
		t.Run(tt.name+", storm", func(t *testing.T) {
			s := newStage(t, 1<<20, nil)
			c := s.common(24)
			c.Spread = tt.spread(t)
			r := mustRun(t, &Storm{Common: c, Paced: paced, After: 250 * time.Millisecond, Retry: 50 * time.Millisecond, Within: 5 * time.Second})
			want(t, r, map[string]float64{"cut": 24, "away": 0, "recovered": 48, "missed": 0, "lost": 0, "faults": 0})
		})
		t.Run(tt.name+", saturate", func(t *testing.T) {
			c := bare(t, 1, 20)
			c.Spread = tt.spread(t)
			r := mustRun(t, &Saturate{Common: c, Rooms: 1, Window: 8, Size: 64, Duration: 200 * time.Millisecond, Warmup: 50 * time.Millisecond, Event: "x"})
			want(t, r, map[string]float64{"processes": tt.want, "lost": 0, "faults": 0})
			if n, _ := r.Value("delivered"); n < 1000 {
				t.Errorf("%g deliveries", n)
			}
		})
	}
}

func TestFaultsInOtherProcessesAreFound(t *testing.T) {
	s := newStage(t, 1<<20, spoiler(7, 5, func(f string) []string { return []string{f, f} }))
	c := s.common(10)
	c.Spread = Spread{Processes: 2}
	r := mustRun(t, &Fanout{Common: c, Paced: Paced{Rooms: 1, Rate: 200, Size: 64, Duration: 100 * time.Millisecond, Drain: 150 * time.Millisecond, Event: "x"}})
	want(t, r, map[string]float64{"duplicated": 1, "id_order": 1})
	if len(r.Missed) == 0 {
		t.Error("the fault is not held against the run")
	}
}

func TestSpreadsThatCannotBe(t *testing.T) {
	s := newStage(t, 1<<20, nil)
	paced := Paced{Rooms: 1, Rate: 10, Size: 64, Duration: 100 * time.Millisecond}
	with := func(spread Spread) Common { c := s.common(5); c.Spread = spread; return c }
	for _, tt := range []struct {
		name string
		run  func(ctx context.Context, env Env) error
		want string
	}{
		{"churn", func(ctx context.Context, env Env) error {
			_, err := (&Churn{Common: with(Spread{Processes: 2}), Paced: paced, Most: 1}).Run(ctx, env)
			return err
		}, "churn: it moves single viewers"},
		{"echo", func(ctx context.Context, env Env) error {
			_, err := (&Echo{Common: with(Spread{Processes: 2}), Duration: time.Second}).Run(ctx, env)
			return err
		}, "echo: it moves single viewers"},
		{"both", func(ctx context.Context, env Env) error {
			_, err := (&Fanout{Common: with(Spread{Processes: 2, Agents: []string{"127.0.0.1:1"}, Token: "a token for tests"}), Paced: paced}).Run(ctx, env)
			return err
		}, "one or the other"},
		{"nobody there", func(ctx context.Context, env Env) error {
			_, err := (&Fanout{Common: with(Spread{Agents: []string{"127.0.0.1:1"}, Token: "a token for tests"}), Paced: paced}).Run(ctx, env)
			return err
		}, "agent 127.0.0.1:1"},
		{"no token", func(ctx context.Context, env Env) error {
			_, err := (&Fanout{Common: with(Spread{Agents: []string{away(t)}}), Paced: paced}).Run(ctx, env)
			return err
		}, "token"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.run(t.Context(), Env{Out: io.Discard, Err: io.Discard}); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

func TestProcessesEndWithTheRun(t *testing.T) {
	m, err := startMate(t.Context(), "a token for tests")
	if err != nil {
		t.Fatal(err)
	}
	m.stop()
	if state := m.cmd.ProcessState; state == nil || !state.Success() {
		t.Errorf("the process ended with %v, want success when its input ends", state)
	}
}
