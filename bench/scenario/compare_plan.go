package scenario

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"grandstand/bench/stats"
)

// plan is a file of bench compare: what is run, against whom, how often.
type plan struct {
	repeat  int
	against string // the contender whose figures are 1 in ratios; empty for none
	common  []Setting
	steps   []step
	teams   []contender
}

// step is a scenario that every contender goes through.
type step struct {
	name     string
	command  string
	settings []Setting
}

// contender is a target.
type contender struct {
	name     string
	settings []Setting
	only     []string // names of steps; empty: all
}

// Commands is what a file of bench compare is held against: the command line.
type Commands interface {
	// Flags names the flags of a command, without dashes; nothing for one that
	// is no scenario.
	Flags(command string) []string
	// Check says what is wrong with a value of a flag that the command has.
	Check(f *File, command string, s Setting) error
}

// compares is what a file with several scenarios has for its scenario.
const compares = "compare"

// newPlan reads a file: either of one scenario, with targets beside its flags, or
// of scenario compare, with a list of scenarios. Every mistake is reported.
func newPlan(f *File, known Commands) (*plan, error) {
	p := &plan{repeat: 1}
	var errs []error
	if s, ok := f.Take("repeat"); ok {
		n, err := strconv.Atoi(s.Text)
		if p.repeat = n; err != nil || n < 1 {
			errs = append(errs, f.Bad(s, "%q, want a number from 1", s.Text))
		}
	}
	against, ratios := f.Take("against")
	p.against = against.Text
	steps, several := f.Take("scenarios")
	targets, _ := f.Take("targets")
	p.common = f.Settings
	switch one := f.Scenario.Text; {
	case one == compares:
		errs = append(errs, p.readSteps(f, steps, known))
	case known.Flags(one) == nil:
		return nil, f.Bad(f.Scenario, "no scenario named %q", one)
	case several:
		return nil, f.Bad(steps, "only with scenario: %s", compares)
	default:
		p.steps = []step{{name: one, command: one}}
	}
	errs = append(errs, p.readTeams(f, targets, known), p.unknown(f, p.common, p.everyFlag(known)))
	if ratios && !slices.ContainsFunc(p.teams, func(c contender) bool { return c.name == p.against }) {
		errs = append(errs, f.Bad(against, "no target is named %q", p.against))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return p, p.check(f, known)
}

// check tries every value on the flags it is for. What is wrong for several
// scenarios is said once.
func (p *plan) check(f *File, known Commands) error {
	var errs []error
	said := map[string]bool{}
	try := func(command string, settings []Setting) {
		have := known.Flags(command)
		settings = slices.DeleteFunc(slices.Clone(settings), func(s Setting) bool { return !slices.Contains(have, s.Key) })
		for _, one := range settings {
			if err := known.Check(f, command, one); err != nil && !said[err.Error()] {
				said[err.Error()] = true
				errs = append(errs, err)
			}
		}
	}
	for _, s := range p.steps {
		try(s.command, p.common)
		try(s.command, s.settings)
		for _, c := range p.teams {
			try(s.command, c.settings)
		}
	}
	return errors.Join(errs...)
}

// readSteps reads the list of scenarios.
func (p *plan) readSteps(f *File, list Setting, known Commands) error {
	if len(list.List) == 0 {
		return f.Bad(orTop(f, list, "scenarios"), "want a list of scenarios, each with name and scenario")
	}
	var errs []error
	for _, item := range list.List {
		one := &File{Name: f.Name, Settings: item.Map}
		command, ok := one.Take("scenario")
		name, named := one.Take("name")
		if !named {
			name = command
		}
		have := known.Flags(command.Text)
		switch {
		case !ok:
			errs = append(errs, f.Bad(item, "an entry of scenarios without a scenario"))
			continue
		case have == nil:
			errs = append(errs, f.Bad(command, "no scenario named %q", command.Text))
			continue
		case slices.ContainsFunc(p.steps, func(s step) bool { return s.name == name.Text }):
			errs = append(errs, f.Bad(name, "two scenarios are named %q", name.Text))
		}
		errs = append(errs, p.unknown(f, one.Settings, have))
		p.steps = append(p.steps, step{name: name.Text, command: command.Text, settings: one.Settings})
	}
	return errors.Join(errs...)
}

// readTeams reads the list of targets.
func (p *plan) readTeams(f *File, list Setting, known Commands) error {
	if len(list.List) == 0 {
		return f.Bad(orTop(f, list, "targets"), "want a list of targets, each with a name and its flags, such as url and spawn")
	}
	var errs []error
	for _, item := range list.List {
		one := &File{Name: f.Name, Settings: item.Map}
		name, ok := one.Take("name")
		only, _ := one.Take("only")
		switch {
		case !ok || name.Text == "":
			errs = append(errs, f.Bad(item, "an entry of targets without a name"))
			continue
		case slices.ContainsFunc(p.teams, func(c contender) bool { return c.name == name.Text }):
			errs = append(errs, f.Bad(name, "two targets are named %q", name.Text))
		}
		team := contender{name: name.Text, settings: one.Settings}
		for _, s := range append(only.List, only) {
			if s.Kind == Scalar && s.Text != "" {
				team.only = append(team.only, s.Text)
				if !slices.ContainsFunc(p.steps, func(t step) bool { return t.name == s.Text }) {
					errs = append(errs, f.Bad(Setting{Key: "only", Line: only.Line}, "no scenario is named %q", s.Text))
				}
			}
		}
		errs = append(errs, p.unknown(f, one.Settings, p.everyFlag(known)))
		p.teams = append(p.teams, team)
	}
	return errors.Join(errs...)
}

// orTop is a setting for a message about what is missing altogether.
func orTop(f *File, s Setting, key string) Setting {
	if s.Key == "" {
		return Setting{Key: key, Line: f.Scenario.Line}
	}
	return s
}

// everyFlag lists the flags that at least one of the steps has: what stands
// beside all of them goes to those that have it.
func (p *plan) everyFlag(known Commands) []string {
	all := make([]string, 0, 64*len(p.steps)) // a command has a few dozen
	for _, s := range p.steps {
		all = append(all, known.Flags(s.command)...)
	}
	return all
}

// unknown complains about settings that are none of the flags.
func (p *plan) unknown(f *File, settings []Setting, flags []string) error {
	var errs []error
	for _, s := range settings {
		switch near := stats.Nearest(s.Key, flags); {
		case slices.Contains(flags, s.Key):
		case near != "":
			errs = append(errs, f.Bad(s, "no such key, did you mean %s?", near))
		default:
			errs = append(errs, f.Bad(s, "no such key"))
		}
	}
	return errors.Join(errs...)
}

// args is the command line of one run. What is said of a target wins over what is
// said of a scenario, and that over what is said of all; extra wins over all.
func (p *plan) args(s step, c contender, extra []Setting, known Commands) ([]string, error) {
	have := known.Flags(s.command)
	var order []string
	value := map[string][]string{}
	for _, list := range [][]Setting{p.common, s.settings, c.settings, extra} {
		for _, one := range list {
			if !slices.Contains(have, one.Key) {
				continue
			}
			v, err := one.values()
			if err != nil {
				return nil, fmt.Errorf("%s: %w", one.Key, err)
			}
			if _, again := value[one.Key]; !again {
				order = append(order, one.Key)
			}
			value[one.Key] = v
		}
	}
	args := []string{s.command}
	for _, key := range order {
		for _, v := range value[key] {
			args = append(args, "--"+key+"="+v)
		}
	}
	return args, nil
}

// values are the words of a setting: one, those of a list, or KEY=VALUE pairs.
func (s Setting) values() ([]string, error) {
	if s.Kind == Scalar {
		return []string{s.Text}, nil
	}
	var out []string
	for _, one := range append(s.List, s.Map...) {
		if one.Kind != Scalar {
			return nil, errors.New("want a value, a list of values, or keys with a value each")
		}
		out = append(out, strings.TrimPrefix(one.Key+"="+one.Text, "="))
	}
	return out, nil
}

// has says whether a contender goes through a step.
func (c *contender) has(s step) bool { return len(c.only) == 0 || slices.Contains(c.only, s.name) }
