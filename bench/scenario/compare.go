package scenario

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"

	"grandstand/bench/stats"
)

// Compare runs scenarios against several targets by turns and puts what they
// found into one table. The tags are read by the command line.
type Compare struct {
	File string `kong:"-"` // with scenario and targets

	Set      map[string]string `help:"Flag of every run that wins over the file, such as --set viewers=100." placeholder:"KEY=VALUE" group:"Of targets"`
	Repeat   int               `help:"Runs of each, by turns; 0 leaves it to the file." group:"Of targets"`
	Target   []string          `help:"Only these targets of the file." placeholder:"NAME" group:"Of targets"`
	Scenario []string          `help:"Only these scenarios of the file." placeholder:"NAME" group:"Of targets"`
	Markdown string            `help:"Write the table to FILE as Markdown." placeholder:"FILE" group:"Of targets"`
	HTML     string            `name:"html" help:"Write the table with plots to FILE, a page of its own." placeholder:"FILE" group:"Of targets"`
	SVG      string            `name:"svg" help:"Write the plots alone to FILE, for a document." placeholder:"FILE" group:"Of targets"`
	Program  string            `help:"The bench that carries the runs out, or a program that starts one with its arguments; this one when empty." placeholder:"FILE" group:"Of targets"`
	Quiet    bool              `short:"q" help:"No progress on standard error." group:"Of targets"`
}

// Child carries out one command line of bench in a process of its own.
type Child func(ctx context.Context, args []string) (*stats.Report, error)

// contest is a comparison under way.
type contest struct {
	*Compare
	plan  *plan
	known Commands
	child Child
	env   Env
	all   *Comparison
}

