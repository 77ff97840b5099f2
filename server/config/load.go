package config

import "slices"

// Flags are the values that the command line sets over everything else.
type Flags struct {
	// Listen replaces listener.listen when it is not nil.
	Listen []string
	// Control replaces control.listen when it is not nil; "" is no control
	// port.
	Control *string
}

// loader is a configuration while it is put together.
type loader struct {
	cfg  Config
	from origins
	errs Errors
}

// Load returns the configuration made of the defaults, the file (none if its
// name is ""), the variables of env that begin with GRANDSTAND_ (each
// "NAME=value", as os.Environ gives them) and the flags.
//
// The error is an Errors that holds everything wrong at once; the Config is
// then not to be used.
func Load(file string, env []string, flags Flags) (Config, error) {
	l := &loader{cfg: Default(), from: origins{}}
	if file != "" {
		l.file(file)
	}
	l.environment(env)
	l.flags(flags)
	l.validate()
	if len(l.errs) > 0 {
		l.errs.sort()
		return l.cfg, l.errs
	}
	return l.cfg, nil
}

// flags lays the command line over the configuration.
func (l *loader) flags(f Flags) {
	if f.Listen != nil {
		l.cfg.Listener.Listen = slices.Clone(f.Listen)
		l.from.replace("listener.listen", "--listen", rankFlag)
	}
	if f.Control != nil {
		l.cfg.Control.Listen = *f.Control
		l.from.replace("control.listen", "--control", rankFlag)
	}
}

// validate adds what is wrong with the values. What could not even be read is
// left out: nobody wrote what stands in its place.
func (l *loader) validate() {
	lost := map[string]bool{}
	for _, e := range l.errs {
		lost[e.Key] = lost[e.Key] || e.lost
	}
	for _, p := range l.cfg.problems() {
		gone := false
		for path := p.path; path != ""; path = parentOf(path) {
			list, _ := unindexed(path)
			gone = gone || lost[path] || lost[list]
		}
		if !gone {
			l.errs = append(l.errs, l.from.blame(p.path, p.text))
		}
	}
}