// Run carries out what the file says. An error is for what cannot be begun; runs
// that fail are in the comparison.
func (s *Compare) Run(ctx context.Context, env Env, known Commands, child Child) (*Comparison, error) {
	f, err := ReadFile(s.File)
	if err != nil {
		return nil, err
	}
	p, err := newPlan(f, known)
	if err != nil {
		return nil, err
	}
	m := &contest{Compare: s, plan: p, known: known, child: child, env: env}
	if err = m.narrow(); err == nil {
		err = m.prepare()
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	m.rounds(ctx)
	m.all.Took = time.Since(m.all.Started).Seconds()
	return m.all, nil
}

// narrow leaves of the plan what the flags ask for.
func (m *contest) narrow() error {
	if m.Repeat > 0 {
		m.plan.repeat = m.Repeat
	}
	var errs []error
	for _, name := range m.Target {
		if !slices.ContainsFunc(m.plan.teams, func(c contender) bool { return c.name == name }) {
			errs = append(errs, fmt.Errorf("no target is named %q", name))
		}
	}
	for _, name := range m.Scenario {
		if !slices.ContainsFunc(m.plan.steps, func(s step) bool { return s.name == name }) {
			errs = append(errs, fmt.Errorf("no scenario is named %q", name))
		}
	}
	every := m.plan.everyFlag(m.known)
	for _, key := range slices.Sorted(maps.Keys(m.Set)) {
		if !slices.Contains(every, key) {
			errs = append(errs, fmt.Errorf("--set %s: no scenario of the file has this flag", key))
		}
	}
	if len(m.Target) > 0 {
		m.plan.teams = slices.DeleteFunc(m.plan.teams, func(c contender) bool { return !slices.Contains(m.Target, c.name) })
	}
	if len(m.Scenario) > 0 {
		m.plan.steps = slices.DeleteFunc(m.plan.steps, func(s step) bool { return !slices.Contains(m.Scenario, s.name) })
	}
	return errors.Join(errs...)
}

// prepare makes the empty table, with the command line of every run.
func (m *contest) prepare() error {
	c := &Comparison{Started: time.Now(), Command: m.env.Command, Machine: describe(), Commit: stats.Commit(), Repeat: m.plan.repeat, Against: m.plan.against}
	extra := make([]Setting, 0, len(m.Set))
	for _, key := range slices.Sorted(maps.Keys(m.Set)) {
		extra = append(extra, Setting{Key: key, Text: m.Set[key]})
	}
	for _, s := range m.plan.steps {
		c.Scenarios = append(c.Scenarios, Heading{Name: s.name, Command: s.command})
	}
	for _, team := range m.plan.teams {
		c.Targets = append(c.Targets, team.name)
		for _, s := range m.plan.steps {
			if !team.has(s) {
				continue
			}
			args, err := m.plan.args(s, team, extra, m.known)
			if err != nil {
				return err
			}
			c.Cells = append(c.Cells, &Cell{Target: team.name, Scenario: s.name, Command: append([]string{"bench"}, args...), Figures: map[string][]float64{}})
		}
	}
	if len(c.Cells) == 0 {
		return errors.New("nothing to run: no target that is left has a part in a scenario that is (see its only)")
	}
	m.all = c
	return nil
}

// rounds runs everything, all targets of a scenario one after the other, again
// and again: what drifts on the machine meets all of them.
func (m *contest) rounds(ctx context.Context) {
	for turn := range m.plan.repeat {
		for _, s := range m.plan.steps {
			for _, team := range m.plan.teams {
				cell := m.all.Cell(team.name, s.name)
				if cell == nil {
					continue
				}
				var r *stats.Report
				var err error
				if ctx.Err() == nil {
					r, err = m.child(ctx, cell.Command[1:])
				}
				if ctx.Err() != nil { // it was ended by us, whatever it says, or not begun
					m.all.Interrupted = true
					continue
				}
				cell.add(r, err)
				m.progress(turn, cell, r, err)
			}
		}
	}
	if m.all.Interrupted {
		m.all.Cells[0].Warnings = append(m.all.Cells[0].Warnings, "the comparison was interrupted")
	}
}

// add takes what a run found into its cell.
func (c *Cell) add(r *stats.Report, err error) {
	if err != nil {
		c.Failed = append(c.Failed, err.Error())
		return
	}
	for _, f := range r.Figures {
		c.Figures[f.Key] = append(c.Figures[f.Key], f.Value)
	}
	c.Warnings = append(c.Warnings, r.Warnings...)
	c.Missed = append(c.Missed, r.Missed...)
}

// progress says how a run went in one line.
func (m *contest) progress(turn int, cell *Cell, r *stats.Report, err error) {
	if m.Quiet {
		return
	}
	said := ""
	for _, col := range m.all.columns() {
		if err != nil || col.step != cell.Scenario || col.ratio {
			continue
		}
		if v, ok := r.Value(col.key); ok {
			said += "  " + round(v, col) + " " + col.label
		}
	}
	if err != nil {
		said = "  FAILED: " + err.Error()
	}
	fmt.Fprintf(m.env.Err, "%d/%d  %s  %s%s\n", turn+1, m.plan.repeat, cell.Scenario, cell.Target, said)
}

// Process carries out runs in processes of the program itself: one that was
// bound to CPUs or grew a heap leaves nothing to the next.
func Process(program string) Child {
	return func(ctx context.Context, args []string) (*stats.Report, error) {
		var out, said bytes.Buffer
		args = append(slices.Clone(args), "--json=-", "--quiet")
		cmd := exec.CommandContext(ctx, program, args...)
		cmd.Stdout, cmd.Stderr = &out, &said
		// A group of its own: what ends us by the keyboard reaches it once, by us.
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
		cmd.WaitDelay = 60 * time.Second
		err := cmd.Run()
		var exit *exec.ExitError
		if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) {
			return nil, fmt.Errorf("%s (%w)", lastLine(said.String()), err)
		}
		return stats.Load(io.Reader(&out))
	}
}

// lastLine is the last thing a program said.
func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return strings.TrimPrefix(lines[len(lines)-1], "bench: ")
}
